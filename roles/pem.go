package roles

import (
	"errors"

	"github.com/rust-lang/rust-tuf/verify"
)

// PublicKey is a public key that reads and writes itself as the PEM of its
// SubjectPublicKeyInfo, in TOML and in JSON.
type PublicKey struct{ verify.PublicKey }

// MarshalText writes PEM that ends with one newline.
func (k PublicKey) MarshalText() ([]byte, error) {
	if k.isZero() {
		return nil, errors.New("no public key")
	}
	return []byte(k.PEM()), nil
}

// UnmarshalText reads PEM: Ed25519, ECDSA P-256 or P-384, RSA from 2048 bits.
func (k *PublicKey) UnmarshalText(text []byte) error {
	parsed, err := verify.ParsePublicKeyPEM(text)
	if err != nil {
		return err
	}
	k.PublicKey = parsed
	return nil
}

func (k PublicKey) isZero() bool { return len(k.SPKI()) == 0 }
