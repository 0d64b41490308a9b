package card

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"fmt"
)

// Generate makes a key in a slot as an earlier owner's GENERATE would have, without a command, and
// returns its public half. Whatever the slot held is gone.
func (c *Card) Generate(slot Slot, a Algorithm, pin PINPolicy, touch TouchPolicy) crypto.PublicKey {
	k := &key{algorithm: a, private: newPrivate(a), pin: pin, touch: touch}
	c.running.Lock()
	defer c.running.Unlock()
	c.keys[slot] = k
	return k.private.Public()
}

// Import puts a private key made elsewhere into a slot, which the card will not attest: P-256, P-384,
// RSA 2048 or 3072, Ed25519.
func (c *Card) Import(slot Slot, private crypto.Signer, pin PINPolicy, touch TouchPolicy) {
	c.running.Lock()
	defer c.running.Unlock()
	c.keys[slot] = &key{algorithm: algorithmOf(private), private: private, pin: pin, touch: touch, imported: true}
}

// Move puts a key into another slot, as MOVE KEY does from firmware 5.7, without a command; whatever
// that slot held is gone.
func (c *Card) Move(from, to Slot) {
	c.running.Lock()
	defer c.running.Unlock()
	c.keys[to] = c.keys[from]
	delete(c.keys, from)
}

func algorithmOf(private crypto.Signer) Algorithm {
	switch p := private.(type) {
	case *ecdsa.PrivateKey:
		if p.Curve == elliptic.P256() {
			return P256
		}
		return P384
	case ed25519.PrivateKey:
		return Ed25519
	case *rsa.PrivateKey:
		if p.N.BitLen() == 3072 {
			return RSA3072
		}
		return RSA2048
	}
	panic(fmt.Sprintf("a card holds no %T", private))
}

// State is what an earlier owner of a card may have changed; an empty field stays as it is.
type State struct {
	PIN, PUK            string // 6 to 8 bytes
	ManagementAlgorithm Algorithm
	ManagementKey       []byte
	PINTries, PUKTries  int // tries left; -1 blocks
}

// Set puts a card into a state that an earlier owner left, without commands.
func (c *Card) Set(s State) {
	c.running.Lock()
	defer c.running.Unlock()
	if s.PIN != "" {
		c.pin.value = pad(s.PIN)
	}
	if s.PUK != "" {
		c.puk.value = pad(s.PUK)
	}
	if s.ManagementKey != nil {
		c.manager.algorithm, c.manager.key = s.ManagementAlgorithm, s.ManagementKey
	}
	if s.PINTries != 0 {
		c.pin.left = max(s.PINTries, 0)
	}
	if s.PUKTries != 0 {
		c.puk.left = max(s.PUKTries, 0)
	}
}

// Tries returns how many attempts PIN and PUK have left.
func (c *Card) Tries() (pin, puk int) {
	c.running.Lock()
	defer c.running.Unlock()
	return c.pin.left, c.puk.left
}

// PublicKey returns the public half of a slot's key, nil where there is none.
func (c *Card) PublicKey(slot Slot) crypto.PublicKey {
	c.running.Lock()
	defer c.running.Unlock()
	if k, ok := c.keys[slot]; ok {
		return k.private.Public()
	}
	return nil
}
