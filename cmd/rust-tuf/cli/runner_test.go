package cli

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
	"github.com/rust-lang/rust-tuf/metadata/git"
)

// onRunner gives an actor a machine that git knows nothing about: no name, no
// address, and a configuration that asks for signatures which nobody there can
// make. It returns the file that a call of gpg would leave.
func (s *stage) onRunner(t *testing.T, a *actor) (signed string) {
	t.Helper()
	signed = filepath.Join(s.dir, "gpg-was-called")
	gpg := filepath.Join(s.dir, "gpg")
	write := func(name, text string, mode os.FileMode) {
		t.Helper()
		if err := os.WriteFile(name, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
	}
	write(gpg, "#!/bin/sh\ntouch '"+signed+"'\nexit 1\n", 0o755)
	config := filepath.Join(s.dir, "runner-gitconfig")
	write(config, gitConfig+"[user]\n\tuseConfigOnly = true\n[commit]\n\tgpgsign = true\n[gpg]\n\tprogram = "+gpg+"\n", 0o644)
	env := slices.DeleteFunc(s.environ(a.name), func(v string) bool {
		return strings.HasPrefix(v, "GIT_AUTHOR_") || strings.HasPrefix(v, "GIT_COMMITTER_") || strings.HasPrefix(v, "GIT_CONFIG_GLOBAL=")
	})
	a.env.Git = []git.Option{git.Environ(append(env, "GIT_CONFIG_GLOBAL="+config))}
	return signed
}

func noSignature(t *testing.T, signed string) {
	t.Helper()
	if _, err := os.Stat(signed); err == nil {
		t.Error("gpg was called for a commit that nobody keeps")
	}
}

// A machine that git knows no name of judges, merges and reports; nothing is
// committed for a judgement, so nothing is signed for it either.
func TestGateWithoutIdentity(t *testing.T) {
	t.Parallel()
	s := play(t, "second-open", "alice")
	m := s.maintainer
	h := newHub(t, s, m, s.people["alice"])
	branch, _, _ := s.signedBy(t, "alice")
	h.pulled(t, "readme", put("README.md", []byte("A demo, and more.\n")))
	if err := s.fetch(); err != nil {
		t.Fatal(err)
	}
	signed := s.onRunner(t, m)
	s.exits(t, m, exit.Done, []string{"check", "--base", "origin/main", "--head", "origin/" + branch}, "Verdict: a machine may merge it.")
	s.exits(t, m, exit.Done, []string{"gate", "--merge", "--raise"}, "merged as ", "a person decides")
	if len(h.merged) != 1 || len(h.verdicts) != 2 || len(h.issues) != 0 {
		t.Errorf("merged %q; verdicts %v; issues %v", h.merged, h.verdicts, h.issues)
	}
	noSignature(t, signed)
}

// What a machine pushes is a commit that stays, and so it needs a name: without
// one it says so, with what to set, where people look.
func TestCompletionNeedsIdentity(t *testing.T) {
	t.Parallel()
	s := play(t, "second-ready", "alice")
	m := s.maintainer
	h := newHub(t, s, m)
	s.onRunner(t, m)
	s.fails(t, m, exit.Other, is[*git.IdentityError], []string{"gate", "--merge", "--raise"}, "event "+secondEvent+": git knows no name and no address for the commit that is to be pushed: ", "GIT_AUTHOR_NAME, GIT_AUTHOR_EMAIL, GIT_COMMITTER_NAME and GIT_COMMITTER_EMAIL")
	if text := h.issues["job/gate"]; !strings.Contains(text, "git knows no name and no address") || len(h.pulls) != 0 {
		t.Errorf("issue %q, pull requests %v", text, h.pulls)
	}
}

// The same for what is due.
func TestRenewalNeedsIdentity(t *testing.T) {
	t.Parallel()
	s := play(t, "genesis-done", "alice")
	m := s.maintainer
	h := newHub(t, s, m)
	s.now = time.Date(2027, 8, 24, 6, 0, 0, 0, time.UTC)
	s.onRunner(t, m)
	s.fails(t, m, exit.Other, is[*git.IdentityError], []string{"due", "--raise"}, "git knows no name and no address for the commit that is to be pushed: ", "GIT_AUTHOR_NAME")
	if text := h.issues["job/due"]; !strings.Contains(text, "git knows no name and no address") || len(h.pulls) != 0 {
		t.Errorf("issue %q, pull requests %v", text, h.pulls)
	}
}

// A person whom git does not know hears it before they are asked for anything, and
// `doctor` says it too.
func TestSignNeedsIdentity(t *testing.T) {
	t.Parallel()
	s := play(t, "second-open", "alice")
	alice := s.people["alice"]
	s.onRunner(t, alice)
	alice.answers(t)
	s.fails(t, alice, exit.Other, is[*git.IdentityError], []string{"sign"}, "git knows no name and no address for the commit that is to be pushed: ", "user.email")
	s.exits(t, alice, exit.Other, []string{"doctor"}, "wrong: git knows no name and no address", "to mend it: set `git config --global user.name` and `user.email`")
}
