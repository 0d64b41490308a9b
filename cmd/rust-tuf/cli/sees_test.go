//go:build cgo && !nopiv && linux

package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
	"github.com/rust-lang/rust-tuf/roles"
	"github.com/rust-lang/rust-tuf/roles/attest"
	"github.com/rust-lang/rust-tuf/tests/vyubikey"
	"github.com/rust-lang/rust-tuf/tests/vyubikey/card"
)

// screen is what somebody sees and types, across several commands: each line
// that is shown, each prompt with what was typed, and what ends a command.
type screen struct {
	s    *stage
	a    *actor
	text strings.Builder
}

// types lets the person type a command and then what the script says.
func (v *screen) types(t *testing.T, code int, line string, script ...reply) {
	t.Helper()
	shown := v.a.answers(t, script...)
	shown.marked = true
	out := v.s.exits(t, v.a, code, strings.Fields(line))
	fmt.Fprintf(&v.text, "$ «rust-tuf %s»\n%s%s%s[exit code %d]\n\n", line, shown, out, v.a.err, code)
}

// does notes something that happens away from the keyboard.
func (v *screen) does(what string) { fmt.Fprintf(&v.text, "(%s)\n\n", what) }

// kept compares the whole session with the one in testdata. Whatever is typed
// stands between « and »; no secret shows.
func (v *screen) kept(t *testing.T, name string) {
	t.Helper()
	text := "What stands between « and » is typed.\n\n" + v.text.String()
	for _, secret := range []string{cardPIN, cardPUK} {
		if strings.Contains(text, secret) {
			t.Error("a PIN or PUK is shown")
		}
	}
	prefix := regexp.MustCompile(`\b[0-9a-f]{4}( [0-9a-f]{4}){3} …`) // of a fingerprint
	v.s.golden(t, "sees-"+name+".golden", prefix.ReplaceAllString(text, "<4 GROUPS> …"))
}

// Exactly what a member sees, keystroke by keystroke, from plugging in to the
// pull request: when all goes well, and in each of the ways in which it usually
// does not at first.
func TestWhatAMemberSees(t *testing.T) {
	ask := func(tries int) reply {
		return reply{fmt.Sprintf("PIN of YubiKey 5200042, %d tries left", tries), cardPIN}
	}
	for _, test := range []struct {
		name string
		play func(t *testing.T, v *screen, world *vyubikey.World, c *card.Card)
	}{
		{"wrong-pin", func(t *testing.T, v *screen, world *vyubikey.World, c *card.Card) {
			world.Plug(c)
			v.does("she plugs in YubiKey 5200042")
			v.types(t, exit.Done, "sign", signSecond, reply{"3 tries left", "999999"}, tryAgain, ask(2))
		}},
		{"no-touch", func(t *testing.T, v *screen, world *vyubikey.World, c *card.Card) {
			world.Plug(c)
			v.does("she plugs in YubiKey 5200042, and looks away while it blinks")
			c.OnTouch(once(card.Ignored))
			v.types(t, exit.Done, "sign", signSecond, ask(3), tryAgain, ask(3))
		}},
		{"wrong-card", func(t *testing.T, v *screen, world *vyubikey.World, c *card.Card) {
			other := world.Insert(card.Config{Serial: 5200007})
			other.Generate(card.Signature, card.P256, card.PINAlways, card.TouchAlways)
			v.does("she plugs in YubiKey 5200007")
			v.types(t, exit.Card, "sign")
			world.Remove(other)
			world.Plug(c)
			v.does("she plugs in YubiKey 5200042 instead")
			v.types(t, exit.Done, "sign", signSecond, ask(3))
			untouchedButMade(t, other)
		}},
		{"two-cards", func(t *testing.T, v *screen, world *vyubikey.World, c *card.Card) {
			other := world.Insert(card.Config{Serial: 5200007})
			other.Generate(card.Signature, card.P256, card.PINAlways, card.TouchAlways)
			world.Plug(c)
			v.does("she plugs in YubiKey 5200007 and YubiKey 5200042")
			v.types(t, exit.Done, "sign", signSecond, ask(3))
			untouchedButMade(t, other)
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, judy, world, c := judyAtDesk(t)
			v := &screen{s: s, a: judy}
			test.play(t, v, world, c)
			v.kept(t, test.name)
		})
	}
}

// untouchedButMade: nothing was asked of the other card.
func untouchedButMade(t *testing.T, c *card.Card) {
	t.Helper()
	if n := c.Counters(); n.PINAttempts+n.PUKAttempts+n.Signatures > 0 {
		t.Errorf("card %d: %+v", c.Serial(), n)
	}
}

// With --json the verbs about cards print one object too; which members it has
// is kept in testdata/json-cards.golden.
func TestJSONOfCards(t *testing.T) {
	fields := shapes{}
	see := fields.seeing(t)
	s, mallory, world := newcomerWithCard(t)
	s.maintainer.env.Attestation = mallory.env.Attestation
	c := world.Insert(card.Config{Serial: 5200001})
	mallory.answers(t)
	see("doctor", s.exits(t, mallory, exit.Other, []string{"doctor", "--json"}))
	mallory.answers(t, fresh...)
	see("member enrol", s.exits(t, mallory, exit.Done, append(slices.Clone(enrolArgs), "--json")))
	if err := s.fetch(); err != nil {
		t.Fatal(err)
	}
	see("check of a pull request", s.exits(t, s.maintainer, exit.Done, []string{"check", "--json", "--base", "origin/main", "--head", "origin/member/mallory"}))
	s.golden(t, "report-member-card.golden", s.exits(t, s.maintainer, exit.Done, []string{"check", "--markdown", "--base", "origin/main", "--head", "origin/member/mallory"}))
	if err := s.merge("member/mallory"); err != nil {
		t.Fatal(err)
	}
	see("check", s.exits(t, s.maintainer, exit.Done, []string{"check", "--json"}))
	see("member attestations", s.exits(t, s.maintainer, exit.Rejected, []string{"member", "attestations", s.attested(t), "--json"}))
	mallory.answers(t, leaving...)
	see("member retire", s.exits(t, mallory, exit.Done, append(slices.Clone(retireArgs), "--json")))
	world.Remove(c)
	see("an error", s.exits(t, mallory, exit.Card, append(slices.Clone(retireArgs), "--json")))
	fields.golden(t, "json-cards.golden")
}

// attested is a folder with the certificates of mallory's card, and with others
// that prove nothing.
func (s *stage) attested(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	for _, card := range []string{"5200001", "5200002"} {
		if err := os.Mkdir(filepath.Join(folder, card), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	tree := s.head(t).Tree()
	for from, to := range map[string]string{roles.SlotFile: "attestation-9c.pem", roles.DeviceFile: attest.DeviceFile} {
		text, err := tree.Read("members/mallory/5200001/" + from)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{filepath.Join("5200001", to), filepath.Join("5200002", "attestation-9a.pem")} {
			if err := os.WriteFile(filepath.Join(folder, name), text, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	return folder
}
