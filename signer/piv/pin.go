package piv

import (
	"bytes"
	"context"
	"fmt"

	"github.com/rust-lang/rust-tuf/signer"
)

// Lengths of a PIN and a PUK in bytes. The card pads to the longer one; below
// the shorter one no YubiKey since firmware 4 takes a new one.
const (
	minSecret = 6
	maxSecret = 8
)

// What every new YubiKey has. This package never tries them, and recognises them:
// typed as the PIN that signs, or chosen as a new one.
const (
	FactoryPIN = "123456"
	FactoryPUK = "12345678"
)

// factoryManagementKey returns the management key of every new YubiKey: 24
// bytes, for 3DES and AES alike. It is tried, because that costs nothing.
func factoryManagementKey() []byte {
	return bytes.Repeat([]byte{1, 2, 3, 4, 5, 6, 7, 8}, 3)
}

// secret is what a person typed, and what they knew when they did.
type secret struct {
	what  string // "PIN" or "PUK"
	text  []byte
	shown int // tries left, as they were told; negative when the card does not tell
}

// Wipe overwrites it. It opens nothing afterwards.
func (s *secret) Wipe() { clear(s.text) }

// Factory reports whether it is the one of every new YubiKey.
func (s *secret) Factory() bool {
	return s.what == "PIN" && string(s.text) == FactoryPIN || s.what == "PUK" && string(s.text) == FactoryPUK
}

// copied returns a copy of its own, for work that may outlast its caller.
func (s *secret) copied() *secret {
	return &secret{s.what, bytes.Clone(s.text), s.shown}
}

// PIN is a card's PIN as its holder typed it. Wipe it after use. The tries that
// were left when it was asked for belong to it: where fewer are left when it is
// used, it is not tried (*FewerTriesError), so that nobody spends a last try
// without having agreed to that.
type PIN struct{ secret }

// PUK is a card's PUK as its holder typed it, under the rules of [PIN].
type PUK struct{ secret }

// NewPIN takes a PIN that somebody chose for their card, and keeps text. Errors
// are *LengthError and *FactoryError.
func NewPIN(text []byte) (*PIN, error) {
	s, err := chosen("PIN", text)
	if err != nil {
		return nil, err
	}
	return &PIN{s}, nil
}

// NewPUK takes a PUK that somebody chose for their card, and keeps text. Errors
// are *LengthError and *FactoryError.
func NewPUK(text []byte) (*PUK, error) {
	s, err := chosen("PUK", text)
	if err != nil {
		return nil, err
	}
	return &PUK{s}, nil
}

func chosen(what string, text []byte) (secret, error) {
	s := secret{what, text, -1}
	if len(text) < minSecret || len(text) > maxSecret {
		return secret{}, &LengthError{what}
	}
	if string(text) == FactoryPIN || string(text) == FactoryPUK {
		return secret{}, &FactoryError{What: what, Chosen: true}
	}
	return s, nil
}

// ask asks for a PIN or a PUK with left tries left. The last one needs a yes of
// its own first.
func ask(ctx context.Context, ui signer.UI, serial uint32, what string, left int) (secret, error) {
	name := cardName(serial)
	prompt := what + " of " + name
	if left >= 0 {
		prompt += fmt.Sprintf(", %s left", tries(left))
	}
	switch left {
	case 0:
		return secret{}, &BlockedError{serial, what}
	case 1:
		yes, err := ui.Confirm(ctx, fmt.Sprintf("%s has 1 try left for its %s, and a wrong one blocks it; use the last try", name, what))
		if err != nil {
			return secret{}, err
		}
		if !yes {
			return secret{}, signer.ErrDeclined
		}
	}
	text, err := ui.Secret(ctx, prompt)
	switch {
	case err != nil:
		clear(text)
		return secret{}, err
	case len(text) < minSecret || len(text) > maxSecret:
		clear(text)
		return secret{}, &LengthError{what}
	}
	return secret{what, text, left}, nil
}

// affordable reads the tries left and refuses to spend one of s when there are
// fewer than its holder knew of, or when ctx has ended.
func affordable(ctx context.Context, card applet, s *secret) error {
	counter, puk, err := card.counters()
	if err != nil {
		return err
	}
	if s.what == "PUK" {
		counter = puk
	}
	switch left := counter.Left; {
	case left == 0:
		return &BlockedError{card.serial(), s.what}
	case left > 0 && left < s.shown, left == 1 && s.shown < 0:
		return &FewerTriesError{card.serial(), s.what, s.shown, left}
	case ctx.Err() != nil:
		return signer.Cancelled(ctx, nil)
	}
	return nil
}
