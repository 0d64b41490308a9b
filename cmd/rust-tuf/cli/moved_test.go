//go:build unix

package cli

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/metadata/git"
)

// meanwhile lets something happen on the remote the moment before this
// person's git is called for the nth time with a verb: the race that tests of
// a moving remote need, without a clock.
func (a *actor) meanwhile(t *testing.T, verb string, n int, script string) {
	t.Helper()
	real, err := exec.LookPath("git")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	wrapper := filepath.Join(dir, "git")
	text := fmt.Sprintf(`#!/bin/sh
for word in "$@"; do
	[ "$word" = %[1]s ] || continue
	echo x >> '%[2]s/count'
	if [ "$(wc -l < '%[2]s/count')" -eq %[3]d ]; then
		(unset GIT_DIR; %[4]s) >> '%[2]s/log' 2>&1 || exit 1
	fi
	break
done
exec '%[5]s' "$@"
`, verb, dir, n, script, real)
	writeProgram(t, wrapper, text)
	a.env.Git = append(a.env.Git, git.Program(wrapper))
	t.Cleanup(func() {
		log, _ := os.ReadFile(filepath.Join(dir, "log"))
		count, err := os.ReadFile(filepath.Join(dir, "count"))
		if err != nil || strings.Count(string(count), "x") < n || len(log) > 0 {
			t.Errorf("git %s was called %d times, want %d: %v\n%s", verb, strings.Count(string(count), "x"), n, err, log)
		}
	})
}

// moves is the script that sets the remote's default branch.
func (s *stage) moves(to git.Commit) string {
	return fmt.Sprintf("git -C '%s' update-ref refs/heads/main %s", s.remote(), to)
}

// later makes acts on a copy of the default branch, and returns the commit
// that the branch will move to; the remote's branch stays where it is.
func (s *stage) later(t *testing.T, acts func() error) git.Commit {
	t.Helper()
	before, err := s.git("maintainer", s.remote(), "rev-parse", "main")
	if err != nil {
		t.Fatal(err)
	}
	if err := acts(); err != nil {
		t.Fatal(err)
	}
	after, err := s.git("maintainer", s.remote(), "rev-parse", "main")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.git("maintainer", s.remote(), "update-ref", "refs/heads/main", before); err != nil {
		t.Fatal(err)
	}
	return git.Commit(after)
}

// Another signer's pull request is merged between fetch and push: one file on
// one branch all the same, which merges on top of the other, and nothing is
// lost.
func TestDefaultBranchMovesWhileSigning(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		verb string
		n    int
	}{{"fetch", 2}, {"push", 1}} {
		t.Run("before the "+test.verb, func(t *testing.T) {
			s := play(t, "second-open", "alice", "bob")
			merged := s.later(t, func() error { return s.sign(secondEvent, "bob") })
			alice := s.people["alice"]
			alice.meanwhile(t, test.verb, test.n, s.moves(merged))
			alice.answers(t, signRoot, passphrase)
			s.exits(t, alice, exit.Done, []string{"sign"}, "Signed: root version 2, by alice")
			if now, err := s.git("maintainer", s.remote(), "rev-parse", "main"); err != nil || now != string(merged) {
				t.Fatalf("the default branch is at %s, %v", now, err)
			}
			var branch string
			for _, b := range s.branchesOf(t, s.remote(), "sign/"+secondEvent+"/") {
				if strings.Contains(b, "/alice-") {
					branch = b
				}
			}
			verdict, err := s.gateOn(t, branch)
			if err != nil || !verdict.Machine || verdict.Signer != "alice" {
				t.Fatalf("%+v, %v", verdict, err)
			}
			if err := s.merge(branch); err != nil {
				t.Fatal(err)
			}
			s.exits(t, s.maintainer, exit.Done, []string{"status"}, "2 of 5 (alice, bob)")
		})
	}
}

// The event ends between review and push: it is said, nothing is pushed, and
// the signature stays on this machine.
func TestEventEndsWhileSigning(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		scenery string
		acts    func(*stage) error
		words   []string
	}{
		{"completed", "second-ready", func(s *stage) error { _, err := s.complete(secondEvent); return err },
			[]string{"event closed: " + secondEvent + " is complete and published"}},
		{"superseded", "second-open", func(s *stage) error {
			s.now = s.now.AddDate(0, 0, 1)
			if _, err := s.must(s.maintainer, "propose", "--why", "start over", "--supersede", secondEvent, "--renew", "root"); err != nil {
				return err
			}
			return s.merge("event/2026-12-23-root-v2")
		}, []string{"event closed: " + secondEvent + " was superseded by 2026-12-23-root-v2"}},
		{"rewritten", "second-open", func(s *stage) error {
			_, err := s.git("maintainer", s.remote(), "update-ref", "refs/heads/main", "main~1")
			return err
		}, []string{`no event "` + secondEvent + `"`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := play(t, test.scenery, "frank")
			ended := s.later(t, func() error { return test.acts(s) })
			frank := s.people["frank"]
			s.pinAt(t, frank)
			frank.meanwhile(t, "fetch", 2+1, s.moves(ended)) // the second is for the branches
			frank.answers(t, signRoot, passphrase)
			s.exits(t, frank, exit.Rejected, []string{"sign"}, test.words...)
			for _, b := range s.branchesOf(t, s.remote(), "sign/") {
				if strings.Contains(b, "/frank-") {
					t.Errorf("%s was pushed", b)
				}
			}
		})
	}
}

