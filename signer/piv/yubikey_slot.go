//go:build !nopiv && (windows || (cgo && (linux || darwin || freebsd || openbsd)))

package piv

import (
	"crypto"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"

	"github.com/go-piv/piv-go/v2/piv"

	"github.com/rust-lang/rust-tuf/verify"
)

// describes is the firmware since which cards describe their keys.
var describes = Version{5, 3, 0}

// slot asks the card itself where its firmware can tell, has it attest the key
// where it cannot, and reads the certificate in the slot as a last resort.
func (y *yubikey) slot(s Slot) (SlotInfo, error) {
	if y.version.AtLeast(describes) {
		return y.describe(s)
	}
	if y.version.AtLeast(attests) {
		certificate, err := y.card.Attest(slotOf(s))
		if err == nil {
			info := used(s, ByAttestation, certificate.PublicKey)
			info.Origin = Generated
			info.PIN, info.Touch = policies(certificate)
			return info, nil
		}
		if !errors.Is(err, piv.ErrNotFound) {
			return SlotInfo{}, y.explain("attesting slot "+s.String(), err)
		}
	}
	certificate, err := y.card.Certificate(slotOf(s))
	if errors.Is(err, piv.ErrNotFound) {
		return SlotInfo{Slot: s, State: Hidden}, nil
	}
	if err != nil {
		return SlotInfo{}, y.explain("reading the certificate in slot "+s.String(), err)
	}
	return used(s, ByCertificate, certificate.PublicKey), nil
}

// describe reads the card's own description of the key in a slot.
func (y *yubikey) describe(s Slot) (SlotInfo, error) {
	described, err := y.card.KeyInfo(slotOf(s))
	if errors.Is(err, piv.ErrNotFound) {
		return SlotInfo{Slot: s}, nil
	}
	if err != nil {
		return SlotInfo{}, y.explain("reading slot "+s.String(), err)
	}
	info := used(s, ByCard, described.PublicKey)
	info.Origin = Origin(described.Origin)
	info.PIN, info.Touch = PINPolicy(described.PINPolicy), TouchPolicy(described.TouchPolicy)
	return info, nil
}

// used describes a slot that holds the private half of public.
func used(s Slot, told Witness, public crypto.PublicKey) SlotInfo {
	info := SlotInfo{Slot: s, State: Used, Told: told}
	spki, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		info.Told = ByNobody
		return info
	}
	info.Fingerprint = sha256.Sum256(spki)
	info.Algorithm = algorithmOf(public)
	if key, err := verify.NewPublicKey(public); err == nil {
		info.Public = key
	}
	return info
}

// algorithmOf names the kind of any key that a card can hold.
func algorithmOf(public crypto.PublicKey) string {
	switch key := public.(type) {
	case *ecdsa.PublicKey:
		return "ECDSA " + key.Curve.Params().Name
	case *rsa.PublicKey:
		return fmt.Sprintf("RSA %d", key.N.BitLen())
	case ed25519.PublicKey:
		return "Ed25519"
	case *ecdh.PublicKey:
		return fmt.Sprint(key.Curve())
	}
	return ""
}

// policiesOID is Yubico's extension with the PIN policy and the touch policy,
// one byte each.
var policiesOID = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 41482, 3, 8}

// policies reads the policies out of an attestation that this card made just
// now. It checks no signature: what they are is for signing, not for trust.
func policies(certificate *x509.Certificate) (PINPolicy, TouchPolicy) {
	for _, extension := range certificate.Extensions {
		if extension.Id.Equal(policiesOID) && len(extension.Value) == 2 {
			return PINPolicy(extension.Value[0]), TouchPolicy(extension.Value[1])
		}
	}
	return PINUnknown, TouchUnknown
}

// slotOf returns piv-go's name of a slot.
func slotOf(s Slot) piv.Slot { return piv.Slot{Key: uint32(s), Object: s.object()} }

// object returns the data object that holds the slot's certificate.
func (s Slot) object() uint32 {
	switch s {
	case Authentication:
		return 0x5fc105
	case Signature:
		return 0x5fc10a
	case KeyManagement:
		return 0x5fc10b
	case CardAuthentication:
		return 0x5fc101
	}
	return 0x5fc10d + uint32(s-firstRetired)
}
