package cli

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
	"github.com/rust-lang/rust-tuf/roles"
	"github.com/rust-lang/rust-tuf/signer/trust"
	"github.com/rust-lang/rust-tuf/verify"
)

// laptop is a second machine of a, with the same keys. It knows what a's
// machine knew when it was copied from it.
func (s *stage) laptop(t *testing.T, a *actor) *actor {
	t.Helper()
	second := s.actor(a.name)
	second.env.Home = t.TempDir()
	copyStage(t, a.env.Home, second.env.Home)
	return second
}

// twoEvents opens one event for root 2 and one for targets 2.
func (s *stage) twoEvents(t *testing.T) {
	t.Helper()
	s.now = december
	for _, role := range []string{"root", "targets"} {
		if _, err := s.must(s.maintainer, "propose", "--why", "a renewal", "--renew", role, "--name", "new-"+role); err != nil {
			t.Fatal(err)
		}
		if err := s.merge("event/new-" + role); err != nil {
			t.Fatal(err)
		}
	}
}

// otherProposal opens an event for root 2 again, as if the one before had
// never been, after an edit of the policy; the signers' branches stay.
func (s *stage) otherProposal(t *testing.T, edit func()) {
	t.Helper()
	before, err := s.git("maintainer", s.remote(), "rev-parse", "main^2^")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.git("maintainer", s.remote(), "update-ref", "refs/heads/main", before); err != nil {
		t.Fatal(err)
	}
	s.now = s.now.AddDate(0, 0, 1)
	if err := s.fetch(); err != nil {
		t.Fatal(err)
	}
	if edit != nil {
		edit()
	}
	if _, err := s.must(s.maintainer, "propose", "--why", "another one", "--renew", "root"); err != nil {
		t.Fatal(err)
	}
	if err := s.merge("event/2026-12-23-root-v2"); err != nil {
		t.Fatal(err)
	}
}

// Two machines of one person, which both know her key since root 1. One signs
// root 2; its branch is there and nobody merged it. The other one, shown
// another root 2 that does not name the first, refuses before anything is asked.
func TestOtherLaptopRefusesASecondDigest(t *testing.T) {
	t.Parallel()
	s := play(t, "second-open", "alice")
	alice := s.people["alice"]
	laptop := s.laptop(t, alice)
	alice.answers(t, signRoot, passphrase)
	s.exits(t, alice, exit.Done, []string{"sign"})
	first := s.head(t).Open[0].Payload("root").Digest
	s.otherProposal(t, nil)

	laptop.answers(t)
	s.unchanged(t, func() {
		s.exits(t, laptop, exit.Rejected, []string{"sign"}, "root version 2: key ", "signed another document on 2026-12-22",
			"digest "+first.Groups(), "does not name it as superseded", "must be proposed as superseding the first")
	})
	run := s.signing(t, laptop)
	laptop.answers(t)
	tasks, err := run.tasks(s.ctx, "")
	if err != nil || len(tasks) != 1 {
		t.Fatal(tasks, err)
	}
	if err := run.openLedger(s.ctx, tasks); err != nil {
		t.Fatal(err)
	}
	var conflict *trust.ConflictError
	if err := run.do(s.ctx, tasks[0]); !errors.As(err, &conflict) || conflict.Earlier.Digest != first || !conflict.Earlier.Recovered {
		t.Errorf("%T: %v", err, err)
	}
}

// An event that writes key ids in the other form hides no signature: the key is
// the same.
func TestOtherLaptopKnowsItsKeyUnderAnotherID(t *testing.T) {
	t.Parallel()
	s := play(t, "second-open", "alice")
	alice := s.people["alice"]
	laptop := s.laptop(t, alice)
	alice.answers(t, signRoot, passphrase)
	s.exits(t, alice, exit.Done, []string{"sign"})
	s.otherProposal(t, func() {
		s.rewrite(t, `keyid = "spec"`, `keyid = "spki"`)
		s.rewrite(t, `, "tough"`, ``) // which cannot read those
	})
	laptop.answers(t)
	s.unchanged(t, func() {
		s.exits(t, laptop, exit.Rejected, []string{"sign"}, "signed another document on 2026-12-22", "does not name it as superseded")
	})
}

// Where no rule lists the earlier form of an id, the key is looked for under it
// all the same.
func TestSearchUnderBothForms(t *testing.T) {
	t.Parallel()
	public, _, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	key, err := verify.NewPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	for _, listed := range []roles.KeyIDForm{roles.FormSpec, roles.FormSPKI} {
		id, err := listed.KeyID(key)
		if err != nil {
			t.Fatal(err)
		}
		search := (&signing{mine: map[string]verify.Holder{id: {KeyID: id, Owner: "alice", Key: key}}}).signatures()
		for _, form := range []roles.KeyIDForm{roles.FormSpec, roles.FormSPKI} {
			other, err := form.KeyID(key)
			if err != nil {
				t.Fatal(err)
			}
			if search.keys[other].Owner != "alice" {
				t.Errorf("listed as %s, it is not looked for as %s", listed, form)
			}
		}
	}
}

