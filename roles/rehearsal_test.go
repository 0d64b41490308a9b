package roles

import (
	"errors"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/verify"
)

// A rehearsed charter is marked, of another repository, without cards; what it
// was made from stays as it is, and what it yields says what it is.
func TestRehearse(t *testing.T) {
	real := nine().charter(t, Root)
	before := string(real.JSON())
	id := strings.Repeat("ab", 16)
	standIn := func(k verify.PublicKey) (verify.PublicKey, error) { return k, nil }
	r, err := real.Rehearse(id, standIn)
	if err != nil {
		t.Fatal(err)
	}
	if string(real.JSON()) != before {
		t.Error("the real charter has changed")
	}
	if !r.Rehearsal || r.Repository != id || !strings.HasPrefix(r.Name, "rehearsal-of-") || r.Devices != nil {
		t.Errorf("%t %s %s %v", r.Rehearsal, r.Repository, r.Name, r.Devices)
	}
	for _, m := range r.Members {
		for _, k := range m.Keys {
			if k.Kind != KindSoftware || k.Serial != 0 || k.Slot != "" || k.Possession != "" || k.Attestation != nil {
				t.Errorf("%s/%s claims to be on a card", m.Name, k.Label)
			}
		}
	}
	again, err := ReadCharter(r.JSON())
	if err != nil || !again.Rehearsal {
		t.Fatal(again, err)
	}
	raw, err := r.Payload(Basis{Opened: opened})
	if err != nil {
		t.Fatal(err)
	}
	doc, err := verify.Read(raw, verify.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	d := Diff(nil, doc)
	if len(d.Unexplained()) > 0 || d.Changes[0].Kind != IdentityChanged {
		t.Errorf("%v", d.Lines())
	}
	found := false
	for _, line := range d.Lines() {
		found = found || strings.Contains(line, "a rehearsal with throw-away keys, and not real: yes")
	}
	if !found {
		t.Errorf("%s", strings.Join(d.Lines(), "\n"))
	}
	_, err = real.Rehearse(id, func(verify.PublicKey) (verify.PublicKey, error) { return verify.PublicKey{}, errNoKey })
	if !errors.Is(err, errNoKey) || !strings.Contains(err.Error(), "the key ") {
		t.Errorf("error %v", err)
	}
}

var errNoKey = errors.New("no key")
