package verify_test

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/verify"
)

// robbed is a repository in which each role has keys of its own, and a client
// that has seen version 2 of everything. A thief controls the server, and some
// of the keys: whatever they serve is what the client gets.
type robbed struct {
	*served
	clock, shots, dana *person // timestamp, snapshot, the delegated role a
	client             *verify.Client
	store              shelf
}

func rob(t *testing.T) *robbed {
	t.Helper()
	r := &robbed{served: serve(t), clock: edPerson(t, "clock"), shots: edPerson(t, "shots"), dana: edPerson(t, "dana")}
	maps.Copy(r.root["keys"].(object), keyObjects(r.clock, r.shots))
	set(r.root, "roles.timestamp", roleObject(1, r.clock))
	set(r.root, "roles.snapshot", roleObject(1, r.shots))
	r.putRoot(r.quorum...)
	r.delegate("targets", "a", false, []string{"x/*"}, r.dana)
	r.lists("a", "x/1", 7)
	for _, signed := range []object{r.timestamp, r.snapshot, r.targets["targets"], r.targets["a"]} {
		signed["version"] = 2
	}
	r.hashes = true
	r.publish()
	r.client, r.store = r.served.client()
	if _, err := lookup(r.client, "x/1"); err != nil {
		t.Fatal(err)
	}
	return r
}

// publish signs each role with its own key.
func (r *robbed) publish() {
	meta := object{}
	for _, role := range slices.Sorted(maps.Keys(r.targets)) {
		raw := envelope(r.t, r.targets[role], r.signers[role]...)
		r.files[r.name(role, r.targets[role]["version"])] = raw
		meta[role+".json"] = r.promise(r.targets[role]["version"], raw)
	}
	r.snapshot["meta"] = meta
	r.forgeSnapshot(r.shots, r.clock)
}

// forgeSnapshot serves the snapshot, and a timestamp that promises it.
func (r *robbed) forgeSnapshot(shots, clock *person) {
	raw := envelope(r.t, r.snapshot, shots)
	r.files[r.name("snapshot", r.snapshot["version"])] = raw
	r.timestamp["meta"] = object{"snapshot.json": r.promise(r.snapshot["version"], raw)}
	r.files["timestamp.json"] = envelope(r.t, r.timestamp, clock)
}

// forge serves a role that the thief has signed, under the version that the
// client knows.
func (r *robbed) forge(role string, signers ...*person) {
	r.lists(role, "x/1", 666)
	r.files["2."+role+".json"] = envelope(r.t, r.targets[role], signers...)
	delete(r.store, verify.Slot{Role: role}) // so that it is asked for again
}

// later raises versions.
func (r *robbed) later(documents ...object) {
	for _, d := range documents {
		d["version"] = number(d["version"]) + 1
	}
}

