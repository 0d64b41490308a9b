//go:build cgo && !nopiv && linux

package cli

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/words"
	"github.com/rust-lang/rust-tuf/tests/vyubikey/ca"
	"github.com/rust-lang/rust-tuf/tests/vyubikey/card"
	"github.com/rust-lang/rust-tuf/verify"
)

// untouched asserts that no try was spent on a card, and nothing made or signed.
func untouched(t *testing.T, c *card.Card) {
	t.Helper()
	n := c.Counters()
	if n.PINAttempts != 0 || n.PUKAttempts != 0 || n.Signatures != 0 || n.Generated != 0 || n.Imported != 0 || n.Resets != 0 {
		t.Errorf("card %d: %+v", c.Serial(), n)
	}
}

// ready gives judy's card a management key of its own.
func ready(c *card.Card) {
	algorithm := card.AES192
	if !c.Firmware().AtLeast(5, 4, 0) {
		algorithm = card.TripleDES
	}
	c.Set(card.State{ManagementAlgorithm: algorithm, ManagementKey: []byte("somebody's own 24 bytes.")})
}

// A member who can sign is told so, line for line.
func TestDoctor(t *testing.T) {
	s, judy, world, c := judyAtDesk(t)
	judy.env.Attestation = testRoots(t, world)
	world.Plug(c)
	ready(c)
	judy.answers(t)
	s.unchanged(t, func() { s.golden(t, "doctor.golden", s.exits(t, judy, exit.Done, []string{"doctor"})) })
	untouched(t, c)
	out := s.exits(t, judy, exit.Done, []string{"doctor", "--json"})
	got := &doctorResult{}
	oneObject(t, out, got)
	if len(got.Lines) < 10 || slices.ContainsFunc(got.Lines, func(l doctorLine) bool { return l.Mark == markWrong || l.About == "" || l.Text == "" }) {
		t.Errorf("%+v", got.Lines)
	}
	untouched(t, c)
}

// The key of a quorum is recognised.
func TestDoctorKnowsTheListedKey(t *testing.T) {
	plugged(t)
	s := play(t, "genesis-done")
	alice := s.people["alice"].withCards()
	alice.answers(t)
	s.exits(t, alice, exit.Done, []string{"doctor"}, "ok: the key file alice.key is listed by root, as alice", "ok: this machine trusts root version 1 (", "YubiKeys plugged in: 0")
}

// Each thing that is wrong has a line of its own and what mends it; no try is
// spent to find it out.
func TestDoctorFindings(t *testing.T) {
	for _, test := range []struct {
		name   string
		config card.Config
		set    func(c *card.Card)
		code   int
		words  []string
	}{
		{"fresh from the factory", card.Config{}, func(*card.Card) {}, exit.Other, []string{
			"wrong: YubiKey 5200001: its PIN is the one of every new YubiKey\n    to mend it: `rust-tuf member enrol NAME`, which changes it",
			"wrong: YubiKey 5200001: its PUK is the one of every new YubiKey\n    to mend it: `rust-tuf member enrol NAME`, which changes it",
			"wrong: YubiKey 5200001: its management key is the one of every new YubiKey",
			"ok: YubiKey 5200001: the policy lets a member's key be made on it\n",
			"warning: YubiKey 5200001, slot 9c: there is no key\n    to mend it: `rust-tuf member enrol NAME`",
			"3 of ", "something is wrong"}},
		{"factory values beside a key", card.Config{}, func(c *card.Card) {
			c.Generate(card.Signature, card.P256, card.PINAlways, card.TouchAlways)
		}, exit.Other, []string{
			"wrong: YubiKey 5200001: its PIN is the one of every new YubiKey\n    to mend it: ykman piv access change-pin\n",
			"wrong: YubiKey 5200001: its PUK is the one of every new YubiKey\n    to mend it: ykman piv access change-puk\n",
			"so that any program can replace its keys\n    to mend it: ykman piv access change-management-key --generate --protect\n"}},
		{"a factory PUK that is blocked", card.Config{}, func(c *card.Card) { c.Set(card.State{PUKTries: -1}) }, exit.Other, []string{
			"warning: YubiKey 5200001: its PUK is blocked: ", "2 of "}},
		{"two tries left", card.Config{}, func(c *card.Card) { c.Set(card.State{PINTries: 2}) }, exit.Other, []string{"warning: YubiKey 5200001: its PIN has tries left: 2"}},
		{"blocked", card.Config{}, func(c *card.Card) { c.Set(card.State{PINTries: -1}) }, exit.Other, []string{
			"wrong: YubiKey 5200001: its PIN is blocked: no tries left\n    to mend it: ykman piv access unblock-pin"}},
		{"blocked for good", card.Config{}, func(c *card.Card) { c.Set(card.State{PINTries: -1, PUKTries: -1}) }, exit.Other, []string{
			"wrong: YubiKey 5200001: its PIN and its PUK are blocked: its keys can never be used again\n    to mend it: ykman piv reset, which destroys every PIV key of the card, and then `rust-tuf member enrol NAME`\n"}},
		{"policies", card.Config{}, func(c *card.Card) {
			c.Generate(card.Signature, card.P256, card.PINOnce, card.TouchNever)
		}, exit.Other, []string{"ok: YubiKey 5200001, slot 9c: attested: ", "wrong: YubiKey 5200001, slot 9c: "}},
		{"old firmware", card.Config{Firmware: card.Firmware{5, 4, 3}}, func(c *card.Card) {
			c.Generate(card.Signature, card.P256, card.PINAlways, card.TouchAlways)
		}, exit.Other, []string{"firmware 5.4.3", "wrong: YubiKey 5200001, slot 9c: "}},
		{"old firmware without a key", card.Config{Firmware: card.Firmware{5, 4, 3}}, ready, exit.Other, []string{
			"wrong: YubiKey 5200001 cannot hold a member's key: its firmware is 5.4.3, the policy demands 5.7.0 or newer; keys on firmware 5.4.3 can be copied in a laboratory (YSA-2024-03)",
			"firmware cannot be updated: use another one",
			"warning: YubiKey 5200001, slot 9c: there is no key\n    to mend it: take another card\n"}},
		{"a counterfeit without a key", card.Config{Authority: ca.New(ca.Long)}, ready, exit.Other, []string{
			"wrong: YubiKey 5200001: nothing that it attests would prove anything: ", "that issuer's key did not sign it",
			"warning: YubiKey 5200001, slot 9c: there is no key\n    to mend it: take another card\n"}},
		{"firmware that tells little", card.Config{Firmware: card.Firmware{5, 2, 7}}, func(*card.Card) {}, exit.Other, []string{
			"warning: YubiKey 5200001: it does not tell whether its PIN is the factory's\n    to mend it: if you never changed it, `rust-tuf member enrol NAME`, which changes it"}},
		{"PIV off", card.Config{PIVDisabled: true}, func(*card.Card) {}, exit.Other, []string{"wrong: ", "PIV"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			world := plugged(t)
			a := alone(t).withCards()
			a.env.Attestation = testRoots(t, world)
			test.config.Serial = 5200001
			c := world.Insert(test.config)
			test.set(c)
			out, words, code := a.types("doctor")
			if code != test.code {
				t.Errorf("exit code %d", code)
			}
			for _, w := range append(test.words, "warning: ", "no git repository here") {
				if !strings.Contains(out+words, w) {
					t.Errorf("not said: %q\n%s%s", w, out, words)
				}
			}
			out, _, _ = a.types("doctor", "--json")
			got := &doctorResult{}
			oneObject(t, out, got)
			for _, l := range got.Lines {
				if l.Mark != markOK && l.Next == "" {
					t.Errorf("nothing mends: %s: %s", l.Mark, l.Text)
				}
			}
			untouched(t, c)
		})
	}
}

