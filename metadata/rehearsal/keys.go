package rehearsal

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"fmt"

	"github.com/rust-lang/rust-tuf/roles"
	"github.com/rust-lang/rust-tuf/verify"
)

// cast holds who plays whom: a throw-away key for each real one. It is never
// written anywhere and ends with the rehearsal.
type cast struct {
	standIns map[verify.Digest]*throwaway // by the fingerprint of the real key
	played   map[verify.Digest]*throwaway // by its own fingerprint
	ids      map[string]verify.Digest     // real key id → fingerprint of the real key
}

func newCast() *cast {
	return &cast{standIns: map[verify.Digest]*throwaway{}, played: map[verify.Digest]*throwaway{}, ids: map[string]verify.Digest{}}
}

// throwaway is one key of a rehearsal.
type throwaway struct {
	public verify.PublicKey
	sign   func(message []byte) ([]byte, error)
}

// know remembers the ids of the real keys that a charter lists.
func (c *cast) know(charter *roles.Charter) {
	for _, r := range charter.Roles {
		for _, h := range charter.Holders(r.Name) {
			c.ids[h.KeyID] = h.Key.Fingerprint()
		}
	}
}

// standIn is the public key that plays a real one, always the same.
func (c *cast) standIn(real verify.PublicKey) (verify.PublicKey, error) {
	if known := c.standIns[real.Fingerprint()]; known != nil {
		return known.public, nil
	}
	made, err := newThrowaway(real)
	if err != nil {
		return verify.PublicKey{}, err
	}
	c.standIns[real.Fingerprint()] = made
	c.played[made.public.Fingerprint()] = made
	return made.public, nil
}

// newThrowaway makes a key of the same algorithm and size as a real one.
func newThrowaway(real verify.PublicKey) (*throwaway, error) {
	parsed, err := x509.ParsePKIXPublicKey(real.SPKI())
	if err != nil {
		return nil, err
	}
	var private crypto.Signer
	var sign func([]byte) ([]byte, error)
	switch like := parsed.(type) {
	case ed25519.PublicKey:
		_, key, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			return nil, err
		}
		private, sign = key, func(m []byte) ([]byte, error) { return ed25519.Sign(key, m), nil }
	case *ecdsa.PublicKey:
		key, err := ecdsa.GenerateKey(like.Curve, rand.Reader)
		if err != nil {
			return nil, err
		}
		private, sign = key, func(m []byte) ([]byte, error) { return ecdsa.SignASN1(rand.Reader, key, hashFor(like.Curve, m)) }
	case *rsa.PublicKey:
		key, err := rsa.GenerateKey(rand.Reader, like.N.BitLen())
		if err != nil {
			return nil, err
		}
		private, sign = key, func(m []byte) ([]byte, error) {
			h := sha256.Sum256(m)
			return rsa.SignPSS(rand.Reader, key, crypto.SHA256, h[:], &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
		}
	default:
		return nil, fmt.Errorf("there is no throw-away key of the kind %T", parsed)
	}
	public, err := verify.NewPublicKey(private.Public())
	return &throwaway{public, sign}, err
}

// hashFor is the hash of a message as TUF's schemes pair it with a curve.
func hashFor(curve elliptic.Curve, message []byte) []byte {
	if curve == elliptic.P384() {
		h := sha512.Sum384(message)
		return h[:]
	}
	h := sha256.Sum256(message)
	return h[:]
}

// signWith signs with the throw-away key whose public half is known.
func (c *cast) signWith(public verify.PublicKey, message []byte) ([]byte, error) {
	key := c.played[public.Fingerprint()]
	if key == nil {
		return nil, fmt.Errorf("no throw-away key has the fingerprint %s", public.Fingerprint())
	}
	return key.sign(message)
}
