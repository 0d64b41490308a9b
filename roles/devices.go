package roles

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rust-lang/rust-tuf/roles/attest"
)

// Devices is what the policy demands of every key of kind piv, in the section
// [devices]. It is compared with what the card itself attests.
type Devices struct {
	// MinFirmware is the oldest firmware that is accepted, as "5.7.0", the
	// default: firmware is never updated, and whoever has an older card, its
	// PIN and a laboratory for some hours can copy its EC keys (YSA-2024-03).
	MinFirmware string `toml:"min-firmware" json:"min-firmware"`
	// Slots are the slots that a key may live in; by default 9c, which the PIV
	// standard made for signatures.
	Slots []string `toml:"slots" json:"slots"`
	// PIN is when the card asks for its PIN at the least: PolicyAlways, the
	// default, before every signature, so that nothing signs unnoticed with a
	// card that was unlocked before; or PolicyOnce, once while it is plugged in.
	PIN string `toml:"pin" json:"pin"`
	// Touch is when the card wants to be touched at the least: PolicyAlways,
	// the default, before every signature, so that no program signs without a
	// person; or PolicyCached, where one touch serves for 15 seconds.
	Touch string `toml:"touch" json:"touch"`
	// FIPS demands cards of the FIPS series; false by default, because a
	// certificate takes time, and repairs reach certified cards later.
	FIPS bool `toml:"fips" json:"fips"`
}

// The words for when a card asks.
const (
	PolicyAlways = "always"
	PolicyOnce   = "once"   // for a PIN
	PolicyCached = "cached" // for a touch
)

// DefaultDevices is what a policy without [devices] demands.
func DefaultDevices() Devices {
	return Devices{MinFirmware: "5.7.0", Slots: []string{"9c"}, PIN: PolicyAlways, Touch: PolicyAlways}
}

// pinPolicies and touchPolicies are the words that may be demanded, the
// strictest first, with what cards may answer to each. Cards with a
// fingerprint reader have further PIN policies, which none of these allows.
func pinPolicies() []demand[attest.PINPolicy] {
	return []demand[attest.PINPolicy]{
		{PolicyAlways, []attest.PINPolicy{attest.PINAlways}},
		{PolicyOnce, []attest.PINPolicy{attest.PINAlways, attest.PINOnce}},
	}
}

func touchPolicies() []demand[attest.TouchPolicy] {
	return []demand[attest.TouchPolicy]{
		{PolicyAlways, []attest.TouchPolicy{attest.TouchAlways}},
		{PolicyCached, []attest.TouchPolicy{attest.TouchAlways, attest.TouchCached}},
	}
}

// demand is a word of the policy and what meets it.
type demand[T any] struct {
	word  string
	meets []T
}

// meeting is what meets a word, or an error that names the words there are.
func meeting[T any](demands []demand[T], word string) ([]T, error) {
	var words []string
	for _, d := range demands {
		if d.word == word {
			return d.meets, nil
		}
		words = append(words, d.word)
	}
	return nil, fmt.Errorf("unknown word %q; it is one of %s", shortened(word), strings.Join(words, ", "))
}

// check tells of each value that is none; at is the path of the section.
func (d Devices) check(at string, refuse func(path, format string, args ...any)) {
	tell := func(key string, err error) {
		if err != nil {
			refuse(below(at, key), "%s", err)
		}
	}
	_, err := attest.ParseVersion(d.MinFirmware)
	tell("min-firmware", err)
	_, err = meeting(pinPolicies(), d.PIN)
	tell("pin", err)
	_, err = meeting(touchPolicies(), d.Touch)
	tell("touch", err)
	if len(d.Slots) == 0 {
		refuse(below(at, "slots"), "name the slots that a key may live in; usual is [\"9c\"]")
	}
	for i, slot := range d.Slots {
		switch {
		case !slices.Contains(pivSlots(), slot):
			refuse(entry(below(at, "slots"), i), "%q is no slot for a signing key; usual is \"9c\"", slot)
		case slices.Index(d.Slots, slot) < i:
			refuse(entry(below(at, "slots"), i), "%s is listed twice", slot)
		}
	}
}

// policy is what package attest compares a card with.
func (d Devices) policy() (attest.Policy, error) {
	p := attest.Policy{FIPS: d.FIPS}
	var err error
	if p.MinFirmware, err = attest.ParseVersion(d.MinFirmware); err != nil {
		return p, err
	}
	for _, text := range d.Slots {
		slot, err := attest.ParseSlot(text)
		if err != nil {
			return p, err
		}
		p.Slots = append(p.Slots, slot)
	}
	if p.PIN, err = meeting(pinPolicies(), d.PIN); err != nil {
		return p, err
	}
	p.Touch, err = meeting(touchPolicies(), d.Touch)
	return p, err
}

// looser tells what is demanded less strictly than by default, and the default.
func (d Devices) looser() []string {
	usual := DefaultDevices()
	var list []string
	add := func(what, is, was string) {
		list = append(list, fmt.Sprintf("%s %s; usual is %s", what, is, was))
	}
	firmware, err := attest.ParseVersion(d.MinFirmware)
	least, _ := attest.ParseVersion(usual.MinFirmware)
	if err != nil || firmware.Before(least) {
		add("firmware from", d.MinFirmware, usual.MinFirmware)
	}
	if more := without(d.Slots, usual.Slots); len(more) > 0 {
		add("keys in slot", strings.Join(more, " or "), strings.Join(usual.Slots, " or "))
	}
	if d.PIN != usual.PIN {
		add("the PIN policy", d.PIN, usual.PIN)
	}
	if d.Touch != usual.Touch {
		add("the touch policy", d.Touch, usual.Touch)
	}
	return list
}
