package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/roles"
)

// newcomer is somebody with a clone and a key who is no member yet.
func (s *stage) newcomer(t *testing.T, name string) *actor {
	t.Helper()
	a, err := s.enter(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.newKey(); err != nil {
		t.Fatal(err)
	}
	return a
}

func TestMemberAdd(t *testing.T) {
	t.Parallel()
	s := play(t, "genesis-done", "alice")
	judy := s.newcomer(t, "judy")
	judy.answers(t)
	add := []string{"member", "add", "judy", "--public-key", judy.publicKey(), "--login", "judy-on-the-forge", "--affiliation", "label-1,label-2", "--country", "label-3", "--label", "card1"}
	out := s.exits(t, judy, exit.Done, add)
	s.golden(t, "member-add.golden", out)
	tree := s.treeOf(t, "member/judy")
	text, err := tree.Read(metadata.MemberPath("judy"))
	if err != nil {
		t.Fatal(err)
	}
	m, err := roles.ParseMember(metadata.MemberPath("judy"), text)
	if err != nil {
		t.Fatal(err)
	}
	if m.Login != "judy-on-the-forge" || strings.Join(m.Affiliations, " ") != "label-1 label-2" || strings.Join(m.Countries, " ") != "label-3" || strings.Join(m.Active(), " ") != "card1" {
		t.Errorf("%+v", m)
	}
	verdict, err := s.gateOn(t, "member/judy")
	if err != nil || verdict.Kind != "member" || !verdict.Accepted || verdict.Machine {
		t.Errorf("%+v, %v", verdict, err)
	}
	// The same once more is the same branch; anything else is refused, and
	// nothing is overwritten.
	s.unchanged(t, func() {
		s.exits(t, judy, exit.Done, add, "Pushed", "member/judy")
		s.exits(t, judy, exit.Other, []string{"member", "add", "judy", "--public-key", judy.publicKey()},
			"branch member/judy of origin exists already", "holds something else", "git push origin --delete member/judy")
	})
}

func TestMemberAddRefuses(t *testing.T) {
	t.Parallel()
	s := play(t, "gathered", "alice")
	mallory := s.newcomer(t, "mallory")
	bad := filepath.Join(s.dir, "bad.pem")
	private := filepath.Join(s.dir, "private.pem")
	for path, text := range map[string]string{
		bad:     "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
		private: "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		name  string
		args  []string
		code  int
		words []string
	}{
		{"no key named", []string{"mallory"}, exit.Usage, []string{"--public-key", "rust-tuf key new"}},
		{"no such file", []string{"mallory", "--public-key", "absent.pub"}, exit.Usage, []string{"absent.pub", "no such file"}},
		{"no PEM", []string{"mallory", "--public-key", filepath.Join(mallory.clone, "README.md")}, exit.Rejected, []string{"README.md", "PEM"}},
		{"a broken key", []string{"mallory", "--public-key", bad}, exit.Rejected, []string{"bad.pem"}},
		{"a private key", []string{"mallory", "--public-key", private}, exit.Rejected, []string{"private.pem holds a private key, which nobody else may ever see"}},
		{"a key file of ours", []string{"mallory", "--public-key", strings.TrimSuffix(mallory.publicKey(), ".pub") + ".key"}, exit.Rejected, []string{"mallory.key holds a private key", "NAME.pub"}},
		{"somebody else's key", []string{"mallory", "--public-key", s.people["alice"].publicKey()}, exit.Rejected,
			[]string{"this key is declared as alice/main in members/alice/member.toml", "mallory needs a key of their own"}},
		{"an existing member", []string{"alice", "--public-key", mallory.publicKey()}, exit.Rejected, []string{"members/alice/member.toml exists already", "branch of your own"}},
		{"a bad name", []string{"Mallory", "--public-key", mallory.publicKey()}, exit.Usage, []string{"Mallory", "name"}},
		{"a path", []string{"../mallory", "--public-key", mallory.publicKey()}, exit.Usage, []string{"../mallory"}},
		{"a bad label", []string{"mallory", "--public-key", mallory.publicKey(), "--label", "Card 1"}, exit.Usage, []string{"Card 1", "label"}},
		{"a bad affiliation", []string{"mallory", "--public-key", mallory.publicKey(), "--affiliation", "a\x1bb"}, exit.Usage, []string{"affiliations"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			mallory.answers(t)
			s.unchanged(t, func() {
				out := s.exits(t, mallory, test.code, append([]string{"member", "add"}, test.args...), test.words...)
				if out != "" {
					t.Errorf("standard output: %s", out)
				}
			})
		})
	}
}
