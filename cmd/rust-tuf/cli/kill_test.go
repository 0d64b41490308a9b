//go:build unix

package cli

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/signer/trust"
)

// A kill at any step: every verb that writes is run as a process of its own
// whose git is a script that kills it before, or after, the Nth call. Whatever
// N is, running the verb again ends as if nothing had happened. (Kills inside
// the writing of the trust state are the business of signer/trust's tests.)
func TestKilled(t *testing.T) {
	for _, series := range []struct {
		name  string
		set   string
		actor string
		args  []string
		every int // of the calls, 1 for each; the slow ones are sampled
		done  func(*testing.T, *stage)
	}{
		{"member add", "genesis-done", "judy", []string{"member", "add", "judy", "--public-key", "judy.pub"}, 2, func(t *testing.T, s *stage) { branchesAre(t, s, "member/judy", 1) }},
		{"trust init", "second-done", "heidi", []string{"trust", "init"}, 2, func(t *testing.T, s *stage) {
			if pin, err := s.people["heidi"].pinOf(s); err != nil || pin.Version != 2 {
				t.Errorf("root 2 is not pinned: %v, %v", pin, err)
			}
		}},
		{"sign", "second-open", "alice", []string{"sign"}, 1, func(t *testing.T, s *stage) { signedOnce(t, s, "alice") }},
		{"sign the first root", "genesis-open", "alice", []string{"sign"}, 5, func(t *testing.T, s *stage) {
			if pin, err := s.people["alice"].pinOf(s); err != nil || pin.Version != 1 {
				t.Errorf("the first root is not pinned: %v, %v", pin, err)
			}
		}},
		{"propose", "genesis-done", "maintainer", []string{"propose", "--why", "a renewal", "--renew", "root"}, 3, func(t *testing.T, s *stage) { branchesAre(t, s, "event/", 1) }},
		{"complete", "second-ready", "maintainer", []string{"complete"}, 3, func(t *testing.T, s *stage) { branchesAre(t, s, "complete/", 1) }},
	} {
		t.Run(series.name, func(t *testing.T) {
			t.Parallel()
			for _, when := range []string{"before", "after"} {
				killed, every := 0, series.every
				if when == "after" {
					every = max(every, 3)
				}
				for n := 1; ; n += every {
					s := play(t, series.set, series.actor)
					if series.actor == "judy" {
						judy := s.newcomer(t, "judy")
						copyFile(t, judy.publicKey(), filepath.Join(judy.clone, "judy.pub"))
					}
					a := s.people[series.actor]
					a.env.Terminal = &agreeable{a.err, s.firstDigest(t)}
					checkout := s.checkout(t, a)
					if !s.runKilled(t, a, n, when, series.args...) {
						break // it ran to its end: there is no Nth call
					}
					killed++
					if out, code := s.run(a, series.args...); code != ExitDone {
						t.Fatalf("killed %s call %d, then run again: exit code %d\n%s%s", when, n, code, out, a.err)
					}
					series.done(t, s)
					if now := s.checkout(t, a); now != checkout {
						t.Errorf("killed %s call %d: the clone changed from\n%s\nto\n%s", when, n, checkout, now)
					}
					for _, dir := range []string{a.clone, s.remote()} {
						if _, err := s.git(a.name, dir, "fsck", "--strict"); err != nil {
							t.Errorf("killed %s call %d: %v", when, n, err)
						}
					}
				}
				if killed < 2 {
					t.Errorf("killed only %d times %s a call; is git still called?", killed, when)
				}
				t.Logf("killed %s a call, %d times", when, killed)
			}
		})
	}
}

// runKilled runs a command in a process that is killed at git call n, and
// tells whether it was.
func (s *stage) runKilled(t *testing.T, a *actor, n int, when string, args ...string) bool {
	t.Helper()
	return s.killedAtGit(t, s.child(t, a, s.firstDigest(t), args...), n, when)
}

// killedAtGit runs a child until its git call n, and tells whether it was
// killed there.
func (s *stage) killedAtGit(t *testing.T, cmd *exec.Cmd, n int, when string) bool {
	t.Helper()
	git, err := exec.LookPath("git")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	script := fmt.Sprintf(`#!/bin/sh
n=$(($(cat '%[1]s/count' 2>/dev/null || echo 0) + 1))
echo $n > '%[1]s/count'
if [ $n = %[2]d ] && [ %[3]s = before ]; then kill -9 $PPID; exit 1; fi
'%[4]s' "$@"
code=$?
if [ $n = %[2]d ] && [ %[3]s = after ]; then kill -9 $PPID; fi
exit $code
`, dir, n, when, git)
	writeProgram(t, filepath.Join(dir, "git"), script)
	cmd.Env = append(cmd.Env, "PATH="+dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	out, err := cmd.CombinedOutput()
	if err == nil {
		return false
	}
	if cmd.ProcessState.ExitCode() != -1 {
		t.Fatalf("git call %d: the command ended by itself: %v\n%s", n, err, out)
	}
	return true
}

// checkout is all that a user sees of their clone.
func (s *stage) checkout(t *testing.T, a *actor) string {
	t.Helper()
	var all []string
	for _, args := range [][]string{{"status", "--porcelain", "--branch"}, {"for-each-ref", "refs/heads", "refs/remotes", "refs/tags"}, {"rev-parse", "HEAD"}} {
		out, err := s.git(a.name, a.clone, args...)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, out)
	}
	return strings.Join(all, "\n")
}

func branchesAre(t *testing.T, s *stage, prefix string, n int) {
	t.Helper()
	branches, err := s.branches(prefix)
	if err != nil {
		t.Fatal(err)
	}
	open := 0
	for _, b := range branches {
		if !s.merged(t, b) {
			open++
		}
	}
	if open != n {
		t.Errorf("%d branches %s are open, want %d: %v", open, prefix, n, branches)
	}
}

// merged tells whether a branch is part of the default branch.
func (s *stage) merged(t *testing.T, branch string) bool {
	t.Helper()
	_, err := s.git("maintainer", s.remote(), "merge-base", "--is-ancestor", branch, "main")
	return err == nil
}

// signedOnce asserts that an actor's machine recorded one signature on root
// version 2, and that this is the one on the remote.
func signedOnce(t *testing.T, s *stage, name string) {
	t.Helper()
	repo := s.head(t)
	id, err := repo.UnverifiedID()
	if err != nil {
		t.Fatal(err)
	}
	home, err := trust.Open(s.people[name].env.Home)
	if err != nil {
		t.Fatal(err)
	}
	ledger, err := home.Ledger(id)
	if err != nil {
		t.Fatal(err)
	}
	entries := ledger.Find("root", 2)
	if len(entries) != 1 || entries[0].File == nil {
		t.Fatalf("the ledger holds %d entries for root version 2", len(entries))
	}
	branches, err := s.branches("sign/" + secondEvent + "/")
	if err != nil || len(branches) != 1 {
		t.Fatalf("branches: %v, %v", branches, err)
	}
	pushed, err := s.git(name, s.remote(), "show", branches[0]+":events/"+secondEvent+"/signatures/root/"+entries[0].KeyID+".json")
	if err != nil {
		t.Fatal(err)
	}
	if pushed != strings.TrimSpace(string(entries[0].File)) {
		t.Error("what was pushed is not what was recorded: the key was used twice")
	}
}
