// Package scheme makes a signature with a private key that this process holds,
// in the form that verify.PublicKey checks for a key of that kind.
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
	"fmt"
)

// Sign signs message with key: Ed25519 over the message itself, ECDSA over its
// SHA-256 (P-256) or SHA-384 (P-384) in ASN.1 DER, RSA as PSS over its SHA-256
// with a salt of 32 bytes. Other keys are refused.
func Sign(key crypto.Signer, message []byte) ([]byte, error) {
	switch key := key.(type) {
	case ed25519.PrivateKey:
		return ed25519.Sign(key, message), nil
	case *ecdsa.PrivateKey:
		switch key.Curve {
		case elliptic.P256():
			digest := sha256.Sum256(message)
			return ecdsa.SignASN1(rand.Reader, key, digest[:])
		case elliptic.P384():
			digest := sha512.Sum384(message)
			return ecdsa.SignASN1(rand.Reader, key, digest[:])
		}
		return nil, fmt.Errorf("no signature scheme for an ECDSA key on %s", key.Curve.Params().Name)
	case *rsa.PrivateKey:
		digest := sha256.Sum256(message)
		options := &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: crypto.SHA256}
		return rsa.SignPSS(rand.Reader, key, crypto.SHA256, digest[:], options)
	}
	return nil, fmt.Errorf("no signature scheme for a %T", key)
}
