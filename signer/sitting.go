package signer

import (
	"context"
	"slices"
)

// Sitting is one person at one key, for several signatures in a row: a secret
// that has worked is not asked for again. It is for one goroutine.
type Sitting struct {
	ui    UI
	typed []byte // last
	works bool   // typed has worked, and was not given again since
}

// NewSitting begins a sitting at a terminal. [Sitting.End] ends it.
func NewSitting(ui UI) *Sitting { return &Sitting{ui: ui.Complete()} }

// UI is what keys speak through during the sitting.
func (s *Sitting) UI() UI {
	ui := s.ui
	ui.Secret = s.secret
	return ui
}

// secret gives the secret that has worked, once; whoever asks again was not
// content with it, and the person is asked.
func (s *Sitting) secret(ctx context.Context, prompt string) ([]byte, error) {
	if s.works {
		s.works = false
		return slices.Clone(s.typed), nil
	}
	typed, err := s.ui.Secret(ctx, prompt)
	if err != nil {
		return nil, err
	}
	clear(s.typed)
	s.typed = slices.Clone(typed)
	return typed, nil
}

// Worked says that a key was content: the last secret was the right one.
func (s *Sitting) Worked() { s.works = s.typed != nil }

// Failed says that a signature did not come about, and wipes what was typed: the
// person may take their time before they try again, and is asked anew.
func (s *Sitting) Failed() {
	clear(s.typed)
	s.typed, s.works = nil, false
}

// End wipes what was typed.
func (s *Sitting) End() { s.Failed() }
