package ca

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
)

// Extension identifiers under 1.3.6.1.4.1.41482.3, and the one of RFC 5280 that devices carry.
var (
	OIDFirmware         = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 41482, 3, 3}
	OIDSerial           = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 41482, 3, 7}
	OIDPolicies         = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 41482, 3, 8}
	OIDFormFactor       = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 41482, 3, 9}
	OIDFIPS             = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 41482, 3, 10}
	OIDCSPN             = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 41482, 3, 11}
	OIDBasicConstraints = asn1.ObjectIdentifier{2, 5, 29, 19}
)

// Identity is what a YubiKey's certificates say of it.
type Identity struct {
	Serial     uint32
	Firmware   [3]byte // major, minor, patch
	FormFactor byte    // 1 USB-A, 2 USB-A nano, 3 USB-C, 4 USB-C nano, 5 USB-C and Lightning; FIPS adds 0x80
	FIPS       bool    // of the FIPS series
	CSPN       bool    // of the CSPN series
}

// Key is what a slot certificate says of a key.
type Key struct {
	Slot   byte // 0x9a, 0x9c, …
	Public crypto.PublicKey
	PIN    byte // 1 never, 2 once, 3 always
	Touch  byte // 1 never, 2 always, 3 cached
}

// Device is a YubiKey's attestation key and certificate, slot f9.
type Device struct {
	identity    Identity
	certificate *x509.Certificate
	key         *rsa.PrivateKey
	authority   *Authority
}

// Device makes the certificate of one YubiKey, over a key that the device made before it has not.
func (a *Authority) Device(id Identity, faults ...Fault) (*Device, error) {
	chain, err := a.issuers()
	if err != nil {
		return nil, err
	}
	name := "Yubico PIV Attestation"
	if a.shape == Long {
		name = "YubiKey PIV Attestation"
	}
	return a.newDevice(name, id, chain[len(chain)-1], faults)
}

// Under makes one more device certificate, signed by this one, which its path length forbids: an
// intermediate too many.
func (d *Device) Under(faults ...Fault) (*Device, error) {
	parent := &issuer{certificate: d.certificate, key: d.key}
	return d.authority.newDevice(d.certificate.Subject.CommonName, d.identity, parent, faults)
}

func (a *Authority) newDevice(name string, id Identity, parent *issuer, faults []Fault) (*Device, error) {
	key, err := a.deviceKey()
	if err != nil {
		return nil, err
	}
	period := a.period()
	draft := &Draft{CommonName: name, NotBefore: period[0], NotAfter: period[1], Extensions: []pkix.Extension{
		{Id: OIDFirmware, Value: id.Firmware[:]},
	}}
	if id.FIPS {
		draft.Extensions = append(draft.Extensions, pkix.Extension{Id: OIDFIPS, Value: integer(3)})
	}
	if id.CSPN {
		draft.Extensions = append(draft.Extensions, pkix.Extension{Id: OIDCSPN, Value: integer(1)})
	}
	draft.Extensions = append(draft.Extensions, pkix.Extension{
		Id: OIDBasicConstraints, Critical: true, Value: []byte{0x30, 6, 1, 1, 0xff, 2, 1, 0}, // CA, path length 0
	})
	der, err := draft.sign(key.Public(), parent, faults)
	if err != nil {
		return nil, err
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("device certificate: %w", err)
	}
	return &Device{identity: id, certificate: certificate, key: key, authority: a}, nil
}

// Certificate returns what the device keeps in its object 5fff01.
func (d *Device) Certificate() *x509.Certificate { return d.certificate }

// PublicKey returns the attestation key's public half.
func (d *Device) PublicKey() *rsa.PublicKey { return &d.key.PublicKey }

// Attest returns the DER of a slot certificate: what the card answers to ATTEST. With faults it may
// be one that crypto/x509 does not parse.
func (d *Device) Attest(k Key, faults ...Fault) ([]byte, error) {
	draft := &Draft{
		CommonName: fmt.Sprintf("YubiKey PIV Attestation %02x", k.Slot),
		NotBefore:  d.certificate.NotBefore, NotAfter: d.certificate.NotAfter,
		Extensions: []pkix.Extension{
			{Id: OIDFirmware, Value: d.identity.Firmware[:]},
			{Id: OIDSerial, Value: integer(int64(d.identity.Serial))},
			{Id: OIDPolicies, Value: []byte{k.PIN, k.Touch}},
		},
	}
	if d.identity.Firmware[0] >= 5 {
		form := d.identity.FormFactor
		if d.identity.FIPS {
			form |= 0x80
		}
		draft.Extensions = append(draft.Extensions, pkix.Extension{Id: OIDFormFactor, Value: []byte{form}})
	}
	return draft.sign(k.Public, &issuer{certificate: d.certificate, key: d.key}, faults)
}

// integer returns n as a DER INTEGER.
func integer(n int64) []byte {
	der, err := asn1.Marshal(n)
	if err != nil {
		panic(err) // no int64 fails
	}
	return bytes.Clone(der)
}
