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
	"github.com/rust-lang/rust-tuf/metadata/carried"
	"github.com/rust-lang/rust-tuf/signer/trust"
)

// A kill at any step: every verb that writes is run as a process of its own
// whose git is a script that kills it before, or after, the Nth call. Whatever
// N is, running the verb again ends as if nothing had happened: the remote and
// this machine's memory are what one undisturbed run makes of them, and what is
// pushed is the signature that was recorded. (Kills inside the writing of the
// trust state are the business of signer/trust's tests, kills at a question
// that of TestLeavingAtEachQuestion; init calls no git, see TestInitInterrupted.)
//
// sign and complete are killed before and after each call; the others at each
// call once, before and after in turn, to keep the time in bounds.
func TestKilled(t *testing.T) {
	t.Parallel()
	newcomer := newStage(t.TempDir()).actor("judy")
	if err := newcomer.newKey(); err != nil {
		t.Fatal(err)
	}
	for _, series := range []struct {
		name  string
		set   string
		actor string
		both  bool
		args  []string
		ends  string // in what an undisturbed run leaves behind
	}{
		{"member add", "genesis-done", "judy", false, []string{"member", "add", "judy", "--public-key", "judy.pub"}, "refs/heads/member/judy, 1 commits\n  members/judy/member.toml"},
		{"trust init", "second-done", "heidi", false, []string{"trust", "init"}, "pin: root 2 "},
		{"sign", "second-open", "alice", true, []string{"sign"}, "on record: true"},
		{"sign two documents", "genesis-open", "alice", false, []string{"sign"}, "pin: root 1 "},
		{"propose", "genesis-done", "maintainer", false, []string{"propose", "--why", "a renewal", "--renew", "root"}, "refs/heads/event/2026-11-22-root-v2, 1 commits"},
		{"propose in the place of another", "second-open", "maintainer", false, []string{"propose", "--why", "start over", "--renew", "root", "--supersede", secondEvent, "--name", "again"}, "refs/heads/event/again, 1 commits"},
		{"member lost", "genesis-done", "bob", false, []string{"member", "lost", "alice", "--why", "left in a train"}, "refs/heads/event/2026-11-22-root-v2, 2 commits"},
		{"bundle export", "second-open", "maintainer", true, []string{"bundle", "export", secondEvent, "--out", "../../event"}, "a bundle for " + secondEvent},
		{"bundle import", "second-open", "alice", true, []string{"bundle", "import", "event.answer"}, "refs/heads/" + signsSecond + "root/alice-"},
		{"complete", "second-ready", "maintainer", true, []string{"complete"}, "refs/heads/complete/" + secondEvent + ", 1 commits"},
	} {
		t.Run(series.name, func(t *testing.T) {
			t.Parallel()
			digest := play(t, series.set, series.actor).firstDigest(t)
			enter := func() (*stage, *actor) {
				s := play(t, series.set, series.actor)
				if series.actor == newcomer.name {
					if _, err := s.enter(newcomer.name); err != nil {
						t.Fatal(err)
					}
					copyFile(t, newcomer.publicKey(), filepath.Join(s.people["judy"].clone, "judy.pub"))
				}
				a := s.people[series.actor]
				if series.name == "bundle import" {
					s.answered(t, a)
				}
				a.env.Terminal = &agreeable{a.err, digest}
				return s, a
			}
			s, a := enter()
			s.exits(t, a, exit.Done, series.args)
			want, killed := s.outcome(t, a), 0
			if !strings.Contains(want, series.ends) {
				t.Fatalf("undisturbed, it leaves\n%s\nwithout %q", want, series.ends)
			}
			for n := 1; n == killed+1; n++ {
				for i, when := range []string{"before", "after"} {
					if !series.both && n%2 == i {
						continue
					}
					s, a := enter()
					checkout := s.checkout(t, a)
					if !s.runKilled(t, a, digest, n, when, series.args...) {
						break // it ran to its end: there is no Nth call
					}
					killed = n
					if out, code := s.run(a, series.args...); code != exit.Done {
						t.Fatalf("killed %s call %d, then run again: exit code %d\n%s%s", when, n, code, out, a.err)
					}
					if got := s.outcome(t, a); got != want {
						t.Errorf("killed %s call %d, then run again:\n%s\nwant\n%s", when, n, got, want)
					}
					if now := s.checkout(t, a); now != checkout {
						t.Errorf("killed %s call %d: the clone changed from\n%s\nto\n%s", when, n, checkout, now)
					}
					for _, dir := range []string{a.clone, s.remote()} {
						if _, err := s.git(a.name, dir, "fsck", "--strict"); err != nil {
							t.Errorf("killed %s call %d: %v", when, n, err)
						}
					}
				}
			}
			if killed < 5 {
				t.Errorf("git was called only %d times; is it still the git of the test?", killed)
			}
			t.Logf("killed at each of %d calls", killed)
		})
	}
}

// runKilled runs a command in a process that is killed at git call n, and
// tells whether it was.
func (s *stage) runKilled(t *testing.T, a *actor, digest string, n int, when string, args ...string) bool {
	t.Helper()
	return s.killedAtGit(t, s.child(t, a, digest, args...), n, when)
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

// outcome is all that a run leaves behind: what each branch of the remote
// holds on top of the default branch, and what the machine of whoever ran it
// remembers. A signature differs from run to run; here it only has to be the
// one that this machine has on record.
func (s *stage) outcome(t *testing.T, a *actor) string {
	t.Helper()
	git := func(args ...string) string {
		t.Helper()
		out, err := s.git(a.name, s.remote(), args...)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	id, err := s.head(t).UnverifiedID()
	if err != nil {
		t.Fatal(err)
	}
	home, err := trust.Open(a.env.Home)
	if err != nil {
		t.Fatal(err)
	}
	ledger, err := home.Ledger(id)
	if err != nil {
		t.Fatal(err)
	}
	recorded := map[string]bool{}
	var all []string
	for _, e := range ledger.Entries() {
		recorded[strings.TrimSpace(string(e.File))] = true
		all = append(all, fmt.Sprintf("ledger: %s %d %s by %s, supersedes %v, made %t, recovered %t", e.Role, e.Version, e.Digest, e.KeyID, e.Supersedes, e.File != nil, e.Recovered))
	}
	if pin, err := home.Pin(id); err == nil {
		all = append(all, fmt.Sprintf("pin: root %d %s, %s", pin.Version, pin.Digest, pin.How))
	}
	for _, branch := range strings.Fields(git("for-each-ref", "--format=%(refname)", "refs/heads/")) {
		all = append(all, fmt.Sprintf("%s, %s commits", branch, git("rev-list", "--count", "refs/heads/main.."+branch)))
		for line := range strings.Lines(git("diff", "--raw", "--no-renames", "--abbrev=40", "refs/heads/main", branch)) {
			meta, path, _ := strings.Cut(strings.TrimSpace(line), "\t")
			if strings.Contains(path, "/signatures/") && strings.HasSuffix(meta, " A") {
				meta = fmt.Sprintf("on record: %t", recorded[git("show", branch+":"+path)])
			}
			all = append(all, "  "+path+" "+meta)
		}
	}
	if raw, err := os.ReadFile(filepath.Join(s.dir, "event")); err == nil { // made by bundle export
		b, err := carried.ReadBundle(raw)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, fmt.Sprintf("a bundle for %s, made %s, of %d files", b.Event, b.Made, len(b.Tree.Entries())))
	}
	return strings.Join(all, "\n")
}
