package attest_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rust-lang/rust-tuf/roles/attest"
	"github.com/rust-lang/rust-tuf/tests/refusaltest"
)

// What the factory makes is accepted, in both shapes: else the attacks below
// would prove nothing.
func TestHonestCards(t *testing.T) {
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	keys := map[string]any{"ECDSA P-256": newKey(t).Public(), "ECDSA P-384": p384.Public(), "Ed25519": ed.Public(), "RSA 2048": rsaKey().Public()}
	for shape, f := range map[string]*factory{"short": short(t), "long": long(t)} {
		v := f.verifier(t)
		device := f.last().device(t)
		for kind, public := range keys {
			got, err := check(v, device.attest(t, public), device.Certificate, at)
			if err != nil {
				t.Errorf("%s, %s: %v", shape, kind, err)
				continue
			}
			if got.Key.Algorithm() != kind || !got.Key.Equal(publicKey(t, public)) || got.Trust != attest.TestRootsOnly || len(got.Chain) != 3+len(f.between) {
				t.Errorf("%s, %s: %+v", shape, kind, got)
			}
			if !strings.Contains(got.String(), "; proven by a TEST ROOT only: \"Yubico ") {
				t.Error(got)
			}
		}
		ofRSA := f.last().deviceOf(t, rsaKey())
		if _, err := check(v, ofRSA.attest(t, newKey(t).Public()), ofRSA.Certificate, at); err != nil {
			t.Errorf("%s, device with an RSA key: %v", shape, err)
		}
		for name, e := range map[string]edit{
			"no form factor": without(9), "PIN never": with(8, 1, 1), "match always": with(8, 5, 3), "largest serial": with(7, 2, 5, 0, 0xff, 0xff, 0xff, 0xff),
			"smallest serial": with(7, 2, 1, 1), "retired slot": named("YubiKey PIV Attestation 95"),
		} {
			if _, err := check(v, device.attest(t, newKey(t).Public(), e), device.Certificate, at); err != nil {
				t.Errorf("%s, %s: %v", shape, name, err)
			}
		}
		marked := f.last().device(t, with(10, 2, 1, 3), with(11, 1), with(7, 2, 4, 0x02, 0x25, 0x7c, 0xd9))
		got, err := check(v, marked.attest(t, newKey(t).Public()), marked.Certificate, at)
		if err != nil || !got.FIPS || !got.CSPN {
			t.Errorf("%s, FIPS and CSPN: %+v %v", shape, got, err)
		}
		got, err = check(v, device.attest(t, newKey(t).Public(), with(9, 0x81)), device.Certificate, at)
		if err != nil || !got.FIPS || got.CSPN || !strings.Contains(got.String(), "USB-A keychain FIPS;") {
			t.Errorf("%s, FIPS by form factor: %v %v", shape, got, err)
		}
	}
}

// Cards of a factory with Yubico's names are nothing to who trusts Yubico.
func TestForeignRoots(t *testing.T) {
	key := newKey(t).Public()
	for _, c := range []struct {
		f     *factory
		words string
	}{
		{short(t), `device certificate "YubiKey PIV Attestation", issued by "Yubico PIV Root CA Serial 263751": that issuer's key did not sign it; whoever made it only used the name`},
		{long(t), `device certificate "YubiKey PIV Attestation", issued by "Yubico PIV Attestation B 1": that issuer's key did not sign it`},
	} {
		device := c.f.last().device(t)
		slot := device.attest(t, key)
		_, err := check(yubico(t), slot, device.Certificate, at)
		chainError(t, err, attest.DeviceCertificate, c.words, "do not accept this key")

		// Its own intermediates change nothing, and its root cannot come in
		// as one.
		v := yubico(t)
		for _, ca := range c.f.between {
			if v, err = v.WithIntermediates(text(ca.Certificate)); err != nil {
				t.Fatal(err)
			}
		}
		_, err = check(v, slot, device.Certificate, at)
		chainError(t, err, "", "that issuer's key did not sign it", "")
		_, err = v.WithIntermediates(text(c.f.root.Certificate))
		certificateError(t, err, "intermediate 1", "is a root, and roots cannot be added")
		refusaltest.Hints(t, err, "leave it out of the file")

		// A card of another test factory is no better.
		_, err = check(short(t).verifier(t), slot, device.Certificate, at)
		chainError(t, err, "", "that issuer's key did not sign it", "")
	}
}

