package file

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"filippo.io/age"
	"filippo.io/age/armor"

	"github.com/rust-lang/rust-tuf/signer"
	"github.com/rust-lang/rust-tuf/signer/signertest"
	"github.com/rust-lang/rust-tuf/tests/importtest"
	"github.com/rust-lang/rust-tuf/tests/refusaltest"
)

func TestImports(t *testing.T) {
	importtest.Check(t, []string{"signer", "signer/internal/durable", "signer/internal/private", "signer/internal/scheme",
		"verify", "filippo.io/age", "filippo.io/age/armor"}, "net", "log", "math/rand", "math/rand/v2")
}

const good = "correct horse battery staple"

// cheap makes keys that are thrown away.
var cheap = Options{WorkFactor: 1}

// folder returns a folder that nobody else can use.
func folder(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "keys")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	return dir
}

func newKey(t *testing.T, dir, name string) *Key {
	t.Helper()
	key, err := Create(filepath.Join(dir, name+".key"), Ed25519, []byte(good), cheap)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestCreateOpenSign(t *testing.T) {
	for _, algorithm := range Algorithms() {
		t.Run(string(algorithm), func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "new", "folder", "alice.key")
			made, err := Create(path, algorithm, []byte(good), cheap)
			if err != nil {
				t.Fatal(err)
			}
			key, err := Open(path)
			if err != nil {
				t.Fatal(err)
			}
			if !key.Public().Equal(made.Public()) || key.Describe() != "key file alice.key" || key.Path() != path {
				t.Errorf("opened %s at %s", key.Describe(), key.Path())
			}
			person := signertest.NewPerson(t, signertest.Types("passphrase for key file alice.key", good))
			message := bytes.Repeat([]byte("root "), 1000)
			if _, err := signer.Sign(t.Context(), key, made.Public(), message, person.UI()); err != nil {
				t.Error(err)
			}
		})
	}
}

// The files are what the package comment says, so age and openssl open them.
func TestFormat(t *testing.T) {
	dir := folder(t)
	key := newKey(t, dir, "alice")
	identity, err := age.NewScryptIdentity(good)
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := os.ReadFile(filepath.Join(dir, "alice.key"))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := age.Decrypt(armor.NewReader(bytes.NewReader(sealed)), identity)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(plain)
	if err != nil {
		t.Fatal(err)
	}
	block, rest := pem.Decode(text)
	if block == nil || block.Type != "PRIVATE KEY" || len(rest) > 0 {
		t.Fatalf("encrypted is %.30q", text)
	}
	if _, err := x509.ParsePKCS8PrivateKey(block.Bytes); err != nil {
		t.Error(err)
	}
	public, err := os.ReadFile(filepath.Join(dir, "alice.pub"))
	if err != nil || string(public) != key.Public().PEM() {
		t.Errorf("public file %q, %v", public, err)
	}
	if runtime.GOOS != "windows" {
		for name, want := range map[string]fs.FileMode{"alice.key": 0o600, "alice.pub": 0o600, ".": 0o700} {
			if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode().Perm() != want {
				t.Errorf("%s: mode %v, want %v", name, info.Mode(), want)
			}
		}
	}
}

func TestSignRefusesWrongPassphrase(t *testing.T) {
	key := newKey(t, folder(t), "alice")
	for _, entered := range []string{"incorrect horse battery", good + " ", ""} {
		person := signertest.NewPerson(t, signertest.Types("passphrase", entered))
		_, err := signer.Sign(t.Context(), key, key.Public(), []byte("x"), person.UI())
		var wrong *signer.WrongSecretError
		if !errors.As(err, &wrong) || wrong.Left >= 0 || err.Error() != "key file alice.key: wrong passphrase" {
			t.Errorf("entered %q: %v", entered, err)
		}
	}
}

// The passphrase that was typed is not left in the memory it was returned in.
func TestSignWipesPassphrase(t *testing.T) {
	key := newKey(t, folder(t), "alice")
	for _, entered := range []string{good, "incorrect horse battery"} {
		typed := []byte(entered)
		_, _ = key.Sign(t.Context(), []byte("x"), signer.UI{
			Secret: func(context.Context, string) ([]byte, error) { return typed, nil },
		})
		if !bytes.Equal(typed, make([]byte, len(typed))) {
			t.Errorf("left in memory: %q", typed)
		}
	}
}

