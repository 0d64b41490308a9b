//go:build cgo && !nopiv && linux

package cli

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
	"github.com/rust-lang/rust-tuf/runbook"
	"github.com/rust-lang/rust-tuf/tests/vyubikey/card"
)

// The runbook's commands, one after the other, typed by a newcomer with a new
// card, who gets another one and then retires the first: every one works.
func TestRunbookYubiKey(t *testing.T) {
	s, mallory, world := newcomerWithCard(t)
	s.maintainer.env.Attestation = mallory.env.Attestation
	first, second := world.Make(card.Config{Serial: 5200001}), world.Make(card.Config{Serial: 5200002})
	takes := func(c *card.Card) {
		world.Clear()
		world.Plug(c)
		mallory.env.Terminal = &cardHolder{mallory.err, fmt.Sprint(c.Serial())}
	}
	text, ok := runbook.Text("yubikey")
	if !ok {
		t.Fatal("there is no such runbook")
	}
	const lost = "member lost NAME --card 12345678 --why left in a train, PIN not known to anybody"
	var typed []string
	for _, args := range commandsIn(text) {
		line := strings.Join(args, " ")
		typed = append(typed, line)
		for i, word := range args {
			switch word {
			case "NAME":
				args[i] = "mallory"
			case "12345678":
				args[i] = "5200002"
			}
		}
		want, branch := exit.Done, ""
		switch line {
		case "doctor": // 1.2: a new card is not ready, and the runbook says so
			takes(first)
			want = exit.Other
		case "member enrol NAME":
			branch = "member/mallory"
		case "member enrol NAME --label second --replaces main":
			takes(second)
			branch = "member/mallory-adds-second"
		case "member retire NAME --label main":
			takes(first)
			branch = "member/mallory-retires-main"
		case lost:
			branch = "member/mallory-lost-second"
		}
		s.exits(t, mallory, want, args)
		if branch == "" {
			continue
		}
		if err := s.merge(branch); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{"--version", "doctor", "member enrol NAME", "doctor --test-signature",
		"member enrol NAME --label second --replaces main", "member retire NAME --label main", lost}
	if !slices.Equal(typed, want) {
		t.Errorf("the runbook's commands are %q, want %q", typed, want)
	}
	if first.PublicKey(card.Signature) != nil || second.PublicKey(card.Signature) == nil {
		t.Error("the first card has a key, or the second has none")
	}
}
