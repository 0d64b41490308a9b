package verify_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/verify"
)

// forged is a snapshot that nobody signed, whose `meta` is any bytes, and the
// record that vouches for it. There is no secret in a record: whoever writes to
// the store can make one.
func forged(root *verify.Root, version, meta string) (raw []byte, record verify.SnapshotRecord) {
	signed := fmt.Sprintf(`{"_type":"snapshot","expires":"2030-01-01T00:00:00Z","meta":%s,"spec_version":"1.0.31","version":%s}`, meta, version)
	record = verify.SnapshotRecord{Under: verify.RootName{Version: root.Version(), Digest: root.Digest()}, MetaBytes: len(meta), MetaFiles: 1}
	digest := sha256.Sum256([]byte(signed))
	record.Content = sha256.Sum256(fmt.Appendf(digest[:], "[] meta %d 1", len(meta)))
	return []byte(`{"signatures":[],"signed":` + signed + `}`), record
}

// noMeta are bytes that are no `meta`, and some that nearly are.
var noMeta = []string{
	"{", "}", `"`, "0", "[", "[]", `""`, "{{", "{{}", "{]}", "{}}", "{,}", "{,", `{"`, `{"}`, `{"a.json`, `{"a.json"`, `{"a.json"}`, `{"a.json":`, `{"a.json":}`, `{"a.json":{`, `{"a.json":{}`,
	`{"a.json":{}}`, `{"a.json":{},}`, `{"a.json":{"version":0}}`, `{"a.json":{"version":}}`, `{"a.json":{"version":-1}}`, `{"a.json":{"version":1}`, `{"a.json":[1}`, `{"a.json":"}`, `{"a.json":"\}`, `{\}`, `{"\}`, `{"\"}`,
	`{"a.json":{"hashes":{"sha256":"}}`, `{"a.json":{"hashes":{"sha256":` + sum + `},"length":1}}`, `{"a.json":{"hashes":{"sha256":` + sum + `},"length":1,"version":0}}`,
	`{"a.json":{"version":1},"a.json":{"version":0}}`, `{"targets.json":{"version":1},"a.json":{"version":0}}`, `{"a.json":{"version":0},"targets.json":{"version":1}}`,
}

// No record makes a session panic, or say of a file what is not an entry that
// `meta` may have.
func TestForgedMeta(t *testing.T) {
	root := listedRoot(t)
	for _, meta := range noMeta {
		raw, record := forged(root, "1", meta)
		s, current, err := restored(t, root, verify.Limits{}, raw, record)
		switch {
		case (err == nil) != current:
			t.Errorf("%q: %v, %v", meta, current, err)
		case current:
			for _, role := range []string{"a", "targets", "", "}", `"`} {
				if f, ok := s.Snapshot().File(role); ok && f.Version < 1 {
					t.Errorf("%q: %s is %+v", meta, role, f)
				}
			}
		}
	}
}

// A record spares the look at a snapshot that is still the one; where it is a
// floor, it is verified. So a forged one is no floor, and no proof of a fork.
func TestForgedFloor(t *testing.T) {
	root := listedRoot(t)
	for _, version := range []string{"1", "2", "9007199254740992"} {
		for _, meta := range append(slices.Clone(noMeta), `{"a.json":{"version":9007199254740992}}`, `{"gone.json":{"version":1}}`) {
			raw, record := forged(root, version, meta)
			s := verify.NewSession(root, now, verify.Limits{})
			promise := fmt.Sprintf(`{"snapshot.json":{"hashes":{"sha256":%s},"length":1,"version":2}}`, sum)
			next := listed(t, "snapshot", 2, "meta", `{"a.json":{"version":1}}`)
			digest := sha256.Sum256(next)
			promise = strings.Replace(promise, sum, fmt.Sprintf(`"%x"`, digest), 1)
			promise = strings.Replace(promise, `"length":1`, fmt.Sprintf(`"length":%d`, len(next)), 1)
			if err := errors.Join(s.EndRoots(), second(s.AddTimestamp(listed(t, "timestamp", 1, "meta", promise)))); err != nil {
				t.Fatal(err)
			}
			if current, err := s.RestoreSnapshot(raw, record); current || err == nil {
				t.Errorf("%s, %q: restored as %v", version, meta, current)
			}
			if err := s.AddSnapshot(next); err != nil || s.Fork() != nil {
				t.Errorf("%s, %q: %v, fork %v", version, meta, err, s.Fork())
			}
		}
	}
}

