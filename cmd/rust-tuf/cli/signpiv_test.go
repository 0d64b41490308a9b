//go:build cgo && !nopiv && linux

package cli

import (
	"context"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
	"github.com/rust-lang/rust-tuf/signer"
	"github.com/rust-lang/rust-tuf/signer/piv"
	"github.com/rust-lang/rust-tuf/tests/vyubikey"
	"github.com/rust-lang/rust-tuf/tests/vyubikey/card"
)

var signSecond = reply{"do you want to sign root version 2", "yes"}

// What a member with a YubiKey sees and types, word for word.
func TestSignWithYubiKey(t *testing.T) {
	s, judy, world, c := judyAtDesk(t)
	world.Plug(c)
	shown := judy.answers(t, signSecond, reply{"PIN of YubiKey 5200042, 3 tries left", cardPIN})
	out := s.exits(t, judy, exit.Done, []string{"sign"})
	s.golden(t, "sign-yubikey.golden", shown.String()+"--- standard output ---\n"+out)
	if strings.Contains(shown.String()+out, cardPIN) {
		t.Error("the PIN is shown")
	}
	spent(t, c, 2, 2)
	branches, err := s.branches("sign/")
	if err != nil || len(branches) != 1 {
		t.Fatal(branches, err)
	}
	if verdict, err := s.gateOn(t, branches[0]); err != nil || !verdict.Accepted {
		t.Errorf("%+v, %v", verdict, err)
	}
}

// spent asserts how many tries of the PIN and how many signatures a card was
// asked for.
func spent(t *testing.T, c *card.Card, pins, signatures int) {
	t.Helper()
	n := c.Counters()
	if n.PINAttempts != pins || n.Signatures != signatures {
		t.Errorf("card %d: %d tries of the PIN and %d signatures; want %d and %d", c.Serial(), n.PINAttempts, n.Signatures, pins, signatures)
	}
	c.ClearLog()
}

// Whoever is slow to touch is told what is waited for.
func TestSignAnnouncesTheTouch(t *testing.T) {
	if testing.Short() {
		t.Skip("waits as long as a person is left in peace")
	}
	s, judy, world, c := judyAtDesk(t)
	world.Plug(c)
	told := make(chan struct{})
	shown := judy.answers(t, signSecond, reply{"PIN of YubiKey 5200042", cardPIN})
	judy.env.Terminal = &listener{shown, "waiting for a touch of YubiKey 5200042", told}
	c.OnTouch(func() card.Touch { <-told; return card.Touched })
	s.exits(t, judy, exit.Done, []string{"sign"})
}

// listener is a scripted person who is waited for until they were told
// something.
type listener struct {
	*scripted
	want string
	told chan struct{}
}

func (l *listener) Message(text string) error {
	if strings.Contains(text, l.want) {
		close(l.told)
	}
	return l.scripted.Message(text)
}

// Each thing that goes wrong at the card has words of its own, exit code 5,
// pushes nothing, and leaves the card for the next try.
func TestSignWithYubiKeyRefuses(t *testing.T) {
	for _, test := range []struct {
		name       string
		set        func(c *card.Card)
		script     []reply
		is         func(error) bool
		words      []string
		pins, left int
	}{
		{"a wrong PIN", nil, []reply{signSecond, {"PIN of YubiKey 5200042, 3 tries left", "999999"}, giveUp}, is[*signer.WrongSecretError],
			[]string{"YubiKey 5200042, slot 9c: ", "wrong PIN", "2 tries left"}, 1, 2},
		{"three wrong PINs", nil, []reply{signSecond, {"3 tries left", "999999"}, tryAgain, {"2 tries left", "999999"}, tryAgain, {"1 try left for its PIN", "yes"}, {"1 try left", "999999"}}, is[*signer.WrongSecretError],
			[]string{"wrong PIN, no tries left", "its PUK unblocks it; rust-tuf doctor names the command"}, 3, 0},
		{"a short PIN", nil, []reply{signSecond, {"PIN of YubiKey 5200042", "999"}, giveUp}, is[*piv.LengthError], []string{"PIN"}, 0, 3},
		{"the factory's PIN", nil, []reply{signSecond, {"PIN of YubiKey 5200042", card.FactoryPIN}, giveUp}, is[*piv.FactoryError], []string{"PIN", "every new YubiKey", "this card has another one"}, 0, 3},
		{"a card that still has it", func(c *card.Card) { c.Set(card.State{PIN: card.FactoryPIN}) }, []reply{signSecond}, is[*piv.FactoryError],
			[]string{"YubiKey 5200042 still has the PIN of every new YubiKey", "give it one of your own first: ykman piv access change-pin"}, 0, 3},
		{"no touch", func(c *card.Card) { c.OnTouch(card.Always(card.Ignored)) }, []reply{signSecond, {"PIN of YubiKey 5200042", cardPIN}, giveUp}, of(signer.ErrNoTouch),
			[]string{"the card was not touched in time", "touch the card when it blinks"}, 1, 3},
		{"pulled out while it blinks", func(c *card.Card) { c.OnTouch(card.Always(card.Pulled)) }, []reply{signSecond, {"PIN of YubiKey 5200042", cardPIN}, giveUp}, of(signer.ErrRemoved),
			[]string{"YubiKey 5200042, slot 9c: the card was removed", "plug the card in and sign again"}, 1, 3},
		{"a blocked PIN", func(c *card.Card) { c.Set(card.State{PINTries: -1}) }, []reply{signSecond}, is[*piv.BlockedError],
			[]string{"the PIN of YubiKey 5200042 is blocked: no tries left", "unblock it with the PUK"}, 0, 0},
		{"the last try, kept", func(c *card.Card) { c.Set(card.State{PINTries: 1}) }, []reply{signSecond, {"1 try left for its PIN, and a wrong one blocks it", "no"}}, of(signer.ErrDeclined),
			[]string{"declined"}, 0, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, judy, world, c := judyAtDesk(t)
			world.Plug(c)
			if test.set != nil {
				test.set(c)
			}
			judy.answers(t, test.script...)
			s.unchanged(t, func() {
				s.fails(t, judy, exit.Card, test.is, []string{"sign"}, test.words...)
			})
			spent(t, c, test.pins, 0)
			if left, _ := c.Tries(); left != test.left {
				t.Errorf("%d tries left, want %d", left, test.left)
			}
		})
	}
}

