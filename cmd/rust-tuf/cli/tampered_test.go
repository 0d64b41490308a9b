//go:build cgo && !nopiv && linux

package cli

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/tests/vyubikey/ca"
	"github.com/rust-lang/rust-tuf/tests/vyubikey/card"
	"github.com/rust-lang/rust-tuf/verify"
)

// tamper changes a file on a branch of the remote, as whoever can push there may.
func (s *stage) tamper(t *testing.T, branch, path string, change func([]byte) []byte) {
	t.Helper()
	before, _ := s.treeOf(t, branch).Read(path)
	after := change(bytes.Clone(before))
	ch := put(path, after)
	switch {
	case after == nil:
		ch = metadata.Change{Delete: []string{path}}
	case bytes.Equal(before, after):
		t.Fatalf("%s of %s is the same as before:\n%s", path, branch, before)
	}
	repo := gitOf(t, s.maintainer)
	at, err := repo.Fetch(s.ctx, "origin", branch)
	if err != nil {
		t.Fatal(err)
	}
	if err := repo.Push(s.ctx, "origin", s.on(t, repo, at, ch), branch, at); err != nil {
		t.Fatal(err)
	}
}

func strangersKey(t *testing.T) string {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key, err := verify.NewPublicKey(private.Public())
	if err != nil {
		t.Fatal(err)
	}
	return key.PEM()
}

func otherCertificate(t *testing.T) string {
	t.Helper()
	root, err := ca.New(ca.Short).Root()
	if err != nil {
		t.Fatal(err)
	}
	return ca.PEM(root)
}

// What an earlier run pushed is taken only while it says what the card and this
// run say: somebody who changes the branch between two runs is found out, and
// the key is not asked to sign for it.
func TestEnrolTrustsNoBranch(t *testing.T) {
	swap := func(old, new string) func([]byte) []byte {
		return func(text []byte) []byte { return []byte(strings.Replace(string(text), old, new, 1)) }
	}
	const file, slot = "members/mallory/member.toml", "members/mallory/5200001/slot.pem"
	for _, test := range []struct {
		name, path string
		change     func([]byte) []byte
	}{
		{"retired", file, swap(`status = "active"`, `status = "retired"`)},
		{"lost", file, swap(`status = "active"`, `status = "lost"`)},
		{"another slot", file, swap(`slot = "9c"`, `slot = "9a"`)},
		{"another label", file, swap(`label = "main"`, `label = "mine"`)},
		{"another login", file, swap(`login = "mallory"`, `login = "heidi"`)},
		{"a company", file, swap(`affiliations = [`, `affiliations = ["company-1", `)},
		{"another signature", file, swap(`possession = "30`, `possession = "31`)},
		{"no signature", file, swap(`possession = `, `# possession = `)},
		{"a file instead of a card", file, func(text []byte) []byte {
			for _, line := range []string{`serial = 5200001`, `slot = "9c"`} {
				text = swap(line, "")(text)
			}
			return swap(`kind = "piv"`, `kind = "software"`)(text)
		}},
		{"a comment", file, func(text []byte) []byte { return append(text, "# hello\n"...) }},
		{"a second key", file, func(text []byte) []byte {
			return append(text, "\n[[key]]\nlabel = \"spare\"\npublic = \"\"\"\n"+strangersKey(t)+"\"\"\"\nkind = \"software\"\nstatus = \"active\"\n"...)
		}},
		{"no certificate", slot, func([]byte) []byte { return nil }},
		{"another certificate", slot, func([]byte) []byte { return []byte(otherCertificate(t)) }},
		{"another member", "members/heidi/member.toml", func(text []byte) []byte { return append(text, "# hello\n"...) }},
		{"no file at all", file, func([]byte) []byte { return nil }},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, mallory, world := newcomerWithCard(t)
			c := world.Insert(card.Config{Serial: 5200001})
			mallory.answers(t, fresh...)
			s.exits(t, mallory, exit.Done, enrolArgs)
			s.tamper(t, "member/mallory", test.path, test.change)
			c.ClearLog()
			mallory.answers(t, reply{"Enrol this key instead of making a new one?", "yes"})
			s.unchanged(t, func() {
				out := s.exits(t, mallory, exit.Other, enrolArgs, "branch member/mallory of origin exists already", "holds something else", "git push origin --delete member/mallory")
				if out != "" {
					t.Errorf("standard output: %s", out)
				}
			})
			spent(t, c, 0, 0)
		})
	}
}

// The same for the end of a key: it is destroyed only while the branch says just
// that.
func TestRetireTrustsNoBranch(t *testing.T) {
	const file = "members/mallory/member.toml"
	for name, test := range map[string]struct{ path, old, new string }{
		"active again":    {file, `status = "retired"`, `status = "active"`},
		"lost":            {file, `status = "retired"`, `status = "lost"`},
		"another slot":    {file, `slot = "9c"`, `slot = "9a"`},
		"another login":   {file, `login = "mallory"`, `login = "heidi"`},
		"another way":     {"members/mallory/retired-main.toml", `way = "overwritten"`, `way = "deleted"`},
		"another member":  {"members/heidi/member.toml", `format = 1`, "# hello\nformat = 1"},
		"another policy":  {"rust-tuf.toml", `format = 1`, "# hello\nformat = 1"},
		"a longer record": {"members/mallory/retired-main.toml", `format = 1`, "# hello\nformat = 1"},
	} {
		t.Run(name, func(t *testing.T) {
			s, mallory, world, c := memberWithCard(t, card.Config{})
			pulledBeforeWipe(t, s, mallory, world, c)
			s.tamper(t, "member/mallory-retires-main", test.path, func(text []byte) []byte {
				return []byte(strings.Replace(string(text), test.old, test.new, 1))
			})
			c.ClearLog()
			mallory.answers(t)
			s.unchanged(t, func() {
				s.exits(t, mallory, exit.Other, retireArgs, "branch member/mallory-retires-main of origin exists already", "holds something else")
			})
			spent(t, c, 0, 0)
			if c.PublicKey(card.Signature) == nil {
				t.Error("the key is gone")
			}
		})
	}
}
