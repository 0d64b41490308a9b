package file

import (
	"bytes"
	"crypto/ecdh"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"filippo.io/age"
	"filippo.io/age/armor"

	"github.com/rust-lang/rust-tuf/signer"
	"github.com/rust-lang/rust-tuf/signer/internal/durable"
	"github.com/rust-lang/rust-tuf/signer/signertest"
	"github.com/rust-lang/rust-tuf/tests/refusaltest"
)

func TestCreateOverwritesNothing(t *testing.T) {
	dir := folder(t)
	path := filepath.Join(dir, "alice.key")
	newKey(t, dir, "alice")
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	_, err = Create(path, Ed25519, []byte(good), cheap)
	var exists *ExistsError
	if !errors.As(err, &exists) || exists.Path != path || !errors.Is(err, fs.ErrExist) {
		t.Fatalf("error %v", err)
	}
	refusaltest.Says(t, err, path+" exists; a key file is never overwritten")
	refusaltest.Hints(t, err, "choose another name")
	if after, _ := os.ReadFile(path); !bytes.Equal(before, after) {
		t.Error("the key file was changed")
	}

	public := filepath.Join(dir, "bob.pub")
	if err := os.WriteFile(public, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Create(filepath.Join(dir, "bob.key"), Ed25519, []byte(good), cheap); !errors.As(err, &exists) || exists.Path != public {
		t.Errorf("error %v", err)
	}

	if err := os.Remove(filepath.Join(dir, "alice.pub")); err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{errorOf(Create(path, Ed25519, []byte(good), cheap)), errorOf(Open(path))} {
		var incomplete *IncompleteError
		if !errors.As(err, &incomplete) || incomplete.Path != path {
			t.Fatalf("error %v", err)
		}
		refusaltest.Says(t, err, path+" has no public file beside it")
		refusaltest.Hints(t, err, "bring "+filepath.Join(dir, "alice.pub")+" back from your backup")
	}
}

func TestCreateAtOnce(t *testing.T) {
	path := filepath.Join(folder(t), "alice.key")
	var wg sync.WaitGroup
	results := make([]error, 8)
	for i := range results {
		wg.Go(func() { _, results[i] = Create(path, Ed25519, []byte(good), cheap) })
	}
	wg.Wait()
	won := 0
	for _, err := range results {
		var exists *ExistsError
		var incomplete *IncompleteError // seen between the winner's two files
		switch {
		case err == nil:
			won++
		case !errors.As(err, &exists) && !errors.As(err, &incomplete):
			t.Error(err)
		}
	}
	if won != 1 {
		t.Errorf("%d made the key", won)
	}
	opens(t, path)
}

// A fault at any system call leaves no key, a whole one, or one without public
// file, which nobody can have used.
func TestCreateFailsWhole(t *testing.T) {
	fault := errors.New("no space left on device")
	for step := 1; ; step++ {
		path := filepath.Join(folder(t), "alice.key")
		count, failed := 0, ""
		disk := durable.Disk{Before: func(call string) error {
			if count++; count == step {
				failed = call
				return fault
			}
			return nil
		}}
		_, err := create(disk, path, Ed25519, []byte(good), cheap)
		if failed == "" {
			if err != nil || step < 10 {
				t.Errorf("without a fault after %d steps: %v", step, err)
			}
			return
		}
		if !errors.Is(err, fault) {
			t.Errorf("fault at %s: %v", failed, err)
		}
		var incomplete *IncompleteError
		if _, err := Open(path); err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.As(err, &incomplete) {
			t.Errorf("fault at step %d, %s: %v", step, failed, err)
		}
		if _, err := Create(path, Ed25519, []byte(good), cheap); err != nil && !errors.As(err, &incomplete) {
			t.Errorf("fault at step %d, %s: again: %v", step, failed, err)
		}
	}
}

func TestCreateRefusesBadPassphrase(t *testing.T) {
	for passphrase, words := range map[string]string{
		"":                        "the passphrase has 0 characters, at least 12 are needed",
		"hunter2":                 "the passphrase has 7 characters, at least 12 are needed",
		"πάσσωορδ-δα":             "the passphrase has 11 characters, at least 12 are needed",
		strings.Repeat("x", 1025): "the passphrase has 1025 bytes, at most 1024 are possible",
	} {
		path := filepath.Join(folder(t), "alice.key")
		_, err := Create(path, Ed25519, []byte(passphrase), cheap)
		var refused *PassphraseError
		if !errors.As(err, &refused) {
			t.Fatalf("%q: %v", passphrase, err)
		}
		refusaltest.Says(t, err, words)
		refusaltest.Hints(t, err, "five or more random words")
		if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%q: a file was made", passphrase)
		}
	}
}