// The same, with the first one's signature merged and the branch gone: the
// closed event remembers. A second root 2 that supersedes the first is signed
// once the first's first group was typed, on the other machine too.
func TestOtherLaptopKnowsWhatIsMerged(t *testing.T) {
	t.Parallel()
	s := play(t, "second-open", "alice")
	alice := s.people["alice"]
	laptop := s.laptop(t, alice)
	first := s.head(t).Open[0].Payload("root").Digest
	if err := s.sign(secondEvent, "alice"); err != nil {
		t.Fatal(err)
	}
	s.now = s.now.AddDate(0, 0, 1)
	if _, err := s.must(s.maintainer, "propose", "--why", "start over", "--supersede", secondEvent, "--renew", "root"); err != nil {
		t.Fatal(err)
	}
	if err := s.merge("event/2026-12-23-root-v2"); err != nil {
		t.Fatal(err)
	}
	laptop.answers(t, reply{"first group of that earlier digest", "0000"})
	s.unchanged(t, func() {
		s.exits(t, laptop, exit.Other, []string{"sign"}, "not the first group", "declined")
	})
	shown := laptop.answers(t, reply{"first group of that earlier digest", strings.Fields(first.Groups())[0]}, signRoot, passphrase)
	s.exits(t, laptop, exit.Done, []string{"sign"}, "Signed: root version 2, by alice")
	if !strings.Contains(shown.String(), "You signed another root version 2 before (2026-12-22 12:00 UTC). This one replaces it:\n    "+first.Groups()) {
		t.Errorf("shown:\n%s", shown)
	}
}

// What is merged is remembered without asking the remote for all it has.
func TestLedgerRemembersTheDefaultBranch(t *testing.T) {
	t.Parallel()
	s := play(t, "genesis-done", "alice")
	s.twoEvents(t)
	alice := s.people["alice"]
	laptop := s.laptop(t, alice)
	if err := s.sign("new-root", "alice"); err != nil { // "new-targets" stays without her
		t.Fatal(err)
	}
	laptop.answers(t, reply{"do you want to sign targets version 2", "yes"}, passphrase)
	s.exits(t, laptop, exit.Done, []string{"sign"}, "Signed: targets version 2, by alice")
	s.exits(t, laptop, exit.Done, []string{"trust", "show"}, "root version 2", "signed, found on the remote")
}

// Who has never signed is not frightened: one calm sentence says what was
// looked for, and what cannot be seen.
func TestFirstSignatureIsCalm(t *testing.T) {
	t.Parallel()
	s := play(t, "second-open", "judy")
	judy := s.people["judy"]
	s.pinAt(t, judy)
	shown := judy.answers(t, signRoot, passphrase)
	s.exits(t, judy, exit.Done, []string{"sign"})
	want := "No earlier signature by your key on root version 2 is on any branch or pull request of the remote, as it should be; one that another machine made and never pushed could not be seen from here.\n"
	if strings.Count(shown.String(), want) != 1 {
		t.Errorf("shown:\n%s\nwithout\n%s", shown, want)
	}
	for _, alarm := range []string{"no record", "incomplete", "Warning"} {
		if strings.Contains(shown.String(), alarm) {
			t.Errorf("shown:\n%s", shown)
		}
	}
}

// Somebody fished an old signature of hers, and shows it to a new laptop: it
// is not sent on, and no root is pinned for it, before she saw the review and
// the digest and said yes. The key is not used.
func TestRecoveredSignatureNeedsAYes(t *testing.T) {
	t.Parallel()
	s := play(t, "genesis-open", "alice")
	alice := s.people["alice"]
	alice.answers(t, signRoot, passphrase, reply{"do you want to sign targets version 1", "no"})
	s.exits(t, alice, exit.Other, []string{"sign"}, "Signed: root version 1, by alice")
	branch := s.branchesOf(t, s.remote(), "sign/")[0]

	laptop := s.actor("alice")
	laptop.env.Home = t.TempDir()
	copyKeys(t, alice, laptop)
	digest := s.head(t).Open[0].Payload("root").Digest
	asked := reply{"did you sign root version 1 on another machine", "no"}
	shown := laptop.answers(t, asked)
	s.unchanged(t, func() {
		s.exits(t, laptop, exit.Other, []string{"sign"}, "declined", "nothing was signed")
	})
	for _, want := range []string{strings.Join(strings.Fields(digest.Groups())[:4], " "), "This is the first root of a new repository", "Your key has signed exactly this already: the signature was found on the remote, not on this machine (it says 2026-11-22 12:00 UTC).",
		"If you did not make it, answer no and tell the others: somebody else has used your key."} {
		if !strings.Contains(shown.String(), want) {
			t.Errorf("shown:\n%s\nbut not %q", shown, want)
		}
	}
	if pin, err := laptop.pinOf(s); err == nil {
		t.Errorf("pinned after a no: %+v", pin)
	}
	if _, err := s.git("alice", s.remote(), "update-ref", "-d", "refs/heads/"+branch); err != nil {
		t.Fatal(err)
	}
	asked.typed = "yes"
	laptop.answers(t, asked, reply{"do you want to sign targets version 1", "no"})
	s.exits(t, laptop, exit.Other, []string{"sign"}, "Signed on another machine, found on the remote: root version 1, by alice. Pushed to branch "+branch)
	if pin, err := laptop.pinOf(s); err != nil || fmt.Sprint(pin.Digest) != fmt.Sprint(digest) {
		t.Errorf("%+v, %v", pin, err)
	}
}