// What the person mends where they sit does not cost them what they read: they
// try again in the same command, or give up and run it again.
func TestSignWithYubiKeyAgain(t *testing.T) {
	const asked = "PIN of YubiKey 5200042"
	for _, test := range []struct {
		name   string
		set    func(world *vyubikey.World, c *card.Card)
		script []reply
		said   []string
		pins   int
	}{
		{"a wrong PIN", nil, []reply{{"3 tries left", "999999"}, tryAgain, {"2 tries left", cardPIN}},
			[]string{"That did not work: YubiKey 5200042, slot 9c: wrong PIN, 2 tries left\n    try again with the right PIN; it gives back all tries\n"}, 2},
		{"a PIN that is too short", nil, []reply{{asked, "999"}, tryAgain, {"3 tries left", cardPIN}},
			[]string{"a PIN has 6 to 8 characters\n    nothing was tried, and no try is lost\n"}, 1},
		{"the factory's PIN", nil, []reply{{asked, card.FactoryPIN}, tryAgain, {"3 tries left", cardPIN}}, []string{"this is the PIN of every new YubiKey"}, 1},
		{"two wrong PINs", nil, []reply{{"3 tries left", "999999"}, tryAgain, {"2 tries left", "999999"}, tryAgain, {"1 try left for its PIN, and a wrong one blocks it", "yes"}, {"1 try left", cardPIN}},
			[]string{"wrong PIN, 1 try left\n    make sure of the PIN first: one more wrong try blocks the card\n"}, 3},
		{"no touch", func(_ *vyubikey.World, c *card.Card) { c.OnTouch(once(card.Ignored)) }, []reply{{asked, cardPIN}, tryAgain, {"3 tries left", cardPIN}},
			[]string{"the card was not touched in time\n    sign again and touch the card when it blinks\n"}, 2},
		{"pulled out", func(_ *vyubikey.World, c *card.Card) {
			c.OnCommand(func(name string, ran bool) bool { return name == "AUTHENTICATE" && !ran })
		}, []reply{{asked, cardPIN}, tryAgain, tryAgain, {"3 tries left", cardPIN}},
			[]string{"the card was removed\n    plug the card in and sign again\n", "YubiKey 5200042 is not plugged in, nor is any other\n    plug in the card that has 5200042 printed on it\n"}, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, judy, world, c := judyAtDesk(t)
			world.Plug(c)
			if test.set != nil {
				test.set(world, c)
			}
			shown := judy.answers(t, append([]reply{signSecond}, test.script...)...)
			judy.env.Terminal = &mender{shown, 0, func(tries int) {
				if test.name == "pulled out" && tries == 2 {
					c.OnCommand(nil)
					world.PlugInto("Yubico YubiKey again", c)
				}
			}}
			s.exits(t, judy, exit.Done, []string{"sign"}, "Signed: root version 2, by judy.")
			for _, want := range test.said {
				if !strings.Contains(shown.String(), want) {
					t.Errorf("not said: %q\n%s", want, shown)
				}
			}
			if n := strings.Count(shown.String(), "The digest of the exact bytes"); n != 1 {
				t.Errorf("the review is shown %d times", n)
			}
			spent(t, c, test.pins+1, 2) // and the second signature, for which nobody types
		})
	}
}

