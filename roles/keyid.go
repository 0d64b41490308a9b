package roles

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/rust-lang/rust-tuf/verify"
	"github.com/theupdateframework/go-tuf/v2/metadata"
)

// KeyIDForm is how a repository makes key ids. To most readers an id is an
// opaque name; some hold it to a form, so it is a choice of policy.
type KeyIDForm string

const (
	// FormSpec is the specification's form: SHA-256 of the canonical JSON of
	// the key object (SPEC 4.2), in lower-case hex.
	FormSpec KeyIDForm = "spec"
	// FormSPKI is SHA-256 of the DER SubjectPublicKeyInfo, in lower-case hex:
	// the key's fingerprint, which no rewriting of the object changes.
	FormSPKI KeyIDForm = "spki"
)

// KeyID returns the id of a key in this form: 64 lower-case hex digits.
func (f KeyIDForm) KeyID(k verify.PublicKey) (string, error) {
	switch f {
	case FormSPKI:
		return k.Fingerprint().String(), nil
	case FormSpec:
		key, err := tufKey(k)
		if err != nil {
			return "", err
		}
		raw, err := json.Marshal(key)
		if err != nil {
			return "", fmt.Errorf("key object: %w", err)
		}
		canonical, err := verify.Canonical(raw, verify.DefaultLimits())
		if err != nil {
			return "", fmt.Errorf("key object: %w", err)
		}
		sum := sha256.Sum256(canonical)
		return hex.EncodeToString(sum[:]), nil
	}
	return "", fmt.Errorf("unknown key id form %q", string(f))
}

// tufKey is the key object as it is written. go-tuf names the P-256 scheme for
// every ECDSA key, so type and scheme are set from the key itself.
func tufKey(k verify.PublicKey) (*metadata.Key, error) {
	public, err := x509.ParsePKIXPublicKey(k.SPKI())
	if err != nil {
		return nil, fmt.Errorf("public key: %w", err)
	}
	key, err := metadata.KeyFromPublicKey(public)
	if err != nil {
		return nil, fmt.Errorf("public key: %w", err)
	}
	key.Type, key.Scheme = k.KeyType(), k.Scheme()
	return key, nil
}
