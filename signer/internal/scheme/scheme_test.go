package scheme

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/tests/importtest"
	"github.com/rust-lang/rust-tuf/verify"
)

func TestImports(t *testing.T) { importtest.Check(t, nil, "math/rand", "math/rand/v2") }

// Each signature holds for the standard library, told in full what it should
// be, and for verify.
func TestSign(t *testing.T) {
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p256, p384 := ecdsaKey(t, elliptic.P256()), ecdsaKey(t, elliptic.P384())
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	message := []byte("message")
	sum256, sum384 := sha256.Sum256(message), sha512.Sum384(message)
	for name, test := range map[string]struct {
		key   crypto.Signer
		holds func(sig []byte) bool
	}{
		"Ed25519":     {ed, func(sig []byte) bool { return ed25519.Verify(ed.Public().(ed25519.PublicKey), message, sig) }},
		"ECDSA P-256": {p256, func(sig []byte) bool { return ecdsa.VerifyASN1(&p256.PublicKey, sum256[:], sig) }},
		"ECDSA P-384": {p384, func(sig []byte) bool { return ecdsa.VerifyASN1(&p384.PublicKey, sum384[:], sig) }},
		"RSA 2048": {rsaKey, func(sig []byte) bool {
			return rsa.VerifyPSS(&rsaKey.PublicKey, crypto.SHA256, sum256[:], sig, &rsa.PSSOptions{SaltLength: 32}) == nil
		}},
	} {
		sig, err := Sign(test.key, message)
		if err != nil {
			t.Fatal(err)
		}
		if !test.holds(sig) {
			t.Errorf("%s: the signature does not hold", name)
		}
		public, err := verify.NewPublicKey(test.key.Public())
		if err != nil {
			t.Fatal(err)
		}
		if err := public.Verify(message, sig); err != nil || public.Algorithm() != name {
			t.Errorf("%s: verify: %v", public.Algorithm(), err)
		}
	}
}

func TestSignRefusesOtherKeys(t *testing.T) {
	for words, key := range map[string]crypto.Signer{
		"no signature scheme for an ECDSA key on P-521": ecdsaKey(t, elliptic.P521()),
		"no signature scheme for a scheme.odd":          odd{},
	} {
		if _, err := Sign(key, nil); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("error %v, want %s", err, words)
		}
	}
}

type odd struct{ crypto.Signer }

func ecdsaKey(t *testing.T, curve elliptic.Curve) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}
