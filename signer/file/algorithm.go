package file

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"strings"
)

// Algorithm is the kind of a new key.
type Algorithm string

// The kinds of keys that can be made. All of them can be read.
const (
	Ed25519 Algorithm = "ed25519"
	P256    Algorithm = "p256"
	P384    Algorithm = "p384"
	RSA3072 Algorithm = "rsa-3072"
)

// Algorithms returns the kinds of keys that can be made, the usual one first.
func Algorithms() []Algorithm { return []Algorithm{Ed25519, P256, P384, RSA3072} }

// ParseAlgorithm reads the name of an algorithm as it is written above.
func ParseAlgorithm(name string) (Algorithm, error) {
	var known []string
	for _, a := range Algorithms() {
		if string(a) == name {
			return a, nil
		}
		known = append(known, string(a))
	}
	return "", fmt.Errorf("no algorithm %q: choose one of %s", name, strings.Join(known, ", "))
}

// generate makes a new private key from crypto/rand.
func (a Algorithm) generate() (crypto.Signer, error) {
	switch a {
	case Ed25519:
		_, private, err := ed25519.GenerateKey(rand.Reader)
		return private, err
	case P256:
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case P384:
		return ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case RSA3072:
		return rsa.GenerateKey(rand.Reader, 3072)
	}
	_, err := ParseAlgorithm(string(a))
	return nil, err
}
