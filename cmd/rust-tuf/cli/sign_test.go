package cli

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
)

// What a member sees and types at the first root, word for word.
func TestSignFirstRoot(t *testing.T) {
	t.Parallel()
	s := play(t, "genesis-open", "alice")
	alice := s.people["alice"]
	shown := alice.answers(t, signRoot, passphrase, reply{"do you want to sign targets version 1", "yes"}, passphrase)
	out := s.exits(t, alice, exit.Done, []string{"sign"})
	s.golden(t, "sign-first-root.golden", shown.String()+"--- standard output ---\n"+out)

	branches, err := s.branches("sign/")
	if err != nil || len(branches) != 2 {
		t.Fatalf("branches: %v, %v; want one for each document", branches, err)
	}
	if err := s.fetch(); err != nil {
		t.Fatal(err)
	}
	for _, b := range branches {
		verdict, err := s.gate(b)
		if err != nil {
			t.Fatal(err)
		}
		if !verdict.Machine || verdict.Kind != "signature" || verdict.Signer != "alice" {
			t.Errorf("the gate on %s: %+v", b, verdict)
		}
		if err := s.merge(b); err != nil {
			t.Fatal(err)
		}
	}
	// Again: nothing is left to do, and no secret is asked for.
	alice.answers(t)
	s.exits(t, alice, exit.Pending, []string{"sign"}, "Your signatures are all there", "4 more of: bob, carol, dave, erin, frank, grace, heidi, ivan", "signatures by others are missing")
}

func TestSignDeclined(t *testing.T) {
	t.Parallel()
	s := play(t, "genesis-open", "alice")
	alice := s.people["alice"]
	alice.answers(t, reply{"do you want to sign root version 1", "no"})
	s.unchanged(t, func() {
		s.exits(t, alice, exit.Other, []string{"sign"}, "declined", "nothing was signed")
	})
	home, err := alice.pinOf(s)
	if err == nil {
		t.Errorf("a declined first root was pinned: %+v", home)
	}
}

func TestSignWrongPassphrase(t *testing.T) {
	t.Parallel()
	s := play(t, "genesis-open", "alice")
	alice := s.people["alice"]
	alice.answers(t, signRoot, reply{"passphrase", "not the passphrase"}, giveUp)
	s.unchanged(t, func() {
		s.exits(t, alice, exit.Card, []string{"sign"}, "wrong passphrase", "alice.key")
	})
	// The right one completes what was begun.
	alice.answers(t, signRoot, passphrase, reply{"targets version 1", "yes"}, passphrase)
	s.exits(t, alice, exit.Done, []string{"sign"}, "Signed: root version 1, by alice")
}

func TestSignNobodyThere(t *testing.T) {
	t.Parallel()
	s := play(t, "genesis-open", "alice")
	alice := s.people["alice"]
	alice.env.Terminal = nobody{}
	s.unchanged(t, func() {
		s.exits(t, alice, exit.Other, []string{"sign"}, "no terminal to ask on", "run the command in a terminal")
	})
}

func TestSignWithoutAKeyThatIsWanted(t *testing.T) {
	t.Parallel()
	s := play(t, "genesis-open", "alice")
	mallory, err := s.enter("mallory")
	if err != nil {
		t.Fatal(err)
	}
	mallory.answers(t)
	s.exits(t, mallory, exit.Card, []string{"sign"}, "no key at hand; asked for are keys of alice, bob, carol, dave, erin, frank, grace, heidi and ivan",
		"plug in your card, or put your key file and its .pub file into "+keyFolder(mallory.env.Home))
	if err := mallory.newKey(); err != nil {
		t.Fatal(err)
	}
	mallory.answers(t)
	s.exits(t, mallory, exit.Card, []string{"sign"}, "no key at hand that is asked for: found key file mallory.key (fingerprint ")
}

func TestSignUnknownEvent(t *testing.T) {
	t.Parallel()
	s := play(t, "genesis-open", "alice")
	alice := s.people["alice"]
	alice.answers(t)
	s.exits(t, alice, exit.Rejected, []string{"sign", "no-such-event"}, `no event "no-such-event"`, "open events: 2026-11-22-root-v1")
}