// The key of each role alone, and what a thief of it tries: SPEC 1.5.2, key
// compromise. None makes a client believe in a file.
func TestStolenKeys(t *testing.T) {
	mallory := edPerson(t, "mallory")
	for name, test := range map[string]struct {
		forge func(r *robbed)
		want  func(testing.TB, error)
	}{
		"timestamp, with a snapshot of the thief's": {func(r *robbed) {
			r.later(r.timestamp, r.snapshot)
			r.forgeSnapshot(mallory, r.clock)
		}, wants[*verify.ThresholdError]("snapshot 3", "0 of 1")},
		"timestamp, with an older snapshot": {func(r *robbed) {
			r.later(r.timestamp)
			r.snapshot["version"] = 1
			r.forgeSnapshot(r.shots, r.clock)
		}, wants[*verify.VersionError]("snapshot 1 is not newer than the trusted version 2")},
		"timestamp, with other bytes for the snapshot": {func(r *robbed) {
			r.later(r.timestamp)
			set(r.timestamp, "meta", object{"snapshot.json": object{"version": 2, "hashes": object{"sha256": strings.Repeat("00", 32)}}})
			r.files["timestamp.json"] = envelope(r.t, r.timestamp, r.clock)
		}, wants[*verify.ContentError]("snapshot: its sha256")},
		"snapshot, which no timestamp promises": {func(r *robbed) {
			delete(r.store, verify.Slot{Role: "snapshot"})
			set(r.snapshot, "meta", object{"targets.json": object{"version": 1}})
			r.files["2.snapshot.json"] = envelope(r.t, r.snapshot, r.shots)
		}, wants[*verify.ContentError]("snapshot: ", "bytes long, promised are")},
		"snapshot, with a timestamp of the thief's": {func(r *robbed) {
			r.later(r.timestamp, r.snapshot)
			r.forgeSnapshot(r.shots, mallory)
		}, wants[*verify.ThresholdError]("timestamp 3", "0 of 1")},
		"timestamp and snapshot, back to older targets": {func(r *robbed) {
			r.later(r.timestamp, r.snapshot)
			set(r.snapshot, "meta", object{"targets.json": object{"version": 1}, "a.json": object{"version": 2}})
			r.forgeSnapshot(r.shots, r.clock)
		}, wants[*verify.VersionError]("targets 1 is not newer than the trusted version 2")},
		"timestamp and snapshot, without a delegated role": {func(r *robbed) {
			r.later(r.timestamp, r.snapshot)
			set(r.snapshot, "meta", object{"targets.json": object{"version": 2}})
			r.forgeSnapshot(r.shots, r.clock)
		}, wants[*verify.VersionError]("a is gone from the snapshot")},
		"timestamp and snapshot, with targets of the thief's": {func(r *robbed) {
			r.later(r.timestamp, r.snapshot, r.targets["targets"])
			r.lists("targets", "x/1", 666)
			r.signers["targets"] = []*person{r.clock, r.shots, mallory}
			r.publish()
		}, wants[*verify.ThresholdError]("targets 3", "0 of 3")},
		"targets, less than the threshold": {func(r *robbed) {
			r.later(r.timestamp, r.snapshot, r.targets["targets"])
			r.lists("targets", "x/1", 666)
			r.signers["targets"] = r.quorum[:2]
			r.publish()
		}, wants[*verify.ThresholdError]("targets 3", "2 of 3")},
		"targets, all of them, which no snapshot lists": {func(r *robbed) { r.forge("targets", r.quorum...) }, wants[*verify.LimitError]("2.targets.json")},
		"a delegated role, which no snapshot lists":     {func(r *robbed) { r.forge("a", r.dana) }, wants[*verify.LimitError]("2.a.json")},
		"root, less than the threshold": {func(r *robbed) {
			r.nextRoot(func(s object) { s["roles"].(object)["targets"] = roleObject(1, r.quorum[0]) })
			r.putRoot(r.quorum[:2]...)
		}, wants[*verify.ThresholdError]("root 2: threshold of root 1 not met", "2 of 3")},
	} {
		t.Run(name, func(t *testing.T) {
			r := rob(t)
			test.forge(r)
			v, err := lookup(r.client, "x/1")
			if v != nil {
				t.Fatalf("believed: %+v", v)
			}
			test.want(t, err)
		})
	}
}

// Who has the key of a delegated role, and whose snapshot is published, says
// what they like of the paths that are theirs, and of no other.
func TestStolenDelegatedKey(t *testing.T) {
	r := rob(t)
	r.later(r.timestamp, r.snapshot, r.targets["a"])
	r.lists("a", "channels/stable.toml", 666)
	r.lists("a", "y/1", 666)
	r.publish()
	v, err := lookup(r.client, "channels/stable.toml")
	if err != nil || v.Length != 5 || v.Role() != "targets" {
		t.Errorf("%+v, %v", v, err)
	}
	_, err = lookup(r.client, "y/1")
	refused[*verify.NotFoundError](t, err, "asked: targets")
}

// Freeze: who has the key of the timestamp can hold a client where it is, until
// the snapshot expires, which they cannot sign.
func TestFreezeEnds(t *testing.T) {
	r := rob(t)
	r.snapshot["expires"] = "2026-12-08T00:00:00Z"
	r.later(r.timestamp, r.snapshot)
	r.publish()
	if _, err := lookup(r.client, "x/1"); err != nil {
		t.Fatal(err)
	}
	r.timestamp["expires"] = "2040-01-01T00:00:00Z"
	r.later(r.timestamp)
	r.forgeSnapshot(r.shots, r.clock) // the same snapshot
	if _, err := r.client.Refresh(t.Context(), now.AddDate(0, 0, 6)); err != nil {
		t.Fatal(err)
	}
	_, err := r.client.Refresh(t.Context(), now.AddDate(0, 0, 7))
	refused[*verify.ExpiredError](t, err, "snapshot 3: expired")
	if got := r.store.newest(t, "timestamp", "snapshot"); got != "timestamp 4, snapshot 3" {
		t.Error(got)
	}
}

// A root that was refused is forgotten (CVE-2020-15163 python-tuf): what it
// would have allowed is not believed by the next refresh, and the true one is.
func TestRefusedRootIsForgotten(t *testing.T) {
	r := serve(t)
	c, store := r.refreshed()
	mallory := edPerson(t, "mallory")
	forged := rootSigned(t, 2, 1, mallory)
	r.files["2.root.json"] = envelope(t, forged, mallory)
	set(forged, "version", 3)
	r.files["3.root.json"] = envelope(t, forged, mallory)
	for range 2 {
		_, err := refresh(c)
		refused[*verify.ThresholdError](t, err, "root 2: threshold of root 1 not met")
		if got := store.newest(t, "root"); got != "root 1" {
			t.Fatal(got)
		}
	}
	delete(r.files, "3.root.json")
	r.nextRoot(func(object) {})
	if _, err := refresh(c); err != nil {
		t.Fatal(err)
	}
	if got := store.newest(t, "root"); got != "root 2" {
		t.Error(got)
	}
}

