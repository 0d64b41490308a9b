package cli

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age/armor"
	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
	"github.com/rust-lang/rust-tuf/signer/file"
	"github.com/rust-lang/rust-tuf/verify"
)

const good = "correct horse battery staple"

func TestKeyNew(t *testing.T) {
	t.Parallel()
	a := alone(t)
	shown := a.answers(t, reply{"new passphrase for the key work", good}, reply{"the same passphrase again", good})
	out, words, code := a.types("key", "new", "work")
	if code != exit.Done || words != "" {
		t.Fatalf("exit code %d, %s", code, words)
	}
	golden(t, "key-new.golden", strings.ReplaceAll(shown.String()+"--- standard output ---\n"+out, a.env.Home, "<HOME>"))
	if strings.Contains(shown.String()+out, good) {
		t.Error("the passphrase is shown")
	}
	pem, err := os.ReadFile(filepath.Join(a.env.Home, "keys", "work.pub"))
	if err != nil {
		t.Fatal(err)
	}
	if key, err := verify.ParsePublicKeyPEM(pem); err != nil || !strings.Contains(strings.Join(strings.Fields(out), " "), key.Fingerprint().Groups()) {
		t.Errorf("%v; the fingerprint of the key is not in\n%s", err, out)
	}
	if cost := costOf(t, filepath.Join(a.env.Home, "keys", "work.key")); cost != a.env.NewKeys.WorkFactor {
		t.Errorf("a guess at the passphrase costs 2^%d, and 2^%d was asked for", cost, a.env.NewKeys.WorkFactor)
	}
	if shipped := System().NewKeys; shipped != (file.Options{}) {
		t.Errorf("the shipped program makes keys with %+v", shipped)
	}
	// Again: refused before anybody thinks of a passphrase.
	a.answers(t)
	_, words, code = a.types("key", "new", "work")
	if code != exit.Rejected || !strings.Contains(words, "work.key exists; a key file is never overwritten") || !strings.Contains(words, "hint: choose another name") {
		t.Errorf("exit code %d, %s", code, words)
	}
	out, words, code = a.types("key", "list")
	if code != exit.Done || words != "" {
		t.Errorf("exit code %d, %s", code, words)
	}
	golden(t, "key-list.golden", out)
}

// costOf is what a guess at a key file's passphrase costs, by its header: the base-2
// logarithm of scrypt's work factor.
func costOf(t *testing.T, path string) int {
	t.Helper()
	sealed, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer sealed.Close()
	header := bufio.NewScanner(armor.NewReader(sealed))
	for header.Scan() {
		var salt string
		var cost int
		if _, err := fmt.Sscanf(header.Text(), "-> scrypt %s %d", &salt, &cost); err == nil {
			return cost
		}
	}
	t.Fatalf("%s names no cost: %v", path, header.Err())
	return 0
}

func TestKeyNewRefuses(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		args   string
		script []reply
		code   int
		words  string
	}{
		{"a short passphrase", "work", []reply{{"new passphrase", "short"}, giveUp}, exit.Card, "the passphrase has 5 characters, at least"},
		{"two that differ", "work", []reply{{"new passphrase", good}, {"again", good + "!"}, giveUp}, exit.Card, "the two passphrases are not the same"},
		{"an unknown algorithm", "work --algorithm rsa", nil, exit.Usage, `no algorithm "rsa": choose one of ed25519, p256, p384, rsa-3072`},
		{"a path", "../work", nil, exit.Usage, `"../work" cannot be the name of a key`},
		{"a hidden file", ".work", nil, exit.Usage, `".work" cannot be the name of a key`},
		{"a long name", strings.Repeat("x", 64), nil, exit.Usage, "cannot be the name of a key"},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := alone(t)
			a.answers(t, test.script...)
			out, words, code := a.types(append([]string{"key", "new"}, strings.Fields(test.args)...)...)
			if code != test.code || out != "" || !strings.Contains(words, test.words) {
				t.Errorf("exit code %d, %s%s", code, out, words)
			}
			if left, _ := filepath.Glob(filepath.Join(a.env.Home, "*", "*")); len(left) > 0 {
				t.Errorf("%q was left behind", left)
			}
		})
	}
	t.Run("nobody there", func(t *testing.T) {
		a := alone(t)
		if _, words, code := a.types("key", "new", "work"); code != exit.Other || !strings.Contains(words, "no terminal to ask on") {
			t.Errorf("exit code %d, %s", code, words)
		}
	})
}

func TestKeyList(t *testing.T) {
	t.Parallel()
	a := alone(t)
	out, words, code := a.types("key", "list")
	if code != exit.Done || words != "" || !strings.Contains(out, "No key is in your hand") {
		t.Errorf("exit code %d, %s%s", code, out, words)
	}
	// A file that is no key is named and left out; the others are listed.
	if err := a.newKey(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(keyFolder(a.env.Home), "broken.key"), []byte("nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	shown := a.answers(t)
	out, _, code = a.types("key", "list")
	if code != exit.Done || !strings.HasPrefix(out, "key file alice.key: ECDSA P-256, fingerprint\n") || strings.Contains(out, "broken") {
		t.Errorf("exit code %d, %s", code, out)
	}
	if !strings.Contains(shown.String(), "key file broken.key is left out") {
		t.Errorf("shown: %s", shown)
	}
	// A folder that others can write to is no place for keys.
	if err := os.Chmod(keyFolder(a.env.Home), 0o777); err != nil {
		t.Fatal(err)
	}
	if _, words, code = a.types("key", "list"); code == exit.Done || !strings.Contains(words, "chmod 700") {
		t.Errorf("exit code %d, %s", code, words)
	}
}

// A path with a space is quoted where it is meant to be pasted.
func TestKeyNewNamesThePathForPasting(t *testing.T) {
	t.Parallel()
	a := alone(t)
	a.env.Home = filepath.Join(a.env.Home, "Application Support")
	a.answers(t, reply{"new passphrase", good}, reply{"again", good})
	out, words, code := a.types("key", "new", "work", "--algorithm", string(file.Ed25519))
	if want := `--public-key "` + filepath.Join(a.env.Home, "keys", "work.pub") + `"`; code != exit.Done || !strings.Contains(out, want) {
		t.Errorf("exit code %d, %s%s; want %s", code, out, words, want)
	}
}
