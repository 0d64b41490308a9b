package verify_test

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"testing"

	"github.com/rust-lang/rust-tuf/verify"
)

// A client accepts as many roots in one refresh as Limits.RootRotations says, as
// Root.Walk does, and then no more (SPEC 5.3.3): whoever serves roots without an
// end does not keep it walking. What it has accepted by then stays.
func TestRootsInOneRefresh(t *testing.T) {
	for _, parallel := range []int{0, 2} {
		r := serve(t)
		c, store := r.client()
		c.Metadata, c.Parallel = &scales{next: r}, parallel
		c.Limits.RootRotations = 2
		r.nextRoot(func(object) {})
		r.nextRoot(func(object) {})
		if _, err := refresh(c); err != nil {
			t.Fatalf("2 new roots, as many as there may be: %v", err)
		}
		for range 3 {
			r.nextRoot(func(object) {})
		}
		_, err := refresh(c)
		e := refused[*verify.LimitError](t, err, "root versions in one refresh: 3, above the limit of 2")
		if e.Limit != 2 || e.Found != 3 || store.newest(t, "root") != "root 5" {
			t.Errorf("%+v, %s", e, store.newest(t, "root"))
		}
		if _, err := refresh(c); err != nil || store.newest(t, "root") != "root 6" {
			t.Errorf("the next refresh: %v, %s", err, store.newest(t, "root"))
		}
	}
}

// There is no version after the largest, and nobody is asked for it.
func TestRefreshAtTheLargestRoot(t *testing.T) {
	r := serve(t)
	r.root["version"] = int64(math.MaxInt64)
	r.putRoot(r.quorum...)
	c, _ := r.clientFrom(r.files[fmt.Sprintf("%d.root.json", int64(math.MaxInt64))])
	if _, err := refresh(c); err != nil {
		t.Error(err)
	}
	if want := []string{"timestamp.json", "1.snapshot.json", "1.targets.json"}; !slices.Equal(r.asked, want) {
		t.Errorf("asked for %q, want %q", r.asked, want)
	}
}

// The largest limit that can be said is one.
func TestLargestLimits(t *testing.T) {
	r := serve(t)
	c, _ := r.client()
	c.Limits = verify.Limits{RootBytes: math.MaxInt64, TargetsBytes: math.MaxInt64, SnapshotBytes: math.MaxInt64, TimestampBytes: math.MaxInt64,
		RootRotations: math.MaxInt, Patterns: math.MaxInt, Visits: math.MaxInt}
	r.nextRoot(func(object) {})
	if _, err := refresh(c); err != nil {
		t.Error(err)
	}
}

// In METAFILES hashes are optional: an object without any promises as much as
// none. But hashes of kinds that nobody here can compute are a promise that
// cannot be checked, and the file is refused (SPEC 5.5.2, 5.6.2).
func TestHashesOfMetadata(t *testing.T) {
	for _, file := range []string{"timestamp", "snapshot"} {
		for name, test := range map[string]struct {
			hashes  object
			refused bool
		}{
			"none":             {object{}, false},
			"unknown only":     {object{"sha3-256": "00"}, true},
			"unknown and true": {nil, false},
		} {
			r := serve(t)
			c, _ := r.client()
			promise := func(name string) object {
				hashes := test.hashes
				if hashes == nil {
					r.hashes = true
					hashes = r.promise(1, r.files[name])["hashes"].(object)
					hashes["sha3-256"] = "00"
				}
				return object{"version": 1, "hashes": hashes}
			}
			what := "snapshot"
			if file == "timestamp" {
				r.timestamp["meta"] = object{"snapshot.json": promise("1.snapshot.json")}
				r.publishTimestamp()
			} else {
				what = "targets"
				r.snapshot["meta"] = object{"targets.json": promise("1.targets.json")}
				r.publishSnapshot()
			}
			_, err := refresh(c)
			if !test.refused {
				if err != nil {
					t.Errorf("%s, %s: %v", file, name, err)
				}
				continue
			}
			refused[*verify.ContentError](t, err, what+": none of the promised hashes is of a kind that is known here")
		}
	}
}

// The recovery from a fast-forward happens once: after it the floors hold again
// in every refresh (SPEC 5.3.11), under later roots too.
func TestFloorsAfterARecovery(t *testing.T) {
	r := serve(t)
	r.bump("timestamp", "snapshot")
	r.timestamp["version"] = int64(1 << 53)
	r.publish()
	c, store := r.refreshed()
	fresh := edPerson(t, "online-2")
	r.nextRoot(func(s object) {
		maps.Copy(s["keys"].(object), keyObjects(fresh))
		set(s, "roles.timestamp", roleObject(1, r.online, fresh))
	})
	r.timestamp["version"] = int64(7)
	r.publish()
	if _, err := refresh(c); err != nil {
		t.Fatal(err)
	}
	r.bump("timestamp", "snapshot")
	if _, err := refresh(c); err != nil {
		t.Fatal(err)
	}
	attack := func(when string) {
		t.Helper()
		newest := r.files["timestamp.json"]
		version := r.timestamp["version"]
		r.timestamp["version"] = int64(7)
		r.publishTimestamp()
		_, err := refresh(c)
		refused[*verify.VersionError](t, err, "timestamp 7 is not newer than the trusted version 8")
		r.timestamp["version"], r.files["timestamp.json"] = version, newest
		if got := store.newest(t, "timestamp", "snapshot"); got != "timestamp 8, snapshot 3" {
			t.Errorf("%s: %s", when, got)
		}
	}
	attack("after the recovery")
	r.nextRoot(func(object) {})
	attack("under a later root with the same keys")
}
