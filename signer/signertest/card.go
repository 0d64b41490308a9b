package signertest

import (
	"bytes"
	"context"
	"crypto"
	"testing"

	"github.com/rust-lang/rust-tuf/signer"
	"github.com/rust-lang/rust-tuf/signer/internal/scheme"
	"github.com/rust-lang/rust-tuf/verify"
)

// Card is a key that answers each request for a signature with the next line of
// its script.
type Card struct {
	t      testing.TB
	name   string
	key    crypto.Signer
	public verify.PublicKey
	script []Answer
	signed [][]byte
}

var _ signer.Key = (*Card)(nil)

// Answer is what a card does when it is asked for a signature.
type Answer func(ctx context.Context, card *Card, message []byte, ui signer.UI) ([]byte, error)

// NewCard returns a card that describes itself as name, holds key, and answers
// as script says, one request an answer. One request more fails the test at
// once, one less at its end.
func NewCard(t testing.TB, name string, key crypto.Signer, script ...Answer) *Card {
	t.Helper()
	card := &Card{t: t, name: name, key: key, public: Public(t, key), script: script}
	t.Cleanup(func() {
		if len(card.script) > 0 && !t.Failed() {
			t.Errorf("%s: %d answers were never asked for", name, len(card.script))
		}
	})
	return card
}

// Public returns the public half of the card's key.
func (c *Card) Public() verify.PublicKey { return c.public }

// Describe returns the card's name.
func (c *Card) Describe() string { return c.name }

// Sign gives the next answer of the script.
func (c *Card) Sign(ctx context.Context, message []byte, ui signer.UI) ([]byte, error) {
	c.t.Helper()
	if len(c.script) == 0 {
		c.t.Errorf("%s: asked for a signature that the script does not foresee", c.name)
		return nil, signer.ErrRemoved
	}
	next := c.script[0]
	c.script = c.script[1:]
	return next(ctx, c, message, ui)
}

// Signed returns the messages that the card signed, wrongly or not.
func (c *Card) Signed() [][]byte { return c.signed }

func (c *Card) sign(message []byte) ([]byte, error) {
	c.signed = append(c.signed, bytes.Clone(message))
	return scheme.Sign(c.key, message)
}

// Signs signs.
func Signs(_ context.Context, card *Card, message []byte, _ signer.UI) ([]byte, error) {
	return card.sign(message)
}

// SignsCorruptly returns a signature with one bit changed.
func SignsCorruptly(_ context.Context, card *Card, message []byte, _ signer.UI) ([]byte, error) {
	sig, err := card.sign(message)
	if err == nil {
		sig[len(sig)/2] ^= 1
	}
	return sig, err
}

// SignsOther signs another message than the one it was given.
func SignsOther(_ context.Context, card *Card, message []byte, _ signer.UI) ([]byte, error) {
	return card.sign(append(bytes.Clone(message), '!'))
}

// SignsWith signs with another key than the one the card says it holds.
func SignsWith(key crypto.Signer) Answer {
	return func(_ context.Context, card *Card, message []byte, _ signer.UI) ([]byte, error) {
		card.signed = append(card.signed, bytes.Clone(message))
		return scheme.Sign(key, message)
	}
}

// Fails answers with err: signer.ErrNoTouch, signer.ErrRemoved, a
// *signer.WrongSecretError.
func Fails(err error) Answer {
	return func(context.Context, *Card, []byte, signer.UI) ([]byte, error) { return nil, err }
}

// WrongPIN answers that the PIN was wrong and how many tries are left.
func WrongPIN(left int) Answer {
	return Fails(&signer.WrongSecretError{What: "PIN", Left: left})
}

// Blocks answers nothing until ctx is done, as a card that nobody touches.
// Entered, if not nil, is called when the wait begins.
func Blocks(entered func()) Answer {
	return func(ctx context.Context, card *Card, _ []byte, ui signer.UI) ([]byte, error) {
		defer ui.Waiting("a touch of " + card.name)()
		if entered != nil {
			entered()
		}
		<-ctx.Done()
		return nil, ctx.Err()
	}
}

// AsksPIN asks for the PIN, gives up when there is none, answers WrongPIN(2) if
// it is another than pin, and goes on with then if it is right.
func AsksPIN(pin string, then Answer) Answer {
	return func(ctx context.Context, card *Card, message []byte, ui signer.UI) ([]byte, error) {
		entered, err := ui.Secret(ctx, "PIN of "+card.name)
		defer clear(entered)
		if err != nil {
			return nil, err
		}
		if string(entered) != pin {
			return WrongPIN(2)(ctx, card, message, ui)
		}
		return then(ctx, card, message, ui)
	}
}

// Cards is a source whose keys are these cards, in this order.
type Cards []*Card

// Keys returns the cards.
func (c Cards) Keys(context.Context, signer.UI) ([]signer.Key, error) {
	var keys []signer.Key
	for _, card := range c {
		keys = append(keys, card)
	}
	return keys, nil
}
