package cli

import (
	"fmt"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/words"
	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/roles"
	"github.com/rust-lang/rust-tuf/signer"
	"github.com/rust-lang/rust-tuf/signer/piv"
)

// deviceOf is where a key in hand is: what the statement beside a signature says
// of it comes from there, not from what somebody declared.
func deviceOf(k signer.Key) metadata.Device {
	if card, ok := k.(*piv.Key); ok {
		return metadata.Device{Kind: roles.KindPIV, Serial: int64(card.Serial()), Slot: card.Info().Slot.String()}
	}
	return metadata.Device{Kind: roles.KindSoftware}
}

// inPlace checks, before anybody is asked for a PIN, that the key in hand is
// where the policy says; no signature from elsewhere would count.
func (t *signTask) inPlace() error {
	listed, known := t.p.Device(t.holder)
	if found := deviceOf(t.key); known && found != listed {
		return rejected(&ElsewhereError{Owner: words.Owner(t.holder), Listed: listed, Found: found})
	}
	return nil
}

// ElsewhereError is a key in hand that is not where the policy lists it.
type ElsewhereError struct {
	Owner         string
	Listed, Found metadata.Device
}

func (e *ElsewhereError) Error() string {
	return fmt.Sprintf("the key of %s is on %s, but the policy says %s; its signature would not count, and nothing was signed", e.Owner, e.Found, e.Listed)
}

// Hint says how to sign from where the policy says, or to declare the key anew.
func (e *ElsewhereError) Hint() string {
	switch {
	case e.Found.Kind == roles.KindSoftware:
		return fmt.Sprintf("plug in YubiKey %d and sign with it; a key of which there is a copy in a file should be replaced", e.Listed.Serial)
	case e.Listed.Kind == roles.KindPIV && e.Listed.Serial == e.Found.Serial:
		return fmt.Sprintf("move the key back to slot %s (`ykman piv keys move %s %s`), or sign with the key that is declared", e.Listed.Slot, e.Found.Slot, e.Listed.Slot)
	case e.Listed.Kind == roles.KindPIV:
		return fmt.Sprintf("plug in YubiKey %d and sign with it; a key of which there is a copy should be replaced", e.Listed.Serial)
	}
	return "sign with the key file; or ask a maintainer to take the key out of the policy, and enrol a new key of this card with `rust-tuf member enrol`"
}
