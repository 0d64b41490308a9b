//go:build cgo && !nopiv && linux

package cli

import (
	"slices"
	"testing"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
	"github.com/rust-lang/rust-tuf/tests/vyubikey"
	"github.com/rust-lang/rust-tuf/tests/vyubikey/card"
)

const enrolJudy = "member enrol judy --affiliation works-judy --country lives-judy"

// judyWithoutKey is judy, who is to join the quorum: she has a clone, and never
// used a YubiKey.
func judyWithoutKey(t *testing.T) (*screen, *vyubikey.World) {
	t.Helper()
	world := plugged(t)
	s := play(t, "genesis-done")
	s.now = december
	judy, err := s.enter("judy")
	if err != nil {
		t.Fatal(err)
	}
	judy.withCards().env.Attestation = testRoots(t, world)
	s.maintainer.env.Attestation = judy.env.Attestation
	return &screen{s: s, a: judy}, world
}

// What judy types at each prompt of an enrolment.
var (
	judySerial = reply{"To agree, type the card's serial number", "5200042"}
	judyPIN    = []reply{{"New PIN for YubiKey 5200042", cardPIN}, {"The same new PIN again", cardPIN}}
	judyPUK    = []reply{{"New PUK for YubiKey 5200042", cardPUK}, {"The same new PUK again", cardPUK}}
	judySigns  = reply{"PIN of YubiKey 5200042, 3 tries left", cardPIN}
	judyFresh  = slices.Concat([]reply{judySerial}, judyPIN, judyPUK, []reply{judySigns})
)

// The first time, from a computer that has never seen a card to the pull request
// with the first signature.
func TestWhatANewMemberSees(t *testing.T) {
	v, world := judyWithoutKey(t)
	c := world.Make(card.Config{Serial: 5200042, StrictFreshness: true})
	root, err := v.s.head(t).FirstRoot()
	if err != nil {
		t.Fatal(err)
	}

	v.does("judy is in her clone of the repository; no card is plugged in")
	reader.Down()
	v.types(t, exit.Other, "doctor")
	v.does("she installs what is missing")
	if err := reader.Up(); err != nil {
		t.Fatal(err)
	}
	v.types(t, exit.Done, "doctor")
	world.Plug(c)
	v.does("she plugs in YubiKey 5200042, as it came out of the box")
	v.types(t, exit.Other, "doctor")
	v.does("on a call, alice reads the digest of root version 1 to her")
	v.types(t, exit.Done, "trust init", reply{"Digest of a root", root.Digest().Groups()}, reply{"Pin it", "yes"})
	v.types(t, exit.Done, enrolJudy, judyFresh...)
	v.does("she opens the pull request, and reads the fingerprint to a maintainer, who merges it and proposes the next root, with her in the place of ivan")
	if err := v.s.merge("member/judy"); err != nil {
		t.Fatal(err)
	}
	if err := v.s.declareQuorum("ivan hands over to judy", append(slices.Clone(demoQuorum[:8]), "judy")); err != nil {
		t.Fatal(err)
	}
	v.types(t, exit.Done, "doctor")
	v.types(t, exit.Done, "sign", signSecond, judySigns)
	v.kept(t, "first-time")
	if n := c.Counters(); n.PINFailures+n.PUKFailures != 0 || n.Generated != 1 || n.Signatures != 3 { // possession, the statement, the document
		t.Errorf("%+v", n)
	}
}

// What goes wrong while a card is enrolled, and how it goes on.
func TestWhatAMemberSeesWhileEnrolling(t *testing.T) {
	for _, test := range []struct {
		name string
		play func(t *testing.T, v *screen, world *vyubikey.World)
	}{
		{"enrol-wrong-pin", func(t *testing.T, v *screen, world *vyubikey.World) {
			c := world.Insert(card.Config{Serial: 5200042})
			c.Set(card.State{PIN: "777777"})
			v.does("judy plugs in YubiKey 5200042, to which she gave a PIN of her own long ago; she types the one of every new YubiKey, then mistypes hers")
			ask := func(tries, pin string) reply { return reply{"PIN of YubiKey 5200042, " + tries + " left", pin} }
			v.types(t, exit.Done, enrolJudy, slices.Concat([]reply{judySerial,
				ask("3 tries", card.FactoryPIN), tryAgain, ask("3 tries", "777778"), tryAgain, ask("2 tries", "777777")},
				judyPUK, []reply{ask("3 tries", "777777")})...)
		}},
		{"enrol-new-pin", func(t *testing.T, v *screen, world *vyubikey.World) {
			world.Insert(card.Config{Serial: 5200042})
			v.does("judy plugs in YubiKey 5200042, as it came out of the box; her first new PIN is too short, then she mistypes it, and the PUK that she chooses is the one of every new YubiKey")
			v.types(t, exit.Done, enrolJudy, slices.Concat([]reply{judySerial, {"New PIN", "4285"}, tryAgain,
				judyPIN[0], {"The same new PIN again", "428517"}, tryAgain}, judyPIN,
				[]reply{{"New PUK", card.FactoryPUK}, tryAgain}, judyPUK, []reply{judySigns})...)
		}},
		{"enrol-no-touch", func(t *testing.T, v *screen, world *vyubikey.World) {
			c := world.Insert(card.Config{Serial: 5200042})
			c.OnTouch(once(card.Ignored))
			v.does("judy plugs in YubiKey 5200042, as it came out of the box, and looks away while it blinks")
			v.types(t, exit.Done, enrolJudy, slices.Concat(judyFresh, []reply{tryAgain, judySigns})...)
		}},
		{"enrol-wrong-card", func(t *testing.T, v *screen, world *vyubikey.World) {
			old := world.Insert(card.Config{Serial: 5200007, Firmware: card.Firmware{5, 4, 3}})
			v.does("judy plugs in YubiKey 5200007, which is an old one")
			v.types(t, exit.Rejected, enrolJudy)
			untouched(t, old)
			world.Remove(old)
			other := world.Insert(card.Config{Serial: 5200009})
			v.does("she takes YubiKey 5200009, which is her neighbour's, and types the number that is on her own")
			v.types(t, exit.Other, enrolJudy, judySerial)
			v.types(t, exit.Card, enrolJudy+" --card 5200042")
			untouched(t, other)
			world.Remove(other)
			world.Insert(card.Config{Serial: 5200042})
			v.does("she plugs in YubiKey 5200042")
			v.types(t, exit.Done, enrolJudy, judyFresh...)
		}},
		{"enrol-two-cards", func(t *testing.T, v *screen, world *vyubikey.World) {
			other := world.Insert(card.Config{Serial: 5200007})
			other.Generate(card.Signature, card.P256, card.PINAlways, card.TouchAlways)
			world.Insert(card.Config{Serial: 5200042})
			v.does("judy plugs in YubiKey 5200042, while YubiKey 5200007 is plugged in")
			v.types(t, exit.Done, enrolJudy, slices.Concat([]reply{{"Serial number of the one to enrol", "5200042"}}, judyFresh)...)
			untouchedButMade(t, other)
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			v, world := judyWithoutKey(t)
			test.play(t, v, world)
			v.kept(t, test.name)
			if verdict, err := v.s.gateOn(t, "member/judy"); err != nil || !verdict.Accepted {
				t.Errorf("%+v, %v", verdict, err)
			}
		})
	}
}
