//go:build cgo && !nopiv && linux

package cli

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
	"github.com/rust-lang/rust-tuf/metadata"
)

// Below each line that is not ok stands what mends it, also where git, a remote
// or a file of the branch is what is wrong.
func TestDoctorSaysWhatMendsTheClone(t *testing.T) {
	plugged(t)
	s := play(t, "genesis-done", "alice")
	alice := s.people["alice"].withCards()
	alice.answers(t)
	git := func(args ...string) {
		t.Helper()
		if _, err := s.git("alice", alice.clone, args...); err != nil {
			t.Fatal(err)
		}
	}
	mended := func(code int, words string, args ...string) {
		t.Helper()
		s.exits(t, alice, code, append([]string{"doctor"}, args...), words)
		got := &doctorResult{}
		oneObject(t, s.exits(t, alice, code, append([]string{"doctor", "--json"}, args...)), got)
		for _, l := range got.Lines {
			if l.Mark != markOK && l.Next == "" {
				t.Errorf("nothing mends: %s: %s", l.Mark, l.Text)
			}
		}
	}
	put := func(path, text string) {
		t.Helper()
		file := filepath.Join(alice.clone, filepath.FromSlash(path))
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
		git("add", path)
		git("commit", "--quiet", "--message", "broken")
		git("push", "--quiet", "origin", "HEAD:main")
	}

	git("pull", "--quiet", "origin", "main")
	good, err := os.ReadFile(filepath.Join(alice.clone, metadata.PolicyFile))
	if err != nil {
		t.Fatal(err)
	}
	put(metadata.PolicyFile, "format = 1\nnonsense = 2\n")
	mended(exit.Done, "warning: rust-tuf.toml:2:1: nonsense: unknown key \"nonsense\"; ")
	mended(exit.Done, "\n    to mend it: correct it in a pull request; `rust-tuf check` says whether it is right\n")
	put(metadata.PolicyFile, string(good))
	put("members/alice/member.toml", "nonsense")
	mended(exit.Done, "\n    to mend it: correct it in a pull request; `rust-tuf check` says whether it is right\n")
	put("events/nonsense/event.toml", "nonsense")
	mended(exit.Other, "\n    to mend it: `rust-tuf check` names all that is wrong on the branch; its maintainers put it right\n")

	mended(exit.Other, "wrong: this clone has no remote called nowhere; it has origin\n    to mend it: `git remote add nowhere <address>`, or name another one with --remote or --push-to\n", "--remote", "nowhere")
	git("remote", "rename", "origin", "forge")
	mended(exit.Other, "wrong: this clone has no remote called upstream or origin; it has forge\n    to mend it: `git remote add origin <address>`, or name another one with --remote or --push-to\n")
	git("remote", "remove", "forge")
	mended(exit.Other, "wrong: this clone has no remote called upstream or origin; it has none\n    to mend it: `git remote add origin <address>`\n")
	git("init", "--quiet", "--bare", s.dir+"/empty.git")
	git("remote", "add", "origin", s.dir+"/empty.git")
	mended(exit.Other, "wrong: origin names no default branch: it is empty, or its HEAD names a branch that is absent\n    to mend it: if it is new, push the files that `rust-tuf init` makes; else set its default branch on the forge\n")
}

// Which remote is missing can be told by type.
func TestNoRemoteError(t *testing.T) {
	t.Parallel()
	s := play(t, "genesis-done", "alice")
	alice := s.people["alice"]
	w, err := newCommand(alice.env).openClone(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var missing *NoRemoteError
	if err := w.chooseRemotes("", "fork"); !errors.As(err, &missing) || missing.Given != "fork" || exitCode(err) != exit.Usage {
		t.Errorf("%#v", err)
	}
}
