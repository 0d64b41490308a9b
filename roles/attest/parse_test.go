package attest_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"math/big"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/roles/attest"
	"github.com/rust-lang/rust-tuf/tests/refusaltest"
)

func TestParseRefuses(t *testing.T) {
	f := short(t)
	device := f.root.device(t)
	slot := device.attest(t, newKey(t).Public())
	good, other := text(slot), text(device.Certificate)
	block := func(kind string, headers map[string]string, der []byte) []byte {
		return pem.EncodeToMemory(&pem.Block{Type: kind, Headers: headers, Bytes: der})
	}
	for _, c := range []struct {
		name  string
		file  []byte
		words string
	}{
		{"empty", nil, "no certificate in PEM (a block that begins with -----BEGIN CERTIFICATE-----)"},
		{"DER", slot.Raw, "no certificate in PEM"},
		{"another block", block("PUBLIC KEY", nil, slot.Raw), "no certificate in PEM"},
		{"trusted certificate", block("TRUSTED CERTIFICATE", nil, slot.Raw), "no certificate in PEM"},
		{"text before", append([]byte("subject=CN = YubiKey\n"), good...), "no certificate in PEM"},
		{"text behind", append(bytes.Clone(good), "more\n"...), "data after the certificate"},
		{"two certificates", append(bytes.Clone(good), other...), "2 PEM blocks in one file, must be one"},
		{"the same twice", append(bytes.Clone(good), good...), "2 PEM blocks in one file, must be one"},
		{"damaged, then good", bytes.Replace(append(bytes.Clone(good), good...), []byte("-----END"), []byte("----END"), 1), "2 PEM blocks"},
		{"cut off", good[:len(good)/2], "the PEM block is cut off or damaged"},
		{"end cut off", good[:len(good)-10], "the PEM block is cut off or damaged"},
		{"no base64", bytes.Replace(good, []byte("M"), []byte("*"), 1), "the PEM block is cut off or damaged"},
		{"headers", block("CERTIFICATE", map[string]string{"A": "b"}, slot.Raw), "the PEM block has headers"},
		{"huge", append(bytes.Clone(good), bytes.Repeat([]byte("\n"), 9000)...), "above the limit of 8192"},
		{"DER cut off", block("CERTIFICATE", nil, slot.Raw[:len(slot.Raw)-1]), "is no X.509 certificate"},
		{"DER with data behind", block("CERTIFICATE", nil, append(bytes.Clone(slot.Raw), 0)), "is no X.509 certificate: x509: trailing data"},
		{"no DER", block("CERTIFICATE", nil, []byte("hello")), "is no X.509 certificate"},
		{"empty block", block("CERTIFICATE", nil, nil), "is no X.509 certificate"},
		{"version 1", block("CERTIFICATE", nil, versionOne(t, plain(t))), "is X.509 version 1, must be 3"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := attest.Parse(c.file, other)
			refusaltest.Says(t, err, "slot certificate")
			refusaltest.Says(t, err, c.words)
			refusaltest.Hints(t, err, "attest the slot again and export both certificates")
			_, err = attest.Parse(good, c.file)
			refusaltest.Says(t, err, "device certificate")
			refusaltest.Says(t, err, c.words)
			var file *attest.FileError
			var certificate *attest.CertificateError
			if !errors.As(err, &file) && !errors.As(err, &certificate) || certificate != nil && certificate.Err != nil && !errors.Is(err, certificate.Err) {
				t.Errorf("%T", err)
			}
		})
	}
	for _, der := range [][]byte{nil, slot.Raw[1:], append(bytes.Clone(slot.Raw), 0), make([]byte, 9000)} {
		if _, err := attest.ParseDER(der, device.Raw); err == nil {
			t.Error("damaged slot certificate accepted")
		}
		if _, err := attest.ParseDER(slot.Raw, der); err == nil {
			t.Error("damaged device certificate accepted")
		}
	}
	crlf := bytes.ReplaceAll(good, []byte("\n"), []byte("\r\n"))
	a, err := attest.Parse(append([]byte("\n "), crlf...), append(bytes.Clone(other), "\r\n\t "...))
	if err != nil || !bytes.Equal(a.SlotPEM(), good) || !bytes.Equal(a.DevicePEM(), other) {
		t.Errorf("white space: %v", err)
	}
}