// SPEC 5.3.8: each root is kept as soon as it is trusted, so that a refusal
// further on loses none of them.
func TestRootsAreKeptOneByOne(t *testing.T) {
	r := serve(t)
	c, store := r.refreshed()
	r.nextRoot(func(object) {})
	r.nextRoot(func(object) {})
	r.nextRoot(func(object) {})
	r.putRoot(r.quorum[0]) // the fourth
	_, err := refresh(c)
	refused[*verify.ThresholdError](t, err, "root 4")
	if got := store.newest(t, "root"); got != "root 3" {
		t.Error(got)
	}
	for version := int64(1); version <= 3; version++ {
		if raw, err := store.Load(verify.Slot{Role: "root", Version: version}); err != nil || !bytes.Equal(raw, r.files[fmt.Sprintf("%d.root.json", version)]) {
			t.Errorf("root %d is not in the history: %v", version, err)
		}
	}
}

// A snapshot that is kept is held to the hash of the timestamp as a fetched one
// is (SPEC 5.5.2): two of one version are not the same.
func TestKeptSnapshotIsHeldToItsHash(t *testing.T) {
	r := rob(t)
	r.snapshot["x-note"] = "another one of version 2"
	r.later(r.timestamp)
	r.forgeSnapshot(r.shots, r.clock)
	v, err := lookup(r.client, "x/1")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(r.store[verify.Slot{Role: "snapshot"}], r.files["2.snapshot.json"]) {
		t.Error("the kept one was taken")
	}
	if v.Fork == nil || v.Fork.Role != "snapshot" {
		t.Errorf("two snapshots of one version, and no proof: %+v", v.Fork)
	}
}

// What is kept is of the wrong type, or of another role: it is replaced, and
// never a failure for good.
func TestStoreMixedUp(t *testing.T) {
	for _, role := range []string{"timestamp", "snapshot", "targets", "a"} {
		for _, other := range []string{"root", "timestamp", "snapshot", "targets", "a"} {
			r := rob(t)
			good := r.store[verify.Slot{Role: role}]
			r.store[verify.Slot{Role: role}] = r.store[verify.Slot{Role: other}]
			if _, err := lookup(r.client, "x/1"); err != nil {
				t.Errorf("%s in the place of %s: %v", other, role, err)
			}
			if !bytes.Equal(r.store[verify.Slot{Role: role}], good) {
				t.Errorf("%s in the place of %s was not replaced", other, role)
			}
		}
	}
}

// What a power failure leaves of a delegated role, which a store need not keep
// from that: it is fetched again, and is no failure.
func TestDamagedDelegatedRole(t *testing.T) {
	for name, damage := range map[string]func(raw []byte) []byte{
		"nothing": func([]byte) []byte { return nil },
		"empty":   func([]byte) []byte { return []byte{} },
		"half":    func(raw []byte) []byte { return raw[:len(raw)/2] },
		"zeros":   func(raw []byte) []byte { return make([]byte, len(raw)) },
		"a block of zeros": func(raw []byte) []byte {
			raw = bytes.Clone(raw)
			clear(raw[len(raw)/3 : len(raw)/2])
			return raw
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := rob(t)
			slot := verify.Slot{Role: "a"}
			good := r.store[slot]
			if r.store[slot] = damage(good); r.store[slot] == nil {
				delete(r.store, slot)
			}
			if _, err := lookup(r.client, "x/1"); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(r.store[slot], good) {
				t.Error("it was not replaced")
			}
		})
	}
}

// A diamond (issue 2977 python-tuf): a role that two roles delegate to is asked
// through the first that covers the path, and each is asked once.
func TestDiamond(t *testing.T) {
	r := serve(t)
	key := edPerson(t, "dana")
	r.delegate("targets", "b", false, []string{"x/*", "y/*"}, key)
	r.delegate("targets", "c", false, []string{"x/*", "y/*"}, key)
	r.delegate("b", "e", false, []string{"y/*"}, key)
	r.delegate("c", "e", false, []string{"x/*", "y/*"}, key)
	r.lists("e", "x/1", 7)
	r.lists("e", "y/1", 8)
	r.publish()
	c, _ := r.client()
	for path, chain := range map[string]string{"x/1": "targets c e", "y/1": "targets b e"} {
		v, err := lookup(c, path)
		if err != nil {
			t.Fatal(err)
		}
		var roles []string
		for _, link := range v.Chain[3:] {
			roles = append(roles, link.Role)
		}
		if got := strings.Join(roles, " "); got != chain {
			t.Errorf("%s through %s, want %s", path, got, chain)
		}
	}
}
