//go:build cgo && !nopiv && linux

package cli

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/roles"
	"github.com/rust-lang/rust-tuf/tests/vyubikey/card"
)

// elsewhere tells whether a key was refused for where it is.
func elsewhere(listed, found metadata.Device) func(error) bool {
	return func(err error) bool {
		var e *ElsewhereError
		return errors.As(err, &e) && e.Listed == listed && e.Found == found
	}
}

// A key that was moved to another slot states no slot that it is not in: it is
// refused before the review and the PIN, with the way back.
func TestSignWithAMovedKey(t *testing.T) {
	s, judy, world, c := judyAtDesk(t)
	world.Plug(c)
	c.Move(card.Signature, card.Authentication)
	t.Cleanup(func() { c.Move(card.Authentication, card.Signature) })
	judy.answers(t)
	onCard := func(slot string) metadata.Device {
		return metadata.Device{Kind: roles.KindPIV, Serial: 5200042, Slot: slot}
	}
	s.unchanged(t, func() {
		s.fails(t, judy, exit.Rejected, elsewhere(onCard("9c"), onCard("9a")), []string{"sign"},
			"the key of judy is on YubiKey 5200042, slot 9a, but the policy says YubiKey 5200042, slot 9c; its signature would not count, and nothing was signed",
			"move the key back to slot 9c (`ykman piv keys move 9a 9c`), or sign with the key that is declared")
	})
	spent(t, c, 0, 0)
}

// A key that is declared as a file and lives on a card does not state that it is
// a file.
func TestSignWithACardDeclaredAsAFile(t *testing.T) {
	world := plugged(t)
	s := play(t, "gathered")
	karl, err := s.enter("karl")
	if err != nil {
		t.Fatal(err)
	}
	c := world.Insert(card.Config{Serial: 5200001})
	c.Set(card.State{PIN: cardPIN, PUK: cardPUK})
	c.Generate(card.Signature, card.P256, card.PINAlways, card.TouchAlways)
	pem, err := pemOf(c)
	if err != nil {
		t.Fatal(err)
	}
	public := filepath.Join(s.dir, "karl.pub")
	if err := os.WriteFile(public, pem, 0o600); err != nil {
		t.Fatal(err)
	}
	s.exits(t, karl, exit.Done, []string{"member", "add", "karl", "--public-key", public, "--affiliation", "works-karl", "--country", "lives-karl"})
	if err := s.merge("member/karl"); err != nil {
		t.Fatal(err)
	}
	if err := s.declareQuorum("the first root", append(slices.Clone(demoQuorum[:8]), "karl")); err != nil {
		t.Fatal(err)
	}
	karl.withCards().answers(t)
	s.unchanged(t, func() {
		s.fails(t, karl, exit.Rejected, elsewhere(metadata.Device{Kind: roles.KindSoftware}, metadata.Device{Kind: roles.KindPIV, Serial: 5200001, Slot: "9c"}), []string{"sign"},
			"the key of karl is on YubiKey 5200001, slot 9c, but the policy says a key in a file; its signature would not count, and nothing was signed",
			"enrol a new key of this card with `rust-tuf member enrol`")
	})
	spent(t, c, 0, 0)
}
