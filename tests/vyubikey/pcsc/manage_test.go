//go:build linux && cgo

package pcsc_test

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
	"errors"
	"strings"
	"testing"

	"github.com/go-piv/piv-go/v2/piv"

	"github.com/rust-lang/rust-tuf/tests/vyubikey/card"
)

// Management keys as piv-go changes them: 3DES before firmware 5.4, AES by length from there on.
func TestManagementKeys(t *testing.T) {
	for _, test := range []struct {
		firmware card.Firmware
		length   int
	}{
		{card.Firmware{4, 3, 7}, 24}, {card.Firmware{5, 2, 7}, 24},
		{card.Firmware{5, 4, 3}, 16}, {card.Firmware{5, 7, 4}, 16}, {card.Firmware{5, 7, 4}, 24}, {card.Firmware{5, 7, 4}, 32},
	} {
		c := insert(t, card.Config{Firmware: test.firmware})
		yk := open(t, c)
		key := make([]byte, test.length)
		rand.Read(key)
		if err := yk.SetManagementKey(card.FactoryManagementKey(), key); err != nil {
			t.Fatalf("%s, %d bytes: %v", test.firmware, test.length, err)
		}
		if err := yk.SetManagementKey(card.FactoryManagementKey(), key); err == nil {
			t.Fatalf("%s, %d bytes: the factory's key still counts", test.firmware, test.length)
		}
		if _, err := yk.GenerateKey(key, piv.SlotSignature, p256); err != nil {
			t.Fatalf("%s, %d bytes: %v", test.firmware, test.length, err)
		}
	}
}

var p256 = piv.Key{Algorithm: piv.AlgorithmEC256, PINPolicy: piv.PINPolicyAlways, TouchPolicy: piv.TouchPolicyAlways}

// A management key of 24 bytes is kept on the card behind the PIN and found again.
func TestProtectedManagementKey(t *testing.T) {
	c := insert(t, card.Config{})
	yk := open(t, c)
	key := make([]byte, 24)
	rand.Read(key)
	if err := yk.SetManagementKey(card.FactoryManagementKey(), key); err != nil {
		t.Fatal(err)
	}
	if err := yk.SetMetadata(key, &piv.Metadata{ManagementKey: &key}); err != nil {
		t.Fatal(err)
	}
	if _, err := yk.Metadata("999999"); status(err) != 0x63c2 {
		t.Fatalf("with a wrong PIN: %v", err)
	}
	m, err := yk.Metadata(card.FactoryPIN)
	if err != nil || m.ManagementKey == nil || !bytes.Equal(*m.ManagementKey, key) {
		t.Fatalf("%v, %v", m, err)
	}
}