func TestSignCancelled(t *testing.T) {
	key := newKey(t, folder(t), "alice")
	ctx, cancel := context.WithCancel(t.Context())
	_, err := key.Sign(ctx, []byte("x"), signer.UI{Secret: func(context.Context, string) ([]byte, error) {
		cancel()
		return []byte(good), nil
	}})
	var cancelled *signer.CancelledError
	if !errors.As(err, &cancelled) || !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// Somebody who can write into the folder puts their own key, or their own
// public half, in place of the owner's.
func TestSignRefusesSwappedFiles(t *testing.T) {
	for _, swapped := range []string{".pub", ".key"} {
		dir := folder(t)
		alice, mallory := newKey(t, dir, "alice"), newKey(t, dir, "mallory")
		if err := os.Rename(filepath.Join(dir, "mallory"+swapped), filepath.Join(dir, "alice"+swapped)); err != nil {
			t.Fatal(err)
		}
		key, err := Open(filepath.Join(dir, "alice.key"))
		if err != nil {
			t.Fatal(err)
		}
		want, found := alice, mallory
		if swapped == ".pub" {
			want, found = mallory, alice
		}
		person := signertest.NewPerson(t, signertest.Types("passphrase", good))
		_, err = signer.Sign(t.Context(), key, key.Public(), []byte("x"), person.UI())
		var mismatch *MismatchError
		if !errors.As(err, &mismatch) || mismatch.Want != want.Public().Fingerprint() || mismatch.Found != found.Public().Fingerprint() {
			t.Fatalf("%s swapped: %v", swapped, err)
		}
		refusaltest.Says(t, err, filepath.Join(dir, "alice.key")+" holds the key "+mismatch.Found.String()+
			", but "+filepath.Join(dir, "alice.pub")+" says "+mismatch.Want.String())
		refusaltest.Hints(t, err, "before you know who changed them")
	}
}

func TestOpenRefusesWhatOthersCanRead(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("modes say nothing on Windows")
	}
	dir := folder(t)
	newKey(t, dir, "alice")
	path := filepath.Join(dir, "alice.key")
	for _, mode := range []fs.FileMode{0o640, 0o604, 0o620, 0o602, 0o777} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		_, err := Open(path)
		var permission *signer.PermissionError
		if !errors.As(err, &permission) || permission.Path != path {
			t.Fatalf("mode %v: %v", mode, err)
		}
		refusaltest.Says(t, err, "other people can use "+path)
		refusaltest.Hints(t, err, "chmod 600 '"+path+"'")
	}
	if err := os.Chmod(path, 0o400); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path); err != nil {
		t.Errorf("read-only for its owner: %v", err)
	}
}

func TestOpenRefusesLinks(t *testing.T) {
	for _, linked := range []string{".key", ".pub"} {
		dir := folder(t)
		newKey(t, dir, "alice")
		path, aside := filepath.Join(dir, "alice"+linked), filepath.Join(dir, "elsewhere")
		if err := errors.Join(os.Rename(path, aside), os.Symlink(aside, path)); err != nil {
			t.Skip(err)
		}
		_, err := Open(filepath.Join(dir, "alice.key"))
		var format *FormatError
		if !errors.As(err, &format) || format.Path != path {
			t.Fatalf("%s: %v", linked, err)
		}
		refusaltest.Says(t, err, "a symbolic link, which is not followed")
	}
}

func TestOpenRefusesOtherFiles(t *testing.T) {
	dir := folder(t)
	newKey(t, dir, "alice")
	sealed, err := os.ReadFile(filepath.Join(dir, "alice.key"))
	if err != nil {
		t.Fatal(err)
	}
	public, err := os.ReadFile(filepath.Join(dir, "alice.pub"))
	if err != nil {
		t.Fatal(err)
	}
	costly, err := seal(signertest.Ed25519("alice"), []byte(good), 1)
	if err != nil {
		t.Fatal(err)
	}
	costly = rearmor(t, costly, func(plain []byte) []byte { return bytes.Replace(plain, []byte(" 1\n"), []byte(" 22\n"), 1) })
	for name, test := range map[string]struct {
		key, pub []byte
		words    string
	}{
		"empty key":            {nil, public, "not an age file in ASCII armour"},
		"clear PKCS#8":         {[]byte("-----BEGIN PRIVATE KEY-----\n"), public, "not an age file in ASCII armour"},
		"huge key":             {bytes.Repeat(sealed, 100), public, "is larger than 16384 bytes"},
		"truncated at the top": {sealed[:40], public, "not an age file of version 1"},
		"for a public key":     {toRecipient(t), public, "not encrypted to a passphrase"},
		"takes too much":       {costly, public, "its scrypt work factor 22 is not between 1 and 20"},
		"empty public":         {sealed, nil, "not one PEM block"},
		"two public keys":      {sealed, append(bytes.Clone(public), public...), "not one PEM block"},
		"text before":          {sealed, append([]byte("hello\n"), public...), "not one PEM block"},
		"other PEM":            {sealed, bytes.ReplaceAll(public, []byte("PUBLIC"), []byte("PRIVATE")), "not a public key that is used here"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := folder(t)
			path := filepath.Join(dir, "bob.key")
			if err := errors.Join(os.WriteFile(path, test.key, 0o600), os.WriteFile(filepath.Join(dir, "bob.pub"), test.pub, 0o600)); err != nil {
				t.Fatal(err)
			}
			_, err := Open(path)
			var format *FormatError
			if !errors.As(err, &format) || !strings.HasPrefix(format.Path, strings.TrimSuffix(path, "key")) {
				t.Fatalf("error %v", err)
			}
			refusaltest.Says(t, err, test.words)
			refusaltest.Hints(t, err, "bring the file back from your backup")
		})
	}
}