// mender is a scripted person who does something before they try again.
type mender struct {
	*scripted
	tries int
	mend  func(tries int)
}

func (m *mender) ReadLine(ctx context.Context, prompt string) (string, error) {
	if strings.HasPrefix(prompt, "Try again?") {
		m.tries++
		m.mend(m.tries)
	}
	return m.scripted.ReadLine(ctx, prompt)
}

// once is a person who does one thing, and touches the card from then on.
func once(first card.Touch) func() card.Touch {
	var asked bool
	return func() card.Touch {
		if asked {
			return card.Touched
		}
		asked = true
		return first
	}
}

// A touch missed for the second signature: the first one is not asked for again,
// and the PIN is.
func TestSignMissesTheSecondTouch(t *testing.T) {
	s, judy, world, c := judyAtDesk(t)
	world.Plug(c)
	touches := 0
	c.OnTouch(func() card.Touch {
		if touches++; touches == 2 {
			return card.Ignored
		}
		return card.Touched
	})
	judy.answers(t, signSecond, reply{"3 tries left", cardPIN}, tryAgain, reply{"3 tries left", cardPIN})
	s.exits(t, judy, exit.Done, []string{"sign"}, "Signed: root version 2, by judy.")
	spent(t, c, 3, 2)
	if touches != 3 {
		t.Errorf("%d touches", touches)
	}
}

// The wrong card: it is named, and no try of its PIN is spent.
func TestSignWithTheWrongCard(t *testing.T) {
	s, judy, world, _ := judyAtDesk(t)
	wrong := world.Insert(card.Config{Serial: 5200007})
	wrong.Generate(card.Signature, card.P256, card.PINAlways, card.TouchAlways)
	judy.answers(t)
	s.unchanged(t, func() {
		s.fails(t, judy, exit.Card, is[*NotAskedForError], []string{"sign"}, "no key at hand that is asked for: found YubiKey 5200007, slot 9c (fingerprint ", "asked for are keys of alice, bob, ", "plug in your card")
	})
	spent(t, wrong, 0, 0)
}

// Two cards: the one that holds the wanted key is found, and the other one is
// left alone.
func TestSignWithTwoCards(t *testing.T) {
	s, judy, world, c := judyAtDesk(t)
	other := world.Insert(card.Config{Serial: 5200007})
	other.Generate(card.Signature, card.P256, card.PINAlways, card.TouchAlways)
	world.Plug(c)
	judy.answers(t, signSecond, reply{"PIN of YubiKey 5200042, 3 tries left", cardPIN})
	s.exits(t, judy, exit.Done, []string{"sign"}, "Signed: root version 2, by judy.")
	spent(t, other, 0, 0)
	spent(t, c, 2, 2)
}

// A card that another program holds is named with what to do; the member's key
// is then not in hand.
func TestSignWithABusyCard(t *testing.T) {
	s, judy, world, c := judyAtDesk(t)
	world.Plug(c)
	world.Occupy(c)
	shown := judy.answers(t)
	busy := func(err error) bool { return is[*NotAskedForError](err) && is[*piv.BusyError](err) }
	s.fails(t, judy, exit.Card, busy, []string{"sign"}, "no key at hand; asked for are keys of alice, ",
		"; left out: the card in \"Yubico", "is in use by another program\n", "hint: your key may be on what was left out: run gpgconf --kill scdaemon;")
	if !strings.Contains(shown.String(), "is in use by another program") || !strings.Contains(shown.String(), "gpgconf --kill scdaemon") {
		t.Errorf("shown: %s", shown)
	}
	world.Vacate(c)
	spent(t, c, 0, 0)
}

// Without a reader service a software key signs, and nothing is said about
// cards; without any key that is said.
func TestSignWithoutReaderService(t *testing.T) {
	s, judy, _, _ := judyAtDesk(t)
	reader.Down()
	t.Cleanup(func() {
		if err := reader.Up(); err != nil {
			t.Error(err)
		}
	})
	judy.answers(t)
	s.exits(t, judy, exit.Card, []string{"sign"}, "no key at hand; asked for are keys of alice, ", "no YubiKey could be asked: the smart card service is not running",
		"rust-tuf: hint: plug in your card", "; for a YubiKey: install pcscd")
	s.exits(t, judy, exit.Done, []string{"key", "list"}, "no YubiKey could be asked: the smart card service is not running (install pcscd")
	alice := s.people["alice"].withCards()
	shown := alice.answers(t, signSecond, passphrase)
	out := s.exits(t, alice, exit.Done, []string{"sign"}, "Signed: root version 2, by alice.")
	if all := shown.String() + out + alice.err.String(); strings.Contains(all, "smart card") || strings.Contains(all, "pcscd") {
		t.Errorf("cards are spoken of:\n%s", all)
	}
}
