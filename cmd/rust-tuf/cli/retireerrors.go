package cli

import (
	"errors"
	"fmt"

	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/roles"
	"github.com/rust-lang/rust-tuf/signer"
	"github.com/rust-lang/rust-tuf/signer/piv"
)

// StillListedError is a key that would be destroyed although somebody counts on
// it.
type StillListedError struct {
	Member, Label string
	By            string // "the trusted version of root and targets"
}

func (e *StillListedError) Error() string {
	return fmt.Sprintf("the key %s of %s is still listed by %s; it is not destroyed", e.Label, e.Member, e.By)
}

// Hint says what comes first.
func (e *StillListedError) Hint() string {
	return "first the role goes on without it: a change of " + metadata.PolicyFile + ", an event, and a published version; then run this again"
}

// KeyGoneError is a slot without the key that is to be destroyed.
type KeyGoneError struct {
	Member, Label string
	Serial        uint32
	Slot          piv.Slot
	State         piv.SlotState
	Status        roles.Status // of the key, as declared
}

func (e *KeyGoneError) Error() string {
	what := "holds another key"
	switch e.State {
	case piv.Empty:
		what = "is empty"
	case piv.Hidden:
		what = "shows no key"
	}
	return fmt.Sprintf("the key %s of %s is gone already: slot %s of YubiKey %d %s, and no other slot shows it; so it cannot sign that it is retired, and nothing was changed", e.Label, e.Member, e.Slot, e.Serial, what)
}

// Hint says what can still be recorded.
func (e *KeyGoneError) Hint() string {
	if e.Status != roles.StatusActive {
		return fmt.Sprintf("nothing is left to do: %s declares it %s, so no role can name it", metadata.MemberPath(e.Member), e.Status)
	}
	return fmt.Sprintf("set its status to \"lost\" in %s, in a pull request, so that no role can name it any more", metadata.MemberPath(e.Member))
}

// RecordedError is a key whose end is merged, and which is not found on its card.
type RecordedError struct {
	Member, Label string
	Serial        uint32
	Unseen        error // why it cannot be seen whether the card holds the key; nil if it does not
}

func (e *RecordedError) Error() string {
	text := fmt.Sprintf("the end of the key %s of %s is recorded already, in %s", e.Label, e.Member, metadata.RetirementPath(e.Member, e.Label))
	if e.Unseen == nil {
		return text + fmt.Sprintf(", and YubiKey %d no longer holds it", e.Serial)
	}
	return text + fmt.Sprintf("; whether YubiKey %d still holds it cannot be seen: %v", e.Serial, e.Unseen)
}

// Unwrap returns why it cannot be seen.
func (e *RecordedError) Unwrap() error { return e.Unseen }

// Hint says how to find out.
func (e *RecordedError) Hint() string {
	if e.Unseen == nil {
		return "nothing is left to do"
	}
	return "if you have the card, plug it in and run the command again: a key that is still there is destroyed then"
}

// AwayError is a card that is not plugged in, whose key is to be destroyed.
type AwayError struct {
	Card          *piv.NotThisCardError
	Member, Label string
}

func (e *AwayError) Error() string { return e.Card.Error() }

// Unwrap returns which card it is.
func (e *AwayError) Unwrap() error { return e.Card }

// Hint says what to do where the card cannot be had.
func (e *AwayError) Hint() string {
	for _, err := range e.Card.Unread {
		var h hinted
		if errors.As(err, &h) {
			return h.Hint()
		}
	}
	return fmt.Sprintf("plug it in and run the command again; if you no longer have it, the key cannot be destroyed: set its status to \"lost\" in %s, in a pull request", metadata.MemberPath(e.Member))
}

// UnmanagedError is a key that cannot be destroyed, because nobody knows the
// card's management key. Nothing was announced.
type UnmanagedError struct {
	Member, Label string
	Err           error
}

func (e *UnmanagedError) Error() string {
	return fmt.Sprintf("the key %s of %s cannot be destroyed: %v; nothing was signed or pushed", e.Label, e.Member, e.Err)
}

// Unwrap returns why.
func (e *UnmanagedError) Unwrap() error { return e.Err }

// Hint names the way with the management key, and the one without.
func (e *UnmanagedError) Hint() string {
	text := fmt.Sprintf("if it is lost, set the key's status to \"retired\" in %s, in a pull request, and run `ykman piv reset`, which destroys every PIV key of the card", metadata.MemberPath(e.Member))
	var h hinted
	if errors.As(e.Err, &h) {
		text = h.Hint() + ", and run this again; " + text
	}
	return text
}

// UnwipedError is a key that is still there although its end was announced.
type UnwipedError struct {
	Said   string // where: "branch member/mallory-retires-main", or a file
	Merged bool
	Serial uint32
	Slot   piv.Slot
	Err    error
}

func (e *UnwipedError) Error() string {
	return fmt.Sprintf("%s says that the key is destroyed, but it is still in slot %s of YubiKey %d: %v", e.Said, e.Slot, e.Serial, e.Err)
}

// Unwrap returns why.
func (e *UnwipedError) Unwrap() error { return e.Err }

// Hint says to go on.
func (e *UnwipedError) Hint() string {
	text := "run the command again, which goes on with the card"
	if !e.Merged {
		text += ", before anybody merges the branch"
	}
	var h hinted
	if errors.As(e.Err, &h) && !is[*signer.WrongSecretError](e.Err) {
		text = h.Hint() + "; then " + text
	}
	return text
}
