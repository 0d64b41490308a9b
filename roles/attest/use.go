package attest

import (
	"fmt"
	"slices"
	"strings"
)

// PINPolicy is when a card asks for the PIN before it uses a key.
type PINPolicy uint8

// The PIN policies, with the numbers that cards give them.
const (
	PINNever       PINPolicy = 1 // not at all
	PINOnce        PINPolicy = 2 // once while the card stays plugged in
	PINAlways      PINPolicy = 3 // before each signature
	PINMatchOnce   PINPolicy = 4 // fingerprint or PIN, once; YubiKey Bio
	PINMatchAlways PINPolicy = 5 // fingerprint or PIN, each time; YubiKey Bio
)

// TouchPolicy is when a card wants to be touched before it uses a key.
type TouchPolicy uint8

// The touch policies, with the numbers that cards give them.
const (
	TouchNever  TouchPolicy = 1 // not at all
	TouchAlways TouchPolicy = 2 // before each signature
	TouchCached TouchPolicy = 3 // a touch serves for 15 seconds
)

// Their words, at the index of their number.
var (
	pinWords   = [...]string{PINNever: "never", PINOnce: "once", PINAlways: "always", PINMatchOnce: "match-once", PINMatchAlways: "match-always"}
	touchWords = [...]string{TouchNever: "never", TouchAlways: "always", TouchCached: "cached"}
)

// ParsePINPolicy reads "never", "once", "always", "match-once" or
// "match-always".
func ParsePINPolicy(word string) (PINPolicy, error) {
	n, err := parseWord("PIN policy", pinWords[:], word)
	return PINPolicy(n), err
}

// ParseTouchPolicy reads "never", "always" or "cached".
func ParseTouchPolicy(word string) (TouchPolicy, error) {
	n, err := parseWord("touch policy", touchWords[:], word)
	return TouchPolicy(n), err
}

// Valid reports whether p has a meaning.
func (p PINPolicy) Valid() bool { return p >= PINNever && p <= PINMatchAlways }

// Valid reports whether p has a meaning.
func (p TouchPolicy) Valid() bool { return p >= TouchNever && p <= TouchCached }

// String returns the word that [ParsePINPolicy] reads.
func (p PINPolicy) String() string { return word(pinWords[:], uint8(p)) }

// String returns the word that [ParseTouchPolicy] reads.
func (p TouchPolicy) String() string { return word(touchWords[:], uint8(p)) }

// MarshalText returns what String does, for valid policies alone.
func (p PINPolicy) MarshalText() ([]byte, error) {
	return marshalWord("PIN policy", pinWords[:], uint8(p))
}

// MarshalText returns what String does, for valid policies alone.
func (p TouchPolicy) MarshalText() ([]byte, error) {
	return marshalWord("touch policy", touchWords[:], uint8(p))
}

// UnmarshalText reads what [ParsePINPolicy] does.
func (p *PINPolicy) UnmarshalText(text []byte) (err error) {
	*p, err = ParsePINPolicy(string(text))
	return err
}

// UnmarshalText reads what [ParseTouchPolicy] does.
func (p *TouchPolicy) UnmarshalText(text []byte) (err error) {
	*p, err = ParseTouchPolicy(string(text))
	return err
}

// word returns the word at n; the lists begin with an empty one.
func word(words []string, n uint8) string {
	if int(n) < len(words) && words[n] != "" {
		return words[n]
	}
	return fmt.Sprintf("unknown (%d)", n)
}

func parseWord(what string, words []string, word string) (uint8, error) {
	if i := slices.Index(words, word); i > 0 {
		return uint8(i), nil
	}
	return 0, fmt.Errorf("%s is no %s: choose one of %s", shown(word), what, strings.Join(words[1:], ", "))
}

func marshalWord(what string, words []string, n uint8) ([]byte, error) {
	if n == 0 || int(n) >= len(words) {
		return nil, fmt.Errorf("no %s has the number %d", what, n)
	}
	return []byte(words[n]), nil
}

// FormFactor is the shape of a card as it states it: the lower four bits are
// the shape, 0x80 marks a FIPS card, 0x40 a card of the Security Key series.
// It is 0 when the card does not state it.
type FormFactor uint8

const (
	formFIPS  FormFactor = 0x80
	formShape FormFactor = 0x0f
)

var formWords = [...]string{
	1: "USB-A keychain", 2: "USB-A nano", 3: "USB-C keychain", 4: "USB-C nano",
	5: "USB-C/Lightning", 6: "USB-A Bio", 7: "USB-C Bio",
}

// FIPS reports whether the form factor marks a FIPS card.
func (f FormFactor) FIPS() bool { return f&formFIPS != 0 }

// Bio reports whether the card has a fingerprint reader.
func (f FormFactor) Bio() bool { return f&formShape == 6 || f&formShape == 7 }

// String names the form factor for people: "USB-C nano", "USB-A keychain
// FIPS", "" when it is not stated.
func (f FormFactor) String() string {
	if f == 0 {
		return ""
	}
	text := word(formWords[:], uint8(f&formShape))
	if text[0] == 'u' {
		text = "form factor " + text
	}
	if f.FIPS() {
		text += " FIPS"
	}
	return text
}

// MarshalText returns what String does.
func (f FormFactor) MarshalText() ([]byte, error) { return []byte(f.String()), nil }