// Yubico's roots do not know a virtual card.
func TestDoctorTrustsYubicoAlone(t *testing.T) {
	world := plugged(t)
	a := alone(t).withCards()
	c := world.Insert(card.Config{Serial: 5200001})
	c.Generate(card.Signature, card.P256, card.PINAlways, card.TouchAlways)
	out, _, code := a.types("doctor")
	if code != exit.Other || !strings.Contains(out, "wrong: YubiKey 5200001, slot 9c: its attestation proves nothing: ") || strings.Contains(out, "TEST ROOT") {
		t.Errorf("exit code %d\n%s", code, out)
	}
}

// Without a reader service, somebody with a software key is only warned.
func TestDoctorWithoutReaderService(t *testing.T) {
	plugged(t)
	reader.Down()
	t.Cleanup(func() {
		if err := reader.Up(); err != nil {
			t.Error(err)
		}
	})
	a := alone(t).withCards()
	out, _, code := a.types("doctor")
	if code != exit.Other || !strings.Contains(out, "wrong: the smart card service is not running\n    to mend it: install pcscd") {
		t.Errorf("exit code %d\n%s", code, out)
	}
	if err := a.newKey(); err != nil {
		t.Fatal(err)
	}
	if out, _, code = a.types("doctor"); code != exit.Done || !strings.Contains(out, "warning: the smart card service is not running") {
		t.Errorf("exit code %d\n%s", code, out)
	}
}

// A newcomer's key on its way: not declared, declared, named in the policy.
func TestDoctorOfANewcomer(t *testing.T) {
	s, mallory, world := newcomerWithCard(t)
	s.maintainer.env.Attestation = mallory.env.Attestation
	world.Insert(card.Config{Serial: 5200001})
	mallory.answers(t, fresh...)
	s.exits(t, mallory, exit.Done, enrolArgs)
	mallory.answers(t)
	s.exits(t, mallory, exit.Done, []string{"doctor"}, "warning: no role lists the YubiKey 5200001, slot 9c, and no member declares it\n    to mend it: if you enrolled it, its pull request waits to be merged; if not: `rust-tuf member enrol NAME`\n")
	if err := s.merge("member/mallory"); err != nil {
		t.Fatal(err)
	}
	s.exits(t, mallory, exit.Done, []string{"doctor"}, "warning: no role lists the YubiKey 5200001, slot 9c yet: it is declared, as mallory/main\n    to mend it: a maintainer writes mallory/main into a role of rust-tuf.toml, and proposes that\n")
	if err := s.declareQuorum("the first root", append(slices.Clone(demoQuorum[:8]), "mallory")); err != nil {
		t.Fatal(err)
	}
	s.exits(t, mallory, exit.Done, []string{"doctor"}, "ok: the YubiKey 5200001, slot 9c is listed by the open event 2026-11-22-root-v1, in root; a trusted version does not list it yet; `rust-tuf status` shows what waits for whom\n")
}

