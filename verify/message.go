package verify

import (
	"crypto/sha256"
	"crypto/sha512"
	"sync"
)

// message is what signatures cover. It is hashed at most once for each
// algorithm, however many keys look at it.
type message struct {
	bytes []byte

	once256, once384 sync.Once
	sum256           Digest
	sum384           [sha512.Size384]byte
}

func newMessage(b []byte) *message { return &message{bytes: b} }

func (m *message) digest() Digest {
	m.once256.Do(func() { m.sum256 = sha256.Sum256(m.bytes) })
	return m.sum256
}

func (m *message) sha256() []byte {
	m.digest()
	return m.sum256[:]
}

func (m *message) sha384() []byte {
	m.once384.Do(func() { m.sum384 = sha512.Sum384(m.bytes) })
	return m.sum384[:]
}
