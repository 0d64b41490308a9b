package cli

import (
	"strings"
	"testing"
)

func TestTrustShow(t *testing.T) {
	t.Parallel()
	s := play(t, "second-done", "alice", "heidi")
	alice := s.people["alice"]
	alice.answers(t)
	s.exits(t, alice, ExitDone, []string{"status"}) // walks to root 2
	out := s.exits(t, alice, ExitDone, []string{"trust", "show"})
	s.golden(t, "trust-show.golden", out)
	root, err := s.head(t).Published("root", 2)
	if err != nil || root == nil {
		t.Fatal(err)
	}
	// Without a pin, it says how to get one.
	heidi := s.people["heidi"]
	heidi.answers(t)
	s.exits(t, heidi, ExitRejected, []string{"trust", "show"}, "this machine trusts no root of repository", "outside the forge", "rust-tuf trust init")
	// What was agreed to and not signed is shown as such.
	s = play(t, "second-open", "alice")
	alice = s.people["alice"]
	alice.answers(t, signRoot, reply{"passphrase", "not the passphrase"})
	s.exits(t, alice, ExitCard, []string{"sign"})
	s.exits(t, alice, ExitDone, []string{"trust", "show"}, "root version 2", "agreed to, no signature made")
}

// Before the first root there is nothing to pin; whoever signs it pins it.
func TestTrustBeforeTheFirstRoot(t *testing.T) {
	t.Parallel()
	s := play(t, "genesis-open", "alice")
	alice := s.people["alice"]
	alice.answers(t)
	s.exits(t, alice, ExitRejected, []string{"trust", "show"}, "trusts no root", "whoever signs root version 1 pins it by signing")
	s.exits(t, alice, ExitRejected, []string{"trust", "init"}, "no root is published yet", "run `rust-tuf sign`")
}

func TestTrustInitDeclined(t *testing.T) {
	t.Parallel()
	s := play(t, "second-done", "alice", "heidi")
	root, err := s.head(t).FirstRoot()
	if err != nil {
		t.Fatal(err)
	}
	judy := s.people["heidi"]
	judy.answers(t, reply{"Digest of a root", root.Digest().Groups()}, reply{"Pin it", "y"})
	s.exits(t, judy, ExitOther, []string{"trust", "init"}, "declined")
	if pin, err := judy.pinOf(s); err == nil {
		t.Errorf("a declined root was pinned: %+v", pin)
	}
	judy.env.Terminal = nobody{}
	s.exits(t, judy, ExitOther, []string{"trust", "init"}, "no terminal to ask on")
	// The digest of any published root is enough; the newest is reached from it.
	judy.answers(t, reply{"Digest of a root", strings.ReplaceAll(root.Digest().Groups(), " ", "-")}, reply{"Pin it", "yes"})
	s.exits(t, judy, ExitDone, []string{"trust", "init"}, "This machine trusts root version 2")
}

func TestRunbook(t *testing.T) {
	t.Parallel()
	a := alone(t)
	out, words, code := a.types("runbook")
	if code != ExitDone || words != "" || out != "root-ceremony\nyubikey\nNext: `rust-tuf runbook <name>` prints one.\n" {
		t.Errorf("exit code %d, %s%s", code, out, words)
	}
	out, words, code = a.types("runbook", "root-ceremony")
	if code != ExitDone || words != "" || !strings.HasPrefix(out, "# Sign a new root\n") || !strings.Contains(out, "GO TO 4.1") {
		t.Errorf("exit code %d, %s%s", code, out, words)
	}
	_, words, code = a.types("runbook", "root")
	if code != ExitUsage || !strings.Contains(words, `there is no runbook "root"; there are: root-ceremony, yubikey`) {
		t.Errorf("exit code %d, %s", code, words)
	}
}
