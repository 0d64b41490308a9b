package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
)

// fork gives somebody a repository of their own beside the one that they
// cannot write to: from now on it refuses every push.
func (s *stage) fork(t *testing.T, a *actor) (dir string) {
	t.Helper()
	dir = filepath.Join(s.dir, a.name+"-fork.git")
	for _, args := range [][]string{
		{"clone", "--quiet", "--bare", s.remote(), dir},
		{"-C", a.clone, "remote", "rename", "origin", "upstream"},
		{"-C", a.clone, "remote", "add", "origin", dir},
	} {
		if _, err := s.git(a.name, s.dir, args...); err != nil {
			t.Fatal(err)
		}
	}
	s.hook(t, s.remote(), "pre-receive", "echo 'you may not write here' >&2; exit 1")
	return dir
}

// hook makes a repository run a script, as a forge would.
func (s *stage) hook(t *testing.T, repository, name, script string) {
	t.Helper()
	dir := filepath.Join(repository, "hooks")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	writeProgram(t, filepath.Join(dir, name), "#!/bin/sh\n"+script+"\n")
}

func (s *stage) unhook(t *testing.T, repository, name string) {
	t.Helper()
	if err := os.Remove(filepath.Join(repository, "hooks", name)); err != nil {
		t.Fatal(err)
	}
}

// branchesOf lists the branches of a repository below a prefix.
func (s *stage) branchesOf(t *testing.T, repository, prefix string) []string {
	t.Helper()
	out, err := s.git("maintainer", repository, "for-each-ref", "--format=%(refname:lstrip=2)", "refs/heads/"+prefix)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(out)
}

// A member without write access: the event is read from upstream, the
// signature goes to their fork, and upstream sees nothing before the pull
// request.
func TestSignFromAFork(t *testing.T) {
	t.Parallel()
	s := play(t, "second-open", "alice")
	alice := s.people["alice"]
	fork := s.fork(t, alice)
	// The fork is old and has branches of its own; neither matters.
	if _, err := s.git("alice", fork, "update-ref", "refs/heads/main", "refs/heads/main~2"); err != nil {
		t.Fatal(err)
	}
	alice.answers(t, signRoot, passphrase)
	s.unchanged(t, func() {
		out := s.exits(t, alice, exit.Done, []string{"sign"}, "root version 2, by alice", "of origin.")
		if !strings.Contains(out, "of "+fork+" into main of "+s.remote()) {
			t.Errorf("the pull request goes elsewhere:\n%s", out)
		}
	})
	branches := s.branchesOf(t, fork, "sign/"+secondEvent+"/")
	if len(branches) != 1 {
		t.Fatalf("the fork has %v", branches)
	}
	// The maintainer fetches the pull request from the fork; the gate lets a
	// machine merge it.
	m := s.maintainer
	if err := s.fetch(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.git(m.name, m.clone, "fetch", "--quiet", fork, branches[0]+":refs/remotes/origin/pull-1"); err != nil {
		t.Fatal(err)
	}
	s.exits(t, m, exit.Done, []string{"check", "--base", "origin/main", "--head", "origin/pull-1"}, "The signature is by alice", "a machine may merge it")

	// Again, before the merge: the branch is there, nothing is asked or made.
	alice.answers(t)
	before, _ := s.git("alice", fork, "for-each-ref")
	s.exits(t, alice, exit.Done, []string{"sign"}, "Signed earlier, found on this machine")
	if after, _ := s.git("alice", fork, "for-each-ref"); after != before {
		t.Errorf("the fork changed from\n%s\nto\n%s", before, after)
	}
	// On a new laptop, the signature is found on the fork alone.
	laptop := s.actor("alice")
	laptop.env.Home = t.TempDir()
	copyKeys(t, alice, laptop)
	s.pinAt(t, laptop)
	laptop.answers(t, reply{"did you sign root version 2 on another machine", "yes"})
	s.exits(t, laptop, exit.Done, []string{"sign"}, "Signed on another machine, found on the remote: root version 2, by alice")
}

// Whoever names upstream as the place to push to is told what the forge says,
// and keeps the signature.
func TestSignWithoutWriteAccess(t *testing.T) {
	t.Parallel()
	s := play(t, "second-open", "alice")
	alice := s.people["alice"]
	fork := s.fork(t, alice)
	shown := alice.answers(t, signRoot, passphrase, reply{"Try again?", "no"})
	s.unchanged(t, func() {
		s.exits(t, alice, exit.Other, []string{"sign", "--push-to", "upstream"}, "git push, remote upstream", "Your signature is kept on this machine", "push to a fork and open a pull request")
	})
	if !strings.Contains(shown.String(), "What may help: a rule of the remote forbids") {
		t.Errorf("shown:\n%s", shown)
	}
	alice.answers(t)
	s.exits(t, alice, exit.Done, []string{"sign"}, "Signed earlier, found on this machine")
	if branches := s.branchesOf(t, fork, "sign/"+secondEvent+"/"); len(branches) != 1 {
		t.Errorf("the fork has %v", branches)
	}
	s.exits(t, alice, exit.Usage, []string{"sign", "--push-to", "elsewhere"}, "this clone has no remote called elsewhere; it has origin and upstream")
	s.exits(t, alice, exit.Usage, []string{"sign", "--remote", "elsewhere"}, "this clone has no remote called elsewhere")
}

// The other verbs of a member work from a fork too.
func TestMemberAddAndProposeFromAFork(t *testing.T) {
	t.Parallel()
	s := play(t, "genesis-done", "alice")
	s.now = december
	judy := s.newcomer(t, "judy")
	fork := s.fork(t, judy)
	s.unchanged(t, func() {
		s.exits(t, judy, exit.Done, []string{"member", "add", "judy", "--public-key", judy.publicKey()}, "member/judy of "+fork+" into main of "+s.remote())
		s.exits(t, judy, exit.Done, []string{"propose", "--why", "a renewal", "--renew", "root"}, "event/"+secondEvent+" of "+fork)
	})
	if branches := append(s.branchesOf(t, fork, "event/"+secondEvent), s.branchesOf(t, fork, "member/judy")...); len(branches) != 2 {
		t.Errorf("the fork has %v", branches)
	}
}

// A clone without a remote of a known name.
func TestNoRemote(t *testing.T) {
	t.Parallel()
	s := play(t, "genesis-done", "alice")
	alice := s.people["alice"]
	if _, err := s.git("alice", alice.clone, "remote", "rename", "origin", "forge"); err != nil {
		t.Fatal(err)
	}
	s.exits(t, alice, exit.Other, []string{"status"}, "this clone has no remote called upstream or origin", "it has forge", "hint: `git remote add origin <address>`, or name another one with --remote or --push-to")
	s.exits(t, alice, exit.Done, []string{"status", "--remote", "forge"}, "root version 1")
	if err := os.RemoveAll(s.remote()); err != nil {
		t.Fatal(err)
	}
	s.exits(t, alice, exit.Other, []string{"status", "--remote", "forge"}, "remote forge", "hint: ")
}
