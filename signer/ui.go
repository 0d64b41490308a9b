package signer

import (
	"context"
	"sync"
	"time"
)

// UI is how a key speaks with the person who holds it. Prompts and questions
// are given without closing punctuation; whoever shows them adds it and makes
// control characters visible.
type UI struct {
	// Message shows one line and waits for nothing.
	Message func(text string) error

	// LeftOut is given, beside the line that Message shows, why a card or a key
	// was left out when keys were listed, for whoever does not find the wanted
	// one.
	LeftOut func(err error)

	// Secret asks for a PIN or a passphrase, which is not shown while it is
	// typed. The slice is the caller's, who wipes it after use.
	Secret func(ctx context.Context, prompt string) ([]byte, error)

	// Confirm asks a question that only an explicit yes answers with true.
	Confirm func(ctx context.Context, question string) (bool, error)

	// Waiting is called when the key begins to wait for its holder, what being
	// what it waits for ("a touch of YubiKey 123"), and the function it
	// returns when the wait is over. A person who is quick is told nothing:
	// see [Announce].
	Waiting func(what string) (stop func())
}

// Complete returns ui with every missing callback filled in: without Message,
// LeftOut and Waiting nothing is shown, without Secret and Confirm nobody can be asked
// and the answer is ErrNobody.
func (ui UI) Complete() UI {
	if ui.Message == nil {
		ui.Message = func(string) error { return nil }
	}
	if ui.LeftOut == nil {
		ui.LeftOut = func(error) {}
	}
	if ui.Secret == nil {
		ui.Secret = func(context.Context, string) ([]byte, error) { return nil, ErrNobody }
	}
	if ui.Confirm == nil {
		ui.Confirm = func(context.Context, string) (bool, error) { return false, ErrNobody }
	}
	if ui.Waiting == nil {
		ui.Waiting = func(string) func() { return func() {} }
	}
	return ui
}

// Patience is how long a key waits for its holder before the person is told
// what it waits for. A touch within it needs no words, and a card that blinks
// gives up after about 15 seconds.
const Patience = 5 * time.Second

// Announce returns a UI.Waiting that says "waiting for …" through message once
// a wait has lasted for Patience. Nothing is said after stop has returned.
func Announce(message func(text string) error) func(what string) (stop func()) {
	return func(what string) func() {
		var mu sync.Mutex
		over := false
		timer := time.AfterFunc(Patience, func() {
			mu.Lock()
			defer mu.Unlock()
			if !over {
				_ = message("waiting for " + what) // the wait itself goes on
			}
		})
		return func() {
			timer.Stop()
			mu.Lock()
			defer mu.Unlock()
			over = true
		}
	}
}
