//go:build linux && cgo && !nopiv

package piv

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/signer"
	"github.com/rust-lang/rust-tuf/signer/signertest"
	"github.com/rust-lang/rust-tuf/tests/refusaltest"
	"github.com/rust-lang/rust-tuf/tests/vyubikey/card"
)

// Whoever stops waiting for a touch gets their prompt back at once, and is told
// that the card cannot be stopped. What it signs then reaches nobody, and the
// card is free afterwards.
func TestSignCancelledWhileBlinking(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	finger := make(chan struct{})
	c := member(t, card.Config{Touch: func() card.Touch {
		cancel()
		<-finger
		return card.Touched
	}})
	key := keyOf(t, c)
	person := signertest.NewPerson(t, signertest.Types("PIN", rightPIN))
	_, err := signer.Sign(ctx, key, key.Public(), message, person.UI())
	var cancelled *signer.CancelledError
	if !errors.As(err, &cancelled) || !errors.Is(err, context.Canceled) {
		t.Errorf("error %#v", err)
	}
	refusaltest.Says(t, err, says(c, "%s, slot 9c: cancelled"))
	last := says(c, "message: %s cannot be interrupted and may blink on for 15 seconds; what it signs now is thrown away")
	if seen := person.Seen(); len(seen) == 0 || seen[len(seen)-1] != last {
		t.Errorf("seen %q", seen)
	}
	close(finger)
	c.OnTouch(nil)
	// The next one waits for the card and not for luck.
	if _, err := sign(t, key, signertest.Types("3 tries left", rightPIN)); err != nil {
		t.Error(err)
	}
	spent(t, c, 2, 0, 2)
	usable(t, c)
}

// Two signatures of one key at once: the second waits for the first, and stops
// waiting when it is told to.
func TestSignInTurn(t *testing.T) {
	blinking, finger := make(chan struct{}), make(chan struct{})
	c := member(t, card.Config{Touch: func() card.Touch {
		close(blinking)
		<-finger
		return card.Touched
	}})
	key := keyOf(t, c)
	first := make(chan error)
	go func() {
		person := signertest.NewPerson(t, signertest.Types("PIN", rightPIN))
		_, err := key.Sign(t.Context(), message, person.UI())
		first <- err
	}()
	<-blinking
	ctx, cancel := context.WithCancel(t.Context())
	second := make(chan error)
	go func() {
		_, err := key.Sign(ctx, message, signer.UI{})
		second <- err
	}()
	cancel()
	if err := <-second; !errors.As(err, new(*signer.CancelledError)) {
		t.Error(err)
	}
	close(finger)
	if err := <-first; err != nil {
		t.Error(err)
	}
}

// Cancelled while the PIN is typed: it is not tried.
func TestSignCancelledWhileTyping(t *testing.T) {
	c := member(t, card.Config{})
	key := keyOf(t, c)
	ctx, cancel := context.WithCancel(t.Context())
	_, err := key.Sign(ctx, message, signer.UI{Secret: func(context.Context, string) ([]byte, error) {
		cancel()
		return []byte(rightPIN), nil
	}})
	if !errors.As(err, new(*signer.CancelledError)) {
		t.Error(err)
	}
	spent(t, c, 0, 0, 0)
	usable(t, c)
}

