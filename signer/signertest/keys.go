// Package signertest plays the card and the person in tests: keys that do what
// a script says, and a person who answers what a script says. Whatever the
// script did not foresee, or foresaw in vain, fails the test.
//
// Only tests import it.
package signertest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"testing"

	"github.com/rust-lang/rust-tuf/signer/internal/scheme"
	"github.com/rust-lang/rust-tuf/verify"
)

// Ed25519 returns the Ed25519 key that belongs to name, the same at every run.
// Everybody can make it: it protects nothing.
func Ed25519(name string) crypto.Signer {
	seed := sha256.Sum256([]byte("ed25519 " + name))
	return ed25519.NewKeyFromSeed(seed[:])
}

// P256 returns the ECDSA P-256 key that belongs to name, the same at every run.
// Everybody can make it: it protects nothing.
func P256(t testing.TB, name string) crypto.Signer {
	t.Helper()
	seed := sha256.Sum256([]byte("p256 " + name))
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), seed[:])
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// Public returns the public half of key.
func Public(t testing.TB, key crypto.Signer) verify.PublicKey {
	t.Helper()
	public, err := verify.NewPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	return public
}

// Sign signs message with key in the scheme of its public half.
func Sign(t testing.TB, key crypto.Signer, message []byte) []byte {
	t.Helper()
	sig, err := scheme.Sign(key, message)
	if err != nil {
		t.Fatal(err)
	}
	return sig
}
