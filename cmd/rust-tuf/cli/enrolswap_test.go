//go:build cgo && !nopiv && linux

package cli

import (
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/roles"
	"github.com/rust-lang/rust-tuf/tests/vyubikey/card"
)

// A member of the quorum gets a new card: it takes the place of the old key, or
// the policy must say which one is meant. Nothing is changed on the card before
// that is clear.
func TestEnrolTakesThePlace(t *testing.T) {
	for _, test := range []struct {
		name  string
		args  []string
		code  int
		words []string
		old   roles.Status
	}{
		{"nobody's", nil, ExitRejected, []string{
			"rust-tuf.toml names alice in root and targets without a label, and with 2 active keys (main and card) nobody knows which one is meant; nothing was changed on the card",
			"hint: if the new key takes the place of the old one, add --replaces main, or --lost main if that card is gone; if both shall stay, write alice/main there first"}, ""},
		{"both", []string{"--replaces", "main", "--lost", "main"}, ExitUsage, []string{"--replaces main and --lost main"}, ""},
		{"no key's", []string{"--replaces", "mian"}, ExitUsage, []string{"alice has no active key with the label mian; active are: main"}, ""},
		{"replaced", []string{"--replaces", "main"}, ExitDone, nil, roles.StatusRetired},
		{"lost", []string{"--lost", "main"}, ExitDone, nil, roles.StatusLost},
	} {
		t.Run(test.name, func(t *testing.T) {
			world := plugged(t)
			s := play(t, "genesis-done")
			alice := s.people["alice"].withCards()
			alice.env.Attestation, s.maintainer.env.Attestation = testRoots(t, world), testRoots(t, world)
			c := world.Insert(card.Config{Serial: 5200001})
			args := append([]string{"member", "enrol", "alice", "--label", "card"}, test.args...)
			if test.code != ExitDone {
				alice.answers(t)
				s.unchanged(t, func() { s.exits(t, alice, test.code, args, test.words...) })
				untouched(t, c)
				return
			}
			alice.answers(t, fresh...)
			s.exits(t, alice, ExitDone, args)
			if verdict, err := s.gateOn(t, "member/alice"); err != nil || !verdict.Accepted {
				t.Fatalf("%+v, %v", verdict, err)
			}
			raw, err := s.treeOf(t, "member/alice").Read(metadata.MemberPath("alice"))
			if err != nil {
				t.Fatal(err)
			}
			m, err := roles.ParseMember(metadata.MemberPath("alice"), raw)
			if err != nil {
				t.Fatal(err)
			}
			if old, _ := m.Key("main"); old.Status != test.old || strings.Join(m.Active(), " ") != "card" {
				t.Errorf("main is %s, active are %s", old.Status, m.Active())
			}
		})
	}
}
