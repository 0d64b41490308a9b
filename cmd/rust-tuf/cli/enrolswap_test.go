//go:build cgo && !nopiv && linux

package cli

import (
	"fmt"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
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
		{"nobody's", nil, exit.Rejected, []string{
			"rust-tuf.toml names alice in root and targets without a label, and with 2 active keys (main and card) nobody knows which one is meant; nothing was changed on the card",
			"hint: if the new key takes the place of the old one, add --replaces main, or --lost main if that card is gone; if both shall stay, write alice/main there first"}, ""},
		{"both", []string{"--replaces", "main", "--lost", "main"}, exit.Usage, []string{"--replaces main and --lost main"}, ""},
		{"no key's", []string{"--replaces", "mian"}, exit.Usage, []string{"alice has no active key with the label mian; active are: main"}, ""},
		{"replaced", []string{"--replaces", "main"}, exit.Done, nil, roles.StatusRetired},
		{"lost", []string{"--lost", "main"}, exit.Done, nil, roles.StatusLost},
	} {
		t.Run(test.name, func(t *testing.T) {
			world := plugged(t)
			s := play(t, "genesis-done")
			alice := s.people["alice"].withCards()
			alice.env.Attestation, s.maintainer.env.Attestation = testRoots(t, world), testRoots(t, world)
			c := world.Insert(card.Config{Serial: 5200001})
			args := append([]string{"member", "enrol", "alice", "--label", "card"}, test.args...)
			if test.code != exit.Done {
				alice.answers(t)
				s.unchanged(t, func() { s.exits(t, alice, test.code, args, test.words...) })
				untouched(t, c)
				return
			}
			alice.answers(t, fresh...)
			s.exits(t, alice, exit.Done, args)
			if verdict, err := s.gateOn(t, "member/alice-adds-card"); err != nil || !verdict.Accepted {
				t.Fatalf("%+v, %v", verdict, err)
			}
			raw, err := s.treeOf(t, "member/alice-adds-card").Read(metadata.MemberPath("alice"))
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

// Keys that were made with other tools, and are not what `enrol` would make.
func TestEnrolExistingOfOtherKinds(t *testing.T) {
	own := card.State{PIN: cardPIN, PUK: cardPUK, ManagementAlgorithm: card.AES192, ManagementKey: []byte("somebody's own 24 bytes.")}
	for _, test := range []struct {
		name   string
		policy [2]string // what stands in rust-tuf.toml, and what instead
		slot   card.Slot
		kind   card.Algorithm
		code   int
		words  []string
	}{
		{"slot 9a, as rust-lang/team has it", [2]string{"[devices]", "[devices]\nslots = [\"9c\", \"9a\"]\npin = \"once\""}, card.Authentication, card.P256, exit.Done, []string{"in slot 9a of YubiKey 5200001"}},
		{"P-384 that not all can read", [2]string{}, card.Signature, card.P384, exit.Rejected, []string{"the policy lists readers that cannot use a P-384 key: ", "the key in slot 9c of YubiKey 5200001 is one"}},
		{"P-384 that all can read", [2]string{`readers = ["rust-tuf", "go-tuf", "python-tuf", "tuf-js", "tough"]`, `readers = ["rust-tuf", "go-tuf"]`}, card.Signature, card.P384, exit.Done, []string{"with an ECDSA P-384 key"}},
		{"Ed25519", [2]string{}, card.Signature, card.Ed25519, exit.Rejected, []string{"the key mallory/main is Ed25519 on card 5200001, which signs messages up to about 3 kB"}},
		{"RSA", [2]string{}, card.Signature, card.RSA2048, exit.Rejected, []string{"the key mallory/main is RSA 2048 on card 5200001; rust-tuf signs with ECDSA P-256 and P-384 on cards"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, mallory, world := newcomerWithCard(t)
			if test.policy[0] != "" {
				s.policySays(t, test.policy[0], test.policy[1])
			}
			c := world.Insert(card.Config{Serial: 5200001})
			c.Set(own)
			c.Generate(test.slot, test.kind, card.PINAlways, card.TouchAlways)
			args := append(enrolArgs, "--existing")
			if test.slot != card.Signature {
				args = append(args, "--slot", "9a")
			}
			if test.code == exit.Done {
				mallory.answers(t, askPIN)
				s.exits(t, mallory, exit.Done, args, test.words...)
				s.maintainer.env.Attestation = mallory.env.Attestation
				if verdict, err := s.gateOn(t, "member/mallory"); err != nil || !verdict.Accepted {
					t.Errorf("%+v, %v", verdict, err)
				}
				// A key is declared once.
				if err := s.merge("member/mallory"); err != nil {
					t.Fatal(err)
				}
				mallory.answers(t)
				s.unchanged(t, func() {
					s.exits(t, mallory, exit.Rejected, []string{"member", "enrol", "mallory", "--existing", "--label", "again", "--slot", fmt.Sprintf("%02x", byte(test.slot))}, "this key is declared as mallory/main in members/mallory/member.toml")
				})
				return
			}
			mallory.answers(t)
			s.unchanged(t, func() { s.exits(t, mallory, test.code, args, test.words...) })
			spent(t, c, 0, 0)
		})
	}
}

// A branch that is left from an earlier try is told of before the card is
// changed, not after.
func TestEnrolFindsItsBranchTaken(t *testing.T) {
	s, mallory, world := newcomerWithCard(t)
	s.pull(t, "member/mallory", metadata.Change{Put: map[string][]byte{"README.md": []byte("mine\n")}})
	c := world.Insert(card.Config{Serial: 5200001})
	mallory.answers(t)
	s.unchanged(t, func() {
		s.exits(t, mallory, exit.Other, enrolArgs, "branch member/mallory of origin exists already", "git push origin --delete member/mallory")
	})
	untouched(t, c)
	if _, err := s.git("mallory", mallory.clone, "push", "--quiet", "origin", "--delete", "member/mallory"); err != nil {
		t.Fatal(err)
	}
	mallory.answers(t, fresh...)
	s.exits(t, mallory, exit.Done, enrolArgs)
}
