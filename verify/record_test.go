package verify_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/verify"
)

// recordOf is what a record of a document under a root says, made by hand.
func recordOf(t testing.TB, document, root []byte) verify.SnapshotRecord {
	t.Helper()
	return recordSaying(t, document, mustTrust(t, root), "")
}

// signaturesOf is the canonical form of what a document has as signatures.
func signaturesOf(t testing.TB, document []byte) []byte {
	t.Helper()
	var parts struct{ Signatures json.RawMessage }
	if err := json.Unmarshal(document, &parts); err != nil {
		t.Fatal(err)
	}
	signatures, err := verify.Canonical(parts.Signatures, verify.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return signatures
}

// recordSaying is a record whose digest is also over some words.
func recordSaying(t testing.TB, document []byte, root *verify.Root, words string) verify.SnapshotRecord {
	t.Helper()
	signatures := signaturesOf(t, document)
	digest := mustRead(t, document).Digest()
	return verify.SnapshotRecord{
		Content: sha256.Sum256(slices.Concat(digest[:], signatures, []byte(words))),
		Under:   verify.RootName{Version: root.Version(), Digest: root.Digest()},
	}
}

// spoiled is a document whose first signature is another one.
func spoiled(t testing.TB, raw []byte) []byte {
	t.Helper()
	at := bytes.Index(raw, []byte(`"sig"`)) + len(`"sig"`)
	at += bytes.IndexByte(raw[at:], '"') + 1
	digit := byte('0')
	if raw[at] == digit {
		digit = '1'
	}
	raw = bytes.Clone(raw)
	raw[at] = digit
	mustRead(t, raw)
	return raw
}

// A record spares the signatures of exactly one document under exactly one
// root. Here it is of a document whose signature is no good, which shows
// whether anybody looked.
func TestSnapshotRecord(t *testing.T) {
	r := serve(t)
	root, good := r.files["1.root.json"], r.files["1.snapshot.json"]
	bad := spoiled(t, good)
	record := recordOf(t, bad, root)
	other := record
	other.Under.Version = 2
	another := record
	another.Under.Digest[31] ^= 1
	r.snapshot["version"] = 2
	r.nextRoot(func(object) {}) // with the same keys
	for _, c := range []struct {
		name   string
		raw    []byte
		record verify.SnapshotRecord
		taken  bool
	}{
		{"this one", bad, record, true},
		{"none", bad, verify.SnapshotRecord{}, false},
		{"none, and signed", good, verify.SnapshotRecord{}, true},
		{"of other signatures", bad, recordOf(t, good, root), false},
		{"of other signatures, and signed", good, record, true},
		{"of other content", spoiled(t, envelope(t, r.snapshot, r.online)), record, false},
		{"of another version of the root", bad, other, false},
		{"of another root of this version", bad, another, false},
		{"of the next root", bad, recordOf(t, bad, r.files["2.root.json"]), false},
		{"of no root", bad, verify.SnapshotRecord{Content: record.Content}, false},
		{"of nothing", bad, verify.SnapshotRecord{Under: record.Under}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := verify.NewSession(mustTrust(t, root), now, verify.Limits{})
			if err := errors.Join(s.EndRoots(), second(s.AddTimestamp(r.files["timestamp.json"]))); err != nil {
				t.Fatal(err)
			}
			if got := s.SnapshotRecord(); got != (verify.SnapshotRecord{}) {
				t.Errorf("a record of no snapshot: %+v", got)
			}
			current, err := s.RestoreSnapshot(c.raw, c.record)
			if !c.taken {
				refused[*verify.ThresholdError](t, err, "snapshot", "0 of 1 signatures valid")
				return
			}
			if err != nil || !current || s.SnapshotRecord() != recordOf(t, c.raw, root) {
				t.Errorf("%v, %v, %+v", current, err, s.SnapshotRecord())
			}
		})
	}
}

func second(_ bool, err error) error { return err }

