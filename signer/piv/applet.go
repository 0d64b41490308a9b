package piv

import (
	"crypto"
	"crypto/x509"
)

// applet is the PIV application of one card, held alone until it is closed. It
// is what this package needs of piv-go, in its own words and with its own
// errors; yubikey.go has it, and absent.go nothing, where PIV is not built in.
type applet interface {
	// serial is the number printed on the card; firmware its version.
	serial() uint32
	firmware() Version

	// form is 0 when the card does not tell. It forgets a verified PIN.
	form() FormFactor

	// counters are what the card tells of its PIN and PUK. It may forget a
	// verified PIN.
	counters() (pin, puk Counter, err error)

	// slot reads all that is known about a slot.
	slot(Slot) (SlotInfo, error)

	// verify spends a try of the PIN.
	verify(pin []byte) error

	// changePIN and changePUK spend a try of the old one.
	changePIN(old, new []byte) error
	changePUK(old, new []byte) error

	// sign has the key in a slot, whose public half is public, sign a digest. A
	// PIN that it needs was verified right before.
	sign(s Slot, public crypto.PublicKey, digest []byte, opts crypto.SignerOpts) ([]byte, error)

	// attest returns the card's certificate about the key in a slot, device the
	// certificate about the card.
	attest(Slot) (*x509.Certificate, error)
	device() (*x509.Certificate, error)

	// isManagementKey reports whether key is the management key. It costs no
	// try.
	isManagementKey(key []byte) (bool, error)

	// protectedKey returns the management key that the card keeps under its PIN,
	// nil if it keeps none. It spends a try of the PIN.
	protectedKey(pin []byte) ([]byte, error)

	// protectKey exchanges the management key old for new and has the card keep
	// it under its PIN. It spends a try of the PIN.
	protectKey(pin, old, new []byte) error

	// generate makes a key, replacing the one in the slot.
	generate(management []byte, s Slot, a Algorithm, p PINPolicy, t TouchPolicy) (crypto.PublicKey, error)

	// store puts a certificate into a slot.
	store(management []byte, s Slot, certificate *x509.Certificate) error

	// erase deletes the certificate in a slot, from firmware 5.7 the key too,
	// and closes the applet. It works where pcsc.Available is true.
	erase(management []byte, s Slot) error

	// reset blocks the PIN and the PUK and puts everything back to the factory's
	// state.
	reset() error

	// close has the card forget a verified PIN, and lets go of it.
	close()
}
