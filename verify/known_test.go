package verify_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/verify"
)

// withMeta is a record that also says something of `meta`, made by hand.
func withMeta(t testing.TB, document []byte, root *verify.Root, size, files int) verify.SnapshotRecord {
	t.Helper()
	r := recordSaying(t, document, root, fmt.Sprintf(" meta %d %d", size, files))
	r.MetaBytes, r.MetaFiles = size, files
	return r
}

// beforeSnapshot is a session that has accepted a timestamp, which promises
// version 1 of a snapshot.
func beforeSnapshot(t testing.TB, root *verify.Root, lim verify.Limits) *verify.Session {
	t.Helper()
	s := verify.NewSession(root, now, lim)
	if err := errors.Join(s.EndRoots(), second(s.AddTimestamp(listed(t, "timestamp", 1, "meta", `{"snapshot.json":{"version":1}}`)))); err != nil {
		t.Fatal(err)
	}
	return s
}

// restored is a session that has restored a snapshot.
func restored(t testing.TB, root *verify.Root, lim verify.Limits, raw []byte, record verify.SnapshotRecord) (*verify.Session, bool, error) {
	t.Helper()
	s := beforeSnapshot(t, root, lim)
	current, err := s.RestoreSnapshot(raw, record)
	return s, current, err
}

// A record spares a look at the entries of exactly one `meta`. Here one of them
// is no good, which shows whether anybody looked.
func TestKnownMeta(t *testing.T) {
	root := listedRoot(t)
	meta := entries(numbered(5), func(i int) string { return fmt.Sprintf(`{"version":%d}`, i) })
	bad := listed(t, "snapshot", 1, "meta", meta)
	size := len(meta)
	right := withMeta(t, bad, root, size, 5)
	if _, current, err := restored(t, root, verify.Limits{}, bad, right); err != nil || !current {
		t.Fatalf("somebody looked: %v, %v", current, err)
	}
	damaged := map[string]verify.SnapshotRecord{"none": {}, "the signatures alone": recordOf(t, bad, listedRootRaw(t))}
	damage := func(name string, edit func(r *verify.SnapshotRecord)) {
		r := right
		edit(&r)
		damaged[name] = r
	}
	for bit := range 256 {
		damage(fmt.Sprint("content, bit ", bit), func(r *verify.SnapshotRecord) { r.Content[bit/8] ^= 1 << (bit % 8) })
		damage(fmt.Sprint("root, bit ", bit), func(r *verify.SnapshotRecord) { r.Under.Digest[bit/8] ^= 1 << (bit % 8) })
	}
	damage("root, version", func(r *verify.SnapshotRecord) { r.Under.Version++ })
	for _, n := range []int{math.MinInt, -size, -1, 0, 1, 2, 3, size - 1, size + 1, size + 2, len(bad) - size, len(bad), math.MaxInt} {
		damage(fmt.Sprint("bytes ", n), func(r *verify.SnapshotRecord) { r.MetaBytes = n })
		damage(fmt.Sprint("files ", n), func(r *verify.SnapshotRecord) { r.MetaFiles = n })
	}
	// Whoever makes one of these says of some bytes that they are `meta`, and are not.
	for n := 3 - len(bad); n < len(bad)+3; n++ {
		if n != size {
			damaged[fmt.Sprint("made with bytes ", n)] = withMeta(t, bad, root, n, 5)
		}
	}
	for name, record := range damaged {
		t.Run(name, func(t *testing.T) {
			_, _, err := restored(t, root, verify.Limits{}, bad, record)
			refused[*verify.FormatError](t, err, "snapshot 1: signed.meta.name-000001.version: must be above zero, found 0")
		})
	}
}

func listedRootRaw(t testing.TB) []byte {
	t.Helper()
	return listedRoot(t).Raw()
}

// The record of another snapshot says nothing of this one, however alike they
// are: here all but the one version that is no good.
func TestKnownMetaOfAnother(t *testing.T) {
	root := listedRoot(t)
	of := func(version int) []byte {
		return listed(t, "snapshot", 1, "meta", entries(numbered(5), func(int) string { return fmt.Sprintf(`{"version":%d}`, version) }))
	}
	s, _, err := restored(t, root, verify.Limits{}, of(1), verify.SnapshotRecord{})
	if err != nil || s.SnapshotRecord().MetaBytes == 0 {
		t.Fatal(err, s.SnapshotRecord())
	}
	_, _, err = restored(t, root, verify.Limits{}, of(0), s.SnapshotRecord())
	refused[*verify.FormatError](t, err, "version: must be above zero, found 0")
}

