package cli

import (
	"bytes"
	"context"
	"fmt"

	"github.com/rust-lang/rust-tuf/signer"
	"github.com/rust-lang/rust-tuf/signer/piv"
)

// cardSecrets are the PIN and the PUK that a card has, and those it will have.
type cardSecrets struct {
	pin, newPIN *piv.PIN
	puk, newPUK *piv.PUK
}

// current is the PIN after the change.
func (s *cardSecrets) current() *piv.PIN {
	if s.newPIN != nil {
		return s.newPIN
	}
	return s.pin
}

func (s *cardSecrets) wipe() {
	for _, pin := range []*piv.PIN{s.pin, s.newPIN} {
		if pin != nil {
			pin.Wipe()
		}
	}
	for _, puk := range []*piv.PUK{s.puk, s.newPUK} {
		if puk != nil {
			puk.Wipe()
		}
	}
}

// What every new YubiKey has. They are typed for the person where the card
// itself says that it has them, so that no try is at stake.
const (
	factoryPIN = "123456"
	factoryPUK = "12345678"
)

// typing is a person for whom a value that everybody knows is typed.
func (e *enrolment) typing(known string) signer.UI {
	ui := e.ui
	ui.Secret = func(context.Context, string) ([]byte, error) { return []byte(known), nil }
	return ui
}

// secrets asks for all that the plan needs.
func (e *enrolment) secrets(ctx context.Context, p *plan) (s *cardSecrets, err error) {
	s = &cardSecrets{}
	defer func() {
		if err != nil {
			s.wipe()
		}
	}()
	ui := e.ui
	switch e.info.PIN.Factory {
	case piv.Yes:
		ui = e.typing(factoryPIN)
	case piv.Untold:
		e.say("A new YubiKey has the PIN %s. Type that, or the card's own PIN if it was changed.", factoryPIN)
	}
	if s.pin, err = e.card.AskPIN(ctx, ui); err != nil {
		return s, err
	}
	if s.pin.Factory() {
		if s.newPIN, err = chosenTwice(ctx, e.ui, "PIN", e.info.Serial, piv.NewPIN); err != nil {
			return s, err
		}
	}
	if !p.puk {
		return s, nil
	}
	ui = e.ui
	switch e.info.PUK.Factory {
	case piv.Yes:
		ui = e.typing(factoryPUK)
	case piv.Untold:
		yes, err := e.ui.Confirm(ctx, fmt.Sprintf("A new YubiKey has the PUK %s. Is it still the card's PUK?", factoryPUK))
		if err != nil || !yes {
			return s, err
		}
		ui = e.typing(factoryPUK)
	}
	if s.puk, err = e.card.AskPUK(ctx, ui); err != nil {
		return s, err
	}
	s.newPUK, err = chosenTwice(ctx, e.ui, "PUK", e.info.Serial, piv.NewPUK)
	return s, err
}

// chosenTwice asks for a new PIN or PUK, twice.
func chosenTwice[S any](ctx context.Context, ui signer.UI, what string, serial uint32, take func([]byte) (*S, error)) (*S, error) {
	first, err := ui.Secret(ctx, fmt.Sprintf("New %s for YubiKey %d, 6 to 8 characters", what, serial))
	if err != nil {
		clear(first)
		return nil, err
	}
	chosen, err := take(first)
	if err != nil {
		clear(first)
		return nil, err
	}
	second, err := ui.Secret(ctx, fmt.Sprintf("The same new %s again", what))
	defer clear(second)
	if err == nil && !bytes.Equal(first, second) {
		err = &DifferentError{what}
	}
	if err != nil {
		clear(first)
		return nil, err
	}
	return chosen, nil
}
