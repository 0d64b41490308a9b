package verify

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// keyring is a `keys` object (SPEC 4.3), ordered by key id. Its keys are
// parsed when somebody first needs them: a quorum of nine accepts a document
// after looking at five.
type keyring []ringKey

type ringKey struct {
	id  string
	key *listedKey
}

// listedKey is one entry of `keys`. An entry that cannot be used verifies
// nothing and says why; it does not spoil the document, so that keys of a new
// kind can be listed beside old ones.
type listedKey struct {
	object value // its canonical form

	once   sync.Once
	public PublicKey
	fault  error
}

func (k *listedKey) parse() (PublicKey, error) {
	k.once.Do(func() { k.public, k.fault = parseKeyObject(k.object) })
	return k.public, k.fault
}

// readKeyring checks the form of every entry: an object with strings
// `keytype` and `scheme` and an object `keyval`.
func readKeyring(v value, limit int) (keyring, error) {
	if err := v.object(); err != nil {
		return nil, err
	}
	ring := make(keyring, 0, 16)
	var room []listedKey // allocated for several keys at once
	n := 0
	for name, m := range v.members() {
		if n++; n > limit {
			continue // counts the rest
		}
		if err := checkKeyObject(m); err != nil {
			return nil, within(name, err)
		}
		if len(room) == 0 {
			room = make([]listedKey, 16)
		}
		room[0].object = m
		ring = append(ring, ringKey{plain(name), &room[0]})
		room = room[1:]
	}
	return ring, checkCount("keys", n, limit)
}

func (r keyring) find(id string) *listedKey {
	i, ok := slices.BinarySearchFunc(r, id, func(k ringKey, id string) int { return strings.Compare(k.id, id) })
	if !ok {
		return nil
	}
	return r[i].key
}

// id decodes a key id and returns the ring's own string for it, if it has one.
func (r keyring) id(b []byte) string {
	i, ok := slices.BinarySearchFunc(r, b, func(k ringKey, b []byte) int {
		if k.id == string(b) { // compares without a copy
			return 0
		}
		if k.id < string(b) {
			return -1
		}
		return 1
	})
	if ok && bytes.IndexByte(b, '\\') < 0 {
		return r[i].id
	}
	return plain(b)
}

// adopt returns r with the entries that older has in the same form replaced
// by older's, which may be parsed already.
func (r keyring) adopt(older keyring) keyring {
	merged := slices.Clone(r)
	for i, k := range merged {
		if o := older.find(k.id); o != nil && bytes.Equal(o.object, k.key.object) {
			merged[i].key = o
		}
	}
	return merged
}

func checkKeyObject(v value) error {
	if err := v.object(); err != nil {
		return err
	}
	var keyType, scheme, keyVal value
	for name, m := range v.members() {
		switch string(name) {
		case "keytype":
			keyType = m
		case "scheme":
			scheme = m
		case "keyval":
			keyVal = m
		}
	}
	for _, f := range []struct {
		name, kind string
		v          value
	}{
		{"keytype", "a string", keyType},
		{"scheme", "a string", scheme},
		{"keyval", "an object", keyVal},
	} {
		if f.v == nil {
			return misfit(f.name, "missing")
		}
		if err := f.v.expect(f.kind); err != nil {
			return within(f.name, err)
		}
	}
	return nil
}

// parseKeyObject makes a public key of a key object that has the right form.
// The scheme is the key's own and must fit it: nothing in a signature chooses
// an algorithm.
func parseKeyObject(v value) (PublicKey, error) {
	// Compared as they stand: nothing that is accepted has an escape.
	var keyType, scheme, public []byte
	for name, m := range v.members() {
		switch string(name) {
		case "keytype":
			keyType = m[1 : len(m)-1]
		case "scheme":
			scheme = m[1 : len(m)-1]
		case "keyval":
			for name, m := range m.members() {
				if string(name) == "public" && m[0] == '"' {
					public = m[1 : len(m)-1]
				}
			}
		}
	}
	var key PublicKey
	var err error
	switch string(keyType) {
	case "ed25519":
		key, err = parseHexKey(public)
	case "ecdsa", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "rsa":
		key, err = ParsePublicKeyPEM(public)
	default:
		return PublicKey{}, fmt.Errorf("keytype %s is unknown", shown(plain(keyType)))
	}
	if err != nil {
		return PublicKey{}, err
	}
	// Older writers put the scheme's name where the type belongs.
	typeFits := string(keyType) == key.KeyType() || string(keyType) == key.Scheme()
	if !typeFits || string(scheme) != key.Scheme() {
		return PublicKey{}, fmt.Errorf("keytype %s and scheme %s do not fit a key %s",
			shown(plain(keyType)), shown(plain(scheme)), key.Algorithm())
	}
	return key, nil
}

func parseHexKey(digits []byte) (PublicKey, error) {
	der := make([]byte, len(headEd25519), len(headEd25519)+ed25519.PublicKeySize)
	copy(der, headEd25519)
	if len(digits) != 2*ed25519.PublicKeySize {
		return PublicKey{}, errors.New("Ed25519 key is not 64 hex digits")
	}
	der, err := hex.AppendDecode(der, digits)
	if err != nil {
		return PublicKey{}, errors.New("Ed25519 key is not 64 hex digits")
	}
	return parseSPKI(der)
}