// Only a `meta` of usual entries, in a snapshot that is canonical as it was
// received, has a record that spares a look at it. All others are judged with
// their records as without.
func TestKnownMetaIsUsual(t *testing.T) {
	root := listedRoot(t)
	usual := entries(numbered(3), usualMeta)
	raw := listed(t, "snapshot", 1, "meta", usual)
	for name, c := range map[string]struct {
		raw   []byte
		known bool
	}{
		"usual":           {raw, true},
		"none":            {listed(t, "snapshot", 1, "meta", `{}`), true},
		"a line's end":    {append(slices.Clone(raw), '\n'), true},
		"with hashes":     {listed(t, "snapshot", 1, "meta", `{"a":{"hashes":{"sha256":`+sum+`},"length":1,"version":1}}`), true},
		"white space":     {indented(t, raw), false},
		"beside it":       {bytes.Replace(raw, []byte(`"meta":`), []byte(`"meta": `), 1), false},
		"behind it":       {bytes.Replace(raw, []byte(`,"spec_version"`), []byte(` ,"spec_version"`), 1), false},
		"out of order":    {listed(t, "snapshot", 1, "meta", `{"b":{"version":1},"a":{"version":1}}`), false},
		"another member":  {listed(t, "snapshot", 1, "meta", `{"a":{"version":1,"x":0},"b":{"version":1}}`), false},
		"an escape":       {listed(t, "snapshot", 1, "meta", `{"a\"":{"version":1},"b":{"version":1}}`), false},
		"not ASCII":       {listed(t, "snapshot", 1, "meta", `{"a":{"version":1},"é":{"version":1}}`), false},
		"an escaped name": {listed(t, "snapshot", 1, "meta", `{"\u0061":{"version":1},"b":{"version":1}}`), false},
	} {
		t.Run(name, func(t *testing.T) {
			first, current, err := restored(t, root, verify.Limits{}, c.raw, verify.SnapshotRecord{})
			record := first.SnapshotRecord()
			if err != nil || !current || record.MetaBytes > 0 != c.known {
				t.Fatalf("%v, %v, %+v", current, err, record)
			}
			again, current, err := restored(t, root, verify.Limits{}, c.raw, record)
			if err != nil || !current || again.SnapshotRecord() != record {
				t.Errorf("%v, %v, %+v, but first %+v", current, err, again.SnapshotRecord(), record)
			}
		})
	}
}

// Wherever a file stands in the list, and however its name and the names around
// it look: it is found with a record as without, and nothing else is.
func TestKnownMetaIsSearched(t *testing.T) {
	root := listedRoot(t)
	odd := []string{"", " ", "!", ":", ":{", ":{}", ",", "},", "{", "}", "{}", "[", "hashes", "length", "sha256", "version", "version:1}},", "{version:1}", "zzz", strings.Repeat("n", 3000), strings.Repeat("ab", 32)}
	slices.Sort(odd)
	text := map[string]func(i int) string{
		"versions": usualMeta,
		"hashes": func(i int) string {
			return fmt.Sprintf(`{"hashes":{"sha256":%s},"length":%d,"version":%d}`, sum, i, i+1)
		},
	}
	text["both"] = func(i int) string { return text[[]string{"hashes", "versions"}[i%2]](i) }
	for spelling, text := range text {
		for _, n := range []int{0, 1, 2, 3, 10, 1000, -len(odd), -len(odd) / 2} {
			names := numbered(max(n, 0))
			if n < 0 {
				names = slices.Clone(odd[len(odd)+n:])
			}
			for i := range names {
				names[i] += ".json"
			}
			slices.Sort(names)
			raw := listed(t, "snapshot", 1, "meta", entries(names, text))
			whole, _, err := restored(t, root, verify.Limits{}, raw, verify.SnapshotRecord{})
			if err != nil {
				t.Fatal(err)
			}
			known, _, err := restored(t, root, verify.Limits{}, raw, whole.SnapshotRecord())
			if err != nil || whole.SnapshotRecord().MetaFiles != len(names) {
				t.Fatal(err, whole.SnapshotRecord())
			}
			for i, name := range names {
				role := strings.TrimSuffix(name, ".json")
				found, ok := known.Snapshot().File(role)
				if want, _ := whole.Snapshot().File(role); !ok || found.Version != int64(i+1) || !reflect.DeepEqual(found, want) {
					t.Fatalf("%s, %d files: %.80q is %+v, %v, want %+v", spelling, len(names), role, found, ok, want)
				}
			}
			for _, role := range append(slices.Clone(odd), "name-000000", "name-000002", "name-009999", "\x00", "\"", "\\", `{"version`, "é", "~~~") {
				_, ok := known.Snapshot().File(role)
				if _, want := whole.Snapshot().File(role); ok != want {
					t.Errorf("%s, %d files: %.80q found: %v, want %v", spelling, len(names), role, ok, want)
				}
			}
		}
	}
}

