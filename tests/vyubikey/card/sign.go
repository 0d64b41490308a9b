package card

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"math/big"
)

// authenticate is GENERAL AUTHENTICATE with the key of a slot: it signs the input 81. A key that is not
// there, or is of another algorithm, is told before PIN and touch; then the PIN; then the touch.
func (c *Card) authenticate(cmd command) ([]byte, Status, error) {
	k, ok := c.keys[Slot(cmd.p2)]
	if !ok {
		return nil, wrongData, nil
	}
	if Algorithm(cmd.p1) != k.algorithm {
		return nil, wrongParameters, nil
	}
	template, ok := dynamicAuthentication(cmd.data)
	if !ok {
		return nil, wrongData, nil
	}
	input, ok := find(template, 0x81)
	if _, wanted := find(template, 0x82); !ok || !wanted || !k.takes(input) {
		return nil, wrongData, nil
	}
	if k.pin == PINOnce && !c.pin.verified || k.pin == PINAlways && !c.pin.fresh {
		return nil, securityNotSatisfied, nil
	}
	c.pin.fresh = false
	switch c.feel(k.touch) {
	case Ignored:
		return nil, securityNotSatisfied, nil
	case Pulled:
		return nil, 0, ErrPulled
	}
	signature, err := k.sign(input)
	if err != nil {
		return nil, wrongData, nil
	}
	c.record.count(func(n *Counters) { n.Signatures++ })
	return tlv(0x7c, tlv(0x82, signature)), OK, nil
}

// takes tells whether an input has a length that the key can sign: a block of the modulus' size, a
// digest up to the curve's size, any message.
func (k *key) takes(input []byte) bool {
	switch k.algorithm {
	case RSA2048:
		return len(input) == 256
	case RSA3072:
		return len(input) == 384
	case P256:
		return len(input) <= 32
	case P384:
		return len(input) <= 48
	}
	return true
}

func (k *key) sign(input []byte) ([]byte, error) {
	switch p := k.private.(type) {
	case *ecdsa.PrivateKey:
		return ecdsa.SignASN1(rand.Reader, p, input)
	case ed25519.PrivateKey:
		return p.Sign(nil, input, crypto.Hash(0))
	case *rsa.PrivateKey:
		m := new(big.Int).SetBytes(input)
		if m.Cmp(p.N) >= 0 {
			return nil, rsa.ErrMessageTooLong
		}
		return m.Exp(m, p.D, p.N).FillBytes(make([]byte, p.Size())), nil
	}
	return nil, rsa.ErrVerification
}

// feel asks for a touch where the policy wants one.
func (c *Card) feel(policy TouchPolicy) Touch {
	now := c.record.now()
	if policy == TouchNever || policy == TouchCached && c.warm && now-c.touched <= TouchTimeout {
		return Touched
	}
	answer := c.record.ask()
	if answer == Touched {
		c.touched, c.warm = c.record.now(), true
	}
	return answer
}