// A newcomer has no pin: what the remote says is not believed.
func TestNewcomer(t *testing.T) {
	t.Parallel()
	s := play(t, "second-open", "judy")
	judy := s.people["judy"]
	judy.answers(t)
	s.unchanged(t, func() {
		s.exits(t, judy, exit.Rejected, []string{"sign"}, "trusts no root", "outside the forge", "trust init")
	})
	first, err := s.head(t).FirstRoot()
	if err != nil {
		t.Fatal(err)
	}
	// A digest that no root has.
	wrong := strings.Repeat("0000 ", 16)
	judy.answers(t, reply{"Digest of a root", wrong})
	s.exits(t, judy, exit.Rejected, []string{"trust", "init"}, "no root that the remote shows has the digest", "stop, and ask")
	judy.answers(t, reply{"Digest of a root", "12 34"})
	s.exits(t, judy, exit.Usage, []string{"trust", "init"}, "that is no digest")
	// The right one, in capitals and without spaces.
	typed := strings.ToUpper(first.Digest().String())
	shown := judy.answers(t, reply{"Digest of a root", typed}, reply{"Pin it", "yes"})
	out := s.exits(t, judy, exit.Done, []string{"trust", "init"})
	s.golden(t, "trust-init.golden", shown.String()+"--- standard output ---\n"+out)
	judy.answers(t)
	s.exits(t, judy, exit.Rejected, []string{"trust", "init"}, "already trusts")
	judy.answers(t, signRoot, passphrase)
	s.exits(t, judy, exit.Done, []string{"sign"}, "root version 2, by judy")
}

// A second laptop finds what the first one signed before it signs anything.
func TestNewLaptopRebuildsItsLedger(t *testing.T) {
	t.Parallel()
	s := play(t, "second-open", "alice")
	alice := s.people["alice"]
	alice.answers(t, signRoot, passphrase)
	s.exits(t, alice, exit.Done, []string{"sign"})

	laptop := s.actor("alice")
	laptop.env.Home = t.TempDir()
	copyKeys(t, alice, laptop)
	s.pinAt(t, laptop)
	shown := laptop.answers(t, reply{"did you sign root version 2 on another machine", "yes"})
	// Her signature is on a branch that nobody merged: found, and not made again.
	out := s.exits(t, laptop, exit.Done, []string{"sign"}, "Signed on another machine, found on the remote: root version 2")
	if !strings.Contains(shown.String(), "signatures by your key that this machine had no record of (1)") || !strings.Contains(shown.String(), "A signature that another machine made and never pushed cannot be seen from here.") {
		t.Errorf("shown:\n%s\n%s", shown, out)
	}
	s.exits(t, laptop, exit.Done, []string{"trust", "show"}, "root version 1", "root version 2", "found on the remote")
}

// A payload that supersedes one that was signed needs the first group of the
// earlier digest, typed.
func TestSignSuperseding(t *testing.T) {
	t.Parallel()
	s := play(t, "second-open", "alice")
	alice := s.people["alice"]
	alice.answers(t, signRoot, passphrase)
	s.exits(t, alice, exit.Done, []string{"sign"})
	branches, err := s.branches("sign/" + secondEvent)
	if err != nil || len(branches) != 1 {
		t.Fatal(branches, err)
	}
	if err := s.merge(branches[0]); err != nil {
		t.Fatal(err)
	}
	repo := s.head(t)
	earlier := repo.Open[0].Payload("root").Digest
	s.now = s.now.AddDate(0, 0, 1)
	out, err := s.must(s.maintainer, "propose", "--why", "frank stays away too", "--supersede", secondEvent, "--renew", "root")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"supersedes event " + secondEvent, "discards the signatures of alice; tell them"} {
		if !strings.Contains(out, want) {
			t.Errorf("propose says\n%s\nbut not %q", out, want)
		}
	}
	if err := s.merge("event/2026-12-23-root-v2"); err != nil {
		t.Fatal(err)
	}
	// The old event is closed; a signature for it comes too late.
	alice.answers(t)
	s.exits(t, alice, exit.Rejected, []string{"sign", secondEvent}, "event closed", "superseded by 2026-12-23-root-v2")
	// The wrong group: not signed.
	alice.answers(t, reply{"first group of that earlier digest", "0000"})
	s.unchanged(t, func() {
		s.exits(t, alice, exit.Other, []string{"sign"}, "not the first group", "declined")
	})
	group := strings.Fields(earlier.Groups())[0]
	shown := alice.answers(t, reply{"first group of that earlier digest", group}, signRoot, passphrase)
	s.exits(t, alice, exit.Done, []string{"sign"}, "root version 2, by alice")
	if !strings.Contains(shown.String(), earlier.Groups()) {
		t.Errorf("the earlier digest was not shown:\n%s", shown)
	}
}