func TestWrongPlaces(t *testing.T) {
	f := long(t)
	v := f.verifier(t)
	device, other := f.last().device(t), f.last().device(t)
	key := newKey(t)
	slot := device.attest(t, key.Public())
	issuedAbove := func(above *issuer, edits ...edit) *x509.Certificate {
		above = &issuer{above.Certificate, above.key}
		return above.attest(t, key.Public(), edits...)
	}
	for _, c := range []struct {
		name         string
		slot, device *x509.Certificate
		part         attest.Part
		words        string
	}{
		{"device certificate as slot certificate", device.Certificate, device.Certificate, attest.SlotCertificate, "is a device certificate, in the place of the slot certificate"},
		{"another's device certificate", other.Certificate, device.Certificate, attest.SlotCertificate, "is a device certificate"},
		{"swapped", device.Certificate, slot, attest.SlotCertificate, "is a device certificate"},
		{"slot certificate twice", slot, slot, attest.DeviceCertificate, "is a slot certificate, in the place of the device certificate"},
		{"bare intermediate", f.last().Certificate, f.between[0].Certificate, attest.SlotCertificate, "is an intermediate certificate, in the place of the slot certificate"},
		{"device under a bare intermediate", device.Certificate, f.last().Certificate, attest.SlotCertificate, "is a device certificate"},
		{"slot under an intermediate", issuedAbove(f.last()), f.last().Certificate, attest.DeviceCertificate, "is an intermediate certificate, in the place of the device certificate"},
		{"slot under the root", issuedAbove(f.root), f.root.Certificate, attest.DeviceCertificate, "is a root or self-signed certificate"},
		{"root twice", f.root.Certificate, f.root.Certificate, attest.SlotCertificate, "is a root or self-signed certificate"},
		{"slot certificate that is a CA", device.attest(t, key.Public(), aCA(true)), device.Certificate, attest.SlotCertificate, "is an intermediate certificate"},
		{"slot certificate of its own", sign(t, nil, key, key.Public(), &x509.Certificate{Subject: pkix.Name{CommonName: "YubiKey PIV Attestation 9c"}}, []edit{with(3, 5, 7, 4)}).Certificate, device.Certificate, attest.SlotCertificate, "is a root or self-signed"},
		{"device that is no CA", slot, f.last().device(t, aCA(false), pathLength(-1)).Certificate, attest.DeviceCertificate, "is no CA; some YubiKey 4 have such certificates, which cannot be checked"},
		{"device with room below", slot, f.last().device(t, pathLength(1)).Certificate, attest.DeviceCertificate, "is an intermediate certificate"},
		{"device without a bound", slot, f.last().device(t, pathLength(-1)).Certificate, attest.DeviceCertificate, "is an intermediate certificate"},
		{"device without firmware", slot, f.last().device(t, without(3)).Certificate, attest.DeviceCertificate, "is an intermediate certificate"},
		{"web site", device.attest(t, key.Public(), named("example.org")), device.Certificate, attest.SlotCertificate, `"example.org": is no statement about a slot: its subject is not one common name "YubiKey PIV Attestation " with a slot behind it`},
		{"OpenPGP", device.attest(t, key.Public(), named("YubiKey OPGP Attestation SIG")), device.Certificate, attest.SlotCertificate, "is no statement about a slot"},
		{"slot f9", device.attest(t, key.Public(), named("YubiKey PIV Attestation f9")), device.Certificate, attest.SlotCertificate, `"f9" is no PIV slot`},
		{"slot 96", device.attest(t, key.Public(), named("YubiKey PIV Attestation 96")), device.Certificate, attest.SlotCertificate, `"96" is no PIV slot`},
		{"slot 9C", device.attest(t, key.Public(), named("YubiKey PIV Attestation 9C")), device.Certificate, attest.SlotCertificate, `"9C" is no PIV slot`},
		{"slot 09c", device.attest(t, key.Public(), named("YubiKey PIV Attestation 09c")), device.Certificate, attest.SlotCertificate, `"09c" is no PIV slot`},
		{"no slot", device.attest(t, key.Public(), named("YubiKey PIV Attestation ")), device.Certificate, attest.SlotCertificate, `"" is no PIV slot`},
		{"more names", device.attest(t, key.Public(), func(c *x509.Certificate) { c.Subject.Organization = []string{"Yubico"} }), device.Certificate, attest.SlotCertificate, "its subject is not one common name"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := check(v, c.slot, c.device, at)
			certificateError(t, err, c.part, c.words)
			refusaltest.Hints(t, err, "ykman piv keys attest 9c attestation-9c.pem")
		})
	}
}

