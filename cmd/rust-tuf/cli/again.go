package cli

import (
	"context"
	"errors"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/words"
	"github.com/rust-lang/rust-tuf/signer"
	"github.com/rust-lang/rust-tuf/signer/file"
	"github.com/rust-lang/rust-tuf/signer/piv"
	"github.com/rust-lang/rust-tuf/verify"
)

// again does something that its person may get wrong: a PIN mistyped, a touch
// missed, a card pulled out. What went wrong is shown, with what to do about it,
// and they choose between trying again and giving up, so that what they read and
// agreed to before is not lost. The error is that of the last try.
func (p person) again(ctx context.Context, do func() error) error {
	for {
		err := do()
		if err == nil || !mendable(err) || ctx.Err() != nil {
			return err
		}
		var text words.Lines
		text.Printf("That did not work: %v\n", err)
		var h hinted
		if errors.As(err, &h) {
			text.Printf("    %s\n", h.Hint())
		}
		if p.show(&text) != nil {
			return err
		}
		if yes, asked := p.ui().Confirm(ctx, "Try again?"); asked != nil || !yes {
			return err
		}
	}
}

// mendable tells whether the person can mend it where they sit, and whether what
// was done so far holds when they have.
func mendable(err error) bool {
	var secret *signer.WrongSecretError
	if errors.As(err, &secret) {
		return secret.Left != 0
	}
	var factory *piv.FactoryError
	if errors.As(err, &factory) {
		return factory.Serial == 0 // typed, and not what the card has
	}
	return errors.Is(err, signer.ErrNoTouch) || errors.Is(err, signer.ErrRemoved) ||
		is[*piv.NotThisCardError](err) || is[*piv.BusyError](err) || is[*piv.FewerTriesError](err) ||
		is[*piv.LengthError](err) || is[*piv.RefusedError](err) || is[*DifferentError](err) || is[*file.PassphraseError](err)
}

// sign has a key of owner sign message, as signer.Sign does.
func (p person) sign(ctx context.Context, owner string, k signer.Key, want verify.PublicKey, message []byte) ([]byte, error) {
	sitting := signer.NewSitting(p.signingAs(owner, k))
	defer sitting.End()
	return p.signIn(ctx, sitting, k, want, message)
}

// signIn is sign, for one of several signatures in a sitting.
func (p person) signIn(ctx context.Context, sitting *signer.Sitting, k signer.Key, want verify.PublicKey, message []byte) (sig []byte, err error) {
	err = p.again(ctx, func() (err error) {
		if sig, err = signer.Sign(ctx, k, want, message, sitting.UI()); err != nil {
			sitting.Failed()
		}
		return err
	})
	if err == nil {
		sitting.Worked()
	}
	return sig, err
}