// Somebody shows a machine a second payload that hides the first: refused
// before the key is used, whatever is merged.
func TestSecondPayloadThatDoesNotNameTheFirst(t *testing.T) {
	t.Parallel()
	s := play(t, "second-open", "alice")
	alice := s.people["alice"]
	alice.answers(t, signRoot, passphrase)
	s.exits(t, alice, exit.Done, []string{"sign"})
	// The maintainers rewrite history as if the first proposal had never been.
	s.rewind(t)
	s.now = s.now.AddDate(0, 0, 1)
	if _, err := s.must(s.maintainer, "propose", "--why", "another one", "--renew", "root"); err != nil {
		t.Fatal(err)
	}
	if err := s.merge("event/2026-12-23-root-v2"); err != nil {
		t.Fatal(err)
	}
	alice.answers(t) // nothing is asked: it is refused before anything is shown
	s.unchanged(t, func() {
		s.exits(t, alice, exit.Rejected, []string{"sign"}, "supersede")
	})
}

// A remote that goes back to an older root is a liar (CVE-2026-44544, gittuf:
// rollback to an older signed policy).
func TestRemoteRollsBack(t *testing.T) {
	t.Parallel()
	s := play(t, "second-open")
	if err := s.sign(secondEvent, "alice", "bob", "carol", "dave", "erin"); err != nil {
		t.Fatal(err)
	}
	before, err := s.git("maintainer", s.remote(), "rev-parse", "main")
	if err != nil {
		t.Fatal(err)
	}
	s.pinAt(t, s.people["judy"])
	s.pinAt(t, s.people["karl"])
	if err := s.sign(secondEvent, "judy", "karl"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.complete(secondEvent); err != nil {
		t.Fatal(err)
	}
	alice := s.people["alice"]
	s.exits(t, alice, exit.Done, []string{"status"}, "root version 2")
	if _, err := s.git("maintainer", s.remote(), "update-ref", "refs/heads/main", before); err != nil {
		t.Fatal(err)
	}
	alice.answers(t)
	s.exits(t, alice, exit.Rejected, []string{"sign"}, "metadata/1.root.json", "root 1 is not newer than the trusted version 2")
}

// A copy of a key beside it is the same key: one question, one signature.
func TestSignWithACopyOfAKey(t *testing.T) {
	t.Parallel()
	s := play(t, "second-open", "alice")
	alice := s.people["alice"]
	for _, suffix := range []string{".key", ".pub"} {
		copyFile(t, filepath.Join(keyFolder(alice.env.Home), "alice"+suffix), filepath.Join(keyFolder(alice.env.Home), "spare"+suffix))
	}
	alice.answers(t, signRoot, passphrase)
	s.exits(t, alice, exit.Done, []string{"sign"}, "Signed: root version 2, by alice")
	signedOnce(t, s, "alice")
}

// Two events for one version were merged past the gate: both are refused with
// the same words, which are said once.
func TestSignSaysARefusalOnce(t *testing.T) {
	t.Parallel()
	s := play(t, "genesis-done", "alice")
	s.now = december
	m := s.maintainer
	for _, name := range []string{"first", "second"} {
		if _, err := s.must(m, "propose", "--why", name, "--renew", "root", "--name", name); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{
		{"fetch", "--quiet", "origin"},
		{"merge", "--quiet", "--message", "past the gate", "origin/event/first", "origin/event/second"},
		{"push", "--quiet", "origin", "HEAD:main"},
	} {
		if _, err := s.git(m.name, m.clone, args...); err != nil {
			t.Fatal(err)
		}
	}
	alice := s.people["alice"]
	shown := alice.answers(t)
	s.unchanged(t, func() { s.exits(t, alice, exit.Rejected, []string{"sign"}) })
	for what, text := range map[string]string{"the terminal": shown.String(), "standard error": alice.err.String()} {
		if n := strings.Count(text, "events first and second both want to make root version 2"); n != 1 {
			t.Errorf("said %d times on %s:\n%s", n, what, text)
		}
	}
}