func TestWrongIssuers(t *testing.T) {
	f := long(t)
	v := f.verifier(t)
	device, other := f.last().device(t), f.last().device(t)
	key := newKey(t)
	asDevice := func(by *issuer) *issuer { // another's key under the device's name
		c := *device.Certificate
		c.PublicKey = by.key.Public()
		return &issuer{&c, by.key}
	}
	for _, c := range []struct {
		name         string
		slot, device *x509.Certificate
		part         attest.Part
		words        string
	}{
		{"two cards", other.attest(t, key.Public()), device.Certificate, attest.SlotCertificate, "the key of the device certificate beside it did not sign it; the two are not of one card"},
		{"signed by the intermediate", asDevice(f.last()).attest(t, key.Public()), device.Certificate, attest.SlotCertificate, `it was signed by "Yubico PIV Attestation B 1", and not by the device`},
		{"signed by the root", asDevice(f.root).attest(t, key.Public()), device.Certificate, attest.SlotCertificate, `it was signed by "Yubico Attestation Root 1", and not by the device`},
		{"issued by the intermediate", f.last().attest(t, key.Public()), device.Certificate, attest.SlotCertificate, `"YubiKey PIV Attestation 9c", issued by "Yubico PIV Attestation B 1": the device certificate beside it is named "YubiKey PIV Attestation"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := check(v, c.slot, c.device, at)
			chainError(t, err, c.part, c.words, "do not accept this key")
		})
	}
}

func TestWrongPaths(t *testing.T) {
	f := long(t)
	root, upper := f.root, f.between[0]
	v := f.verifier(t)
	key := newKey(t)
	fido := upper.issue(t, "Yubico FIDO Attestation B 1", 1)
	extra := f.last().issue(t, "Yubico PIV Attestation B 1 1", 0)
	newer := upper.issue(t, "Yubico PIV Attestation C 1", 1)
	tight := upper.issue(t, "Yubico PIV Attestation T 1", 0)
	noCA := upper.issue(t, "Yubico PIV Attestation N 1", 1, func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageDigitalSignature })
	narrow := upper.issue(t, "Yubico PIV Attestation D 1", 1, func(c *x509.Certificate) {
		c.ExtraExtensions = append(c.ExtraExtensions, pkix.Extension{Id: asn1.ObjectIdentifier{1, 2, 3}, Critical: true, Value: []byte{5, 0}})
	})
	ended := upper.issue(t, "Yubico PIV Attestation E 1", 1, valid(begin, at.Add(-time.Hour)))
	expired := (*issuer)(nil).issue(t, "Yubico PIV Root CA Serial 1", 1, valid(begin, at.Add(-time.Hour)))
	var err error
	for _, ca := range []*issuer{fido, extra, tight, noCA, narrow, ended} {
		if v, err = v.WithIntermediates(text(ca.Certificate)); err != nil {
			t.Fatal(err)
		}
	}
	roots, err := attest.ParseTestRoots(text(expired.Certificate))
	if err != nil {
		t.Fatal(err)
	}
	v = v.WithTestRoots(roots)
	for _, c := range []struct {
		name        string
		by          *issuer
		part        attest.Part
		words, hint string
	}{
		{"unknown intermediate", newer, attest.DeviceCertificate, `issued by "Yubico PIV Attestation C 1": that issuer is not known here`, "add it as members/intermediates.pem, in the same pull request"},
		{"intermediate for other keys", fido, attest.DeviceCertificate, `issued by "Yubico FIDO Attestation B 1": that issuer does not certify PIV devices, only those whose names begin with "Yubico PIV Attestation " do`, ""},
		{"one intermediate too few", upper, attest.DeviceCertificate, `the number of intermediates between it and the root "Yubico Attestation Root 1" is 1, must be 0 or 2`, ""},
		{"one intermediate too many", extra, attest.Intermediate, "there is no root above 2 intermediates", ""},
		{"path length used up", tight, attest.SlotCertificate, "the path to the root breaks a rule of X.509: x509: too many intermediates for path length constraint", ""},
		{"intermediate that may not sign", noCA, attest.DeviceCertificate, "that issuer's key did not sign it", ""},
		{"critical extension above", narrow, attest.SlotCertificate, "the path to the root breaks a rule of X.509: x509: unhandled critical extension", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			device := c.by.device(t)
			_, err := check(v, device.attest(t, key.Public()), device.Certificate, at)
			chainError(t, err, c.part, c.words, c.hint)
			var own x509.CertificateInvalidError
			if errors.As(err, &own) != (c.by == tight) {
				t.Errorf("wraps %#v", own)
			}
		})
	}
	for _, c := range []struct {
		name string
		by   *issuer
		part attest.Part
	}{{"intermediate", ended, attest.Intermediate}, {"root", expired, attest.Root}} {
		device := c.by.device(t)
		_, err := check(v, device.attest(t, key.Public()), device.Certificate, at)
		var e *attest.ValidityError
		if !errors.As(err, &e) || e.Part != c.part {
			t.Errorf("expired %s: %v", c.name, err)
		}
	}
	device := f.last().device(t, valid(begin, at.Add(-time.Second)))
	_, err = check(v, device.attest(t, key.Public()), device.Certificate, at)
	var e *attest.ValidityError
	if !errors.As(err, &e) || e.Part != attest.DeviceCertificate || e.Subject != "YubiKey PIV Attestation" {
		t.Errorf("expired device: %v", err)
	}
	// An intermediate that comes later than this program is no problem.
	if v, err = v.WithIntermediates(text(newer.Certificate)); err != nil {
		t.Fatal(err)
	}
	device = newer.device(t)
	if _, err := check(v, device.attest(t, key.Public()), device.Certificate, at); err != nil {
		t.Error(err)
	}
	// The direct way is for the old root alone, even when the new one signs.
	device = root.device(t)
	if _, err := check(v, device.attest(t, key.Public()), device.Certificate, at); err != nil {
		t.Errorf("short under a test root: %v", err)
	}
}

// A name that reads the same in another encoding is another name.
func TestNameEncoding(t *testing.T) {
	f := short(t)
	device := f.root.device(t)
	twin := *device.Certificate
	twin.RawSubject = must(asn1.Marshal(pkix.Name{CommonName: "YubiKey PIV Attestation"}.ToRDNSequence()))
	slot := (&issuer{&twin, device.key}).attest(t, newKey(t).Public())
	_, err := check(f.verifier(t), slot, device.Certificate, at)
	chainError(t, err, attest.SlotCertificate, "the device certificate beside it writes that name in other bytes", "")
}

// A file of further intermediates cannot hide those that are known.
func TestIntermediatesOfTheSameName(t *testing.T) {
	f := long(t)
	device := f.last().device(t)
	slot := device.attest(t, newKey(t).Public())
	twin := long(t)
	v := f.verifier(t)
	for _, c := range slices.Concat(twin.between, f.between) {
		var err error
		if v, err = v.WithIntermediates(text(c.Certificate)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := check(v, slot, device.Certificate, at); err != nil {
		t.Error(err)
	}
}

func chainError(t *testing.T, err error, part attest.Part, words, hint string) {
	t.Helper()
	var e *attest.ChainError
	if !errors.As(err, &e) || part != "" && e.Part != part {
		t.Errorf("%T %v, want a *ChainError of the %s", err, err, part)
		return
	}
	refusaltest.Says(t, err, words)
	refusaltest.Hints(t, err, hint)
}

func certificateError(t *testing.T, err error, part attest.Part, words string) {
	t.Helper()
	var e *attest.CertificateError
	if !errors.As(err, &e) || e.Part != part {
		t.Errorf("%T %v, want a *CertificateError of the %s", err, err, part)
		return
	}
	refusaltest.Says(t, err, words)
}
