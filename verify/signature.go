package verify

import (
	"bytes"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"sync"
)

// Signature is one entry of `signatures` (SPEC 4.2.1).
type Signature struct {
	KeyID string // opaque: a key is found by it, but counted by its public key
	Sig   []byte // raw bytes, not hex
}

// signature is a [Signature] and what reading found wrong with it.
type signature struct {
	Signature
	fault error
}

func newSignature(s Signature) signature {
	c := signature{Signature: Signature{s.KeyID, bytes.Clone(s.Sig)}}
	if len(s.Sig) == 0 {
		c.fault = errEmptySig
	}
	return c
}

// verify checks a signature over d.
func (s signature) verify(d *Document, key PublicKey) error {
	if s.fault != nil {
		return s.fault
	}
	return key.verify(d.message, s.Sig)
}

// findings are what was found about the signatures of one document. Several who ask by
// the same key, two quorums, or whoever wants to know later who has signed, have a
// signature verified once.
type findings struct {
	mu   sync.Mutex
	list []finding // one for each signature
}

// finding is what was found when a signature was held to a key last.
type finding struct {
	key PublicKey // zero if it was not yet
	err error
}

// verify checks one of the document's signatures.
func (d *Document) verify(index int, key PublicKey) error {
	d.found.mu.Lock()
	found := d.found.list[index]
	d.found.mu.Unlock()
	if found.key.Equal(key) {
		return found.err
	}
	found = finding{key, d.signatures[index].verify(d, key)}
	d.found.mu.Lock()
	d.found.list[index] = found
	d.found.mu.Unlock()
	return found.err
}

var (
	errEmptySig = errors.New("signature is empty")
	errSigHex   = errors.New("signature is not in hex")
)

func (d *Document) readSignatures(list value) error {
	if err := list.array(); err != nil {
		return err
	}
	n := 0
	for range list.elements() {
		n++
	}
	// Bounded before anything is read, so that junk costs no more than passing
	// over it.
	if err := checkCount("signatures", n, d.lim.Signatures); err != nil {
		return err
	}
	d.signatures = slices.Grow(d.signatures, n)
	var ids strings.Builder // all of them, one behind the other
	ids.Grow(len(list) / 2)
	room := make([]byte, 0, len(list)/2) // for all decoded signatures
	for v := range list.elements() {
		id, digits, err := readSignature(v)
		if err != nil {
			return at(len(d.signatures), err)
		}
		start := ids.Len()
		appendPlain(&ids, id)
		s := signature{Signature: Signature{KeyID: ids.String()[start:]}}
		decoded, err := hex.AppendDecode(room, digits)
		switch {
		case len(digits) == 0:
			s.fault = errEmptySig
		case err != nil:
			s.fault = errSigHex
		default:
			s.Sig = decoded[len(room):len(decoded):len(decoded)]
			room = decoded
		}
		d.signatures = append(d.signatures, s)
	}
	d.found.list = slices.Grow(d.found.list, n)[:n]
	return checkUnique(d.signatures)
}

// readSignature returns the key id of an entry and its hex digits, as they
// stand between their quotes.
func readSignature(v value) (keyID, digits []byte, err error) {
	if err := v.object(); err != nil {
		return nil, nil, err
	}
	var id, sig value
	for name, m := range v.members() {
		switch string(name) {
		case "keyid":
			id = m
		case "sig":
			sig = m
		}
	}
	if id == nil {
		return nil, nil, misfit("keyid", "missing")
	}
	if sig == nil {
		return nil, nil, misfit("sig", "missing")
	}
	if keyID, err = id.inside(); err != nil {
		return nil, nil, within("keyid", err)
	}
	digits, err = sig.inside()
	return keyID, digits, within("sig", err)
}

// checkUnique refuses a key id that stands twice, whatever the signatures are
// worth (SPEC 4.2.1).
func checkUnique(sigs []signature) error {
	ids := make([]string, len(sigs))
	for i, s := range sigs {
		ids[i] = s.KeyID
	}
	slices.Sort(ids)
	for i := 1; i < len(ids); i++ {
		if ids[i-1] == ids[i] { // SPEC 4.2.1: several signatures with one key id are not allowed
			return misfit("", "key id %s stands twice", shownName(ids[i]))
		}
	}
	return nil
}

// WithSignatures returns a document with the same signed bytes and other
// signatures, for judging signatures that were collected elsewhere. A key id
// that stands twice is a [*FormatError], too many signatures a [*LimitError].
// The result has no received envelope: its Raw is nil.
func (d *Document) WithSignatures(sigs []Signature) (*Document, error) {
	d = d.orNone()
	if err := checkCount("signatures", len(sigs), d.lim.Signatures); err != nil {
		return nil, err
	}
	c := *d
	c.raw = nil
	c.signatures = make([]signature, len(sigs))
	c.found = &findings{list: make([]finding, len(sigs))}
	for i, s := range sigs {
		c.signatures[i] = newSignature(s)
	}
	if err := checkUnique(c.signatures); err != nil {
		return nil, d.named(within("signatures", err))
	}
	return &c, nil
}