// The signer's branch is there with something else on it: nothing of it is
// overwritten, and it is said how to get on.
func TestBranchOfTheSignerIsTaken(t *testing.T) {
	t.Parallel()
	s := play(t, "second-open", "alice", "bob")
	alice := s.people["alice"]
	alice.answers(t, signRoot, passphrase)
	s.exits(t, alice, exit.Done, []string{"sign"})
	branch := s.branchesOf(t, s.remote(), "sign/"+secondEvent+"/")[0]
	if _, err := s.git("alice", s.remote(), "branch", "--force", branch, "main"); err != nil {
		t.Fatal(err)
	}
	shown := alice.answers(t, reply{"Try again?", "yes"}, reply{"Try again?", "no"})
	s.unchanged(t, func() {
		s.exits(t, alice, exit.Other, []string{"sign"}, "branch "+branch+" of origin exists already", "holds something else",
			"Your signature is kept on this machine", "git push origin --delete "+branch)
	})
	if n := strings.Count(shown.String(), "What may help: if it is left from an earlier try, `git push origin --delete "+branch); n != 2 {
		t.Errorf("the way out is shown %d times:\n%s", n, shown)
	}
	if _, err := s.git("alice", alice.clone, "push", "--quiet", "origin", "--delete", branch); err != nil {
		t.Fatal(err)
	}
	alice.answers(t)
	s.exits(t, alice, exit.Done, []string{"sign"}, "Signed earlier, found on this machine")
}

// The remote refuses: the signature is kept, a second try in the same run
// works, and a later run pushes what is kept. The key is used once.
func TestRemoteRefusesThePush(t *testing.T) {
	t.Parallel()
	s := play(t, "second-open", "alice", "bob")
	alice := s.people["alice"]
	s.hook(t, s.remote(), "pre-receive", "echo 'closed for repairs' >&2; exit 1")
	alice.answers(t, signRoot, passphrase, reply{"Try again?", "yes"}, reply{"Try again?", "no"})
	s.unchanged(t, func() {
		s.exits(t, alice, exit.Other, []string{"sign"}, "git push, remote origin", "Your signature is kept on this machine; run `rust-tuf sign` again and it is pushed without the key being used")
	})
	s.unhook(t, s.remote(), "pre-receive")
	alice.answers(t) // no passphrase
	out := s.exits(t, alice, exit.Done, []string{"sign"}, "Signed earlier, found on this machine: root version 2, by alice")
	s.golden(t, "sign-kept.golden", out)
	// In one run: refused once, then the person says yes.
	bob := s.people["bob"]
	s.hook(t, s.remote(), "pre-receive", fmt.Sprintf("rm '%s/hooks/pre-receive'; exit 1", s.remote()))
	bob.answers(t, signRoot, passphrase, reply{"Try again?", "yes"})
	s.exits(t, bob, exit.Done, []string{"sign"}, "Signed: root version 2, by bob")
}

// The remote is out of reach after the signature was made.
func TestRemoteGoneWhileSigning(t *testing.T) {
	t.Parallel()
	s := play(t, "second-open", "alice", "bob")
	alice := s.people["alice"]
	away := s.remote() + ".away"
	alice.meanwhile(t, "fetch", 2, fmt.Sprintf("mv '%s' '%s'", s.remote(), away))
	alice.answers(t, signRoot, passphrase, reply{"Try again?", "no"})
	s.exits(t, alice, exit.Other, []string{"sign"}, "git fetch, remote origin", "Your signature is kept on this machine")
	if err := os.Rename(away, s.remote()); err != nil {
		t.Fatal(err)
	}
	alice.env.Git = alice.env.Git[:1]
	alice.answers(t)
	s.exits(t, alice, exit.Done, []string{"sign"}, "Signed earlier, found on this machine")
}

// The second of two payloads is declined: the first one's pull request is
// named all the same.
func TestDeclinedAfterTheFirst(t *testing.T) {
	t.Parallel()
	s := play(t, "genesis-open", "alice")
	alice := s.people["alice"]
	alice.answers(t, signRoot, passphrase, reply{"do you want to sign targets version 1", "no"})
	s.exits(t, alice, exit.Other, []string{"sign"}, "Signed: root version 1, by alice", "Next: open a pull request for each branch", "declined")
	if branches := s.branchesOf(t, s.remote(), "sign/"); len(branches) != 1 {
		t.Errorf("branches: %v", branches)
	}
	alice.answers(t, reply{"do you want to sign targets version 1", "yes"}, passphrase)
	s.exits(t, alice, exit.Done, []string{"sign"}, "Signed earlier, found on this machine: root version 1", "Signed: targets version 1, by alice")
}

// A proposal and a completion while the default branch moves: what was made
// is on a branch of its own, and the gate judges it on what is there then.
func TestDefaultBranchMovesWhileProposing(t *testing.T) {
	t.Parallel()
	s := play(t, "genesis-done", "alice")
	s.now = december
	moved := s.later(t, func() error { s.elsewhere(t); return nil })
	s.maintainer.meanwhile(t, "push", 1, s.moves(moved))
	s.exits(t, s.maintainer, exit.Done, []string{"propose", "--why", "a renewal", "--renew", "root"})
	verdict, err := s.gateOn(t, "event/"+secondEvent)
	if err != nil || !verdict.Accepted || verdict.Kind != string(metadata.KindProposal) {
		t.Errorf("%+v, %v", verdict, err)
	}
}