// Every kind of key that piv-go imports is there, signs, says where it came from and is not attested.
func TestImportedKeys(t *testing.T) {
	ecKey := func(curve elliptic.Curve) crypto.Signer {
		k, err := ecdsa.GenerateKey(curve, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	_, edKey, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := insert(t, card.Config{})
	yk := open(t, c)
	for _, key := range []crypto.Signer{ecKey(elliptic.P256()), ecKey(elliptic.P384()), rsaKey, edKey} {
		policy := p256
		policy.Algorithm = piv.AlgorithmEd25519 // looked at for that one only
		if err := yk.SetPrivateKeyInsecure(card.FactoryManagementKey(), piv.SlotSignature, key, policy); err != nil {
			t.Fatalf("%T: %v", key, err)
		}
		if _, err := yk.Attest(piv.SlotSignature); !errors.Is(err, piv.ErrNotFound) {
			t.Fatalf("%T: attested, %v", key, err)
		}
		info, err := yk.KeyInfo(piv.SlotSignature)
		if err != nil || info.Origin != piv.OriginImported || info.PINPolicy != piv.PINPolicyAlways || info.TouchPolicy != piv.TouchPolicyAlways {
			t.Fatalf("%T: %+v, %v", key, info, err)
		}
		if err := signWith(yk, key.Public(), piv.PINPolicyAlways); err != nil {
			t.Fatalf("%T: %v", key, err)
		}
	}
}

// signWith signs with 9c and verifies.
func signWith(yk *piv.YubiKey, public crypto.PublicKey, policy piv.PINPolicy) error {
	private, err := yk.PrivateKey(piv.SlotSignature, public, piv.KeyAuth{PIN: card.FactoryPIN, PINPolicy: policy})
	if err != nil {
		return err
	}
	message := []byte("root")
	digest := sha256.Sum256(message)
	good := false
	var signature []byte
	switch p := public.(type) {
	case *ecdsa.PublicKey:
		if signature, err = private.(crypto.Signer).Sign(rand.Reader, digest[:], crypto.SHA256); err == nil {
			good = ecdsa.VerifyASN1(p, digest[:], signature)
		}
	case *rsa.PublicKey:
		if signature, err = private.(crypto.Signer).Sign(rand.Reader, digest[:], &rsa.PSSOptions{SaltLength: 32, Hash: crypto.SHA256}); err == nil {
			good = rsa.VerifyPSS(p, crypto.SHA256, digest[:], signature, nil) == nil
		}
	case ed25519.PublicKey:
		if signature, err = private.(crypto.Signer).Sign(rand.Reader, message, crypto.Hash(0)); err == nil {
			good = ed25519.Verify(p, message, signature)
		}
	}
	if err == nil && !good {
		err = errors.New("the signature does not verify")
	}
	return err
}

// Generated keys of each algorithm: what GENERATE, METADATA and ATTEST say is one and the same key.
func TestGeneratedKeys(t *testing.T) {
	c := insert(t, card.Config{})
	yk := open(t, c)
	for _, a := range []piv.Algorithm{piv.AlgorithmEC256, piv.AlgorithmEC384, piv.AlgorithmRSA2048, piv.AlgorithmEd25519} {
		public, err := yk.GenerateKey(card.FactoryManagementKey(), piv.SlotAuthentication,
			piv.Key{Algorithm: a, PINPolicy: piv.PINPolicyOnce, TouchPolicy: piv.TouchPolicyCached})
		if err != nil {
			t.Fatal(err)
		}
		info, err := yk.KeyInfo(piv.SlotAuthentication)
		if err != nil || info.Algorithm != a || info.Origin != piv.OriginGenerated ||
			info.PINPolicy != piv.PINPolicyOnce || info.TouchPolicy != piv.TouchPolicyCached {
			t.Fatalf("%+v, %v", info, err)
		}
		attested, err := yk.Attest(piv.SlotAuthentication)
		if err != nil {
			t.Fatal(err)
		}
		type equaler interface{ Equal(crypto.PublicKey) bool }
		if p := public.(equaler); !p.Equal(attested.PublicKey) || !p.Equal(info.PublicKey) || !p.Equal(c.PublicKey(card.Authentication)) {
			t.Fatalf("%d: the card tells of several keys", a)
		}
	}
}

// Certificates go into slots and come out; the form factor is told by the management application.
func TestCertificatesAndFormFactor(t *testing.T) {
	c := insert(t, card.Config{FormFactor: card.USBANano})
	c.Generate(card.Signature, card.P256, card.PINAlways, card.TouchAlways)
	yk := open(t, c)
	if _, err := yk.Certificate(piv.SlotSignature); !errors.Is(err, piv.ErrNotFound) {
		t.Fatalf("an empty slot: %v", err)
	}
	attested, err := yk.Attest(piv.SlotSignature)
	if err != nil {
		t.Fatal(err)
	}
	if err := yk.SetCertificate(card.FactoryManagementKey(), piv.SlotSignature, attested); err != nil {
		t.Fatal(err)
	}
	if got, err := yk.Certificate(piv.SlotSignature); err != nil || !bytes.Equal(got.Raw, attested.Raw) {
		t.Fatalf("the certificate came back changed: %v", err)
	}
	if f, err := yk.FormFactor(); err != nil || f != piv.FormfactorUSBANano {
		t.Fatalf("form factor %v, %v", f, err)
	}
}

// Attestations of every firmware verify under the test's root of their shape, and never under Yubico's.
func TestAttestationChains(t *testing.T) {
	for _, firmware := range []card.Firmware{{4, 3, 7}, {5, 2, 7}, {5, 4, 3}, {5, 7, 4}} {
		c := insert(t, card.Config{Firmware: firmware})
		c.Generate(card.Signature, card.P384, card.PINAlways, card.TouchAlways)
		yk := open(t, c)
		slot, err := yk.Attest(piv.SlotSignature)
		if err != nil {
			t.Fatal(err)
		}
		device, err := yk.AttestationCertificate()
		if err != nil {
			t.Fatal(err)
		}
		root, err := world.Authority(firmware).Root()
		if err != nil {
			t.Fatal(err)
		}
		between, err := world.Authority(firmware).Intermediates()
		if err != nil {
			t.Fatal(err)
		}
		options := x509.VerifyOptions{
			Roots: x509.NewCertPool(), Intermediates: x509.NewCertPool(), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
		}
		options.Roots.AddCert(root)
		for _, i := range append(between, device) {
			options.Intermediates.AddCert(i)
		}
		if _, err := slot.Verify(options); err != nil {
			t.Errorf("%s: %v", firmware, err)
		}
		if _, err := piv.Verify(device, slot); err == nil || !strings.Contains(err.Error(), "signed by unknown authority") {
			t.Errorf("%s: under Yubico's roots: %v", firmware, err)
		}
	}
}