func TestOpenNames(t *testing.T) {
	for _, path := range []string{"alice", "alice.pem", ".key", "keys/.key", ".hidden.key", "alice.key/", ""} {
		_, err := Open(path)
		var format *FormatError
		if !errors.As(err, &format) && !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%q: %v", path, err)
		}
	}
	refusaltest.Says(t, errorOf(Open("alice.pem")), "alice.pem: the name of a key file ends in .key")
}

// What an attacker put inside a file that opens with the right passphrase.
func TestUnsealRefusesOtherContents(t *testing.T) {
	ok := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8(t)})
	x25519 := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: x25519PKCS8(t)})
	for name, test := range map[string]struct {
		text  []byte
		words string
	}{
		"nothing":       {nil, "not one PEM block PRIVATE KEY"},
		"two keys":      {append(bytes.Clone(ok), ok...), "not one PEM block PRIVATE KEY"},
		"text before":   {append([]byte("x\n"), ok...), "not one PEM block PRIVATE KEY"},
		"other block":   {bytes.ReplaceAll(ok, []byte("PRIVATE KEY"), []byte("EC PRIVATE KEY")), "not one PEM block PRIVATE KEY"},
		"not PKCS#8":    {pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("x")}), "not a PKCS#8 private key"},
		"cannot sign":   {x25519, "the encrypted key cannot sign"},
		"with a header": {pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Headers: map[string]string{"a": "b"}, Bytes: pkcs8(t)}), "not one PEM block"},
	} {
		_, err := unseal("bob.key", encrypt(t, test.text), []byte(good))
		var format *FormatError
		if !errors.As(err, &format) || format.Path != "bob.key" {
			t.Errorf("%s: error %v", name, err)
		}
		refusaltest.Says(t, err, test.words)
	}
	if _, err := unseal("bob.key", encrypt(t, ok), []byte(good)); err != nil {
		t.Error(err)
	}
}

// Any change of a key file is noticed: it opens no more.
func TestUnsealRefusesEveryChange(t *testing.T) {
	sealed, err := seal(signertest.Ed25519("alice"), []byte(good), 1)
	if err != nil {
		t.Fatal(err)
	}
	size := 0
	rearmor(t, sealed, func(plain []byte) []byte { size = len(plain); return plain })
	for i := range size {
		if i > 60 && i%7 != 0 { // the header whole, then a sample
			continue
		}
		changed := rearmor(t, sealed, func(plain []byte) []byte { plain[i] ^= 1; return plain })
		_, err := unseal("bob.key", changed, []byte(good))
		var format *FormatError
		var wrong *signer.WrongSecretError
		if !errors.As(err, &format) && !errors.As(err, &wrong) {
			t.Errorf("byte %d changed: error %v", i, err)
		}
	}
	short := rearmor(t, sealed, func(plain []byte) []byte { return plain[:len(plain)-1] })
	refusaltest.Says(t, errorOf(unseal("bob.key", short, []byte(good))), "the encrypted part is damaged")
}