// plain is a certificate without extensions.
func plain(t *testing.T) []byte {
	t.Helper()
	key := newKey(t)
	return sign(t, nil, key, key.Public(), &x509.Certificate{}, []edit{named("YubiKey PIV Attestation 9c")}).Raw
}

// versionOne takes the version out of a certificate.
func versionOne(t *testing.T, der []byte) []byte {
	t.Helper()
	c := take(t, der)
	c.TBS = asn1.RawValue{Tag: asn1.TagSequence, IsCompound: true, Bytes: c.TBS.Bytes[5:]}
	return must(asn1.Marshal(c))
}

// apart is a certificate in its three parts (RFC 5280, 4.1).
type apart struct {
	TBS       asn1.RawValue
	Algorithm asn1.RawValue
	Signature asn1.BitString
}

func take(t *testing.T, der []byte) apart {
	t.Helper()
	var c apart
	if _, err := asn1.Unmarshal(der, &c); err != nil {
		t.Fatal(err)
	}
	return c
}

// resign changes the signed bytes of a certificate and signs them again.
func resign(t *testing.T, by *issuer, old *x509.Certificate, change func(tbs []byte) []byte) *x509.Certificate {
	t.Helper()
	c := take(t, old.Raw)
	c.TBS = asn1.RawValue{FullBytes: change(c.TBS.FullBytes)}
	sum := sha256.Sum256(c.TBS.FullBytes)
	sig, err := by.key.Sign(rand.Reader, sum[:], crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	c.Signature = asn1.BitString{Bytes: sig, BitLength: 8 * len(sig)}
	parsed, err := x509.ParseCertificate(must(asn1.Marshal(c)))
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func TestVerifyNothing(t *testing.T) {
	for _, a := range []*attest.Attestation{nil, {}} {
		_, err := yubico(t).Verify(a, at)
		if !errors.Is(err, attest.ErrNothing) {
			t.Error(err)
		}
		refusaltest.Says(t, err, "no attestation to check")
	}
	f := short(t)
	device := f.root.device(t)
	_, err := check(&attest.Verifier{}, device.attest(t, newKey(t).Public()), device.Certificate, at)
	chainError(t, err, attest.DeviceCertificate, "that issuer is not known here", "")
}

// Keys that a card holds and metadata cannot list.
func TestKeysThatCannotSign(t *testing.T) {
	f := short(t)
	v := f.verifier(t)
	device := f.root.device(t)
	p224, err := ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	edwards, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	// crypto/x509 makes no certificates for X25519, whose identifier differs
	// from that of Ed25519 in its last byte.
	x25519 := resign(t, device, device.attest(t, edwards), func(tbs []byte) []byte {
		return bytes.Replace(tbs, []byte{6, 3, 0x2b, 0x65, 0x70}, []byte{6, 3, 0x2b, 0x65, 0x6e}, 1)
	})
	small := &rsa.PublicKey{N: new(big.Int).SetBit(new(big.Int).SetBit(new(big.Int), 1023, 1), 0, 1), E: 65537}
	for name, c := range map[string]struct {
		slot  *x509.Certificate
		words string
	}{
		"P-224":    {device.attest(t, p224.Public()), "the key in slot 9c of card 36011225 cannot sign here: "},
		"RSA 1024": {device.attest(t, small), "RSA key of 1024 bits, must have at least 2048"},
		"X25519":   {x25519, "keys of its kind make no signatures"},
	} {
		_, err := check(v, c.slot, device.Certificate, at)
		var e *attest.KeyError
		if !errors.As(err, &e) || e.Serial != 36011225 || e.Slot != attest.Slot9C || !errors.Is(err, e.Err) {
			t.Errorf("%s: %T %v", name, err, err)
			continue
		}
		refusaltest.Says(t, err, c.words)
		refusaltest.Hints(t, err, "make an ECDSA P-256 key on the card")
	}
}

func TestBundles(t *testing.T) {
	f := long(t)
	v := yubico(t)
	file := text(f.between[0].Certificate, f.between[1].Certificate)
	device := f.last().device(t)
	slot := device.attest(t, newKey(t).Public())
	for _, c := range []struct {
		name  string
		file  []byte
		part  attest.Part
		words string
	}{
		{"empty", nil, "intermediate 1", "no certificate in PEM"},
		{"text between", append(append(text(f.between[0].Certificate), "#\n"...), file...), "intermediate 2", "no certificate in PEM"},
		{"key behind", append(bytes.Clone(file), "-----BEGIN PRIVATE KEY-----\n"...), "intermediate 3", "no certificate in PEM"},
		{"cut off", file[:len(file)-40], "intermediate 2", "the PEM block is cut off or damaged"},
		{"damaged, then good", bytes.Replace(file, []byte("-----END"), []byte("----END"), 1), "intermediate 1", "the PEM block is cut off or damaged"},
		{"no DER", append(bytes.Clone(file), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte{1}})...), "intermediate 3", "is no X.509 certificate"},
		{"slot certificate", text(f.last().Certificate, slot), "intermediate 2", "is not the certificate of a CA"},
		{"root", text(f.last().Certificate, f.root.Certificate), "intermediate 2", "is a root, and roots cannot be added"},
		{"many", bytes.Repeat(text(f.last().Certificate), 65), "intermediate 65", "more than 64 certificates in one file"},
		{"huge", bytes.Repeat([]byte("\n"), 128<<10+1), "intermediates", "131073 bytes, above the limit of 131072"},
	} {
		_, err := v.WithIntermediates(c.file)
		var file *attest.FileError
		var certificate *attest.CertificateError
		if !(errors.As(err, &file) && file.Part == c.part || errors.As(err, &certificate) && certificate.Part == c.part) {
			t.Errorf("%s: %v", c.name, err)
		}
		refusaltest.Says(t, err, c.words)
		refusaltest.Hints(t, err, "")
	}
	_, err := v.WithIntermediates(nil)
	refusaltest.Hints(t, err, "take the file as Yubico publishes it")

	roots, err := attest.ParseTestRoots(text(f.root.Certificate, short(t).root.Certificate))
	if err != nil {
		t.Fatal(err)
	}
	tested := v.WithTestRoots(roots)
	names := tested.TestRoots()
	if len(names) != 2 || !strings.HasPrefix(names[0], `"Yubico Attestation Root 1", SHA-256 `) || len(strings.Fields(names[0])) != 4+1+16 {
		t.Errorf("%q", names)
	}
	if len(v.TestRoots()) != 0 {
		t.Error("a verifier was changed")
	}
	// The device certificate may not come in as intermediate of another.
	withDevice, err := tested.WithIntermediates(append(text(device.Certificate), file...))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := check(withDevice, slot, device.Certificate, at); err != nil {
		t.Error(err)
	}
	below := (&issuer{device.Certificate, device.key}).device(t, named("Yubico PIV Attestation"))
	_, err = check(withDevice, below.attest(t, newKey(t).Public()), below.Certificate, at)
	chainError(t, err, attest.Intermediate, "there is no root above 2 intermediates", "")

	for words, file := range map[string][]byte{
		"is not signed by itself":        text(f.last().Certificate),
		"is not the certificate of a CA": text(slot),
		"no certificate in PEM":          nil,
	} {
		_, err := attest.ParseTestRoots(file)
		refusaltest.Says(t, err, "test root 1")
		refusaltest.Says(t, err, words)
	}
	key := newKey(t)
	forged := resign(t, &issuer{nil, key}, f.root.Certificate, func(tbs []byte) []byte { return tbs })
	_, err = attest.ParseTestRoots(text(forged))
	refusaltest.Says(t, err, `test root 1 "Yubico Attestation Root 1": is not signed by itself`)
	refusaltest.Hints(t, err, "give the root")
}