// Limits hold for what is known too.
func TestKnownMetaLimits(t *testing.T) {
	root := listedRoot(t)
	raw := listed(t, "snapshot", 1, "meta", entries(numbered(5), usualMeta))
	s, _, err := restored(t, root, verify.Limits{}, raw, verify.SnapshotRecord{})
	if err != nil {
		t.Fatal(err)
	}
	record := s.SnapshotRecord()
	if _, current, err := restored(t, root, verify.Limits{SnapshotFiles: 5}, raw, record); !current || err != nil {
		t.Error(current, err)
	}
	_, _, err = restored(t, root, verify.Limits{SnapshotFiles: 4}, raw, record)
	refused[*verify.LimitError](t, err, "files in a snapshot: 5, above the limit of 4")
	s = beforeSnapshot(t, root, verify.Limits{SnapshotBytes: int64(len(raw)) - 1})
	_, err = s.RestoreSnapshot(raw, record)
	refused[*verify.LimitError](t, err, "snapshot")
	raw = listed(t, "snapshot", 1, "meta", `{"a":{"hashes":{"sha256":`+sum+`},"length":1,"version":1}}`)
	if s, _, err = restored(t, root, verify.Limits{Depth: 5}, raw, verify.SnapshotRecord{}); err != nil {
		t.Fatal(err)
	}
	_, _, err = restored(t, root, verify.Limits{Depth: 4}, raw, s.SnapshotRecord())
	refused[*verify.LimitError](t, err, "nesting: 5, above the limit of 4")
}

// Whatever happens to a kept snapshot, its record changes nothing about the
// verdict: each byte is damaged in some ways, and what stands around `meta` is
// moved while `meta` is no JSON any more.
func TestKnownMetaDamaged(t *testing.T) {
	t.Parallel()
	root := listedRoot(t)
	raw := listed(t, "snapshot", 1, "meta", entries(numbered(3), usualMeta))
	first, _, err := restored(t, root, verify.Limits{}, raw, verify.SnapshotRecord{})
	if err != nil {
		t.Fatal(err)
	}
	compare := func(raw []byte) {
		t.Helper()
		_, current, err := restored(t, root, verify.Limits{}, raw, first.SnapshotRecord())
		_, want, wantErr := restored(t, root, verify.Limits{}, raw, verify.SnapshotRecord{})
		if current != want || fmt.Sprint(err) != fmt.Sprint(wantErr) {
			t.Errorf("%q: %v, %v; without a record %v, %v", raw, current, err, want, wantErr)
		}
	}
	for i := range raw {
		for _, b := range []byte{raw[i] ^ 1, "\"{}\\ \xff"[i%6]} {
			damaged := bytes.Clone(raw)
			damaged[i] = b
			compare(damaged)
		}
		compare(raw[:i])
		compare(slices.Delete(bytes.Clone(raw), i, i+1))
		compare(slices.Insert(bytes.Clone(raw), i, raw[i]))
	}
	at, end := bytes.Index(raw, []byte(`"meta":`))+len(`"meta":`), bytes.Index(raw, []byte(`,"spec_version"`))
	for ; at < end; at++ {
		damaged := bytes.Clone(raw)
		copy(damaged[at:end], []byte{'"', '{', '}', '['}[at%4:])
		compare(bytes.Replace(damaged, []byte(`"spec_version"`), []byte(`"apec_version"`), 1))
		compare(bytes.Replace(damaged, []byte(`{"signatures"`), []byte(`{"tignatures"`), 1))
		compare(bytes.Replace(damaged, []byte(`"version":1}}`), []byte(`"version":1},"a":0}`), 1))
	}
}

// What was known of a snapshot is a floor for the next one.
func TestKnownMetaIsAFloor(t *testing.T) {
	root := listedRoot(t)
	names := numbered(150)
	at := func(place, version int) string {
		return entries(names, func(i int) string {
			if i == place {
				return fmt.Sprintf(`{"version":%d}`, version)
			}
			return `{"version":5}`
		})
	}
	older := listed(t, "snapshot", 1, "meta", at(0, 5))
	first, _, err := restored(t, root, verify.Limits{}, older, verify.SnapshotRecord{})
	if err != nil {
		t.Fatal(err)
	}
	next := func(meta string) error {
		s := verify.NewSession(root, now, verify.Limits{})
		if err := errors.Join(s.EndRoots(), second(s.AddTimestamp(listed(t, "timestamp", 1, "meta", `{"snapshot.json":{"version":2}}`)))); err != nil {
			t.Fatal(err)
		}
		if current, err := s.RestoreSnapshot(older, first.SnapshotRecord()); err != nil || current {
			t.Fatal(current, err)
		}
		return s.AddSnapshot(listed(t, "snapshot", 2, "meta", meta))
	}
	for _, place := range []int{0, 1, 75, 149} {
		if err := next(at(place, 6)); err != nil {
			t.Error(err)
		}
		refused[*verify.VersionError](t, next(at(place, 4)), names[place]+" 4 is not newer than the trusted version 5")
	}
}