func TestSource(t *testing.T) {
	dir := folder(t)
	keys, err := Source{Dir: filepath.Join(dir, "missing")}.Keys(t.Context(), signer.UI{})
	if err != nil || len(keys) != 0 {
		t.Errorf("no folder: %v, %v", keys, err)
	}
	for _, name := range []string{"carol", "alice", "bob", "dave"} {
		newKey(t, dir, name)
	}
	newKey(t, filepath.Join(dir, "erin.key"), "inside") // a folder
	for _, name := range []string{".hidden.key", "notes.txt", ".alice.key.123.tmp"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(os.Remove(filepath.Join(dir, "dave.pub")), os.WriteFile(filepath.Join(dir, "bob.key"), []byte("x"), 0o600)); err != nil {
		t.Fatal(err)
	}
	person := signertest.NewPerson(t) // listing asks for nothing
	ui := person.UI()
	var left []error
	ui.LeftOut = func(err error) { left = append(left, err) }
	keys, err = Source{Dir: dir}.Keys(t.Context(), ui)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, key := range keys {
		names = append(names, key.Describe())
	}
	if !slices.Equal(names, []string{"key file alice.key", "key file carol.key"}) {
		t.Errorf("found %v", names)
	}
	wants := []string{
		"message: key file bob.key is left out: " + filepath.Join(dir, "bob.key") + ": not an age file in ASCII armour (bring the file back",
		"message: key file dave.key is left out: " + filepath.Join(dir, "dave.key") + " has no public file beside it (if making it was interrupted it was never in use: delete it; if not, bring",
		"message: key file erin.key is left out: " + filepath.Join(dir, "erin.key") + ": not a key file: ",
	}
	seen := person.Seen()
	if len(seen) != len(wants) || len(left) != len(wants) {
		t.Fatalf("seen %q, left out %q", seen, left)
	}
	for i, want := range wants {
		if !strings.HasPrefix(seen[i], want) || !strings.Contains(seen[i], left[i].Error()) {
			t.Errorf("seen %s\nwant %s", seen[i], want)
		}
	}

	gone := errors.New("the terminal is gone")
	if _, err := (Source{Dir: dir}).Keys(t.Context(), signer.UI{Message: func(string) error { return gone }}); !errors.Is(err, gone) {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var cancelled *signer.CancelledError
	if _, err := (Source{Dir: dir}).Keys(ctx, signer.UI{}); !errors.As(err, &cancelled) {
		t.Error(err)
	}
}

func TestSourceRefusesSharedFolder(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("modes say nothing on Windows")
	}
	dir := folder(t)
	newKey(t, dir, "alice")
	if err := os.Chmod(dir, 0o770); err != nil {
		t.Fatal(err)
	}
	_, err := Source{Dir: dir}.Keys(t.Context(), signer.UI{})
	var permission *signer.PermissionError
	if !errors.As(err, &permission) {
		t.Fatalf("error %v", err)
	}
	refusaltest.Hints(t, err, "chmod 700 '"+dir+"'")
	if _, err := Create(filepath.Join(dir, "bob.key"), Ed25519, []byte(good), cheap); !errors.As(err, &permission) {
		t.Errorf("create: %v", err)
	}
}

func TestSourceBound(t *testing.T) {
	dir := folder(t)
	newKey(t, dir, "alice")
	sealed, _ := os.ReadFile(filepath.Join(dir, "alice.key"))
	public, _ := os.ReadFile(filepath.Join(dir, "alice.pub"))
	for i := range maxKeys {
		name := filepath.Join(dir, strings.Repeat("x", i+1))
		if err := errors.Join(os.WriteFile(name+".key", sealed, 0o600), os.WriteFile(name+".pub", public, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	_, err := Source{Dir: dir}.Keys(t.Context(), signer.UI{})
	refusaltest.Says(t, err, "holds more than 100 keys; it is not a key folder")
}

// A name in the key folder cannot write to the terminal.
func TestDescribeShowsControlCharacters(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no such names on Windows")
	}
	key := newKey(t, folder(t), "alice\x1b[2J\n")
	if got := key.Describe(); got != `key file "alice\x1b[2J\n.key"` {
		t.Errorf("described as %q", got)
	}
}

func FuzzOpen(f *testing.F) {
	sealed, err := seal(signertest.Ed25519("alice"), []byte(good), 1)
	if err != nil {
		f.Fatal(err)
	}
	public := []byte(signertest.Public(f, signertest.Ed25519("alice")).PEM())
	f.Add(sealed, public)
	f.Add([]byte(armor.Header+"\n"+armor.Footer), []byte("-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n"))
	f.Add([]byte{}, []byte{})
	f.Fuzz(func(t *testing.T, sealed, public []byte) {
		var format *FormatError
		if err := checkHeader("x.key", sealed); err != nil && !errors.As(err, &format) {
			t.Errorf("header: %T %v", err, err)
		}
		if _, err := parsePublic("x.pub", public); err != nil && !errors.As(err, &format) {
			t.Errorf("public: %T %v", err, err)
		}
		if key, err := parsePrivate("x.key", sealed); err != nil && !errors.As(err, &format) || err == nil && key == nil {
			t.Errorf("private: %T %v", err, err)
		}
	})
}
