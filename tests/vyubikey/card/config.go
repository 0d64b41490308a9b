package card

import (
	"fmt"
	"time"

	"github.com/rust-lang/rust-tuf/tests/vyubikey/ca"
)

// Firmware is a version: major, minor, patch.
type Firmware [3]byte

// AtLeast tells whether f is this version or a newer one.
func (f Firmware) AtLeast(major, minor, patch byte) bool {
	g := Firmware{major, minor, patch}
	for i := range f {
		if f[i] != g[i] {
			return f[i] > g[i]
		}
	}
	return true
}

// String returns "5.7.4".
func (f Firmware) String() string { return fmt.Sprintf("%d.%d.%d", f[0], f[1], f[2]) }

// Shape returns how YubiKeys of this firmware are attested.
func (f Firmware) Shape() ca.Shape {
	if f.AtLeast(5, 7, 4) {
		return ca.Long
	}
	return ca.Short
}

// FormFactor is a kind of case, without the bit for the FIPS series.
type FormFactor byte

// Form factors.
const (
	USBAKeychain FormFactor = 1 + iota
	USBANano
	USBCKeychain
	USBCNano
	USBCLightning
)

// PINPolicy says when a key wants the PIN.
type PINPolicy byte

// PIN policies as they stand in commands and certificates.
const (
	PINNever PINPolicy = 1 + iota
	PINOnce
	PINAlways
)

// TouchPolicy says when a key wants a touch.
type TouchPolicy byte

// Touch policies as they stand in commands and certificates.
const (
	TouchNever TouchPolicy = 1 + iota
	TouchAlways
	TouchCached
)

// Slot is a place for a key.
type Slot byte

// Slots. The retired ones are 0x82 to 0x95.
const (
	Authentication     Slot = 0x9a
	Signature          Slot = 0x9c
	KeyManagement      Slot = 0x9d
	CardAuthentication Slot = 0x9e
	attestation        Slot = 0xf9
)

// Touch is what a person does when the card blinks.
type Touch int

const (
	// Touched is a finger in time.
	Touched Touch = iota
	// Ignored is no touch: the card gives up after TouchTimeout of its own time.
	Ignored
	// Pulled takes the card out of its port: the command gets no response.
	Pulled
)

// TouchTimeout is how long a card waits for a touch, and how long a cached touch lasts.
const TouchTimeout = 15 * time.Second

// The factory's values.
const (
	FactoryPIN = "123456"
	FactoryPUK = "12345678"
)

// FactoryManagementKey returns the 24 bytes, for 3DES and AES 192 alike.
func FactoryManagementKey() []byte {
	key := make([]byte, 24)
	for i := range key {
		key[i] = byte(i%8 + 1)
	}
	return key
}

// Config is a YubiKey as it leaves the factory. The zero value of each field means what stands beside it.
type Config struct {
	Serial     uint32     // 0 stays 0
	Firmware   Firmware   // 5.7.4
	FormFactor FormFactor // USBCKeychain
	FIPS, CSPN bool       // of neither series

	// Authority certifies the attestation key. Without one, the card has no attestation key.
	Authority *ca.Authority
	// DeviceFaults and SlotFaults spoil the certificates.
	DeviceFaults, SlotFaults []ca.Fault
	// Forge, if any, exchanges the answer of ATTEST, given the honest one.
	Forge func(slot Slot, der []byte) []byte

	// Touch says what the person does while the card blinks; nil: Touched. It may wait as long as it
	// likes. Card.OnTouch changes it later.
	Touch func() Touch
	// StrictFreshness makes any command after VERIFY end what a key of PINAlways needs.
	StrictFreshness bool
	// Demanding refuses a new PIN or PUK of one character repeated, as cards with PIN complexity do: 6985.
	Demanding bool
	// PIVDisabled hides the PIV application: SELECT answers 6A82.
	PIVDisabled bool
}

// Always makes a Config.Touch of one answer.
func Always(t Touch) func() Touch { return func() Touch { return t } }
