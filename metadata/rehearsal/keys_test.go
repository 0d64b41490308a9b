package rehearsal

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"testing"

	"github.com/rust-lang/rust-tuf/verify"
)

var noHash = crypto.Hash(0)

// A stand-in has the algorithm and the size of the real key, is always the
// same for it, and is another one for each.
func TestStandIn(t *testing.T) {
	var reals []verify.PublicKey
	for _, curve := range []elliptic.Curve{elliptic.P256(), elliptic.P384()} {
		k, err := ecdsa.GenerateKey(curve, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		public, err := verify.NewPublicKey(k.Public())
		if err != nil {
			t.Fatal(err)
		}
		reals = append(reals, public)
	}
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	public, err := verify.NewPublicKey(k.Public())
	if err != nil {
		t.Fatal(err)
	}
	reals = append(reals, public, publicOf(t, "alice"), publicOf(t, "bob"))
	c, seen := newCast(), map[verify.Digest]bool{}
	for _, real := range reals {
		first, err := c.standIn(real)
		if err != nil {
			t.Fatal(err)
		}
		again, err := c.standIn(real)
		if err != nil || !again.Equal(first) || first.Equal(real) || seen[first.Fingerprint()] {
			t.Errorf("%s: %s, then %s: %v", real.Algorithm(), first.Fingerprint(), again.Fingerprint(), err)
		}
		seen[first.Fingerprint()] = true
		if first.Algorithm() != real.Algorithm() || len(first.SPKI()) != len(real.SPKI()) {
			t.Errorf("%s of %d bytes stands in for %s of %d", first.Algorithm(), len(first.SPKI()), real.Algorithm(), len(real.SPKI()))
		}
		sig, err := c.signWith(first, []byte("a message"))
		if err != nil {
			t.Fatal(err)
		}
		if err := first.Verify([]byte("a message"), sig); err != nil {
			t.Errorf("%s: %v", real.Algorithm(), err)
		}
		if _, err := c.signWith(real, []byte("a message")); err == nil {
			t.Errorf("%s: signed as the real key", real.Algorithm())
		}
	}
}
