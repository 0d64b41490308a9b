package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/signer"
	"github.com/rust-lang/rust-tuf/signer/piv"
)

// NoCardError is a YubiKey wanted where none is plugged in that can be used.
type NoCardError struct {
	Unread []error // why those that are there cannot be used
}

func (e *NoCardError) Error() string {
	text := "no YubiKey is plugged in"
	if len(e.Unread) > 0 {
		text = "no YubiKey can be used"
	}
	for _, err := range e.Unread {
		text += "; " + err.Error()
	}
	return text
}

// Unwrap returns why those that are there cannot be used.
func (e *NoCardError) Unwrap() []error { return e.Unread }

// Hint says what to do.
func (e *NoCardError) Hint() string {
	for _, err := range e.Unread {
		var h hinted
		if errors.As(err, &h) {
			return h.Hint()
		}
	}
	return "plug in your YubiKey and run the command again"
}

// ListedKeyError is a key that would be overwritten although somebody counts on
// it.
type ListedKeyError struct {
	Serial uint32
	Slot   piv.Slot
	By     string // "the trusted version of root and targets"
}

func (e *ListedKeyError) Error() string {
	return fmt.Sprintf("slot %s of YubiKey %d holds a key that is still listed by %s; it is never overwritten", e.Slot, e.Serial, e.By)
}

// Hint names the two ways on.
func (e *ListedKeyError) Hint() string {
	return "enrol another YubiKey, or wait until the policy, and a version that is published, go on without this key; --existing declares the key as it is"
}

// DeclaredKeyError is a key that is declared already, and cannot be enrolled as
// another one.
type DeclaredKeyError struct {
	Member, Label string // as which it is declared
	Newcomer      string // who wants to enrol it
}

func (e *DeclaredKeyError) Error() string {
	return fmt.Sprintf("this key is declared as %s/%s in %s", e.Member, e.Label, metadata.MemberPath(e.Member))
}

// Hint says whose key is missing.
func (e *DeclaredKeyError) Hint() string {
	return fmt.Sprintf("%s needs a key of their own, which nobody has declared", e.Newcomer)
}

// UnfitCardError is a card that the policy does not accept, whatever key it has.
type UnfitCardError struct {
	Serial  uint32
	Against []string
}

func (e *UnfitCardError) Error() string {
	return fmt.Sprintf("YubiKey %d cannot hold a member's key: %s", e.Serial, strings.Join(e.Against, "; "))
}

// Hint says that no card can be changed.
func (e *UnfitCardError) Hint() string {
	return "a YubiKey's firmware cannot be updated: use another one; nothing was changed on this one"
}

// SerialError is a card's serial number that was asked for, as an agreement, and
// not typed. What was typed instead is kept nowhere: it may be a PIN. It is a
// signer.ErrDeclined.
type SerialError struct {
	Serial uint32 // of the card in hand; 0: one of several was to be chosen
}

func (e *SerialError) Error() string {
	if e.Serial == 0 {
		return "what was typed is the serial number of no YubiKey that is plugged in; nothing was changed on any"
	}
	return fmt.Sprintf("what was typed is not the serial number of YubiKey %d; nothing was changed on it", e.Serial)
}

// Is makes this a signer.ErrDeclined.
func (e *SerialError) Is(target error) bool { return target == signer.ErrDeclined }

// Hint says how to go on, if it was no refusal.
func (e *SerialError) Hint() string {
	return "look whether it is the card that you mean, and run the command again"
}

// DifferentError is a new PIN or PUK that was typed in two ways.
type DifferentError struct{ What string }

func (e *DifferentError) Error() string {
	return fmt.Sprintf("the two new %ss are not the same; nothing was changed", e.What)
}

// Hint says to begin anew.
func (e *DifferentError) Hint() string { return "type it again, the same both times" }
