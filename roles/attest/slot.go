package attest

import (
	"fmt"
	"strconv"
)

// Slot is a place for a key on a card, by its number in NIST SP 800-73-4,
// table 4b.
type Slot uint8

// The slots with a purpose of their own. Those numbered 82 to 95 are for
// retired keys, and sign as well as any other.
const (
	Slot9A Slot = 0x9a // authentication
	Slot9C Slot = 0x9c // signatures
	Slot9D Slot = 0x9d // key management
	Slot9E Slot = 0x9e // card authentication
)

// Valid reports whether s can hold a key that a card attests. The attestation
// key's own slot f9 is none.
func (s Slot) Valid() bool {
	return s == Slot9A || s == Slot9C || s == Slot9D || s == Slot9E || 0x82 <= s && s <= 0x95
}

// ParseSlot reads two lower-case hex digits, "9c", that name a valid slot.
func ParseSlot(text string) (Slot, error) {
	n, err := strconv.ParseUint(text, 16, 8)
	if s := Slot(n); err == nil && s.Valid() && s.String() == text {
		return s, nil
	}
	return 0, fmt.Errorf("%s is no PIV slot that holds a key: 9a, 9c, 9d, 9e or 82 to 95", shown(text))
}

// String returns two lower-case hex digits.
func (s Slot) String() string { return fmt.Sprintf("%02x", uint8(s)) }

// MarshalText returns what String does, for valid slots alone.
func (s Slot) MarshalText() ([]byte, error) {
	if !s.Valid() {
		return nil, fmt.Errorf("%s is no PIV slot that holds a key", s)
	}
	return []byte(s.String()), nil
}

// UnmarshalText reads what [ParseSlot] does.
func (s *Slot) UnmarshalText(text []byte) (err error) {
	*s, err = ParseSlot(string(text))
	return err
}
