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

// typing is a person for whom a value that everybody knows is typed, where the
// card itself says that it has it, so that no try is at stake.
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
	if s.pin, err = e.provenPIN(ctx, p); err != nil {
		return s, err
	}
	if s.pin.Factory() {
		e.say("You choose a PIN, which you type whenever you sign: keep it in your head.")
		if s.newPIN, err = chosen(ctx, e, "PIN", piv.NewPIN); err != nil {
			return s, err
		}
	}
	if !p.puk {
		return s, nil
	}
	ui := e.ui
	switch e.info.PUK.Factory {
	case piv.Yes:
		ui = e.typing(piv.FactoryPUK)
	case piv.Untold:
		yes, err := e.ui.Confirm(ctx, fmt.Sprintf("A new YubiKey has the PUK %s. Is it still the card's PUK?", piv.FactoryPUK))
		if err != nil || !yes {
			return s, err
		}
		ui = e.typing(piv.FactoryPUK)
	}
	if s.puk, err = e.card.AskPUK(ctx, ui); err != nil {
		return s, err
	}
	e.say("You choose a PUK, which unblocks the PIN after three wrong ones: keep it on paper, with the serial number.")
	s.newPUK, err = chosen(ctx, e, "PUK", piv.NewPUK)
	return s, err
}

// provenPIN is the card's PIN, and right. With it, the card is asked whether it
// lets its keys be changed, so that a card that does not is told of before its
// holder chooses anything new.
func (e *enrolment) provenPIN(ctx context.Context, p *plan) (pin *piv.PIN, err error) {
	ui := e.ui
	switch e.info.PIN.Factory {
	case piv.Yes:
		ui = e.typing(piv.FactoryPIN)
	case piv.Untold:
		e.say("A new YubiKey has the PIN %s. Type that, or the card's own PIN if it was changed.", piv.FactoryPIN)
	}
	err = e.person.again(ctx, func() (err error) {
		if pin, err = e.card.AskPIN(ctx, ui); err != nil {
			return err
		}
		if pin.Factory() && e.info.PIN.Factory == piv.No {
			pin.Wipe()
			return &piv.FactoryError{What: "PIN", Changed: true}
		}
		if err = e.card.CanManage(ctx, pin); err != nil && (p.manages() || !is[*piv.ManagementKeyError](err)) {
			pin.Wipe()
			return err
		}
		return nil
	})
	return pin, err
}

// chosen asks for a new PIN or PUK until one can be taken.
func chosen[S any](ctx context.Context, e *enrolment, what string, take func([]byte) (S, error)) (s S, err error) {
	err = e.person.again(ctx, func() (err error) {
		s, err = chosenTwice(ctx, e.ui, what, e.info.Serial, take)
		return err
	})
	return s, err
}

// exchanged gives the card a new PIN or PUK, and returns the one that it has then:
// some cards refuse what is too simple, and its holder chooses another.
func exchanged[S interface{ Wipe() }](ctx context.Context, e *enrolment, what string, old, next S, take func([]byte) (S, error), set func(context.Context, S, S) error) (S, error) {
	var refused, failed error // the latter is mended by no other choice
	err := e.person.again(ctx, func() (err error) {
		if refused != nil {
			if next, err = chosenTwice(ctx, e.ui, what, e.info.Serial, take); err != nil {
				return err
			}
		}
		if failed = set(ctx, old, next); !is[*piv.RefusedError](failed) {
			return nil
		}
		next.Wipe()
		refused, failed = failed, nil
		return refused
	})
	if err == nil {
		err = failed
	}
	return next, err
}

// chosenTwice asks for a new PIN or PUK, twice.
func chosenTwice[S any](ctx context.Context, ui signer.UI, what string, serial uint32, take func([]byte) (S, error)) (S, error) {
	var none S
	first, err := ui.Secret(ctx, fmt.Sprintf("New %s for YubiKey %d, 6 to 8 characters", what, serial))
	if err != nil {
		clear(first)
		return none, err
	}
	chosen, err := take(first)
	if err != nil {
		clear(first)
		return none, err
	}
	second, err := ui.Secret(ctx, fmt.Sprintf("The same new %s again", what))
	defer clear(second)
	if err == nil && !bytes.Equal(first, second) {
		err = &DifferentError{what}
	}
	if err != nil {
		clear(first)
		return none, err
	}
	return chosen, nil
}
