package piv

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/rust-lang/rust-tuf/signer"
)

// Source is the YubiKeys plugged into this computer.
type Source struct {
	// Serials, if there are any, are the cards to use; others are left alone
	// but for asking their serial.
	Serials []uint32
}

var _ signer.Source = Source{}

// Keys returns the keys of all cards that can sign, cards by serial, slots in
// the order of [SigningSlots]. Nobody is asked for a PIN, and no card is held
// afterwards. A card or a key that cannot be used is named through ui.Message,
// with the reason, which ui.LeftOut is given, and left out.
//
// Errors are *NoServiceError or *DeniedError, *NotBuiltInError where PIV is not
// built in, *NotThisCardError when one of Serials is not plugged in, those of ui
// and *signer.CancelledError.
func (s Source) Keys(ctx context.Context, ui signer.UI) ([]signer.Key, error) {
	ui = ui.Complete()
	var keys []*Key
	var skipped []leftOut
	missing := NotThisCardError{}
	err := attempt(ctx, func() error {
		return each(ctx, "", func(reader string, card applet, err error) bool {
			if err != nil {
				missing.Unread = append(missing.Unread, err)
				skipped = append(skipped, leftOut{fmt.Sprintf("the card in %q", reader), err})
				return true
			}
			missing.Found = append(missing.Found, card.serial())
			if len(s.Serials) > 0 && !slices.Contains(s.Serials, card.serial()) {
				return true
			}
			found, left := keysOf(ctx, card, reader)
			keys = append(keys, found...)
			skipped = append(skipped, left...)
			return true
		})
	})
	if err != nil {
		return nil, err
	}
	for _, left := range skipped {
		ui.LeftOut(left.named())
		if err := ui.Message(left.line()); err != nil {
			return nil, err
		}
	}
	slices.Sort(missing.Found)
	for _, serial := range s.Serials {
		if !slices.Contains(missing.Found, serial) {
			missing.Serial = serial
			return nil, &missing
		}
	}
	slices.SortStableFunc(keys, func(a, b *Key) int { return cmp.Compare(a.Serial(), b.Serial()) })
	listed := make([]signer.Key, len(keys))
	for i, key := range keys {
		listed[i] = key
	}
	return listed, nil
}

// keysOf lists the keys of one card, and each that was left out. When
// ctx ends it lets go of the card at the next slot.
func keysOf(ctx context.Context, card applet, reader string) (keys []*Key, skipped []leftOut) {
	device := newDevice(card.serial(), reader)
	for _, slot := range SigningSlots() {
		if ctx.Err() != nil {
			return nil, nil
		}
		info, err := card.slot(slot)
		if err != nil {
			skipped = append(skipped, leftOut{device.String(), err})
			if !errors.As(err, new(*CardError)) {
				return nil, skipped // it is gone
			}
			continue
		}
		if info.State != Used {
			continue
		}
		if reason := unusable(info); reason != "" {
			skipped = append(skipped, leftOut{device.String(), &UnusableKeyError{device.number, slot, reason}})
			continue
		}
		keys = append(keys, &Key{device, info})
	}
	return keys, skipped
}

// leftOut is a card or a key that cannot be used.
type leftOut struct {
	name string
	err  error
}

// named is why, with which it is: of the errors that come here, only that of a
// removed card does not say it.
func (l leftOut) named() error {
	if errors.Is(l.err, signer.ErrRemoved) {
		return fmt.Errorf("%s: %w", l.name, l.err)
	}
	return l.err
}

// line says so to its person.
func (l leftOut) line() string {
	line := "left out: " + l.named().Error()
	var hinted interface{ Hint() string }
	if errors.As(l.err, &hinted) {
		line += " (" + hinted.Hint() + ")"
	}
	return line
}
