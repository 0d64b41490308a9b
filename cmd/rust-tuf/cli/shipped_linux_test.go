package cli

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
	"github.com/rust-lang/rust-tuf/metadata"
)

// shipped builds the program for a machine without cards, as action.yml does:
// without cgo.
func shipped(t *testing.T) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "rust-tuf")
	build := exec.Command("go", "build", "-buildvcs=false", "-o", path, "..")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return path
}

// ceremony is a stage for the program, whose clock is the real one.
type ceremony struct {
	*stage
	program string
}

func (s *ceremony) command(a *actor, args ...string) *exec.Cmd {
	cmd := exec.Command(s.program, args...)
	cmd.Dir, cmd.Env = a.clone, append(s.environ(a.name), "RUST_TUF_HOME="+a.env.Home, "TERM=xterm")
	return cmd
}

// does runs the program for an actor who has no terminal, and asserts its exit
// code and words of its output.
func (s *ceremony) does(t *testing.T, a *actor, code int, args []string, words ...string) string {
	t.Helper()
	cmd := s.command(a, args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.Stdin = strings.NewReader("yes\n" + demoPassphrase + "\n") // of no use
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if got := cmd.ProcessState.ExitCode(); got != code || err != nil && !errors.As(err, &exit) {
		t.Fatalf("%s: rust-tuf %s: exit code %d, want %d: %v\n%s", a.name, strings.Join(args, " "), got, code, err, out)
	}
	for _, word := range words {
		if !strings.Contains(string(out), word) {
			t.Errorf("%s: rust-tuf %s says\n%s\nbut not %q", a.name, strings.Join(args, " "), out, word)
		}
	}
	return string(out)
}

// answered runs the program on a terminal, with an answer for each
// question, and returns its standard output.
func (s *ceremony) answered(t *testing.T, a *actor, args []string, script ...reply) string {
	t.Helper()
	p := sit(t, s.command(a, args...))
	for _, r := range script {
		p.sees(r.prompt)
		p.types(r.typed + "\n")
	}
	code, screen := p.ends()
	if code != exit.Done || p.err.Len() > 0 {
		t.Fatalf("%s: rust-tuf %s: exit code %d\n%s\n%s", a.name, strings.Join(args, " "), code, p.err.String(), screen)
	}
	return p.out.String()
}

// A whole ceremony with nothing but the shipped program and git, from an empty
// folder to a client's verdict: two of three sign the first root.
func TestShippedCeremony(t *testing.T) {
	t.Parallel()
	s := &ceremony{newStage(t.TempDir()), shipped(t)}
	git := func(a *actor, args ...string) {
		t.Helper()
		if _, err := s.git(a.name, a.clone, args...); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.git("maintainer", s.dir, "init", "--quiet", "--bare", "--initial-branch=main", s.remote()); err != nil {
		t.Fatal(err)
	}
	m, err := s.enter("maintainer")
	if err != nil {
		t.Fatal(err)
	}
	git(m, "checkout", "--quiet", "-B", "main")
	s.does(t, m, exit.Done, []string{"init", "--name", "tuf-root"}, "Wrote rust-tuf.toml and .gitattributes")
	s.does(t, m, exit.Rejected, []string{"init"}, "exists already")
	git(m, "add", "--all")
	git(m, "commit", "--quiet", "--message", "start")
	git(m, "push", "--quiet", "origin", "main")

	// alice makes her key with the program; it costs a second, and so does each
	// guess at its passphrase. The others have theirs already.
	var members []*actor
	for _, name := range []string{"alice", "bob", "carol"} {
		a, err := s.enter(name)
		if err != nil {
			t.Fatal(err)
		}
		members = append(members, a)
		if name == "alice" {
			s.answered(t, a, []string{"key", "new", "alice"}, reply{"new passphrase for the key alice: ", demoPassphrase}, reply{"the same passphrase again: ", demoPassphrase})
			if cost := costOf(t, filepath.Join(keyFolder(a.env.Home), "alice.key")); cost != 18 {
				t.Errorf("a guess at the passphrase of the shipped program's key costs 2^%d", cost)
			}
		} else if err := a.newKey(); err != nil {
			t.Fatal(err)
		}
		s.does(t, a, exit.Done, []string{"member", "add", name, "--public-key", a.publicKey()}, "Pushed members/"+name+"/member.toml to branch member/"+name)
		git(m, "pull", "--quiet", "--no-rebase", "origin", "member/"+name)
	}
	s.rehearsal(t, m)
	s.does(t, m, exit.Other, []string{"propose", "--why", "the first root"}, "rust-tuf.toml has changes that are not committed")
	git(m, "commit", "--quiet", "--all", "--message", "policy")
	git(m, "push", "--quiet", "origin", "main")
	s.does(t, m, exit.Done, []string{"propose", "--why", "the first root", "--name", "first"}, "Pushed to branch event/first.")
	git(m, "pull", "--quiet", "origin", "event/first")
	git(m, "push", "--quiet", "origin", "main")

	alice, bob := members[0], members[1]
	s.does(t, alice, exit.Done, []string{"review"}, "root 1, the first version: root and targets 2 of 3")
	for i, a := range []*actor{alice, bob} {
		s.does(t, a, exit.Other, []string{"sign"}, "no terminal to ask on")
		out := s.answered(t, a, []string{"sign"}, signRoot, passphrase, reply{"do you want to sign targets version 1", "yes"}, passphrase)
		if !strings.Contains(out, "Signed: root version 1, by "+a.name+". Pushed to branch sign/first/root/"+a.name+"-") {
			t.Errorf("%s sees %s", a.name, out)
		}
		s.does(t, a, exit.Done, []string{"trust", "show"}, "trusts root version 1 of repository", "(signed root version 1)")
		git(m, "fetch", "--quiet", "origin")
		for _, b := range s.branchesOf(t, s.remote(), "sign/first/") {
			if strings.Contains(b, "/"+a.name+"-") {
				s.does(t, m, exit.Done, []string{"check", "--base", "main", "--head", "origin/" + b}, "The signature is by "+a.name, "Verdict: a machine may merge it.")
				git(m, "merge", "--quiet", "--no-ff", "--message", "merge", "origin/"+b)
			}
		}
		git(m, "push", "--quiet", "origin", "main")
		if i == 0 {
			s.does(t, m, exit.Pending, []string{"complete"}, "event first is pending: root version 1")
		}
	}
	s.does(t, m, exit.Done, []string{"complete"}, "root version 1, signed by alice and bob: metadata/1.root.json")
	git(m, "pull", "--quiet", "origin", "complete/first")
	git(m, "push", "--quiet", "origin", "main")
	s.does(t, m, exit.Done, []string{"check"}, "Verdict: everything that this repository claims was derived again and holds.")
	s.does(t, alice, exit.Done, []string{"sign"}, ": there is nothing to sign.")
	published := filepath.Join(m.clone, metadata.PublishedDir)
	client := []string{"verify", "root", "--trusted", filepath.Join(published, "1.root.json"), "--metadata", published}
	s.does(t, m, exit.Done, client, "ok: root version 1 is trusted now", "signed by alice and bob (2 of 3)")
	s.does(t, m, exit.Expired, append(client, "--at", "2999-01-01"), "expired")
}

// rehearsal edits what init wrote into the smallest policy that the rules
// allow for throw-away keys.
func (s *ceremony) rehearsal(t *testing.T, m *actor) {
	t.Helper()
	path := filepath.Join(m.clone, metadata.PolicyFile)
	template, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(template), "repository = \"")
	if !ok {
		t.Fatalf("no id in\n%s", template)
	}
	s.maintainer = m
	snapshot, err := s.onlineKey("snapshot")
	if err != nil {
		t.Fatal(err)
	}
	timestamp, err := s.onlineKey("timestamp")
	if err != nil {
		t.Fatal(err)
	}
	three := `["alice", "bob", "carol"]`
	text := fmt.Sprintf(demoPolicyText, rest[:32], three, three, snapshot, timestamp)
	text = strings.NewReplacer("quorum = true\n", "", "threshold = 5", "threshold = 2", "\n[roles.root]", "\n[lint]\nmin-spares = 1\n\n[roles.root]").Replace(text)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