func TestCreateRefusesBadOptions(t *testing.T) {
	path := filepath.Join(folder(t), "alice.key")
	refusaltest.Says(t, errorOf(Create(path, "dsa", []byte(good), cheap)), `no algorithm "dsa": choose one of ed25519, p256, p384, rsa-3072`)
	for _, factor := range []int{-1, 21} {
		refusaltest.Says(t, errorOf(Create(path, Ed25519, []byte(good), Options{WorkFactor: factor})), "is not between 1 and 20")
	}
	var format *FormatError
	if err := errorOf(Create(path+".pem", Ed25519, []byte(good), cheap)); !errors.As(err, &format) {
		t.Error(err)
	}
	if _, err := ParseAlgorithm("P256"); err == nil {
		t.Error("algorithm P256 is written p256")
	}
	if a, err := ParseAlgorithm("p256"); a != P256 || err != nil {
		t.Error(a, err)
	}
}

// What is asked for is what a guess costs: the header says it.
func TestWorkFactor(t *testing.T) {
	if factor, err := (Options{}).workFactor(); factor != 18 || err != nil {
		t.Errorf("default %d, %v", factor, err)
	}
	path := filepath.Join(folder(t), "alice.key")
	if _, err := Create(path, P256, []byte(good), Options{WorkFactor: 3}); err != nil {
		t.Fatal(err)
	}
	sealed, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	rearmor(t, sealed, func(plain []byte) []byte {
		header, _, _ := bytes.Cut(plain, []byte("---"))
		if !bytes.Contains(header, []byte(" 3\n")) {
			t.Errorf("header %s", header)
		}
		return plain
	})
}

func TestNewPassphrase(t *testing.T) {
	stop := errors.New("stop")
	for name, test := range map[string]struct {
		script []signertest.Reply
		words  string
	}{
		"good":        {[]signertest.Reply{signertest.Types("new passphrase for key file alice.key", good), signertest.Types("again", good)}, ""},
		"short":       {[]signertest.Reply{signertest.Types("new", "hunter2")}, "at least 12 are needed"},
		"different":   {[]signertest.Reply{signertest.Types("new", good), signertest.Types("again", good+"r")}, "the two passphrases are not the same"},
		"interrupted": {[]signertest.Reply{signertest.Types("new", good), signertest.Ends("again", stop)}, "stop"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := NewPassphrase(t.Context(), signertest.NewPerson(t, test.script...).UI(), "key file alice.key")
			if test.words == "" {
				if err != nil || string(got) != good {
					t.Errorf("%q, %v", got, err)
				}
				return
			}
			if got != nil {
				t.Errorf("%q came with the error", got)
			}
			refusaltest.Says(t, err, test.words)
			var refused *PassphraseError
			if !errors.As(err, &refused) && !errors.Is(err, stop) {
				t.Errorf("error %T", err)
			}
		})
	}
}

func opens(t *testing.T, path string) {
	t.Helper()
	key, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	person := signertest.NewPerson(t, signertest.Types("passphrase", good))
	if _, err := signer.Sign(t.Context(), key, key.Public(), []byte("x"), person.UI()); err != nil {
		t.Error(err)
	}
}

func pkcs8(t *testing.T) []byte {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(signertest.Ed25519("bob"))
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func x25519PKCS8(t *testing.T) []byte {
	t.Helper()
	key, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// encrypt puts any text where a private key should be.
func encrypt(t *testing.T, text []byte) []byte {
	t.Helper()
	recipient, err := age.NewScryptRecipient(good)
	if err != nil {
		t.Fatal(err)
	}
	recipient.SetWorkFactor(1)
	return encryptTo(t, recipient, text)
}

// toRecipient is an age file for a public key instead of a passphrase.
func toRecipient(t *testing.T) []byte {
	t.Helper()
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return encryptTo(t, identity.Recipient(), []byte("x"))
}

func encryptTo(t *testing.T, recipient age.Recipient, text []byte) []byte {
	t.Helper()
	var sealed bytes.Buffer
	armored := armor.NewWriter(&sealed)
	plain, err := age.Encrypt(armored, recipient)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := plain.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(plain.Close(), armored.Close()); err != nil {
		t.Fatal(err)
	}
	return sealed.Bytes()
}

// rearmor changes the binary form of an armoured file.
func rearmor(t *testing.T, sealed []byte, change func([]byte) []byte) []byte {
	t.Helper()
	plain, err := io.ReadAll(armor.NewReader(bytes.NewReader(sealed)))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	w := armor.NewWriter(&out)
	if _, err := w.Write(change(plain)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func errorOf[T any](_ T, err error) error { return err }