// What a client does to find that nothing has changed takes the same memory
// however many files a snapshot lists.
func TestKnownMetaAllocations(t *testing.T) {
	root := listedRoot(t)
	for _, n := range []int{10, 65_536} {
		raw := listed(t, "snapshot", 1, "meta", entries(numbered(n), usualMeta))
		whole, _, err := restored(t, root, verify.Limits{}, raw, verify.SnapshotRecord{})
		if err != nil {
			t.Fatal(err)
		}
		record, absent := whole.SnapshotRecord(), fmt.Sprintf("name-%06d", n)
		sessions := make([]*verify.Session, 0, 8)
		for range cap(sessions) {
			sessions = append(sessions, beforeSnapshot(t, root, verify.Limits{}))
		}
		allocations := testing.AllocsPerRun(len(sessions)-1, func() {
			s := sessions[0]
			sessions = sessions[1:]
			if current, err := s.RestoreSnapshot(raw, record); !current || err != nil {
				t.Fatal(current, err)
			}
			if f, ok := s.Snapshot().File(absent); ok {
				t.Fatal(f)
			}
		})
		if allocations > 8 {
			t.Errorf("%d files: %v allocations", n, allocations)
		}
	}
}

// FuzzKnownMeta holds a snapshot with its record to the same snapshot without,
// and with a damaged record to that too.
func FuzzKnownMeta(f *testing.F) {
	f.Add(entries(numbered(5), usualMeta), "name-000003", 0, 0, uint16(0))
	f.Add(`{"a":{"version":1},"b":{"hashes":{"sha256":`+sum+`},"length":1,"version":2}}`, "b", 1, 0, uint16(1))
	f.Add(`{":{":{"version":1},"},":{"version":2}}`, ":{", 0, -1, uint16(2))
	f.Add(`{"a":{"version":0}}`, "a", -1, 1, uint16(3))
	f.Add(`{"a":{"version":1},"a\"":{"version":2}}`, "a\"", 0, 0, uint16(40))
	root := listedRoot(f)
	f.Fuzz(func(t *testing.T, meta, role string, bytesOff, filesOff int, damage uint16) {
		raw := listed(t, "snapshot", 1, "meta", meta)
		whole, current, err := restored(t, root, verify.Limits{}, raw, verify.SnapshotRecord{})
		if err != nil {
			return
		}
		same := func(raw []byte, record verify.SnapshotRecord, whole *verify.Session, current bool, err error) {
			t.Helper()
			s, found, foundErr := restored(t, root, verify.Limits{}, raw, record)
			if found != current || fmt.Sprint(foundErr) != fmt.Sprint(err) {
				t.Fatalf("%v, %v; without a record %v, %v", found, foundErr, current, err)
			}
			if !current {
				return
			}
			if s.SnapshotRecord() != whole.SnapshotRecord() || s.Snapshot().Document().Digest() != whole.Snapshot().Document().Digest() {
				t.Fatalf("%+v, without a record %+v", s.SnapshotRecord(), whole.SnapshotRecord())
			}
			names := []string{role, ""}
			var parsed map[string]json.RawMessage
			if json.Unmarshal([]byte(meta), &parsed) == nil {
				for name := range parsed {
					names = append(names, strings.TrimSuffix(name, ".json"))
				}
			}
			for _, name := range names {
				f, ok := s.Snapshot().File(name)
				if want, wantOK := whole.Snapshot().File(name); ok != wantOK || !reflect.DeepEqual(f, want) {
					t.Fatalf("%q is %+v, %v; without a record %+v, %v", name, f, ok, want, wantOK)
				}
			}
		}
		record := whole.SnapshotRecord()
		same(raw, record, whole, current, nil)
		damaged := record
		damaged.MetaBytes += bytesOff
		damaged.MetaFiles += filesOff
		same(raw, damaged, whole, current, nil)
		spoilt := bytes.Clone(raw)
		spoilt[int(damage)%len(raw)] ^= byte(damage>>8) | 1
		again, current, err := restored(t, root, verify.Limits{}, spoilt, verify.SnapshotRecord{})
		same(spoilt, record, again, current, err)
	})
}