// Signatures are all that a record spares: type, repository, expiry, and what
// the timestamp promises are judged as ever.
func TestSnapshotRecordSparesNothingElse(t *testing.T) {
	for name, check := range map[string]struct {
		edit    func(r *served)
		refused func(testing.TB, error) // nil: a floor, and not current
	}{
		"type":       {func(r *served) { r.snapshot["_type"] = "timestamp" }, wants[*verify.RoleError]("snapshot")},
		"repository": {func(r *served) { set(r.snapshot, "x-rust-tuf.repository", strings.Repeat("e", 32)) }, wants[*verify.RepositoryError]("snapshot")},
		"expiry":     {func(r *served) { r.snapshot["expires"] = "2026-01-01T00:00:00Z" }, nil},
		"version":    {func(r *served) { r.snapshot["version"] = 2 }, nil},
		"hash":       {func(r *served) { r.snapshot["x-note"] = "another" }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			r := serve(t)
			r.hashes = name == "hash"
			r.publish()
			root := mustTrust(t, r.files["1.root.json"])
			check.edit(r)
			kept := envelope(t, r.snapshot, r.online)
			var compact bytes.Buffer
			if err := json.Compact(&compact, kept); err != nil {
				t.Fatal(err)
			}
			for _, c := range []struct {
				raw    []byte
				record verify.SnapshotRecord
			}{
				{kept, recordOf(t, kept, r.files["1.root.json"])},
				{compact.Bytes(), withMeta(t, compact.Bytes(), root, len(targetsMeta), 1)},
			} {
				s := verify.NewSession(root, now, verify.Limits{})
				if err := errors.Join(s.EndRoots(), second(s.AddTimestamp(r.files["timestamp.json"]))); err != nil {
					t.Fatal(err)
				}
				current, err := s.RestoreSnapshot(c.raw, c.record)
				if current {
					t.Error("taken as current")
				}
				if check.refused != nil {
					check.refused(t, err)
				} else if err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// targetsMeta is the `meta` of a served repository without delegations.
const targetsMeta = `{"targets.json":{"version":1}}`

// recordsSlot is where a client keeps its records.
var recordsSlot = verify.Slot{Version: 1}

// line is how the records of a client name a snapshot.
func line(r verify.SnapshotRecord) string {
	return fmt.Sprintf("snapshot %s under %d %s\n", r.Content, r.Under.Version, r.Under.Digest)
}

// A client remembers the snapshot that it verified, and believes nothing but
// that. The kept one has lost its signature here: whoever looks fetches it again.
func TestRememberedSnapshot(t *testing.T) {
	r := serve(t)
	root, good := r.files["1.root.json"], r.files["1.snapshot.json"]
	bad := spoiled(t, good)
	right := line(recordOf(t, bad, root))
	_, store := r.refreshed()
	if text := string(store[recordsSlot]); !strings.Contains(text, line(recordOf(t, good, root))) {
		t.Errorf("remembers %q", text)
	}
	for name, c := range map[string]struct {
		memory string
		fetch  bool
	}{
		"as remembered":      {right, false},
		"twice":              {line(recordOf(t, good, root)) + right, true},
		"nothing":            {"", true},
		"the good one":       {line(recordOf(t, good, root)), true},
		"cut":                {right[:len(right)-9], true},
		"cut before its end": {strings.SplitAfter(right, " ")[0], true},
		"a bit":              {strings.Replace(right, " under 1", " under 2", 1), true},
		"another word":       {strings.Replace(right, "under", "above", 1), true},
		"below zero":         {strings.Replace(right, " under 1", " under -1", 1), true},
		"no digest":          {strings.Replace(right, "snapshot ", "snapshot x", 1), true},
		"damage beside it":   {right + "?\n", true},
		"zeros":              {string(make([]byte, len(right))), true},
	} {
		t.Run(name, func(t *testing.T) {
			r.asked = nil
			store[recordsSlot], store[verify.Slot{Role: "snapshot"}] = memoryOf(c.memory), bad
			if _, err := refresh(&verify.Client{Metadata: r, Store: store}); err != nil {
				t.Fatal(err)
			}
			if fetched := slices.Contains(r.asked, "1.snapshot.json"); fetched != c.fetch {
				t.Errorf("asked for %q", r.asked)
			}
			if kept := store[verify.Slot{Role: "snapshot"}]; bytes.Equal(kept, good) != c.fetch {
				t.Error("the snapshot that is kept is not the expected one")
			}
		})
	}
}

// A client remembers what it knows of `meta`. The kept snapshot has lost its
// signature here: whoever does not believe every word fetches it again.
func TestRememberedMeta(t *testing.T) {
	r := serve(t)
	var compact bytes.Buffer
	if err := json.Compact(&compact, r.files["1.snapshot.json"]); err != nil {
		t.Fatal(err)
	}
	good := compact.Bytes()
	r.files["1.snapshot.json"] = good
	_, store := r.refreshed()
	size := len(targetsMeta)
	lineOf := func(raw []byte) string {
		old := strings.TrimSuffix(line(withMeta(t, raw, mustTrust(t, r.files["1.root.json"]), size, 1)), "\n")
		return fmt.Sprintf("%s meta %d 1\n", old, size)
	}
	if text := string(store[recordsSlot]); !strings.Contains(text, lineOf(good)) {
		t.Errorf("remembers %q", text)
	}
	bad := spoiled(t, good)
	right := lineOf(bad)
	with := func(end string) string { return strings.Replace(right, fmt.Sprintf(" meta %d 1\n", size), end+"\n", 1) }
	for name, c := range map[string]struct {
		memory string
		fetch  bool
	}{
		"as remembered":             {right, false},
		"of the signatures alone":   {line(recordOf(t, bad, r.files["1.root.json"])), false},
		"the good one":              {lineOf(good), true},
		"without the numbers":       {with(""), true},
		"the word alone":            {with(" meta"), true},
		"one number":                {with(fmt.Sprintf(" meta %d", size)), true},
		"three numbers":             {with(fmt.Sprintf(" meta %d 1 1", size)), true},
		"another word":              {with(fmt.Sprintf(" mata %d 1", size)), true},
		"other bytes":               {with(fmt.Sprintf(" meta %d 1", size+1)), true},
		"other files":               {with(fmt.Sprintf(" meta %d 2", size)), true},
		"no bytes":                  {with(" meta 0 1"), true},
		"bytes below zero":          {with(fmt.Sprintf(" meta -%d 1", size)), true},
		"files below zero":          {with(fmt.Sprintf(" meta %d -1", size)), true},
		"bytes that are no number":  {with(" meta x 1"), true},
		"files that are no number":  {with(fmt.Sprintf(" meta %d x", size)), true},
		"bytes beyond every number": {with(" meta 99999999999999999999 1"), true},
		"cut":                       {right[:len(right)-3], true},
	} {
		t.Run(name, func(t *testing.T) {
			r.asked = nil
			store[recordsSlot], store[verify.Slot{Role: "snapshot"}] = memoryOf(c.memory), bad
			if _, err := refresh(&verify.Client{Metadata: r, Store: store}); err != nil {
				t.Fatal(err)
			}
			if fetched := slices.Contains(r.asked, "1.snapshot.json"); fetched != c.fetch {
				t.Errorf("asked for %q", r.asked)
			}
			if c.fetch && !strings.Contains(string(store[recordsSlot]), lineOf(good)) {
				t.Errorf("remembers %q", store[recordsSlot])
			}
		})
	}
}

// Under the next root, with the same keys or with others, what the one before
// it had verified is verified as ever.
func TestRememberedUnderAnotherRoot(t *testing.T) {
	for name, edit := range map[string]func(r *served){
		"the same keys": func(*served) {},
		"other keys": func(r *served) {
			r.online = edPerson(t, "online-2")
			r.root["keys"].(object)[r.online.id] = keyObjects(r.online)[r.online.id]
			set(r.root, "roles.timestamp", roleObject(1, r.online))
			set(r.root, "roles.snapshot", roleObject(1, r.online))
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := serve(t)
			c, store := r.refreshed()
			kept := spoiled(t, r.files["1.snapshot.json"])
			store[recordsSlot], store[verify.Slot{Role: "snapshot"}] = memoryOf(line(recordOf(t, kept, r.files["1.root.json"]))), kept
			r.nextRoot(func(object) { edit(r) })
			r.publish()
			if _, err := refresh(c); err != nil {
				t.Fatal(err)
			}
			if !slices.Contains(r.asked, "1.snapshot.json") || !bytes.Equal(store[verify.Slot{Role: "snapshot"}], r.files["1.snapshot.json"]) {
				t.Errorf("asked for %q", r.asked)
			}
			if text := string(store[recordsSlot]); !strings.Contains(text, line(recordOf(t, r.files["1.snapshot.json"], r.files["2.root.json"]))) {
				t.Errorf("remembers %q", text)
			}
		})
	}
}

// A kill before any change of a refresh: what is remembered is never of a
// snapshot that was not verified, and the next refresh finds its way.
func TestRememberedSnapshotKilled(t *testing.T) {
	between := false
	for left := 0; ; left++ {
		r := serve(t)
		c, store := r.refreshed()
		first := line(recordOf(t, r.files["1.snapshot.json"], r.files["1.root.json"]))
		r.bump("timestamp", "snapshot", "targets")
		c.Store = &killed{store, left}
		_, err := refresh(c)
		if err != nil && !errors.Is(err, errBroken) {
			t.Fatal(err)
		}
		text, kept := string(store[recordsSlot]), store.newest(t, "snapshot")
		next := line(recordOf(t, r.files["2.snapshot.json"], r.files["1.root.json"]))
		switch {
		case strings.Contains(text, next) && kept != "snapshot 2":
			t.Errorf("killed before change %d: %s is kept, remembered is %q", left+1, kept, text)
		case strings.Contains(text, first) && kept == "snapshot 2":
			between = true
		}
		if kept == "snapshot 2" && !strings.Contains(text, next) { // what nobody vouches for is verified
			store[verify.Slot{Role: "snapshot"}] = spoiled(t, r.files["2.snapshot.json"])
		}
		if _, again := refresh(&verify.Client{Metadata: r, Store: store}); again != nil {
			t.Errorf("killed before change %d: %v", left+1, again)
		}
		if !bytes.Equal(store[verify.Slot{Role: "snapshot"}], r.files["2.snapshot.json"]) {
			t.Errorf("killed before change %d: a damaged snapshot stays", left+1)
		}
		if err == nil {
			break
		}
	}
	if !between {
		t.Error("nothing was killed between the snapshot and its record")
	}
}

// A record that is lost, or of the root before, is written again by the next
// refresh; and then nothing is written any more.
func TestRecordComesBack(t *testing.T) {
	for name, lose := range map[string]func(r *served, store shelf){
		"lost":                    func(r *served, store shelf) { delete(store, recordsSlot) },
		"a root of the same keys": func(r *served, _ shelf) { r.nextRoot(func(object) {}) },
		"damaged":                 func(r *served, store shelf) { store[recordsSlot] = []byte("?") },
	} {
		t.Run(name, func(t *testing.T) {
			r := serve(t)
			_, store := r.refreshed()
			lose(r, store)
			c := &verify.Client{Metadata: r, Store: store}
			if _, err := refresh(c); err != nil {
				t.Fatal(err)
			}
			root, err := c.Root()
			if err != nil {
				t.Fatal(err)
			}
			if text := string(store[recordsSlot]); !strings.Contains(text, line(recordOf(t, r.files["1.snapshot.json"], root.Raw()))) {
				t.Errorf("remembers %q", text)
			}
			c.Store = &killed{store, 0} // writes nothing
			for range 3 {
				if _, err := refresh(c); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// A record only saves work: a client that cannot write it goes on.
func TestRecordCannotBeWritten(t *testing.T) {
	r := serve(t)
	c, store := r.refreshed()
	if _, err := refresh(c); err != nil {
		t.Fatal(err)
	}
	delete(store, recordsSlot)
	c.Store = &killed{store, 0}
	if _, err := refresh(c); err != nil {
		t.Error(err)
	}
}

// during calls do when a file is asked for.
type during struct {
	verify.Fetcher
	name string
	do   func()
}

func (d during) Fetch(ctx context.Context, name string) (io.ReadCloser, error) {
	if name == d.name {
		d.do()
	}
	return d.Fetcher.Fetch(ctx, name)
}

// What one process remembers while another one refreshes is not forgotten.
func TestRememberedBesideARefresh(t *testing.T) {
	for _, name := range []string{"timestamp.json", "1.snapshot.json"} {
		r := serve(t)
		c, store := r.client()
		made := serve(t)
		made.root = rootSigned(t, 9, 2, nine(t)[5:8]...)
		made.putRoot(nine(t)[5:8]...)
		raw := made.files["9.root.json"]
		c.Metadata = during{r, name, func() {
			if _, err := (&verify.Client{Store: store}).Replace(raw, mustRead(t, raw).Digest()); err != nil {
				t.Error(err)
			}
		}}
		if _, err := c.Refresh(t.Context(), now); err != nil {
			t.Fatal(err)
		}
		root, err := (&verify.Client{Store: store}).Root()
		if err != nil || root.Version() != 9 || root.Replacement() == nil || root.Replacement().Before.Version != 1 {
			t.Errorf("replaced while %s was fetched: root %d, %+v, %v", name, root.Version(), root.Replacement(), err)
		}
	}
}
