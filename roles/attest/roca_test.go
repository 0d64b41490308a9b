package attest_test

import (
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"math/big"
	"testing"

	"github.com/rust-lang/rust-tuf/roles/attest"
	"github.com/rust-lang/rust-tuf/tests/refusaltest"
)

// rocaKey makes an RSA key of 2048 bits as the library of YSA-2017-01 did:
// each prime is k·M + (65537^a mod M), where M is a product of small primes.
func rocaKey(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	m := big.NewInt(2)
	for p := int64(3); p <= 167; p += 2 {
		if big.NewInt(p).ProbablyPrime(10) {
			m.Mul(m, big.NewInt(p))
		}
	}
	number := func(below *big.Int) *big.Int {
		n, err := rand.Int(rand.Reader, below)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	prime := func() *big.Int {
		power := new(big.Int).Exp(big.NewInt(65537), number(m), m)
		span := new(big.Int).Lsh(big.NewInt(1), 1024)
		for {
			k := new(big.Int).Div(number(span), m)
			p := k.Mul(k, m).Add(k, power)
			if p.BitLen() == 1024 && p.Bit(1022) == 1 && p.ProbablyPrime(10) {
				return p
			}
		}
	}
	p, q := prime(), prime()
	one := big.NewInt(1)
	phi := new(big.Int).Mul(new(big.Int).Sub(p, one), new(big.Int).Sub(q, one))
	k := &rsa.PrivateKey{PublicKey: rsa.PublicKey{N: new(big.Int).Mul(p, q), E: 65537}, Primes: []*big.Int{p, q}}
	if k.D = new(big.Int).ModInverse(big.NewInt(65537), phi); k.D == nil {
		t.Skip("the exponent divides p-1; once in 30,000 runs")
	}
	k.Precompute()
	if err := k.Validate(); err != nil {
		t.Fatal(err)
	}
	return k
}

// Whoever computes a card's attestation key attests whatever they like.
func TestWeakDevice(t *testing.T) {
	f := short(t)
	weak := rocaKey(t)
	device := f.root.deviceOf(t, weak, with(3, 4, 3, 4))
	_, err := check(f.verifier(t), device.attest(t, newKey(t).Public(), with(3, 4, 3, 4)), device.Certificate, at)
	for _, err := range []error{err, f.verifier(t).CheckDevice(device.Raw, 36011225, at)} {
		var e *attest.WeakDeviceError
		if !errors.As(err, &e) || e.Serial != 36011225 || e.Firmware != (attest.Version{Major: 4, Minor: 3, Patch: 4}) {
			t.Errorf("%#v", err)
		}
	}
	refusaltest.Says(t, err, "card 36011225 (firmware 4.3.4) attests with a key that has the mark of YSA-2017-01")
	refusaltest.Hints(t, err, "take a card with newer firmware")

	// A weak key in the slot is a finding, whatever firmware is stated.
	device = f.root.device(t)
	facts, err := check(f.verifier(t), device.attest(t, weak.Public()), device.Certificate, at)
	if err != nil {
		t.Fatal(err)
	}
	found := attest.Policy{Algorithms: []string{"RSA 2048"}}.Findings(facts, facts.Declared())
	if len(found) != 2 || found[1].Rule != "roca" || found[1].Excusable || found[1].Text != "the RSA 2048 key in slot 9c of card 36011225 has the mark of keys that can be computed" {
		t.Errorf("%+v", found)
	}
}