// A clock before what the repository has seen, an expired root, a machine
// without a pin, a remote that is gone.
func TestDoctorOfTheClone(t *testing.T) {
	plugged(t)
	s := play(t, "genesis-done")
	alice, frank := s.people["alice"].withCards(), s.people["frank"].withCards()
	alice.answers(t)
	frank.answers(t)
	s.now = dawn.Add(-time.Hour)
	s.exits(t, alice, exit.Other, []string{"doctor"}, "wrong: this computer's clock says 2026-11-22 11:00 UTC, but the newest event was opened at 2026-11-22 12:00 UTC\n    to mend it: set this computer's clock")
	s.now = dawn.AddDate(3, 0, 0)
	s.exits(t, alice, exit.Done, []string{"doctor"}, "warning: this machine trusts root version 1 (", "which expired at 2028-11-22")
	s.exits(t, frank, exit.Done, []string{"doctor"}, "warning: this machine trusts no root of repository", "`rust-tuf trust init`", "is listed by root, as frank")
	if _, err := s.git("alice", alice.clone, "remote", "set-url", "origin", s.dir+"/gone.git"); err != nil {
		t.Fatal(err)
	}
	s.exits(t, alice, exit.Other, []string{"doctor"}, "wrong: ", "gone.git")
}

// A clock that is far ahead makes everything look expired; it is told by the
// newest event or commit, of which no clock is before.
func TestDoctorOfAClockThatIsAhead(t *testing.T) {
	plugged(t)
	s := play(t, "genesis-done", "alice")
	alice := s.people["alice"].withCards()
	alice.answers(t)
	w, err := newCommand(alice.env).open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	newest, err := w.git.Committed(t.Context(), w.head)
	if err != nil {
		t.Fatal(err)
	}
	if newest.Before(dawn) {
		newest = dawn
	}
	s.now = newest.Add(quiet)
	s.exits(t, alice, exit.Done, []string{"doctor"}, "ok: the clock says ")
	s.now = newest.Add(quiet + 24*time.Hour)
	s.exits(t, alice, exit.Done, []string{"doctor"}, "warning: this computer's clock says "+words.Date(s.now)+", 401 days after the newest event and the newest commit here: either nobody has worked here since, or it is ahead\n    to mend it: compare it with another clock, and set it if it is ahead\n")
	s.now = dawn.AddDate(3, 0, 0)
	s.exits(t, alice, exit.Done, []string{"doctor"}, "which expired at 2028-11-22 12:00 UTC\n    to mend it: see that this computer's clock is right; if it is, ask a maintainer to propose the next root: `rust-tuf propose --renew root`\n")
}

// A test signature is asked for, and its message can be taken for nothing else.
func TestDoctorTestSignature(t *testing.T) {
	world := plugged(t)
	a := alone(t).withCards()
	a.env.Attestation = testRoots(t, world)
	c := world.Insert(card.Config{Serial: 5200001})
	c.Set(card.State{PIN: cardPIN, PUK: cardPUK})
	ready(c)
	c.Generate(card.Signature, card.P256, card.PINAlways, card.TouchAlways)
	ask := "Make a test signature with the YubiKey 5200001, slot 9c?"
	a.answers(t, reply{ask, "no"})
	if out, _, code := a.types("doctor", "--test-signature"); code != exit.Done || !strings.Contains(out, "ok: no test signature with the YubiKey 5200001, slot 9c was wanted") {
		t.Errorf("exit code %d\n%s", code, out)
	}
	untouched(t, c)
	a.answers(t, reply{ask, "yes"}, reply{"PIN of YubiKey 5200001, 3 tries left", cardPIN})
	if out, _, code := a.types("doctor", "--test-signature"); code != exit.Done || !strings.Contains(out, "ok: the YubiKey 5200001, slot 9c made a signature, which verifies; it was thrown away") {
		t.Errorf("exit code %d\n%s", code, out)
	}
	spent(t, c, 1, 1)
	c.OnTouch(card.Always(card.Ignored))
	a.answers(t, reply{ask, "yes"}, reply{"PIN of YubiKey 5200001", cardPIN}, giveUp)
	if out, _, code := a.types("doctor", "--test-signature"); code != exit.Other || !strings.Contains(out, "wrong: YubiKey 5200001, slot 9c: the card was not touched in time\n    to mend it: ") {
		t.Errorf("exit code %d\n%s", code, out)
	}
	message := testMessage(dawn)
	if _, err := verify.Read(message, verify.DefaultLimits()); err == nil || strings.HasPrefix(string(message), "rust-tuf member") || string(message) == string(testMessage(dawn)) {
		t.Errorf("%q", message)
	}
}
