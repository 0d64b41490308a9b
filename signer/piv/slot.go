package piv

import (
	"fmt"
	"strconv"

	"github.com/rust-lang/rust-tuf/verify"
)

// Slot is a place for one key on a card, by its PIV key reference (NIST SP
// 800-73-4, part 1, table 4b).
type Slot byte

// The slots with names. Those for retired keys are 0x82 to 0x95.
const (
	Authentication     Slot = 0x9a
	Signature          Slot = 0x9c // where members' keys belong
	KeyManagement      Slot = 0x9d // for decryption
	CardAuthentication Slot = 0x9e

	firstRetired Slot = 0x82
	lastRetired  Slot = 0x95
)

// SigningSlots returns the slots whose keys a [Source] lists, the usual one
// first: 9c, 9a, 9e, 82 to 95. Not 9d, whose keys decrypt.
func SigningSlots() []Slot {
	slots := []Slot{Signature, Authentication, CardAuthentication}
	for s := firstRetired; s <= lastRetired; s++ {
		slots = append(slots, s)
	}
	return slots
}

// Slots returns all slots that a member can use.
func Slots() []Slot { return append(SigningSlots(), KeyManagement) }

// ParseSlot reads a slot as String writes it.
func ParseSlot(name string) (Slot, error) {
	n, err := strconv.ParseUint(name, 16, 8)
	if s := Slot(n); err == nil && s.valid() && s.String() == name {
		return s, nil
	}
	return 0, fmt.Errorf("no slot %q: choose one of 9a, 9c, 9d, 9e, 82 to 95", name)
}

// String returns two hex digits: "9c".
func (s Slot) String() string { return fmt.Sprintf("%02x", byte(s)) }

func (s Slot) valid() bool {
	switch s {
	case Authentication, Signature, KeyManagement, CardAuthentication:
		return true
	}
	return s >= firstRetired && s <= lastRetired
}

// SlotInfo is what a card tells about one slot without being asked for a
// secret.
type SlotInfo struct {
	Slot  Slot
	State SlotState

	// What follows is of a slot in use.

	Public      verify.PublicKey // the zero value when keys of its kind are not used here
	Fingerprint verify.Digest    // SHA-256 of the SubjectPublicKeyInfo; zero when it cannot be read
	Algorithm   string           // for people: "ECDSA P-256", "X25519"; "" when unknown
	Told        Witness          // who told the public key
	Origin      Origin
	PIN         PINPolicy
	Touch       TouchPolicy
}

// SlotState says whether there is a key in a slot.
type SlotState int

// A slot's states.
const (
	// Empty is a slot without a key.
	Empty SlotState = iota
	// Used is a slot with a key, or with the certificate of one.
	Used
	// Hidden is a slot that shows neither a key nor a certificate, on a card
	// whose firmware (below 5.3) does not tell whether a key was imported.
	Hidden
)

// String returns "empty", "used" or "unknown".
func (s SlotState) String() string { return name(s, "empty", "used", "unknown") }

// Witness says where a public key was read.
type Witness int

// Where a card keeps public keys, the most trustworthy first.
const (
	// ByNobody is a public key that could not be read.
	ByNobody Witness = iota
	// ByCard is the card's own description of the private key (firmware 5.3).
	ByCard
	// ByAttestation is a certificate that the card made about it (4.3).
	ByAttestation
	// ByCertificate is the certificate that somebody stored in the slot. It need
	// not belong to the private key.
	ByCertificate
)

// String returns "card", "attestation", "certificate" or "nobody".
func (w Witness) String() string { return name(w, "nobody", "card", "attestation", "certificate") }

// Origin says where a private key was made.
type Origin int

// Where private keys are made.
const (
	OriginUnknown Origin = iota
	Generated            // on the card
	Imported             // somewhere else: there may be copies
)

// String returns "generated", "imported" or "unknown".
func (o Origin) String() string { return name(o, "unknown", "generated", "imported") }

// PINPolicy says when the card wants its PIN before a key signs. The values are
// those of the card's own encoding.
type PINPolicy byte

// PIN policies. The last two are of cards with a fingerprint reader.
const (
	PINUnknown     PINPolicy = iota
	PINNever                 // not at all
	PINOnce                  // once after it was plugged in
	PINAlways                // before each signature
	PINMatchOnce             // a fingerprint, once
	PINMatchAlways           // a fingerprint, before each signature
)

// String returns "always" and the like.
func (p PINPolicy) String() string {
	return name(p, "unknown", "never", "once", "always", "match-once", "match-always")
}

// TouchPolicy says when the card wants to be touched before a key signs. The
// values are those of the card's own encoding.
type TouchPolicy byte

// Touch policies.
const (
	TouchUnknown TouchPolicy = iota
	TouchNever               // not at all
	TouchAlways              // for each signature
	TouchCached              // when the last touch was more than 15 seconds ago
)

// String returns "always" and the like.
func (p TouchPolicy) String() string { return name(p, "unknown", "never", "always", "cached") }

// Algorithm is the kind of a new key.
type Algorithm string

// The kinds of keys that can be made. RSA keys can be used, not made; Ed25519
// keys neither, because the card would have to take in the whole document.
const (
	P256 Algorithm = "p256"
	P384 Algorithm = "p384"
)

// name returns the name at place n, "unknown" when there is none.
func name[N ~int | ~byte](n N, names ...string) string {
	if int(n) < 0 || int(n) >= len(names) {
		return "unknown"
	}
	return names[n]
}
