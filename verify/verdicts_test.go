package verify

import (
	"errors"
	"testing"
)

// Two quorums that judge one document share what was verified: a signature is
// checked once for each key, not once for each quorum.
func TestVerdictsAreRemembered(t *testing.T) {
	key, err := parseSPKI(append(append([]byte(nil), headEd25519...), make([]byte, 32)...))
	if err != nil {
		t.Fatal(err)
	}
	junk := newSignature(Signature{KeyID: "a", Sig: make([]byte, 64)})
	d := &Document{message: newMessage([]byte("{}")), signatures: []signature{junk, junk}}
	marked := errors.New("remembered")
	known := verdicts{{key, marked}, {}}
	if err := known.verify(d, key, 0); err != marked {
		t.Errorf("verified again: %v", err)
	}
	// Another signature is another question.
	if err := known.verify(d, key, 1); err != errMismatch || known[1].err != errMismatch {
		t.Errorf("not remembered: %v", err)
	}
	// One quorum alone needs no memory.
	if err := verdicts(nil).verify(d, key, 0); err != errMismatch {
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
