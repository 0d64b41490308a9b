//go:build linux && cgo && !nopiv

package piv

import (
	"cmp"
	"context"
	"errors"
	"testing"

	"github.com/rust-lang/rust-tuf/signer"
	"github.com/rust-lang/rust-tuf/tests/vyubikey/card"
)

// everyPull does something with a card that is pulled out before its first
// command, before its second, and so on, until it is done before that. Each time
// the reason is told, nobody holds the card, and after it was plugged in again
// the same can be done.
func everyPull(t *testing.T, act func(found *Card) error) {
	on(t, []card.Firmware{{4, 3, 7}, {5, 7, 4}}, func(t *testing.T, firmware card.Firmware) { // the oldest and the newest way
		for n := 1; n < 1000; n++ {
			c := member(t, card.Config{Firmware: firmware})
			found := find(t, c)
			finger.at(n, func() { world.Remove(c) })
			err := act(found)
			finger.at(0, nil)
			if err != nil && !errors.Is(err, signer.ErrRemoved) && !errors.As(err, new(*NotThisCardError)) {
				t.Errorf("pulled before command %d: %v", n, err)
			}
			if _, plugged := world.Reader(c); plugged {
				if err != nil || n == 1 {
					t.Errorf("%d commands: %v", n-1, err)
				}
				return
			}
			if more := held(); more > 0 {
				if more > 1 || finger.last != "SELECT" {
					t.Fatalf("pulled before command %d, %s: %d connections to cards are still open", n, finger.last, more)
				}
				lost++
			}
			world.PlugInto("Yubico YubiKey again", c)
			if err := act(found); err != nil {
				t.Errorf("pulled before command %d, plugged in again: %v", n, err)
			}
			usable(t, c)
			world.Remove(c)
		}
		t.Error("it never ends")
	})
}

func TestPulledWhileSigning(t *testing.T) {
	ui := signer.UI{Secret: func(context.Context, string) ([]byte, error) { return []byte(rightPIN), nil }}
	everyPull(t, func(found *Card) error {
		key, err := found.Key(t.Context(), Signature)
		if err != nil {
			return err
		}
		_, err = signer.Sign(t.Context(), key, key.Public(), message, ui)
		return err
	})
}

func TestPulledWhileAsked(t *testing.T) {
	everyPull(t, func(found *Card) error {
		_, asking := found.Info(t.Context())
		_, attesting := found.Attest(t.Context(), Signature)
		return cmp.Or(asking, attesting)
	})
}

// Whenever the card is pulled out, its PIN is the old one or the new one.
func TestPulledWhileChangingThePIN(t *testing.T) {
	const next = "654321"
	everyPull(t, func(found *Card) error {
		err := found.SetPIN(t.Context(), typed(rightPIN), typed(next))
		if wrong := new(signer.WrongSecretError); errors.As(err, &wrong) {
			return found.SetPIN(t.Context(), &PIN{secret{"PIN", []byte(next), wrong.Left}}, typed(next))
		}
		return err
	})
}

// Whenever the card is pulled out, its management key is not lost.
func TestPulledWhileManaging(t *testing.T) {
	everyPull(t, func(found *Card) error {
		return found.ProtectManagementKey(t.Context(), typed(rightPIN))
	})
}

func TestPulledWhileGenerating(t *testing.T) {
	everyPull(t, func(found *Card) error {
		key, err := found.Key(t.Context(), Signature)
		if err != nil {
			return err
		}
		_, err = found.Generate(t.Context(), typed(rightPIN), NewKey{Signature, P256, PINAlways, TouchAlways, key.Public().Fingerprint()})
		if err != nil {
			return err
		}
		attestation, err := found.Attest(t.Context(), Signature)
		if err != nil {
			return err
		}
		return found.StoreCertificate(t.Context(), typed(rightPIN), Signature, attestation.Slot)
	})
}

func TestPulledWhileWiping(t *testing.T) {
	everyPull(t, func(found *Card) error {
		key, err := found.Key(t.Context(), Signature)
		if errors.As(err, new(*EmptyError)) {
			return nil // done already
		}
		if err != nil {
			return err
		}
		_, err = found.Wipe(t.Context(), typed(rightPIN), Signature, key.Public().Fingerprint())
		return err
	})
}

func TestPulledWhileResetting(t *testing.T) {
	everyPull(t, func(found *Card) error { return found.Reset(t.Context()) })
}
