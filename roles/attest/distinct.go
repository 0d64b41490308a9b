package attest

import (
	"errors"
	"fmt"
)

// Named is a key with who holds it, as the metadata names them: "alice/main".
type Named struct {
	Owner string
	Facts Facts
}

// SameCardError is one card that would count for two.
type SameCardError struct {
	Serial        uint32
	First, Second string // owners
}

func (e *SameCardError) Error() string {
	return fmt.Sprintf("%s and %s have their keys on one card, %d", e.First, e.Second, e.Serial)
}

// Hint says whom to ask.
func (e *SameCardError) Hint() string {
	return fmt.Sprintf("ask %s and %s whose card %d is; the other one enrols a card of their own", e.First, e.Second, e.Serial)
}

// SameKeyError is one key that would count for two, on cards of two serial
// numbers: one of the attestations cannot be genuine.
type SameKeyError struct {
	Fingerprint   string // 64 hex digits
	First, Second string // owners
}

func (e *SameKeyError) Error() string {
	return fmt.Sprintf("%s and %s have the same public key %s", e.First, e.Second, e.Fingerprint)
}

// Hint says that this is no mistake.
func (e *SameKeyError) Hint() string {
	return "stop: no two cards make the same key; tell the maintainers before anything is signed"
}

// Distinct refuses a quorum in which one card, or one key, appears twice:
// *[SameCardError], *[SameKeyError], joined when there are several. Each later
// owner is named with the first.
func Distinct(list []Named) error {
	cards, keys := map[uint32]string{}, map[string]string{}
	var errs []error
	for _, n := range list {
		serial, key := n.Facts.Serial, n.Facts.Key.Fingerprint().String()
		if first, again := cards[serial]; again {
			errs = append(errs, &SameCardError{serial, first, n.Owner})
			continue
		}
		cards[serial] = n.Owner
		if first, again := keys[key]; again {
			errs = append(errs, &SameKeyError{key, first, n.Owner})
			continue
		}
		keys[key] = n.Owner
	}
	return errors.Join(errs...)
}
