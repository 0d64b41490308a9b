package card

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"math/big"
)

// Algorithms of keys in slots.
const (
	RSA2048 Algorithm = 0x07
	RSA3072 Algorithm = 0x05
	P256    Algorithm = 0x11
	P384    Algorithm = 0x14
	Ed25519 Algorithm = 0xe0
)

// key is a private key in a slot.
type key struct {
	algorithm Algorithm
	private   crypto.Signer
	pin       PINPolicy
	touch     TouchPolicy
	imported  bool
}

// holdsKeys tells whether GENERATE and IMPORT know a slot.
func (s Slot) holdsKeys() bool {
	return s == Authentication || s == Signature || s == KeyManagement || s == CardAuthentication ||
		s >= 0x82 && s <= 0x95
}

// knows tells whether this firmware has an algorithm for slots.
func (c *Card) knows(a Algorithm) bool {
	switch a {
	case RSA2048, P256, P384:
		return true
	case RSA3072, Ed25519:
		return c.config.Firmware.AtLeast(5, 7, 0)
	}
	return false
}

// generate is GENERATE ASYMMETRIC KEY PAIR.
func (c *Card) generate(cmd command) ([]byte, Status) {
	if !c.manager.authenticated {
		return nil, securityNotSatisfied
	}
	slot := Slot(cmd.p2)
	if cmd.p1 != 0 || !slot.holdsKeys() {
		return nil, wrongParameters
	}
	outer, _, ok := next(cmd.data)
	if !ok || outer.tag != 0xac {
		return nil, wrongData
	}
	template, ok := fields(outer.value)
	if !ok {
		return nil, wrongData
	}
	wanted, _ := find(template, 0x80)
	pin, touch, ok := policies(slot, template)
	if !ok || len(wanted) != 1 || !c.knows(Algorithm(wanted[0])) {
		return nil, wrongData
	}
	k := &key{algorithm: Algorithm(wanted[0]), pin: pin, touch: touch}
	k.private = newPrivate(k.algorithm)
	c.keys[slot] = k
	c.record.count(func(n *Counters) { n.Generated++ })
	return tlv(0x7f49, k.public()), OK
}

// policies reads AA and AB, or returns a slot's own where they are missing or 0.
func policies(slot Slot, template []field) (PINPolicy, TouchPolicy, bool) {
	pin, touch := PINOnce, TouchNever
	switch slot {
	case Signature:
		pin = PINAlways
	case CardAuthentication:
		pin = PINNever
	}
	if v, ok := find(template, 0xaa); ok && len(v) == 1 && v[0] != 0 {
		pin = PINPolicy(v[0])
	}
	if v, ok := find(template, 0xab); ok && len(v) == 1 && v[0] != 0 {
		touch = TouchPolicy(v[0])
	}
	return pin, touch, pin <= PINAlways && touch <= TouchCached
}

func newPrivate(a Algorithm) crypto.Signer {
	var private crypto.Signer
	var err error
	switch a {
	case P256:
		private, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case P384:
		private, err = ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case RSA2048:
		private, err = rsa.GenerateKey(rand.Reader, 2048)
	case RSA3072:
		private, err = rsa.GenerateKey(rand.Reader, 3072)
	case Ed25519:
		_, private, err = ed25519.GenerateKey(rand.Reader)
	default:
		err = fmt.Errorf("no algorithm %02x", byte(a))
	}
	if err != nil {
		panic(err) // the algorithm was checked and the system's randomness never fails
	}
	return private
}

// public returns the fields of a public key: 86 point, or 81 modulus and 82 exponent.
func (k *key) public() []byte { return publicFields(k.private.Public()) }

func publicFields(public crypto.PublicKey) []byte {
	switch p := public.(type) {
	case *ecdsa.PublicKey:
		point, err := p.Bytes()
		if err != nil {
			panic(err) // the curve is one of ours
		}
		return tlv(0x86, point)
	case ed25519.PublicKey:
		return tlv(0x86, p)
	case *rsa.PublicKey:
		return append(tlv(0x81, p.N.Bytes()), tlv(0x82, big.NewInt(int64(p.E)).Bytes())...)
	}
	panic(fmt.Sprintf("no fields for a %T", public))
}

// importKey is IMPORT ASYMMETRIC KEY.
func (c *Card) importKey(cmd command) Status {
	if !c.manager.authenticated {
		return securityNotSatisfied
	}
	slot, algorithm := Slot(cmd.p2), Algorithm(cmd.p1)
	if !slot.holdsKeys() || !c.knows(algorithm) {
		return wrongParameters
	}
	parts, ok := fields(cmd.data)
	if !ok {
		return wrongData
	}
	pin, touch, ok := policies(slot, parts)
	if !ok {
		return wrongData
	}
	private, err := privateFrom(algorithm, parts)
	if err != nil {
		return wrongData
	}
	c.keys[slot] = &key{algorithm: algorithm, private: private, pin: pin, touch: touch, imported: true}
	c.record.count(func(n *Counters) { n.Imported++ })
	return OK
}

// privateFrom reads the parts of a private key: 06 scalar, 07 seed, or 01 p and 02 q, with e 65537.
func privateFrom(a Algorithm, parts []field) (crypto.Signer, error) {
	switch a {
	case P256, P384:
		curve := elliptic.P256()
		if a == P384 {
			curve = elliptic.P384()
		}
		scalar, _ := find(parts, 6)
		return ecdsa.ParseRawPrivateKey(curve, scalar)
	case Ed25519:
		seed, _ := find(parts, 7)
		if len(seed) != ed25519.SeedSize {
			return nil, fmt.Errorf("a seed of %d bytes", len(seed))
		}
		return ed25519.NewKeyFromSeed(seed), nil
	}
	pBytes, _ := find(parts, 1)
	qBytes, _ := find(parts, 2)
	p, q := new(big.Int).SetBytes(pBytes), new(big.Int).SetBytes(qBytes)
	one := big.NewInt(1)
	phi := new(big.Int).Mul(new(big.Int).Sub(p, one), new(big.Int).Sub(q, one))
	private := &rsa.PrivateKey{PublicKey: rsa.PublicKey{N: new(big.Int).Mul(p, q), E: 65537}, Primes: []*big.Int{p, q}}
	if private.D = new(big.Int).ModInverse(big.NewInt(65537), phi); private.D == nil {
		return nil, fmt.Errorf("no private exponent")
	}
	if bits := private.N.BitLen(); a == RSA2048 && bits != 2048 || a == RSA3072 && bits != 3072 {
		return nil, fmt.Errorf("a modulus of %d bits", bits)
	}
	return private, private.Validate()
}

// moveKey is MOVE KEY, which also deletes: to slot FF.
func (c *Card) moveKey(cmd command) Status {
	if !c.manager.authenticated {
		return securityNotSatisfied
	}
	to, from := Slot(cmd.p1), Slot(cmd.p2)
	if to != 0xff && !to.holdsKeys() || !from.holdsKeys() || to == from {
		return wrongParameters
	}
	k, ok := c.keys[from]
	if !ok {
		return referenceNotFound
	}
	if to != 0xff {
		if c.keys[to] != nil {
			return conditionsNotMet
		}
		c.keys[to] = k
	}
	delete(c.keys, from)
	return OK
}