// Whatever a forged record vouches for, a client that trips over it verifies
// what it kept, and fetches another one: once, and within the same run.
func TestForgedRecordIsRepaired(t *testing.T) {
	targets := `"targets.json":{"version":1}`
	for _, meta := range append(slices.Clone(noMeta),
		`{}`, `{`+targets+`}`, `{`+targets+`,"nightly.json":{"version":1}}`, `{"nightly.json":{"version":0},`+targets+`}`, `{"nightly.json":{"version":7},`+targets+`}`,
		`{"nightly.json":{"version":1},"targets.json":{"version":7}}`, `{"nightly.json":{"hashes":{"sha256":`+sum+`},"length":1,"version":1},`+targets+`}`) {
		for _, parallel := range []int{0, 4} {
			t.Run(fmt.Sprint(meta, parallel), func(t *testing.T) {
				r := serve(t)
				dave := edPerson(t, "dave")
				delegating(r.targets["targets"], "nightly", 1, dave)
				entry := object{"length": 5, "hashes": object{"sha256": strings.Repeat("ab", 32)}}
				r.targets["nightly"], r.signers["nightly"] = set(targetsSigned("nightly", 1), "targets", object{"channels/nightly.toml": entry}), []*person{dave}
				delete(r.root, "x-rust-tuf") // the forged one names no repository
				r.putRoot(r.quorum...)
				r.publish()
				c, store := r.client()
				if _, err := lookup(c, "channels/nightly.toml"); err != nil {
					t.Fatal(err)
				}
				root, err := c.Root()
				if err != nil {
					t.Fatal(err)
				}
				raw, record := forged(root, "1", meta)
				spoilt := verify.Slot{Role: "snapshot"}
				store[spoilt], store[recordsSlot] = raw, memoryOf(fmt.Sprintf("%s meta %d 1\n", strings.TrimSpace(line(record)), record.MetaBytes))
				delete(store, verify.Slot{Role: "targets"})
				delete(store, verify.Slot{Role: "nightly"})
				c = &verify.Client{Metadata: &scales{next: r}, Store: store, Parallel: parallel}
				refreshed, err := c.Refresh(t.Context(), now)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := refreshed.TopLevel(t.Context()); err != nil {
					t.Fatal(err)
				}
				if _, err := refreshed.Verdicts(t.Context(), "channels/nightly.toml", "channels/stable.toml"); err != nil {
					t.Fatal(err)
				}
				v, err := lookup(c, "channels/none.toml")
				refused[*verify.NotFoundError](t, err)
				if v != nil || !bytes.Equal(store[spoilt], r.files["1.snapshot.json"]) {
					t.Errorf("%+v, and kept is %q", v, store[spoilt])
				}
			})
		}
	}
}

// What is refused under a record that is right stays refused, and nobody asks
// for the snapshot again.
func TestRefusedUnderARecord(t *testing.T) {
	r := serve(t)
	c, _ := r.refreshed()
	for range 2 {
		r.asked = nil
		_, err := lookup(c, "channels/none.toml")
		refused[*verify.NotFoundError](t, err, "channels/none.toml")
		if slices.Contains(r.asked, "1.snapshot.json") {
			t.Errorf("asked for %q", r.asked)
		}
	}
}

// full is a store without room for one slot.
type full struct {
	shelf
	slot verify.Slot
}

func (s full) Swap(slot verify.Slot, old, content []byte) error {
	if slot == s.slot {
		return errBroken
	}
	return s.shelf.Swap(slot, old, content)
}

// Where the other snapshot cannot be had, that is what is said; and the next
// lookup asks again. One that was accepted, and cannot be kept, serves.
func TestForgedRecordWithoutARepository(t *testing.T) {
	r := serve(t)
	delete(r.root, "x-rust-tuf")
	r.putRoot(r.quorum...)
	c, store := r.refreshed()
	raw, record := forged(mustTrust(t, r.files["1.root.json"]), "1", `{}`)
	store[verify.Slot{Role: "snapshot"}], store[recordsSlot] = raw, memoryOf(fmt.Sprintf("%s meta 2 1\n", strings.TrimSpace(line(record))))
	c.Store = full{store, verify.Slot{Role: "snapshot"}}
	refreshed, err := c.Refresh(t.Context(), now)
	if err != nil {
		t.Fatal(err)
	}
	r.fails["1.snapshot.json"] = errBroken
	if _, err := refreshed.Target(t.Context(), "channels/stable.toml"); !errors.Is(err, errBroken) {
		t.Error(err)
	}
	delete(r.fails, "1.snapshot.json")
	if _, err := refreshed.Target(t.Context(), "channels/stable.toml"); err != nil {
		t.Error(err)
	}
}

// FuzzForgedMeta lets a record vouch for anything: nothing panics, and as a floor
// it is refused.
func FuzzForgedMeta(f *testing.F) {
	for _, meta := range noMeta {
		f.Add(meta, "a", uint8(1))
		f.Add(meta, "targets", uint8(2))
	}
	root := listedRoot(f)
	f.Fuzz(func(t *testing.T, meta, role string, version uint8) {
		raw, record := forged(root, fmt.Sprint(version), meta)
		s, current, err := restored(t, root, verify.Limits{}, raw, record)
		if (err == nil) != current || current && version != 1 {
			t.Fatal(current, err)
		}
		if !current {
			return
		}
		if f, ok := s.Snapshot().File(role); ok && f.Version < 1 {
			t.Errorf("%+v", f)
		}
		if _, err := s.Targets(func(string, verify.MetaFile, func([]byte) error) error { return errBroken }); err == nil {
			t.Error("targets of nobody")
		}
	})
}

// memoryOf is the memory of a client that says these lines, made by hand.
func memoryOf(lines ...string) []byte {
	text := "format 1\n" + strings.Join(lines, "")
	return fmt.Appendf(nil, "%sdigest %x\n", text, sha256.Sum256([]byte(text)))
}
