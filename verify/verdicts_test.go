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
	d := &Document{message: newMessage([]byte("{}"))}
	s := signature{Signature: Signature{KeyID: "a", Sig: make([]byte, 64)}}
	marked := errors.New("remembered")
	known := &verdicts{known: map[verdict]error{{key.Fingerprint(), string(s.Sig)}: marked}}
	if err := known.verify(d, key, s); err != marked {
		t.Errorf("verified again: %v", err)
	}
	// Another signature by the same key is another question.
	s.Sig[0] = 1
	if err := known.verify(d, key, s); err != errMismatch || len(known.known) != 2 {
		t.Errorf("not remembered: %v", err)
	}
	// One quorum alone needs no memory.
	alone := new(verdicts)
	if err := alone.verify(d, key, s); err != errMismatch || alone.known != nil {
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
	if newer.find("a") == older.find("a") {
		t.Error("the newer ring was changed")
	}
}
