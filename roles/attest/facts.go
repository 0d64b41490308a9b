package attest

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/rust-lang/rust-tuf/verify"
)

// Facts are what a card states about a key, proven up to a root. Only
// [Verifier.Verify] makes them; the zero value meets no policy.
//
// As JSON they are the evidence that is kept: Key becomes "key", its
// fingerprint in hex, and "algorithm".
type Facts struct {
	// Serial is the card's serial number, as printed on it.
	Serial uint32 `json:"serial"`
	// Firmware is the card's firmware.
	Firmware Version `json:"firmware"`
	// Slot is where the key lives.
	Slot Slot `json:"slot"`
	// PIN and Touch say when the card asks its holder before it signs.
	PIN   PINPolicy   `json:"pin"`
	Touch TouchPolicy `json:"touch"`
	// FormFactor is 0 on cards that do not state it.
	FormFactor FormFactor `json:"form-factor,omitempty"`
	// FIPS says that the device certificate or the form factor marks a FIPS
	// card; CSPN that the device certificate marks a CSPN card.
	FIPS bool `json:"fips"`
	CSPN bool `json:"cspn"`
	// Key is the attested public key.
	Key verify.PublicKey `json:"-"`
	// Trust says whether Root is Yubico's or one for tests.
	Trust Trust `json:"trust"`
	// Root is the common name of the root.
	Root string `json:"root"`
	// Chain has the common names from the slot certificate to the root.
	Chain []string `json:"chain"`
	// Unread lists extensions that were not understood, with the certificate
	// they stand in: "slot certificate: 1.3.6.1.4.1.41482.3.12".
	Unread []string `json:"unread,omitempty"`
	// At is the instant at which the certificates were valid.
	At time.Time `json:"at"`
}

// MarshalJSON writes the evidence that is kept.
func (f Facts) MarshalJSON() ([]byte, error) {
	type fields Facts // without this method
	return json.Marshal(struct {
		fields
		Key       string `json:"key"`
		Algorithm string `json:"algorithm"`
	}{fields(f), f.Key.Fingerprint().String(), f.Key.Algorithm()})
}

// String says it in one line, for people.
func (f Facts) String() string {
	words := []string{
		fmt.Sprintf("YubiKey %d", f.Serial), "firmware " + f.Firmware.String(), "slot " + f.Slot.String(), f.Key.Algorithm(),
		"PIN " + f.PIN.String(), "touch " + f.Touch.String(),
	}
	if f.FormFactor != 0 {
		words = append(words, f.FormFactor.String())
	}
	if f.FIPS && !f.FormFactor.FIPS() {
		words = append(words, "FIPS")
	}
	if f.CSPN {
		words = append(words, "CSPN")
	}
	line := strings.Join(words, ", ")
	switch f.Trust {
	case YubicoRoots:
		return line + "; proven by " + f.Root
	case TestRootsOnly:
		return line + "; proven by a TEST ROOT only: " + shown(f.Root)
	}
	return line + "; NOT PROVEN"
}

// Declared returns what a member would have to declare about this key for the
// two to agree: for a key that is only being enrolled, and for doctor.
func (f Facts) Declared() Declared { return Declared{f.Key, f.Serial, f.Slot} }
