//go:build cgo && !nopiv && linux

package cli

import (
	"slices"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
	"github.com/rust-lang/rust-tuf/signer"
	"github.com/rust-lang/rust-tuf/signer/piv"
	"github.com/rust-lang/rust-tuf/tests/vyubikey/card"
)

// A card that tells neither whether its PIN and PUK are the factory's: its
// holder says so. The exception that lets it in is said at the end.
func TestEnrolCardThatTellsLittle(t *testing.T) {
	s, mallory, world := newcomerWithCard(t)
	s.policySays(t, "[devices]", "[[exception]]\nrule = \"advisory\"\nrole = \"root\"\nreason = \"new cards are on their way\"\n\n[devices]\nmin-firmware = \"5.2.0\"")
	c := world.Insert(card.Config{Serial: 5200001, Firmware: card.Firmware{5, 2, 7}})
	shown := mallory.answers(t, serialBack, reply{"PIN of YubiKey 5200001, 3 tries left", card.FactoryPIN}, newPIN, newPIN2,
		reply{"A new YubiKey has the PUK 12345678. Is it still the card's PUK?", "yes"}, newPUK, newPUK2, askPIN)
	s.exits(t, mallory, exit.Done, enrolArgs, "firmware 5.2.7")
	if !strings.Contains(shown.String(), "Warning: mallory/main: ") {
		t.Errorf("shown: %s", shown)
	}
	if n := c.Counters(); n.PINFailures != 0 || n.PUKFailures != 0 {
		t.Errorf("%+v", n)
	}
}

// Whoever is wrong about the PUK of such a card loses one try of it, and no more.
func TestEnrolAnotherPUK(t *testing.T) {
	s, mallory, world := newcomerWithCard(t)
	s.policySays(t, "[devices]", "[[exception]]\nrule = \"advisory\"\nrole = \"root\"\nreason = \"new cards are on their way\"\n\n[devices]\nmin-firmware = \"5.2.0\"")
	c := world.Insert(card.Config{Serial: 5200001, Firmware: card.Firmware{5, 2, 7}})
	c.Set(card.State{PUK: "77777777"})
	still := reply{"Is it still the card's PUK?", "yes"}
	mallory.answers(t, serialBack, reply{"PIN of YubiKey 5200001, 3 tries left", card.FactoryPIN}, newPIN, newPIN2, still, newPUK, newPUK2)
	s.unchanged(t, func() {
		s.fails(t, mallory, exit.Card, is[*signer.WrongSecretError], enrolArgs, "wrong PUK, 2 tries left")
	})
	if n := c.Counters(); n.PUKAttempts != 1 || n.Generated != 0 {
		t.Errorf("%+v", n)
	}
	mallory.answers(t, serialBack, askPIN, reply{"Is it still the card's PUK?", "no"}, askPIN)
	s.exits(t, mallory, exit.Done, enrolArgs)
}

// The policy decides when the card asks, and whether P-384 can be used.
func TestEnrolFollowsThePolicy(t *testing.T) {
	s, mallory, world := newcomerWithCard(t)
	s.policySays(t, "[devices]", "[devices]\npin = \"once\"\ntouch = \"cached\"")
	s.policySays(t, `readers = ["rust-tuf", "go-tuf", "python-tuf", "tuf-js", "tough"]`, `readers = ["rust-tuf", "go-tuf", "python-tuf"]`)
	world.Insert(card.Config{Serial: 5200001})
	mallory.answers(t, fresh...)
	s.exits(t, mallory, exit.Done, append(enrolArgs, "--algorithm", "p384"), "slot 9c, ECDSA P-384, PIN once, touch cached")
}

// What goes wrong at the card ends with exit code 5 and its own words; nothing
// is pushed, and the next run goes on.
func TestEnrolTroubleAtTheCard(t *testing.T) {
	for _, test := range []struct {
		name   string
		set    func(c *card.Card)
		script []reply
		code   int
		is     func(error) bool
		words  []string
	}{
		{"no touch", func(c *card.Card) { c.OnTouch(card.Always(card.Ignored)) }, append(slices.Clone(fresh), giveUp), exit.Card, of(signer.ErrNoTouch), []string{"the card was not touched in time"}},
		{"two PINs", nil, []reply{serialBack, newPIN, {"again", "other123"}, giveUp}, exit.Card, is[*DifferentError], []string{"the two new PINs are not the same; nothing was changed"}},
		{"two PUKs", nil, []reply{serialBack, newPIN, newPIN2, newPUK, {"again", "other123"}, giveUp}, exit.Card, is[*DifferentError], []string{"the two new PUKs are not the same; nothing was changed"}},
		{"a factory PIN", nil, []reply{serialBack, {"New PIN", card.FactoryPIN}, giveUp}, exit.Card, is[*piv.FactoryError], []string{"every new YubiKey"}},
		{"a short PIN", nil, []reply{serialBack, {"New PIN", "12345"}, giveUp}, exit.Card, is[*piv.LengthError], []string{"PIN"}},
		{"a wrong PIN", func(c *card.Card) { c.Set(card.State{PIN: "777777"}) }, []reply{serialBack, askPIN, giveUp}, exit.Card, is[*signer.WrongSecretError], []string{"wrong PIN", "2 tries left"}},
		{"a PUK that nobody can use any more", func(c *card.Card) { c.Set(card.State{PUKTries: -1}) }, []reply{{"serial number", "no"}}, exit.Other, is[*SerialError], []string{`what was typed is not the serial number of YubiKey 5200001; nothing was changed on it`}},
		{"a blocked PIN", func(c *card.Card) { c.Set(card.State{PIN: "777777", PINTries: -1}) }, nil, exit.Card, is[*piv.BlockedError], []string{"the PIN of YubiKey 5200001 is blocked"}},
		{"a management key that nobody has", func(c *card.Card) {
			c.Set(card.State{PIN: cardPIN, PUK: cardPUK, ManagementAlgorithm: card.AES192, ManagementKey: []byte("somebody's own 24 bytes.")})
		}, []reply{{"Go on?", "yes"}, askPIN}, exit.Card, is[*piv.ManagementKeyError], []string{"the management key of YubiKey 5200001 is not known", "change-management-key --generate --protect"}},
		{"a no", func(c *card.Card) {
			c.Set(card.State{PIN: cardPIN, PUK: cardPUK, ManagementAlgorithm: card.AES192, ManagementKey: []byte("somebody's own 24 bytes.")})
		}, []reply{{"Go on?", "no"}}, exit.Other, of(signer.ErrDeclined), []string{"declined"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, mallory, world := newcomerWithCard(t)
			c := world.Insert(card.Config{Serial: 5200001})
			if test.set != nil {
				test.set(c)
			}
			mallory.answers(t, test.script...)
			s.unchanged(t, func() {
				s.fails(t, mallory, test.code, test.is, enrolArgs, test.words...)
			})
		})
	}
}

