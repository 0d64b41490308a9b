package ca

import (
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"slices"
	"time"
)

// Draft is a certificate of a device or slot before it is signed.
type Draft struct {
	CommonName          string
	NotBefore, NotAfter time.Time
	Extensions          []pkix.Extension
}

// Fault changes a draft.
type Fault func(*Draft)

// Missing leaves an extension out.
func Missing(id asn1.ObjectIdentifier) Fault {
	return func(d *Draft) {
		d.Extensions = slices.DeleteFunc(d.Extensions, func(e pkix.Extension) bool { return e.Id.Equal(id) })
	}
}

// Duplicated adds a second extension of the same identifier and value.
func Duplicated(id asn1.ObjectIdentifier) Fault {
	return func(d *Draft) {
		if i := d.find(id); i >= 0 {
			d.Extensions = append(d.Extensions, d.Extensions[i])
		}
	}
}

// Corrupted cuts the last byte of an extension's value off.
func Corrupted(id asn1.ObjectIdentifier) Fault {
	return func(d *Draft) {
		if i := d.find(id); i >= 0 {
			value := d.Extensions[i].Value
			d.Extensions[i].Value = value[:len(value)-1]
		}
	}
}

// Replaced gives an extension another value, or adds the extension.
func Replaced(id asn1.ObjectIdentifier, value []byte) Fault {
	return func(d *Draft) {
		if i := d.find(id); i >= 0 {
			d.Extensions[i].Value = value
			return
		}
		d.Extensions = append(d.Extensions, pkix.Extension{Id: id, Value: value})
	}
}

// OtherSerial names another YubiKey.
func OtherSerial(serial uint32) Fault { return Replaced(OIDSerial, integer(int64(serial))) }

// Named gives another common name to the subject.
func Named(commonName string) Fault {
	return func(d *Draft) { d.CommonName = commonName }
}

// Expired ends the certificate's period a second after its beginning.
func Expired() Fault {
	return func(d *Draft) { d.NotAfter = d.NotBefore.Add(time.Second) }
}

// find returns the index of the first extension with this identifier, or -1.
func (d *Draft) find(id asn1.ObjectIdentifier) int {
	return slices.IndexFunc(d.Extensions, func(e pkix.Extension) bool { return e.Id.Equal(id) })
}

// sign applies the faults and returns the certificate as DER.
func (d *Draft) sign(public crypto.PublicKey, by *issuer, faults []Fault) ([]byte, error) {
	for _, fault := range faults {
		fault(d)
	}
	template := &x509.Certificate{
		SerialNumber: newSerialNumber(), Subject: pkix.Name{CommonName: d.CommonName},
		NotBefore: d.NotBefore, NotAfter: d.NotAfter,
		ExtraExtensions: d.Extensions, SignatureAlgorithm: x509.SHA256WithRSA,
	}
	parent := *by.certificate
	parent.SubjectKeyId = nil // else an authority key identifier would be added, which YubiKeys' have not
	return x509.CreateCertificate(rand.Reader, template, &parent, public, by.key)
}
