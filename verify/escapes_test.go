package verify_test

import (
	"testing"

	"github.com/rust-lang/rust-tuf/verify"
)

// A role, a key id and whoever holds the key may have names that JSON writes with
// escapes: they are compared and told as what they say, not as they are written.
func TestNamesWithEscapes(t *testing.T) {
	const role, keyID, owner = `a"\b`, `key "1\"`, `dana "d" \ dave`
	dana := edPerson(t, "dana").as(keyID)
	dana.name = owner
	r := serve(t)
	r.delegate("targets", role, true, []string{"x/*"}, dana)
	set(r.targets["targets"], "x-rust-tuf", extension("targets", dana))
	r.lists(role, "x/1", 7)
	r.publish()
	c, _ := r.client()
	v, err := lookup(c, "x/1")
	if err != nil || v.Length != 7 || v.Role() != role {
		t.Fatalf("%+v, %v", v, err)
	}
	valid := v.Chain[len(v.Chain)-1].Tally().Valid
	if len(valid) != 1 || valid[0].KeyID != keyID || valid[0].Owner != owner {
		t.Errorf("%+v", valid)
	}

	r.signers[role] = nil
	r.bump("timestamp", "snapshot", role)
	_, err = lookup(c, "x/1")
	unsigned := refused[*verify.ThresholdError](t, err, `"a\"\\b" 2: threshold of targets 1 not met: 0 of 1 signatures valid; 1 more of: "dana \"d\" \\ dave"`)
	if unsigned.Role != role || len(unsigned.Missing) != 1 || unsigned.Missing[0].KeyID != keyID || unsigned.Missing[0].Owner != owner {
		t.Errorf("%+v", unsigned)
	}

	// The name of another role is how the name of this one is written.
	r.signers[role] = []*person{dana}
	set(r.targets[role], "x-rust-tuf", extension(`a\"\\b`))
	r.bump("timestamp", "snapshot", role)
	_, err = lookup(c, "x/1")
	if e := refused[*verify.RoleError](t, err, `"a\"\\b"`, `"a\\\"\\\\b"`); e.Want != role || e.Found != `a\"\\b` {
		t.Errorf("%+v", e)
	}
}