func TestCancelledBefore(t *testing.T) {
	c := member(t, card.Config{})
	key := keyOf(t, c)
	whole, err := FindCard(t.Context(), c.Serial())
	if err != nil {
		t.Fatal(err)
	}
	pin := &PIN{secret{"PIN", []byte(rightPIN), 3}}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c.ClearLog()
	var errs []error
	note := func(err error) { errs = append(errs, err) }
	_, err = key.Sign(ctx, message, signer.UI{})
	note(err)
	_, err = Source{}.Keys(ctx, signer.UI{})
	note(err)
	_, err = Cards(ctx)
	note(err)
	_, err = FindCard(ctx, c.Serial())
	note(err)
	_, err = whole.Info(ctx)
	note(err)
	_, err = whole.AskPIN(ctx, signer.UI{})
	note(err)
	_, err = whole.Attest(ctx, Signature)
	note(err)
	_, err = whole.Generate(ctx, pin, NewKey{Authentication, P256, PINAlways, TouchAlways, [32]byte{}})
	note(err)
	_, err = whole.Wipe(ctx, pin, Signature, key.Public().Fingerprint())
	note(err)
	note(whole.SetPIN(ctx, pin, pin))
	note(whole.ProtectManagementKey(ctx, pin))
	note(whole.Reset(ctx))
	for i, err := range errs {
		if !errors.As(err, new(*signer.CancelledError)) {
			t.Errorf("call %d: %v", i, err)
		}
	}
	// A call that had begun before it saw that it was too late waits for its turn.
	if _, err := whole.Info(t.Context()); err != nil {
		t.Error(err)
	}
	for _, e := range c.Log() {
		if slices.Contains([]string{"VERIFY", "CHANGE REFERENCE", "GENERATE", "PUT DATA", "RESET", "SET MANAGEMENT KEY", "MOVE KEY"}, e.Name) &&
			e.Command != "00200080" {
			t.Errorf("the card was told %s", e)
		}
	}
}

// Cancelled before any command: the call returns, the next one gets the card when
// it is free, and what had not begun does not begin any more. (To change
// something begins with proving the management key.)
func TestCancelledAnywhere(t *testing.T) {
	ui := signer.UI{Secret: func(context.Context, string) ([]byte, error) { return []byte(rightPIN), nil }}
	for _, test := range []struct {
		name string
		act  func(context.Context, *Card) error
		no   map[string]int // commands that must not come later than so many after the end
	}{
		{"Sign", func(ctx context.Context, found *Card) error {
			key, err := found.Key(ctx, Signature)
			if err != nil {
				return err
			}
			_, err = key.Sign(ctx, message, ui)
			return err
		}, map[string]int{"VERIFY 00200080 <8": 0, "AUTHENTICATE 0087119C": 0}},
		{"Info", func(ctx context.Context, found *Card) error { _, err := found.Info(ctx); return err }, nil},
		{"Attest", func(ctx context.Context, found *Card) error { _, err := found.Attest(ctx, Signature); return err }, nil},
		{"SetPIN", func(ctx context.Context, found *Card) error {
			return found.SetPIN(ctx, typed(rightPIN), typed(rightPIN))
		}, map[string]int{"CHANGE REFERENCE": 0}},
		{"ProtectManagementKey", func(ctx context.Context, found *Card) error {
			return found.ProtectManagementKey(ctx, typed(rightPIN))
		}, map[string]int{"VERIFY 00200080 <8": 0, "PUT DATA": 5}},
		{"Wipe", func(ctx context.Context, found *Card) error {
			key, err := found.Key(ctx, Signature)
			if err != nil {
				return err
			}
			_, err = found.Wipe(ctx, typed(rightPIN), Signature, key.Public().Fingerprint())
			return err
		}, map[string]int{"VERIFY 00200080 <8": 0, "GENERATE": 3}},
	} {
		t.Run(test.name, func(t *testing.T) {
			for n, done := 1, false; !done; n++ {
				c := member(t, card.Config{})
				found := find(t, c)
				ctx, cancel := context.WithCancel(t.Context())
				finger.at(n, cancel)
				err := test.act(ctx, found)
				finger.at(0, nil)
				done = ctx.Err() == nil
				cancel()
				if err != nil && !errors.As(err, new(*signer.CancelledError)) {
					t.Errorf("cancelled before command %d: %v", n, err)
				}
				if _, err := found.Info(t.Context()); err != nil { // in its turn
					t.Errorf("cancelled before command %d, then: %v", n, err)
				}
				if pin, _ := c.Tries(); pin != 3 {
					t.Errorf("cancelled before command %d: %d tries left", n, pin)
				}
				for no, slack := range test.no {
					is := func(e card.Exchange) bool { return strings.HasPrefix(e.String(), no) }
					if at := slices.IndexFunc(c.Log(), is); !done && at >= n+slack {
						t.Errorf("cancelled before command %d, and %s is command %d", n, no, at+1)
					}
				}
				usable(t, c)
				world.Remove(c)
			}
		})
	}
}