// A card that refuses a new PIN or PUK as too simple: its holder chooses another
// one in the same command, or gives up and nothing is lost.
func TestEnrolDemandingCard(t *testing.T) {
	s, mallory, world := newcomerWithCard(t)
	c := world.Insert(card.Config{Serial: 5200001, Demanding: true})
	simplePIN := []reply{{"New PIN", "777777"}, {"The same new PIN again", "777777"}}
	simplePUK := []reply{{"New PUK", "77777777"}, {"The same new PUK again", "77777777"}}
	mallory.answers(t, slices.Concat([]reply{serialBack}, simplePIN, simplePUK, []reply{giveUp})...)
	s.unchanged(t, func() {
		s.fails(t, mallory, exit.Card, is[*piv.RefusedError], enrolArgs, "YubiKey 5200001 does not take this as its new PIN", "choose one without repeated characters")
	})
	shown := mallory.answers(t, slices.Concat([]reply{serialBack}, simplePIN, simplePUK,
		[]reply{tryAgain, newPIN, newPIN2, tryAgain, newPUK, newPUK2, askPIN})...)
	s.exits(t, mallory, exit.Done, enrolArgs)
	for _, what := range []string{"PIN", "PUK"} {
		if !strings.Contains(shown.String(), "That did not work: YubiKey 5200001 does not take this as its new "+what+"\n") {
			t.Errorf("shown: %s", shown)
		}
	}
	if n := c.Counters(); n.PINFailures+n.PUKFailures != 0 || n.Generated != 1 {
		t.Errorf("%+v", n)
	}
}

// A blocked PUK is told of before anything is changed, and no obstacle: nobody
// can use it, the factory's or not.
func TestEnrolBlockedPUK(t *testing.T) {
	s, mallory, world := newcomerWithCard(t)
	c := world.Insert(card.Config{Serial: 5200001})
	c.Set(card.State{PUKTries: -1})
	shown := mallory.answers(t, serialBack, newPIN, newPIN2, askPIN)
	s.exits(t, mallory, exit.Done, enrolArgs)
	warning, _, ok := strings.Cut(shown.String(), "What will be done to YubiKey 5200001")
	if !ok || !strings.Contains(warning, "Warning: the PUK of YubiKey 5200001 is blocked, and stays so: ") || !strings.Contains(warning, "`ykman piv reset`") {
		t.Errorf("shown: %s", shown)
	}
	if n := c.Counters(); n.PUKAttempts != 0 || n.PINFailures != 0 {
		t.Errorf("%+v", n)
	}
}

// A card that another program holds, and a computer without a reader service.
func TestEnrolWithoutACardToTalkTo(t *testing.T) {
	s, mallory, world := newcomerWithCard(t)
	c := world.Insert(card.Config{Serial: 5200001})
	world.Occupy(c)
	mallory.answers(t)
	s.unchanged(t, func() {
		s.fails(t, mallory, exit.Card, is[*piv.BusyError], enrolArgs, "no YubiKey can be used; the card in ", "is in use by another program", "gpgconf --kill scdaemon")
		reader.Down()
		t.Cleanup(func() {
			if err := reader.Up(); err != nil {
				t.Error(err)
			}
		})
		s.fails(t, mallory, exit.Card, is[*piv.NoServiceError], enrolArgs, "the smart card service is not running", "install pcscd")
	})
	world.Vacate(c)
	untouched(t, c)
}

// With --json one object, and what is asked still goes to the terminal.
func TestEnrolJSON(t *testing.T) {
	s, mallory, world := newcomerWithCard(t)
	world.Insert(card.Config{Serial: 5200001})
	mallory.answers(t, fresh...)
	got := &enrolResult{}
	oneObject(t, s.exits(t, mallory, exit.Done, append(enrolArgs, "--json")), got)
	if got.Serial != 5200001 || got.Slot != "9c" || len(got.Paths) != 3 || len(got.TestRoots) != 2 || got.Branch != "member/mallory" || got.Pull == "" {
		t.Errorf("%+v", got)
	}
}

// Where nobody can be asked, nothing is changed.
func TestEnrolWithoutATerminal(t *testing.T) {
	s, mallory, world := newcomerWithCard(t)
	c := world.Insert(card.Config{Serial: 5200001})
	mallory.env.Terminal = nobody{}
	s.unchanged(t, func() { s.exits(t, mallory, exit.Other, enrolArgs, "no terminal to ask on") })
	untouched(t, c)
}
