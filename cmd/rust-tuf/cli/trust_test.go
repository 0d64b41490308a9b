package cli

import (
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
)

func TestTrustShow(t *testing.T) {
	t.Parallel()
	s := play(t, "second-done", "alice", "heidi")
	alice := s.people["alice"]
	alice.answers(t)
	s.exits(t, alice, exit.Done, []string{"status"}) // walks to root 2
	out := s.exits(t, alice, exit.Done, []string{"trust", "show"})
	s.golden(t, "trust-show.golden", out)
	root, err := s.head(t).Published("root", 2)
	if err != nil || root == nil {
		t.Fatal(err)
	}
	// Without a pin, it says how to get one.
	heidi := s.people["heidi"]
	heidi.answers(t)
	s.exits(t, heidi, exit.Rejected, []string{"trust", "show"}, "this machine trusts no root of repository", "outside the forge", "rust-tuf trust init")
	// What was agreed to and not signed is shown as such.
	s = play(t, "second-open", "alice")
	alice = s.people["alice"]
	alice.answers(t, signRoot, reply{"passphrase", "not the passphrase"}, reply{"Try again?", "no"})
	s.exits(t, alice, exit.Card, []string{"sign"})
	s.exits(t, alice, exit.Done, []string{"trust", "show"}, "root version 2", "agreed to, no signature made")
}

// Before the first root there is nothing to pin; whoever signs it pins it.
func TestTrustBeforeTheFirstRoot(t *testing.T) {
	t.Parallel()
	s := play(t, "genesis-open", "alice")
	alice := s.people["alice"]
	alice.answers(t)
	s.exits(t, alice, exit.Rejected, []string{"trust", "show"}, "trusts no root", "whoever signs root version 1 pins it by signing")
	s.exits(t, alice, exit.Rejected, []string{"trust", "init"}, "no root is published yet", "run `rust-tuf sign`")
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
	s.exits(t, judy, exit.Other, []string{"trust", "init"}, "declined")
	if pin, err := judy.pinOf(s); err == nil {
		t.Errorf("a declined root was pinned: %+v", pin)
	}
	judy.env.Terminal = nobody{}
	s.exits(t, judy, exit.Other, []string{"trust", "init"}, "no terminal to ask on")
	// The digest of any published root is enough; the newest is reached from it.
	judy.answers(t, reply{"Digest of a root", strings.ReplaceAll(root.Digest().Groups(), " ", "-")}, reply{"Pin it", "yes"})
	s.exits(t, judy, exit.Done, []string{"trust", "init"}, "This machine trusts root version 2")
}

func TestRunbook(t *testing.T) {
	t.Parallel()
	a := alone(t)
	out, words, code := a.types("runbook")
	if code != exit.Done || words != "" || out != "offline\nroot-ceremony\nyubikey\nNext: `rust-tuf runbook <name>` prints one.\n" {
		t.Errorf("exit code %d, %s%s", code, out, words)
	}
	out, words, code = a.types("runbook", "root-ceremony")
	if code != exit.Done || words != "" || !strings.HasPrefix(out, "# Sign a new root\n") || !strings.Contains(out, "GO TO 4.1") {
		t.Errorf("exit code %d, %s%s", code, out, words)
	}
	_, words, code = a.types("runbook", "root")
	if code != exit.Usage || !strings.Contains(words, `there is no runbook "root"; there are: offline, root-ceremony, yubikey`) {
		t.Errorf("exit code %d, %s", code, words)
	}
}

// Whoever signs a first root that is superseded without them, and then waits
// for it in vain, is told so, and comes back by a digest typed by hand.
func TestFirstRootSupersededWithoutMe(t *testing.T) {
	t.Parallel()
	s := play(t, "genesis-open", "alice", "bob", "carol", "dave", "erin", "frank")
	if err := s.sign(firstEvent, "frank"); err != nil {
		t.Fatal(err)
	}
	s.now = s.now.AddDate(0, 0, 1)
	if err := s.fetch(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.must(s.maintainer, "propose", "--why", "start over", "--supersede", firstEvent, "--renew", "root"); err != nil {
		t.Fatal(err)
	}
	second := "2026-11-23-root-v1"
	if err := s.merge("event/" + second); err != nil {
		t.Fatal(err)
	}
	if err := s.sign(second, "alice", "bob", "carol", "dave", "erin"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.complete(second); err != nil {
		t.Fatal(err)
	}
	root, err := s.head(t).FirstRoot()
	if err != nil {
		t.Fatal(err)
	}
	frank := s.people["frank"]
	frank.answers(t)
	for _, verb := range []string{"sign", "status", "review"} {
		s.exits(t, frank, exit.Rejected, []string{verb}, "the first root of repository", "that this machine signed", "was superseded; the published one has digest "+root.Digest().Groups(),
			"get the digest of root version 1 from somebody you trust", "rust-tuf trust init")
	}
	frank.answers(t, reply{"Digest of a root", strings.Repeat("0", 64)})
	s.exits(t, frank, exit.Rejected, []string{"trust", "init"}, "no root that the remote shows has the digest")
	frank.answers(t, reply{"Digest of a root", root.Digest().Groups()}, reply{"Pin it", "yes"})
	s.exits(t, frank, exit.Done, []string{"trust", "init"}, "This machine trusts root version 1")
	frank.answers(t)
	s.exits(t, frank, exit.Done, []string{"status"}, "root version 1: 5 of 9 must sign")
	s.exits(t, frank, exit.Done, []string{"trust", "show"}, "root version 1", "(digest entered)")
	s.exits(t, frank, exit.Rejected, []string{"trust", "init"}, "already trusts repository")
}
