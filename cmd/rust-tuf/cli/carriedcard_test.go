//go:build cgo && !nopiv && linux

package cli

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/metadata/carried"
	"github.com/rust-lang/rust-tuf/signer"
	"github.com/rust-lang/rust-tuf/tests/vyubikey"
	"github.com/rust-lang/rust-tuf/tests/vyubikey/card"
)

// A member whose key is on a YubiKey signs on a machine without a network: what
// comes back is a pull request like any other, and the record says which card
// made it.
func TestSignWithoutANetworkWithAYubiKey(t *testing.T) {
	world := vyubikey.New()
	if !behindPCSCD() {
		world = plugged(t)
	}
	c := world.Make(card.Config{Serial: 5200001, StrictFreshness: true})
	portsOf(t, world, c)
	s := play(t, "genesis-done")
	judy := s.handsOverTo(t, world, "5200001")
	stick := s.exported(t, secondEvent)

	away := s.offline(t, judy, stick)
	c.ClearLog()
	away.answers(t, signRoot, reply{"PIN of YubiKey 5200001, 3 tries left", cardPIN})
	s.unchanged(t, func() {
		s.exits(t, away, exit.Done, signBundle, "Signed: root version 2, by judy.", "Written to event.answer. It holds nothing secret.")
	})
	spent(t, c, 2, 2)
	away.answers(t)
	s.exits(t, away, exit.Done, signBundle, "Signed earlier, found on this machine: root version 2, by judy")
	spent(t, c, 0, 0)

	branch := s.imported(t, stick)
	m := s.maintainer
	s.exits(t, m, exit.Done, []string{"check", "--base", "origin/main", "--head", "origin/" + branch},
		"The signature is by judy, with YubiKey 5200001, slot 9c, over root version 2, and it is valid.", "Verdict: a machine may merge it.")
	if verdict, err := s.gateOn(t, branch); err != nil || !verdict.Machine || verdict.Kind != "signature" || verdict.Signer != "judy" || verdict.Device != "YubiKey 5200001, slot 9c" {
		t.Fatalf("the gate: %+v, %v", verdict, err)
	}
	if err := s.merge(branch); err != nil {
		t.Fatal(err)
	}
	if err := s.sign(secondEvent, "alice", "bob", "carol", "dave", "erin"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.complete(secondEvent); err != nil {
		t.Fatal(err)
	}
	if err := s.fetch(); err != nil {
		t.Fatal(err)
	}
	s.exits(t, m, exit.Done, []string{"log", "verify"}, "signed by judy, YubiKey 5200001 (attested)")
}

// The same with a real pcscd between libpcsclite and the card.
func TestSignWithoutANetworkWithAYubiKeyUnderPCSCD(t *testing.T) {
	underPCSCD(t, "TestSignWithoutANetworkWithAYubiKey")
}

// handsOverTo lets judy join with the one card that is plugged in: ivan hands
// over to her in the open event. She has pinned root 1.
func (s *stage) handsOverTo(t *testing.T, world *vyubikey.World, serial string) *actor {
	t.Helper()
	s.now = december
	proof := testRoots(t, world)
	judy, err := s.enter("judy")
	if err != nil {
		t.Fatal(err)
	}
	judy.withCards()
	for _, a := range s.people {
		a.env.Attestation = proof
	}
	judy.answers(t, reply{"type the card's serial number", serial}, reply{"New PIN", cardPIN}, reply{"again", cardPIN},
		reply{"New PUK", cardPUK}, reply{"again", cardPUK}, reply{"PIN of YubiKey " + serial, cardPIN})
	s.exits(t, judy, exit.Done, []string{"member", "enrol", "judy", "--affiliation", "works-judy", "--country", "lives-judy"})
	if err := s.merge("member/judy"); err != nil {
		t.Fatal(err)
	}
	if err := s.declareQuorum("ivan hands over to judy", append(slices.Clone(demoQuorum[:8]), "judy")); err != nil {
		t.Fatal(err)
	}
	s.pinAt(t, judy)
	return judy
}

// imported carries the answer of a stick back, and returns the one branch that
// this makes.
func (s *stage) imported(t *testing.T, stick string) string {
	t.Helper()
	s.exits(t, s.maintainer, exit.Done, importAnswer(stick), "root version 2, by judy: it counts")
	branches, err := s.branches("sign/")
	if err != nil || len(branches) != 1 {
		t.Fatalf("branches: %v, %v", branches, err)
	}
	if err := s.fetch(); err != nil {
		t.Fatal(err)
	}
	return branches[0]
}

// What goes wrong at the card goes wrong as it does with a network: its own
// words, no answer, and the card is left for the next try.
func TestSignWithoutANetworkTroubleAtTheCard(t *testing.T) {
	s, judy, world, c := judyAtDesk(t)
	stick := s.exported(t, secondEvent)
	away := s.offline(t, judy, stick)
	asked := reply{"PIN of YubiKey 5200042", cardPIN}
	for _, test := range []struct {
		name   string
		touch  card.Touch
		script []reply
		is     func(error) bool
		words  []string
		pins   int
	}{
		{"a wrong PIN", card.Touched, []reply{signRoot, {"3 tries left", "999999"}, giveUp}, is[*signer.WrongSecretError], []string{"wrong PIN", "2 tries left"}, 1},
		{"no touch", card.Ignored, []reply{signRoot, {"2 tries left", cardPIN}, giveUp}, of(signer.ErrNoTouch), []string{"the card was not touched in time"}, 1},
		{"pulled out", card.Pulled, []reply{signRoot, asked, giveUp}, of(signer.ErrRemoved), []string{"the card was removed"}, 1},
	} {
		world.Clear()
		world.Plug(c)
		c.OnTouch(card.Always(test.touch))
		away.answers(t, test.script...)
		s.fails(t, away, exit.Card, test.is, signBundle, test.words...)
		spent(t, c, test.pins, 0)
		if left, err := os.ReadDir(stick); err != nil || len(left) != 1 {
			t.Errorf("%s: left on the stick: %v, %v", test.name, left, err)
		}
	}
	world.Clear()
	world.Plug(c)
	c.OnTouch(nil)
	away.answers(t, signRoot, asked)
	s.exits(t, away, exit.Done, signBundle, "Signed: root version 2, by judy.")
}

// An answer that names another device than the one that signed does not count,
// whoever carries it.
func TestImportNamesAnotherDevice(t *testing.T) {
	s, judy, world, c := judyAtDesk(t)
	world.Plug(c)
	stick := s.exported(t, secondEvent)
	away := s.offline(t, judy, stick)
	away.answers(t, signRoot, reply{"PIN of YubiKey 5200042", cardPIN})
	s.exits(t, away, exit.Done, signBundle)
	name := filepath.Join(stick, "event.answer")
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for _, other := range []metadata.Device{{Kind: "software"}, {Kind: "piv", Serial: 5200007, Slot: "9c"}, {Kind: "piv", Serial: 5200042, Slot: "9a"}} {
		answer, err := carried.ReadAnswer(raw)
		if err != nil || len(answer) != 1 {
			t.Fatal(answer, err)
		}
		answer[0].Device = other
		if err := os.WriteFile(name, carried.EncodeAnswer([]*metadata.SignatureFile{answer[0].SignatureFile}), 0o600); err != nil {
			t.Fatal(err)
		}
		s.unchanged(t, func() {
			s.fails(t, s.maintainer, exit.Rejected, is[*metadata.StatementError], importAnswer(stick), "nothing was pushed", "the statement that judy signed beside the signature does not count: its signature does not match it and this key")
		})
	}
	if err := os.WriteFile(name, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	if branch := s.imported(t, stick); !strings.HasPrefix(branch, signsSecond+"root/judy-") {
		t.Error(branch)
	}
}
