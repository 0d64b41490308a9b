package verify

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
)

// PublicKey is a key that signatures can be checked with: Ed25519, ECDSA on
// P-256 or P-384, or RSA of at least 2048 bits. The zero value verifies
// nothing. Compare keys with [PublicKey.Equal] or by [PublicKey.Fingerprint].
type PublicKey struct {
	m *material
}

type material struct {
	family      *family
	key         crypto.PublicKey // ed25519.PublicKey, *ecdsa.PublicKey or *rsa.PublicKey
	spki        []byte
	fingerprint Digest
}

// family is what keys of one kind have in common.
type family struct {
	keyType string // as written in metadata
	scheme  string
	name    string // for people
}

var (
	familyEd25519 = &family{"ed25519", "ed25519", "Ed25519"}
	familyP256    = &family{"ecdsa", "ecdsa-sha2-nistp256", "ECDSA P-256"}
	familyP384    = &family{"ecdsa", "ecdsa-sha2-nistp384", "ECDSA P-384"}
	familyRSA     = &family{"rsa", "rsassa-pss-sha256", "RSA"}
)

// ParsePublicKeyPEM reads one SubjectPublicKeyInfo in PEM (a block "PUBLIC
// KEY" without headers; white space around it is ignored). The DER inside
// must be the one encoding that [PublicKey.SPKI] writes. Errors say in words what
// is wrong, and have no type of their own.
func ParsePublicKeyPEM(text []byte) (PublicKey, error) {
	text = bytes.TrimSpace(text)
	if len(text) > maxKeyText {
		return PublicKey{}, fmt.Errorf("public key of %d bytes, above the limit of %d", len(text), maxKeyText)
	}
	if !bytes.HasPrefix(text, []byte("-----BEGIN PUBLIC KEY-----")) {
		return PublicKey{}, errors.New("not a PEM block of type PUBLIC KEY")
	}
	block, rest := pem.Decode(text)
	switch {
	case block == nil || block.Type != "PUBLIC KEY":
		return PublicKey{}, errors.New("PEM block is damaged")
	case len(block.Headers) > 0:
		return PublicKey{}, errors.New("PEM block has headers")
	case len(rest) > 0:
		return PublicKey{}, errors.New("data after the PEM block")
	}
	return parseSPKI(block.Bytes)
}

// NewPublicKey takes an [ed25519.PublicKey], [*ecdsa.PublicKey] or
// [*rsa.PublicKey] under the same rules as [ParsePublicKeyPEM].
func NewPublicKey(k crypto.PublicKey) (PublicKey, error) {
	spki, err := marshalSPKI(k)
	if err != nil {
		return PublicKey{}, err
	}
	return parseSPKI(spki)
}

func newPublicKey(f *family, key crypto.PublicKey, spki []byte) PublicKey {
	return PublicKey{&material{f, key, spki, sha256.Sum256(spki)}}
}

// KeyType returns the keytype as it is written in metadata: "ed25519",
// "ecdsa" or "rsa".
func (k PublicKey) KeyType() string {
	if k.m == nil {
		return ""
	}
	return k.m.family.keyType
}

// Scheme returns the signature scheme as it is written in metadata:
// "ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384" or
// "rsassa-pss-sha256".
func (k PublicKey) Scheme() string {
	if k.m == nil {
		return ""
	}
	return k.m.family.scheme
}

// Algorithm names the kind of key for people: "Ed25519", "ECDSA P-256",
// "ECDSA P-384", "RSA 3072".
func (k PublicKey) Algorithm() string {
	if k.m == nil {
		return "no key"
	}
	if r, ok := k.m.key.(*rsa.PublicKey); ok {
		return fmt.Sprintf("%s %d", k.m.family.name, r.N.BitLen())
	}
	return k.m.family.name
}

// SPKI returns the key as DER SubjectPublicKeyInfo (RFC 5280, 4.1), nil for
// the zero value.
func (k PublicKey) SPKI() []byte {
	if k.m == nil {
		return nil
	}
	return bytes.Clone(k.m.spki)
}

// PEM returns the key as a PEM block "PUBLIC KEY" that ends with one newline,
// "" for the zero value.
func (k PublicKey) PEM() string {
	if k.m == nil {
		return ""
	}
	var s strings.Builder
	if err := pem.Encode(&s, &pem.Block{Type: "PUBLIC KEY", Bytes: k.m.spki}); err != nil {
		return "" // a strings.Builder takes everything
	}
	return s.String()
}

// Fingerprint returns the SHA-256 of [PublicKey.SPKI]: the identity of the
// key, whatever ids a document gives it.
func (k PublicKey) Fingerprint() Digest {
	if k.m == nil {
		return Digest{}
	}
	return k.m.fingerprint
}

// Equal reports whether both are the same public key. The zero value equals
// nothing, not even itself.
func (k PublicKey) Equal(o PublicKey) bool {
	return k.m != nil && o.m != nil && k.m.fingerprint == o.m.fingerprint
}

var (
	errNoKey    = errors.New("no public key to verify with")
	errMismatch = errors.New("signature does not match these bytes and this key")
)

// Verify checks a signature over message: the canonical bytes that
// [Document.Signed] returns, not a hash of them. Ed25519 signatures have 64
// bytes, ECDSA signatures are ASN.1 DER (over SHA-256 for P-256, SHA-384 for
// P-384), RSA signatures are PSS with SHA-256 and any length of salt. An error
// says why it does not verify, and has no type of its own: [Quorum.Check] gives a
// [*SignatureError] around it.
func (k PublicKey) Verify(message, sig []byte) error {
	return k.verify(newMessage(message), sig)
}

func (k PublicKey) verify(m *message, sig []byte) error {
	if k.m == nil {
		return errNoKey
	}
	ok := false
	switch key := k.m.key.(type) {
	case ed25519.PublicKey:
		ok = len(sig) == ed25519.SignatureSize && ed25519.Verify(key, m.bytes, sig)
	case *ecdsa.PublicKey:
		if k.m.family == familyP384 {
			ok = ecdsa.VerifyASN1(key, m.sha384(), sig)
		} else {
			ok = ecdsa.VerifyASN1(key, m.sha256(), sig)
		}
	case *rsa.PublicKey:
		ok = rsa.VerifyPSS(key, crypto.SHA256, m.sha256(), sig, nil) == nil
	}
	if !ok {
		return errMismatch
	}
	return nil
}
