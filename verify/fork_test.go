package verify_test

import (
	"bytes"
	"errors"
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

// A refusal that comes after a fork was met does not hide it: whoever signs
// twice could else have no proof against him by breaking what follows.
func TestForkBesideARefusal(t *testing.T) {
	for name, c := range map[string]struct {
		role    string
		edit    func(r *served) // of what was signed already
		refused func(testing.TB, error)
	}{
		"timestamp, and no snapshot": {"timestamp", func(r *served) {
			set(r.timestamp, "expires", "2029-01-01T00:00:00Z")
			r.publishTimestamp()
		}, func(t testing.TB, err error) {
			if !errors.Is(err, errBroken) {
				t.Error(err)
			}
		}},
		"snapshot, and a role goes back": {"snapshot", func(r *served) {
			r.targets["targets"]["version"] = 1
			r.bump("timestamp")
		}, wants[*verify.VersionError]("targets 1 is not newer than the trusted version 2")},
		"snapshot, and it is expired": {"snapshot", func(r *served) {
			set(r.snapshot, "expires", "2026-01-01T00:00:00Z")
			r.bump("timestamp")
		}, wants[*verify.ExpiredError]("snapshot 1")},
	} {
		t.Run(name, func(t *testing.T) {
			r := serve(t)
			r.hashes = true
			r.bump("targets")
			client, store := r.refreshed()
			trusted := store[verify.Slot{Role: c.role}]
			c.edit(r)
			if c.role == "timestamp" {
				delete(store, verify.Slot{Role: "snapshot"})
				r.fails["1.snapshot.json"] = errBroken
			}
			got, err := client.Refresh(t.Context(), now)
			if got != nil {
				t.Error("refreshed")
			}
			c.refused(t, err)
			fork := refused[*verify.ForkError](t, err, c.role+" 1 was signed twice, with different content; keep both files as proof")
			if fork.Role != c.role || !bytes.Equal(fork.Trusted, trusted) || !bytes.Equal(fork.Found, r.files[r.name(c.role, 1)]) {
				t.Errorf("%+v", fork)
			}
			if _, err := (&verify.Client{Metadata: r, Store: shelf{}}).Refresh(t.Context(), now); errors.As(err, &fork) {
				t.Error("a fork without one:", err)
			}
		})
	}
}

// What a try has met that another process overtook is proof in the next one:
// that process may have kept what makes it invisible.
func TestForkBeforeAnotherTry(t *testing.T) {
	r := serve(t)
	c, store := r.refreshed()
	trusted := store[verify.Slot{Role: "timestamp"}]
	set(r.timestamp, "expires", "2029-01-01T00:00:00Z")
	r.publishTimestamp()
	found := r.files["timestamp.json"]
	delete(store, verify.Slot{Role: "snapshot"})
	overtaken := false
	c.Metadata = during{r, "1.snapshot.json", func() {
		if overtaken {
			return
		}
		overtaken = true
		r.bump("timestamp", "snapshot")
		if _, err := (&verify.Client{Metadata: r, Store: store}).Refresh(t.Context(), now); err != nil {
			t.Error(err)
		}
	}}
	refreshed, err := c.Refresh(t.Context(), now)
	if err != nil || !overtaken {
		t.Fatal(err, overtaken)
	}
	if fork := refreshed.Fork(); fork == nil || !bytes.Equal(fork.Trusted, trusted) || !bytes.Equal(fork.Found, found) {
		t.Errorf("%+v", fork)
	}
}
