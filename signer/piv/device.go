package piv

import (
	"context"
	"slices"
	"strings"

	"github.com/rust-lang/rust-tuf/signer"
	"github.com/rust-lang/rust-tuf/signer/piv/internal/pcsc"
)

// readers returns the names of the readers that are YubiKeys. Others are never
// opened: they are not ours to touch.
func readers() ([]string, error) {
	all, err := listReaders()
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(reader string) bool {
		return !strings.Contains(strings.ToLower(reader), "yubi")
	}), nil
}

// each opens the YubiKeys one after the other, the one in the reader near first
// if it is there, and shows each to visit until that returns false. What cannot
// be opened is shown as its error.
func each(ctx context.Context, near string, visit func(reader string, card applet, err error) bool) error {
	names, err := readers()
	if err != nil {
		return err
	}
	slices.SortStableFunc(names, func(a, b string) int {
		switch near {
		case a:
			return -1
		case b:
			return 1
		}
		return 0
	})
	for _, reader := range names {
		if ctx.Err() != nil {
			return signer.Cancelled(ctx, nil)
		}
		card, err := openApplet(reader)
		more := visit(reader, card, err)
		if err == nil {
			card.close()
		}
		if !more {
			break
		}
	}
	return nil
}

// attempt runs f, which speaks with cards, and returns its answer, or ctx's if
// that ends first. PC/SC cannot interrupt a card: f then runs on until the card
// answers, and closes what it opened.
func attempt(ctx context.Context, f func() error) error {
	done := make(chan error, 1)
	go func() { done <- f() }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	select {
	case err := <-done: // it was done in time after all
		return err
	default:
		return signer.Cancelled(ctx, nil)
	}
}

// device is one card, known by its serial. Nothing of it is held between calls:
// a card that is held cannot be used by any other program, and Windows resets
// one that is held and says nothing for five seconds.
type device struct {
	number uint32        // its serial
	turn   chan struct{} // has room for who uses the card now
	near   string        // the reader it was seen in last, to look there first; of whoever has the turn
	plain  bool          // whether this build can send commands that piv-go has no call for
}

func newDevice(serial uint32, reader string) *device {
	return &device{number: serial, near: reader, turn: make(chan struct{}, 1), plain: pcsc.Available}
}

func (d *device) String() string { return cardName(d.number) }

// use finds the card, wherever it is plugged in, gives it to f together with
// copies of the secrets, and then closes it and wipes them. When ctx ends first,
// f runs on without its caller, and the next use waits for it.
func (d *device) use(ctx context.Context, f func(card applet, own []*secret) error, secrets ...*secret) error {
	select {
	case d.turn <- struct{}{}:
	case <-ctx.Done():
		return signer.Cancelled(ctx, nil)
	}
	own := make([]*secret, len(secrets))
	for i, s := range secrets {
		own[i] = s.copied()
	}
	return attempt(ctx, func() error {
		defer func() { <-d.turn }()
		defer func() {
			for _, s := range own {
				s.Wipe()
			}
		}()
		return d.find(ctx, func(card applet) error { return f(card, own) })
	})
}

func (d *device) find(ctx context.Context, f func(card applet) error) error {
	missing := &NotThisCardError{Serial: d.number}
	found := false
	var result error
	err := each(ctx, d.near, func(reader string, card applet, err error) bool {
		switch {
		case err != nil:
			missing.Unread = append(missing.Unread, err)
		case card.serial() != d.number:
			missing.Found = append(missing.Found, card.serial())
		default:
			d.near = reader
			found, result = true, f(card)
		}
		return !found
	})
	switch {
	case err != nil:
		return err
	case found:
		return result
	case len(missing.Found) == 0 && len(missing.Unread) == 1:
		return missing.Unread[0] // the only card there is
	}
	slices.Sort(missing.Found)
	return missing
}
