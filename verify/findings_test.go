package verify

import (
	"bytes"
	"errors"
	"testing"
)

// Two quorums that judge one document share what was verified: a signature is
// checked once for each key, not once for each quorum.
func TestFindingsAreRemembered(t *testing.T) {
	key, err := parseSPKI(append(append([]byte(nil), headEd25519...), make([]byte, 32)...))
	if err != nil {
		t.Fatal(err)
	}
	other, err := parseSPKI(append(append([]byte(nil), headEd25519...), bytes.Repeat([]byte{1}, 32)...))
	if err != nil {
		t.Fatal(err)
	}
	junk := newSignature(Signature{KeyID: "a", Sig: make([]byte, 64)})
	d := &Document{message: newMessage([]byte("{}")), signatures: []signature{junk, junk}, found: &findings{list: make([]finding, 2)}}
	marked := errors.New("remembered")
	d.found.list[0] = finding{key, marked}
	if err := d.verify(0, key); err != marked {
		t.Errorf("verified again: %v", err)
	}
	// Another signature is another question, and so is another key.
	if err := d.verify(1, key); err != errMismatch || d.found.list[1].err != errMismatch {
		t.Errorf("not remembered: %v", err)
	}
	if err := d.verify(0, other); err != errMismatch || !d.found.list[0].key.Equal(other) {
		t.Errorf("%v", err)
	}
}

// A walk parses a key once as long as its entry stays the same.
func TestKeyringAdopts(t *testing.T) {
	read := func(s string) keyring {
		ring, err := readKeyring(value(s), 9)
		if err != nil {
			t.Fatal(err)
		}
		return ring
	}
	const a, b, changed = `"a":{"keytype":"x","keyval":{},"scheme":"y"}`, `"b":{"keytype":"x","keyval":{},"scheme":"y"}`, `"b":{"keytype":"x","keyval":{},"scheme":"z"}`
	older, newer := read("{"+a+","+b+"}"), read("{"+a+","+changed+"}")
	merged := newer.adopt(older)
	if merged.find("a") != older.find("a") || merged.find("b") != newer.find("b") || merged.find("c") != nil {
		t.Error("the wrong entries were taken over")
	}
	facts := &rootFacts{ring: newer}
	facts.quorums[2].ring = newer
	if adopted := facts.adopt(&rootFacts{ring: older}); adopted.quorums[2].ring.find("a") != older.find("a") || facts.quorums[2].ring.find("a") == older.find("a") {
		t.Error("a quorum looks at other keys than its root")
	}
	if newer.find("a") == older.find("a") {
		t.Error("the newer ring was changed")
	}
}
