package verify_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/verify"
)

// Targets, and the targets of a delegated role, that were signed twice in one
// version are told from each other by whoever kept the first: both are proof.
func TestTargetsSignedTwice(t *testing.T) {
	for _, role := range []string{"targets", "nightly"} {
		for _, parallel := range []int{0, 4} {
			r := serve(t)
			r.hashes = true // else the kept one is as good, and nobody asks for another
			dave := edPerson(t, "dave")
			delegating(r.targets["targets"], "nightly", 1, dave)
			entry := object{"length": 5, "hashes": object{"sha256": strings.Repeat("ab", 32)}}
			r.targets["nightly"], r.signers["nightly"] = set(targetsSigned("nightly", 1), "targets", object{"channels/nightly.toml": entry}), []*person{dave}
			r.publish()
			c, store := r.client()
			c.Metadata, c.Parallel = &scales{next: r}, parallel
			if v, err := lookup(c, "channels/nightly.toml"); err != nil || v.Fork != nil {
				t.Fatal(v, err)
			}
			trusted := store[verify.Slot{Role: role}]
			set(r.targets[role], "expires", "2029-01-01T00:00:00Z")
			r.bump("timestamp", "snapshot")
			v, err := lookup(c, "channels/nightly.toml")
			if err != nil {
				t.Fatal(err)
			}
			if v.Fork == nil || v.Fork.Role != role || v.Fork.Version != 1 || !bytes.Equal(v.Fork.Trusted, trusted) || !bytes.Equal(v.Fork.Found, r.files["1."+role+".json"]) {
				t.Fatalf("%s, %d at once: %+v", role, parallel, v.Fork)
			}
			refused[*verify.ForkError](t, v.Fork, role+" 1 was signed twice, with different content; keep both files as proof")
		}
	}
}

// What was kept is proof only if it is of the same version and the role's keys of
// now have signed it: a thief of a store makes no proof against anybody.
func TestWhatProvesNoFork(t *testing.T) {
	for name, kept := range map[string]func(r *served) []byte{
		"signed by others": func(r *served) []byte {
			return envelope(t, set(targetsSigned("targets", 1), "expires", "2028-01-01T00:00:00Z"), edPerson(t, "mallory"))
		},
		"an older version": func(r *served) []byte { return envelope(t, targetsSigned("targets", 7), r.quorum...) },
		"of another role": func(r *served) []byte {
			return envelope(t, set(set(targetsSigned("nightly", 1), "expires", "2028-01-01T00:00:00Z"), "x-rust-tuf", gone), edPerson(t, "dave"))
		},
		"of another type": func(r *served) []byte { return r.files["1.snapshot.json"] },
		"the same, signed by more": func(r *served) []byte {
			return envelope(t, r.targets["targets"], r.quorum[:3]...)
		},
		"damaged": func(r *served) []byte { return []byte("{") },
	} {
		r := serve(t)
		r.hashes = true
		r.publish()
		c, store := r.refreshed()
		store[verify.Slot{Role: "targets"}] = kept(r)
		v, err := refresh(c)
		if err != nil || v.Fork != nil {
			t.Errorf("%s: %+v %v", name, v, err)
		}
	}
}
