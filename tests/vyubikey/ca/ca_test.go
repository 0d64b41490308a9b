package ca_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/rust-lang/rust-tuf/tests/vyubikey/ca"
)

// Authorities of all tests, as making their keys takes time.
var (
	short = ca.New(ca.Short)
	long  = ca.New(ca.Long)
)

// at is when chains are verified.
var at = time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)

func newKey(t *testing.T) *ecdsa.PublicKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return &key.PublicKey
}

// issue makes a device and has it attest a key in 9c, with faults on the slot certificate.
func issue(t *testing.T, a *ca.Authority, id ca.Identity, faults ...ca.Fault) (*ca.Device, []byte) {
	t.Helper()
	device, err := a.Device(id)
	if err != nil {
		t.Fatal(err)
	}
	der, err := device.Attest(ca.Key{Slot: 0x9c, Public: newKey(t), PIN: 3, Touch: 2}, faults...)
	if err != nil {
		t.Fatal(err)
	}
	return device, der
}

func parse(t *testing.T, der []byte) *x509.Certificate {
	t.Helper()
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// chain verifies slot under device and the authority's intermediates, of which the last ones are left out.
func chain(t *testing.T, a *ca.Authority, leftOut int, device, slot *x509.Certificate) ([][]*x509.Certificate, error) {
	t.Helper()
	root, err := a.Root()
	if err != nil {
		t.Fatal(err)
	}
	between, err := a.Intermediates()
	if err != nil {
		t.Fatal(err)
	}
	options := x509.VerifyOptions{
		Roots: x509.NewCertPool(), Intermediates: x509.NewCertPool(), CurrentTime: at,
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
	}
	options.Roots.AddCert(root)
	options.Intermediates.AddCert(device)
	for _, c := range between[:len(between)-leftOut] {
		options.Intermediates.AddCert(c)
	}
	return slot.Verify(options)
}

// Both shapes verify with crypto/x509, have the names of the real ones, and are of RSA 2048 up to the slot.
func TestShapes(t *testing.T) {
	for _, test := range []struct {
		authority *ca.Authority
		names     []string // slot first
		end       int
	}{
		{short, []string{"YubiKey PIV Attestation 9c", "Yubico PIV Attestation", "Yubico PIV Root CA Serial 263751"}, 2052},
		{long, []string{
			"YubiKey PIV Attestation 9c", "YubiKey PIV Attestation", "Yubico PIV Attestation B 1",
			"Yubico Attestation Intermediate B 1", "Yubico Attestation Root 1",
		}, 9999},
	} {
		device, der := issue(t, test.authority, ca.Identity{Serial: 20000001, Firmware: [3]byte{5, 7, 4}, FormFactor: 3})
		chains, err := chain(t, test.authority, 0, device.Certificate(), parse(t, der))
		if err != nil || len(chains) != 1 {
			t.Fatalf("%d chains, %v", len(chains), err)
		}
		var names []string
		for i, c := range chains[0] {
			names = append(names, c.Subject.CommonName)
			if key, ok := c.PublicKey.(*rsa.PublicKey); i > 0 && (!ok || key.N.BitLen() != 2048) {
				t.Errorf("%s has a %T", c.Subject.CommonName, c.PublicKey)
			}
			if c.NotAfter.Year() != test.end {
				t.Errorf("%s ends %s", c.Subject.CommonName, c.NotAfter)
			}
		}
		if got, want := strings.Join(names, " ← "), strings.Join(test.names, " ← "); got != want {
			t.Errorf("chain %s, want %s", got, want)
		}
	}
}

// The extensions are the real ones', byte by byte and in their order.
func TestExtensions(t *testing.T) {
	for _, test := range []struct {
		name         string
		id           ca.Identity
		device, slot string
	}{
		{
			"5.7.4", ca.Identity{Serial: 36011225, Firmware: [3]byte{5, 7, 4}, FormFactor: 3},
			"3.3=050704 19=30060101FF020100", "3.3=050704 3.7=020402257CD9 3.8=0302 3.9=03",
		},
		{
			"5.4.3 FIPS", ca.Identity{Serial: 36011225, Firmware: [3]byte{5, 4, 3}, FormFactor: 1, FIPS: true},
			"3.3=050403 3.10=020103 19=30060101FF020100", "3.3=050403 3.7=020402257CD9 3.8=0302 3.9=81",
		},
		{
			"5.7.4 CSPN", ca.Identity{Serial: 36011225, Firmware: [3]byte{5, 7, 4}, FormFactor: 1, CSPN: true},
			"3.3=050704 3.11=020101 19=30060101FF020100", "3.3=050704 3.7=020402257CD9 3.8=0302 3.9=01",
		},
		{
			"4.4.5 FIPS", ca.Identity{Serial: 10550341, Firmware: [3]byte{4, 4, 5}, FIPS: true},
			"3.3=040405 3.10=020103 19=30060101FF020100", "3.3=040405 3.7=020400A0FC45 3.8=0302",
		},
	} {
		device, der := issue(t, short, test.id)
		if got := list(device.Certificate()); got != test.device {
			t.Errorf("%s: device %s, want %s", test.name, got, test.device)
		}
		if got := list(parse(t, der)); got != test.slot {
			t.Errorf("%s: slot %s, want %s", test.name, got, test.slot)
		}
	}
}

// list writes the extensions with the ends of their identifiers.
func list(c *x509.Certificate) string {
	var all []string
	for _, e := range c.Extensions {
		id := strings.TrimPrefix(strings.TrimPrefix(e.Id.String(), "1.3.6.1.4.1.41482."), "2.5.29.")
		all = append(all, id+"="+fmt.Sprintf("%X", e.Value))
	}
	return strings.Join(all, " ")
}

// Each fault is what it says, under a signature that is good.
func TestFaults(t *testing.T) {
	id := ca.Identity{Serial: 20000001, Firmware: [3]byte{5, 7, 4}, FormFactor: 3}
	count := func(c *x509.Certificate, id asn1.ObjectIdentifier) (n int, value []byte) {
		for _, e := range c.Extensions {
			if e.Id.Equal(id) {
				n, value = n+1, e.Value
			}
		}
		return n, value
	}
	for _, test := range []struct {
		name  string
		fault ca.Fault
		holds func(*x509.Certificate) bool
	}{
		{"missing", ca.Missing(ca.OIDPolicies), func(c *x509.Certificate) bool {
			n, _ := count(c, ca.OIDPolicies)
			return n == 0 && len(c.Extensions) == 3
		}},
		{"corrupted", ca.Corrupted(ca.OIDFirmware), func(c *x509.Certificate) bool {
			_, value := count(c, ca.OIDFirmware)
			return bytes.Equal(value, []byte{5, 7})
		}},
		{"replaced", ca.Replaced(ca.OIDPolicies, []byte{1, 1}), func(c *x509.Certificate) bool {
			_, value := count(c, ca.OIDPolicies)
			return bytes.Equal(value, []byte{1, 1})
		}},
		{"added", ca.Replaced(ca.OIDCSPN, []byte{2, 1, 1}), func(c *x509.Certificate) bool {
			n, _ := count(c, ca.OIDCSPN)
			return n == 1
		}},
		{"other serial", ca.OtherSerial(5), func(c *x509.Certificate) bool {
			_, value := count(c, ca.OIDSerial)
			return bytes.Equal(value, []byte{2, 1, 5})
		}},
		{"named", ca.Named("YubiKey PIV Attestation 9a"), func(c *x509.Certificate) bool {
			return c.Subject.CommonName == "YubiKey PIV Attestation 9a"
		}},
		{"expired", ca.Expired(), func(c *x509.Certificate) bool { return c.NotAfter.Before(at) }},
	} {
		device, der := issue(t, long, id, test.fault)
		c := parse(t, der)
		if !test.holds(c) {
			t.Errorf("%s: %s", test.name, list(c))
		}
		if err := device.Certificate().CheckSignature(c.SignatureAlgorithm, c.RawTBSCertificate, c.Signature); err != nil {
			t.Errorf("%s: %v", test.name, err)
		}
	}
	_, der := issue(t, long, id, ca.Duplicated(ca.OIDSerial))
	if _, err := x509.ParseCertificate(der); err == nil || !strings.Contains(err.Error(), "duplicate") {
		t.Errorf("duplicated: %v", err)
	}
	// Faults pass over extensions that are not there.
	if _, der := issue(t, long, id, ca.Duplicated(ca.OIDFIPS), ca.Corrupted(ca.OIDFIPS)); len(parse(t, der).Extensions) != 4 {
		t.Error("a fault of no extension changed something")
	}
}

// What leads to no root: another authority, an intermediate missing, one too many, an expired device.
func TestBrokenChains(t *testing.T) {
	id := ca.Identity{Serial: 20000001, Firmware: [3]byte{5, 7, 4}, FormFactor: 3}
	device, der := issue(t, long, id)
	slot := parse(t, der)
	var unknown x509.UnknownAuthorityError
	if _, err := chain(t, short, 0, device.Certificate(), slot); !errors.As(err, &unknown) {
		t.Errorf("another authority: %v", err)
	}
	if _, err := chain(t, long, 1, device.Certificate(), slot); !errors.As(err, &unknown) {
		t.Errorf("an intermediate missing: %v", err)
	}
	other, _ := issue(t, long, id)
	if _, err := chain(t, long, 0, other.Certificate(), slot); !errors.As(err, &unknown) {
		t.Errorf("another device's certificate: %v", err)
	}
	under, err := device.Under()
	if err != nil {
		t.Fatal(err)
	}
	der, err = under.Attest(ca.Key{Slot: 0x9c, Public: newKey(t), PIN: 3, Touch: 2})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := chain(t, long, 0, under.Certificate(), parse(t, der)); err == nil {
		t.Error("a device under a device verifies")
	}
	expired, err := long.Device(id, ca.Expired())
	if err != nil {
		t.Fatal(err)
	}
	der, err = expired.Attest(ca.Key{Slot: 0x9c, Public: newKey(t), PIN: 3, Touch: 2})
	if err != nil {
		t.Fatal(err)
	}
	var invalid x509.CertificateInvalidError
	if _, err := chain(t, long, 0, expired.Certificate(), parse(t, der)); !errors.As(err, &invalid) || invalid.Reason != x509.Expired {
		t.Errorf("expired: %v", err)
	}
	// Some devices of firmware 4 have no basic constraints.
	if bare, err := short.Device(id, ca.Missing(ca.OIDBasicConstraints)); err != nil || bare.Certificate().BasicConstraintsValid {
		t.Errorf("without basic constraints: %v", err)
	}
}

// PEM writes what pem.Decode reads.
func TestPEM(t *testing.T) {
	root, err := short.Root()
	if err != nil {
		t.Fatal(err)
	}
	block, rest := pem.Decode([]byte(ca.PEM(root, root)))
	if block == nil || block.Type != "CERTIFICATE" || !bytes.Equal(block.Bytes, root.Raw) {
		t.Fatal("the first certificate came back changed")
	}
	if block, rest = pem.Decode(rest); block == nil || len(rest) != 0 {
		t.Fatal("there is not one more certificate")
	}
	if short.Shape() != ca.Short || long.Shape() != ca.Long {
		t.Fatal("an authority forgot its shape")
	}
}
