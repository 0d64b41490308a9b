//go:build cgo && !nopiv && linux

package cli

import (
	"context"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/rust-lang/rust-tuf/signer"
	"github.com/rust-lang/rust-tuf/signer/piv"
	"github.com/rust-lang/rust-tuf/tests/vyubikey"
	"github.com/rust-lang/rust-tuf/tests/vyubikey/card"
	"github.com/rust-lang/rust-tuf/tests/vyubikey/pcsc"
	"github.com/rust-lang/rust-tuf/verify"
)

// The computer of tests with YubiKeys: virtual cards behind the real
// libpcsclite and the real piv-go.
var ports = sync.OnceValues(func() (*vyubikey.World, error) {
	world := vyubikey.New()
	server, err := pcsc.Start(world)
	if err != nil {
		return nil, err
	}
	reader = server
	ends = append(ends, func() { server.Close() })
	return world, nil
})

// reader is the reader service, once ports has been called.
var reader *pcsc.Server

// plugged is a computer without any card, for the time of a test, at whose end
// nobody may hold one.
func plugged(t *testing.T) *vyubikey.World {
	t.Helper()
	world, err := ports()
	if err != nil {
		t.Fatal(err)
	}
	world.Clear()
	t.Cleanup(func() {
		if n := reader.Connections(); n != 0 {
			t.Errorf("%d connections to cards are still open", n)
		}
		world.Clear()
	})
	return world
}

// pemOf is the public key in a card's slot 9c.
func pemOf(c *card.Card) ([]byte, error) {
	key, err := verify.NewPublicKey(c.PublicKey(card.Signature))
	if err != nil {
		return nil, err
	}
	return []byte(key.PEM()), nil
}

// judysCard holds judy's key wherever a set has it.
var judysCard = sync.OnceValue(func() *card.Card {
	world, err := ports()
	if err != nil {
		panic(err)
	}
	c := world.Make(card.Config{Serial: 5200042})
	c.Set(card.State{PIN: cardPIN, PUK: cardPUK})
	c.Generate(card.Signature, card.P256, card.PINAlways, card.TouchAlways)
	return c
})

func init() {
	// Event 2026-12-22-root-v2 is open, in which judy, who is declared with the
	// key on her card, replaces ivan.
	scenery["second-open-card"] = set{"genesis-done", december, func(s *stage) error {
		world, err := ports()
		if err != nil {
			return err
		}
		judy, err := s.enter("judy")
		if err != nil {
			return err
		}
		file := filepath.Join(s.dir, "roots.pem")
		if err := writeRoots(file, world); err != nil {
			return err
		}
		if judy.env.Attestation, err = verifierOf(file); err != nil {
			return err
		}
		s.maintainer.env.Attestation = judy.env.Attestation
		world.Plug(judysCard())
		defer world.Remove(judysCard())
		judy.env.Terminal = typist{"5200042", cardPIN}
		if _, err := s.must(judy.withCards(), "member", "enrol", "judy", "--existing", "--affiliation", "works-judy", "--country", "lives-judy"); err != nil {
			return err
		}
		if err := s.merge("member/judy"); err != nil {
			return err
		}
		return s.declareQuorum("ivan hands over to judy", append(slices.Clone(demoQuorum[:8]), "judy"))
	}}
}

// typist is somebody who types what they agree with, and their PIN.
type typist struct{ agreed, pin string }

func (typist) Message(string) error                               { return nil }
func (p typist) ReadLine(context.Context, string) (string, error) { return p.agreed, nil }
func (p typist) Secret(context.Context, string) ([]byte, error)   { return []byte(p.pin), nil }

// withCards lets somebody use the cards that are plugged in too.
func (a *actor) withCards() *actor {
	a.env.Sources = func(home string) []signer.Source { return append(softwareKeys(home), piv.Source{}) }
	return a
}

// judyAtDesk is judy before her open event, with her card in her hand, and root
// 1 pinned. Everybody trusts the test roots, for the event lists her card. Who else
// is there is as for play.
func judyAtDesk(t *testing.T, people ...string) (*stage, *actor, *vyubikey.World, *card.Card) {
	t.Helper()
	world := plugged(t)
	s := play(t, "second-open-card", people...)
	proof := testRoots(t, world)
	for _, a := range s.people {
		a.env.Attestation = proof
	}
	judy := s.people["judy"].withCards()
	s.pinAt(t, judy)
	c := judysCard()
	c.Set(card.State{PIN: cardPIN, PUK: cardPUK, PINTries: 3, PUKTries: 3, ManagementAlgorithm: card.AES192, ManagementKey: card.FactoryManagementKey()})
	c.OnTouch(nil)
	c.ClearLog()
	return s, judy, world, c
}
