package roles

import (
	"regexp"
	"slices"
	"strings"
)

// Devices is what the policy demands of every key of kind piv, in the section
// [devices]. It is compared with what the card itself attests.
type Devices struct {
	// MinFirmware is the oldest firmware that is accepted, as "5.7.0", the
	// default: firmware is never updated, and whoever has an older card and a
	// laboratory for some hours can copy its EC keys (YSA-2024-03).
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

var firmwareForm = regexp.MustCompile(`^(0|[1-9][0-9]?|1[0-9][0-9]|2[0-4][0-9]|25[0-5])(\.(0|[1-9][0-9]?|1[0-9][0-9]|2[0-4][0-9]|25[0-5])){2}$`)

// check tells of each value that is none; at is the path of the section.
func (d Devices) check(at string, refuse func(path, format string, args ...any)) {
	if !firmwareForm.MatchString(d.MinFirmware) {
		refuse(below(at, "min-firmware"), "%q is no firmware; write three numbers such as 5.7.0", d.MinFirmware)
	}
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
	for _, word := range []struct {
		key, value string
		known      []string
	}{
		{"pin", d.PIN, []string{PolicyAlways, PolicyOnce}},
		{"touch", d.Touch, []string{PolicyAlways, PolicyCached}},
	} {
		if !slices.Contains(word.known, word.value) {
			refuse(below(at, word.key), "unknown word %q; it is one of %s", word.value, strings.Join(word.known, ", "))
		}
	}
}
