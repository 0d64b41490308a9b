package card

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"crypto/rand"
	"crypto/subtle"
)

// Algorithm is a kind of key, as it stands in commands.
type Algorithm byte

// Algorithms of management keys.
const (
	TripleDES Algorithm = 0x03
	AES128    Algorithm = 0x08
	AES192    Algorithm = 0x0a
	AES256    Algorithm = 0x0c
)

// manager is the management key and what was proven with it.
type manager struct {
	algorithm     Algorithm
	key           []byte
	touch         bool
	authenticated bool   // since SELECT
	witness       []byte // sent encrypted, wanted back in the clear
	challenge     []byte // sent in the clear, wanted back encrypted
}

// factoryAlgorithm returns the kind of management key that cards of this firmware are born with.
func (c *Card) factoryAlgorithm() Algorithm {
	if c.config.Firmware.AtLeast(5, 7, 0) {
		return AES192
	}
	return TripleDES
}

// factory tells whether the management key is still the factory's.
func (c *Card) factoryManager() bool {
	return c.manager.algorithm == c.factoryAlgorithm() && bytes.Equal(c.manager.key, FactoryManagementKey())
}

// block returns the cipher of the management key.
func (m *manager) block() cipher.Block {
	var block cipher.Block
	var err error
	if m.algorithm == TripleDES {
		block, err = des.NewTripleDESCipher(m.key)
	} else {
		block, err = aes.NewCipher(m.key)
	}
	if err != nil {
		panic(err) // the key's length was checked when it was set
	}
	return block
}

// authenticateManager is GENERAL AUTHENTICATE with the management key. Mutually:
//
//	7C{80 –}                     → 7C{80 witness, encrypted}
//	7C{80 witness, 81 challenge} → 7C{82 challenge, encrypted}
//
// or the client alone:
//
//	7C{81 –}                     → 7C{81 challenge}
//	7C{82 challenge, encrypted}  → –
func (c *Card) authenticateManager(cmd command) ([]byte, Status) {
	m := &c.manager
	if Algorithm(cmd.p1) != m.algorithm && cmd.p1 != 0 {
		return nil, wrongParameters
	}
	template, ok := dynamicAuthentication(cmd.data)
	if !ok {
		return nil, wrongData
	}
	block := m.block()
	witness, hasWitness := find(template, 0x80)
	challenge, hasChallenge := find(template, 0x81)
	response, hasResponse := find(template, 0x82)
	switch {
	case hasWitness && len(witness) == 0:
		m.witness, m.challenge = random(block.BlockSize()), nil
		encrypted := make([]byte, len(m.witness))
		block.Encrypt(encrypted, m.witness)
		return tlv(0x7c, tlv(0x80, encrypted)), OK
	case hasChallenge && len(challenge) == 0:
		m.witness, m.challenge = nil, random(block.BlockSize())
		return tlv(0x7c, tlv(0x81, m.challenge)), OK
	case hasWitness && hasChallenge:
		if len(challenge) != block.BlockSize() {
			return nil, wrongData
		}
		want := m.witness
		m.witness = nil
		if !c.managerProven(want, witness) {
			return nil, securityNotSatisfied
		}
		encrypted := make([]byte, len(challenge))
		block.Encrypt(encrypted, challenge)
		return tlv(0x7c, tlv(0x82, encrypted)), OK
	case hasResponse:
		var want []byte
		if m.challenge != nil {
			want = make([]byte, block.BlockSize())
			block.Encrypt(want, m.challenge)
		}
		m.challenge = nil
		if !c.managerProven(want, response) {
			return nil, securityNotSatisfied
		}
		return nil, OK
	}
	return nil, wrongData
}

// managerProven compares and counts. A failure costs no tries: the management key has none.
func (c *Card) managerProven(want, got []byte) bool {
	c.manager.authenticated = want != nil && subtle.ConstantTimeCompare(want, got) == 1
	c.record.count(func(n *Counters) {
		n.ManagementAttempts++
		if !c.manager.authenticated {
			n.ManagementFailures++
		}
	})
	return c.manager.authenticated
}

// setManagementKey is SET MANAGEMENT KEY.
func (c *Card) setManagementKey(cmd command) Status {
	if !c.manager.authenticated {
		return securityNotSatisfied
	}
	if cmd.p1 != 0xff || cmd.p2 != 0xff && cmd.p2 != 0xfe {
		return wrongParameters
	}
	d := cmd.data
	if len(d) < 3 || d[1] != 0x9b || int(d[2]) != len(d)-3 {
		return wrongData
	}
	algorithm, key := Algorithm(d[0]), d[3:]
	length, ok := c.managementKeyLength(algorithm)
	if !ok || len(key) != length {
		return wrongData
	}
	c.manager.algorithm, c.manager.key, c.manager.touch = algorithm, bytes.Clone(key), cmd.p2 == 0xfe
	return OK
}

// ManagementKey is the management key of now, to be looked for where it must not be.
func (c *Card) ManagementKey() []byte {
	c.running.Lock()
	defer c.running.Unlock()
	return bytes.Clone(c.manager.key)
}

// managementKeyLength returns the length in bytes of keys of an algorithm that this firmware knows.
func (c *Card) managementKeyLength(a Algorithm) (int, bool) {
	if a == TripleDES {
		return 24, true
	}
	length, ok := map[Algorithm]int{AES128: 16, AES192: 24, AES256: 32}[a]
	return length, ok && c.config.Firmware.AtLeast(5, 4, 2)
}

// dynamicAuthentication reads the template 7C of GENERAL AUTHENTICATE.
func dynamicAuthentication(data []byte) ([]field, bool) {
	outer, rest, ok := next(data)
	if !ok || outer.tag != 0x7c || len(rest) > 0 {
		return nil, false
	}
	return fields(outer.value)
}

func random(n int) []byte {
	b := make([]byte, n)
	rand.Read(b)
	return b
}
