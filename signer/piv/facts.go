package piv

import (
	"fmt"
	"strconv"
)

// CardInfo is what a card tells about itself without being asked for a secret.
type CardInfo struct {
	Reader string // as the system calls it; changes with the port
	Err    error  // why the rest is missing: *BusyError, *NoPIVError, *CardError; else nil

	Serial   uint32 // printed on the case, in decimal
	Firmware Version
	Form     FormFactor
	Slots    []SlotInfo // all slots, used or not, in the order of Slots
	PIN, PUK Counter

	// FactoryManagementKey says whether everybody knows the management key. It
	// was found out by authenticating with the factory's value, which costs no
	// try.
	FactoryManagementKey Answer
}

// Slot returns what is known about one slot.
func (c CardInfo) Slot(s Slot) SlotInfo {
	for _, info := range c.Slots {
		if info.Slot == s {
			return info
		}
	}
	return SlotInfo{Slot: s, State: Hidden}
}

// Counter is the tries of a PIN or a PUK, and whether everybody knows it. A
// number that the card does not tell is negative. Neither is ever found out by
// trying.
type Counter struct {
	Left    int // 0: blocked
	Total   int
	Factory Answer
}

// untold are the counters of a card that says nothing about them.
var untold = Counter{Left: -1, Total: -1}

// Answer is yes, no, or that the card does not tell.
type Answer int

// Answers.
const (
	Untold Answer = iota
	Yes
	No
)

// String returns "yes", "no" or "unknown".
func (a Answer) String() string { return name(a, "unknown", "yes", "no") }

// Version is a firmware's number.
type Version struct{ Major, Minor, Patch int }

// Since when cards can do what.
var (
	attests = Version{4, 3, 0}
	deletes = Version{5, 7, 0}
)

// AtLeast reports whether v is w or newer.
func (v Version) AtLeast(w Version) bool {
	if v.Major != w.Major {
		return v.Major > w.Major
	}
	if v.Minor != w.Minor {
		return v.Minor > w.Minor
	}
	return v.Patch >= w.Patch
}

// String returns "5.7.4".
func (v Version) String() string { return fmt.Sprintf("%d.%d.%d", v.Major, v.Minor, v.Patch) }

// FormFactor is a card's build as the card encodes it; 0 when it does not tell.
type FormFactor byte

// FIPS reports whether the card is of the FIPS series.
func (f FormFactor) FIPS() bool { return f&0x80 != 0 }

// String returns "USB-C Keychain", with " FIPS" after it for that series.
func (f FormFactor) String() string {
	const series = 0x80 | 0x40 // FIPS; Security Key
	text := name(f&^series, "unknown", "USB-A Keychain", "USB-A Nano", "USB-C Keychain", "USB-C Nano",
		"USB-C Lightning", "USB-A Bio", "USB-C Bio")
	if f.FIPS() {
		text += " FIPS"
	}
	return text
}

// cardName is what a person calls a card.
func cardName(serial uint32) string { return "YubiKey " + strconv.FormatUint(uint64(serial), 10) }
