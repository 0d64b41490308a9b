package verify_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/verify"
	"github.com/secure-systems-lab/go-securesystemslib/cjson"
)

// Entries of `targets` and `meta` that look as nearly all do are read in a
// shorter way. These tests hold both ways to the same.

const sum = `"abababababababababababababababababababababababababababababababab"`

// listed is a document with entries in a given order and spelling, signed by
// alice, who is every role of listedRoot.
func listed(t testing.TB, typ string, version int, member, entries string) []byte {
	t.Helper()
	form := `{"_type":%q,"expires":"2030-01-01T00:00:00Z","spec_version":"1.0.31",%q:%s,"version":%d}`
	if member == "meta" {
		form = `{"_type":%q,"expires":"2030-01-01T00:00:00Z",%q:%s,"spec_version":"1.0.31","version":%d}`
	}
	text := fmt.Sprintf(form, typ, member, entries, version)
	return signedText(t, text, edPerson(t, "alice"))
}

// signedText signs what another implementation finds canonical of a text, and
// does not care if it finds nothing.
func signedText(t testing.TB, text string, p *person) []byte {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	list := []any{}
	var signed any
	if d.Decode(&signed) == nil {
		if message, err := cjson.EncodeCanonical(signed); err == nil {
			list = signatures(t, message, p)
		}
	}
	s, err := json.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Appendf(nil, `{"signatures":%s,"signed":%s}`, s, text)
}

func listedRoot(t testing.TB) *verify.Root {
	t.Helper()
	alice := edPerson(t, "alice")
	signed := set(rootSigned(t, 1, 1, alice), "x-rust-tuf", gone)
	for _, role := range []string{"snapshot", "timestamp"} {
		set(signed, "roles."+role, roleObject(1, alice))
	}
	return mustTrust(t, envelope(t, signed, alice))
}

// entries writes a listing: names to be quoted, and texts for them.
func entries(names []string, text func(i int) string) string {
	var b strings.Builder
	for i, name := range names {
		if i > 0 {
			b.WriteByte(',')
		}
		quoted, _ := json.Marshal(name)
		b.Write(quoted)
		b.WriteByte(':')
		b.WriteString(text(i))
	}
	return "{" + b.String() + "}"
}

func usualTarget(i int) string { return fmt.Sprintf(`{"hashes":{"sha256":%s},"length":%d}`, sum, i) }

func usualMeta(i int) string { return fmt.Sprintf(`{"version":%d}`, i+1) }

// numbered are names in order.
func numbered(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("name-%06d", 2*i+1)
	}
	return names
}

func indented(t testing.TB, raw []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := json.Indent(&b, raw, "", "\t"); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// moved puts the first member of `signed` behind the others.
func moved(t testing.TB, raw []byte) []byte {
	t.Helper()
	before, after, ok := bytes.Cut(raw, []byte(`"signed":{"_type":"targets",`))
	if !ok {
		t.Fatalf("%q", raw)
	}
	rest, ok := bytes.CutSuffix(after, []byte("}}"))
	if !ok {
		t.Fatalf("%q", raw)
	}
	return slices.Concat(before, []byte(`"signed":{`), rest, []byte(`,"_type":"targets"}}`))
}

// Whatever the number, spelling and order of the entries: all of them are
// found, and nothing else.
func TestListing(t *testing.T) {
	root := listedRoot(t)
	spellings := map[string]func(i int) string{
		"usual":  usualTarget,
		"custom": func(i int) string { return fmt.Sprintf(`{"custom":{"}":[]},"hashes":{},"length":%d}`, i) },
		"mixed": func(i int) string {
			switch i % 5 {
			case 0:
				return fmt.Sprintf(`{"length":%d,"hashes":{"sha256":%s}}`, i, sum)
			case 1:
				return fmt.Sprintf(`{"hashes":{"sha256":%s},"length":%d,"version":0}`, strings.ToUpper(sum), i)
			case 2:
				return fmt.Sprintf(` { "hashes" : {"sha256":%s},"length":%d}`, sum, i)
			}
			return usualTarget(i)
		},
	}
	strange := []string{"", " ", `"`, `"name-000009`, `\`, "\x01", "a\"b", "é", "name-000003é", "😀"}
	for spelling, text := range spellings {
		for _, n := range []int{0, 1, 2, 63, 64, 65, 129, 300, 64*256 + 1, 20_000} {
			for _, order := range []string{"in order", "reversed", "strange"} {
				names := numbered(n)
				switch order {
				case "reversed":
					slices.Reverse(names)
				case "strange":
					names = append(names, strange...)
				}
				if n > 1000 && (order != "in order" || spelling != "usual") {
					continue
				}
				raw := listed(t, "targets", 1, "targets", entries(names, text))
				written := map[string][]byte{"as it is": raw, "indented": indented(t, raw), "out of order": moved(t, raw)}
				for how, raw := range written {
					t.Run(fmt.Sprintf("%d %s, %s, %s", n, spelling, order, how), func(t *testing.T) {
						trusted, err := verify.TrustTargets(root, mustTargets(t, "targets", raw))
						if err != nil {
							t.Fatal(err)
						}
						findsAll(t, trusted, names, 1+n/100)
					})
				}
			}
		}
	}
}

// findsAll looks some names up, each of which has its number as its length.
func findsAll(t *testing.T, trusted *verify.Targets, names []string, step int) {
	t.Helper()
	for i := 0; i < len(names); i += step {
		e, ok := trusted.Entry(names[i])
		if !ok || e.Path != names[i] || e.Length != int64(i) {
			t.Errorf("%q: %+v, %t", names[i], e, ok)
		}
		if e, ok := trusted.Entry(names[i] + "!"); ok {
			t.Errorf("%q is not listed, found %+v", names[i]+"!", e)
		}
	}
	if e, ok := trusted.Entry("name-000000"); ok {
		t.Errorf("found %+v", e)
	}
	got := trusted.Entries()
	if len(got) != len(names) {
		t.Fatalf("%d entries, want %d", len(got), len(names))
	}
	for i := 1; i < len(got); i++ {
		if got[i-1].Path >= got[i].Path {
			t.Errorf("%q before %q", got[i-1].Path, got[i].Path)
		}
	}
}

// One wrong entry among many that are right is refused, wherever it stands.
func TestListingRefuses(t *testing.T) {
	root := listedRoot(t)
	const n = 200
	readTargets := func(raw []byte) error {
		d, err := verify.Read(raw, verify.Limits{})
		if err == nil {
			_, err = d.Targets("targets")
		}
		return err
	}
	readMeta := func(raw []byte) error {
		s := verify.NewSession(root, now, verify.Limits{})
		if err := s.EndRoots(); err != nil {
			return err
		}
		_, err := s.AddTimestamp(raw)
		return err
	}
	hashes := `"hashes":{"sha256":` + sum + `}`
	for _, c := range []struct {
		member, entry, want string
	}{
		{"targets", `{` + hashes + `,"length":-1}`, ".length: must not be negative, found -1"},
		{"targets", `{` + hashes + `,"length":01}`, "leading zero"},
		{"targets", `{` + hashes + `,"length":-0}`, "-0"},
		{"targets", `{` + hashes + `,"length":1e3}`, "not written as an integer"},
		{"targets", `{` + hashes + `,"length":}`, "where a value should stand"},
		{"targets", `{` + hashes + `,"length":9223372036854775808}`, "beyond 64 bits"},
		{"targets", `{` + hashes + `,"length":"1"}`, ".length: must be an integer, found a string"},
		{"targets", `{` + hashes + `,"length":1,"length":1}`, `member "length" stands twice`},
		{"targets", `{` + hashes + `,"length":1,"version":01}`, "leading zero"},
		{"targets", `{` + hashes + `,"length":1}}`, "data after the end of the value"},
		{"targets", `{` + hashes + `,"length":1`, "ends where "},
		{"targets", `{` + hashes + `}`, ".length: missing"},
		{"targets", `{"length":1}`, ".hashes: missing"},
		{"targets", `{"version":1}`, ".length: missing"},
		{"targets", `{"hashes":{"sha256":"ab"},"length":1}`, ".hashes.sha256: must be 64 hex digits"},
		{"targets", strings.Replace(usualTarget(1), "abab", "abag", 1), ".hashes.sha256: must be 64 hex digits"},
		{"targets", strings.Replace(usualTarget(1), "abab", "ab@b", 1), ".hashes.sha256: must be 64 hex digits"},
		{"targets", strings.Replace(usualTarget(1), "abab", `ab\"b`, 1), ".hashes.sha256: must be 64 hex digits"},
		{"targets", strings.Replace(usualTarget(1), "abab", "ab\xc1b", 1), "invalid utf-8"},
		{"targets", `null`, ": must be an object, found null"},
		{"targets", ``, "where a value should stand"},

		{"meta", `{"version":0}`, ".version: must be above zero, found 0"},
		{"meta", `{"version":-1}`, ".version: must be above zero, found -1"},
		{"meta", `{"version":01}`, "leading zero"},
		{"meta", `{"version":00}`, "leading zero"},
		{"meta", `{"version":"1"}`, ".version: must be an integer"},
		{"meta", `{"version":1.0}`, "not written as an integer"},
		{"meta", `{"version":1,"version":1}`, `member "version" stands twice`},
		{"meta", `{"version":}`, "where a value should stand"},
		{"meta", `{}`, ".version: missing"},
		{"meta", `{` + hashes + `,"length":1}`, ".version: missing"},
		{"meta", `{` + hashes + `,"length":1,"version":0}`, ".version: must be above zero, found 0"},
		{"meta", `{"length":-1,"version":1}`, ".length: must not be negative, found -1"},
		{"meta", `{"hashes":{"sha256":"ab"},"version":1}`, ".hashes.sha256: must be 64 hex digits"},
		{"meta", `[]`, ": must be an object, found an array"},
	} {
		typ, usual, read := "targets", usualTarget, readTargets
		if c.member == "meta" {
			typ, usual, read = "timestamp", usualMeta, readMeta
		}
		for _, wrong := range []int{0, 1, 63, 64, 65, n - 2, n - 1} {
			raw := listed(t, typ, 1, c.member, entries(numbered(n), func(i int) string {
				if i == wrong {
					return c.entry
				}
				return usual(i)
			}))
			f := refused[*verify.FormatError](t, read(raw), c.want)
			if f.Path != "" && !strings.HasPrefix(f.Path, fmt.Sprintf("signed.%s.%s", c.member, numbered(n)[wrong])) {
				t.Errorf("%s at %d: the error is about %s", c.entry, wrong, f.Path)
			}
		}
	}
}

// A name that stands twice is refused, be it among names in order or not.
func TestListingNamesTwice(t *testing.T) {
	for _, n := range []int{2, 3, 100} {
		for _, twice := range []int{1, n / 2, n - 1} {
			for _, spelling := range []func(string) string{
				func(s string) string { return s },
				func(s string) string { return `\u006e` + s[1:] },
			} {
				names := numbered(n)
				text := entries(names, usualTarget)
				text = strings.Replace(text, names[twice], spelling(names[twice-1]), 1)
				_, err := verify.Read(listed(t, "targets", 1, "targets", text), verify.Limits{})
				refused[*verify.FormatError](t, err, fmt.Sprintf("member %q stands twice", names[twice-1]))

				first := strings.Replace(entries(names, usualTarget), names[n-1], spelling(names[0]), 1)
				_, err = verify.Read(listed(t, "targets", 1, "targets", first), verify.Limits{})
				refused[*verify.FormatError](t, err, fmt.Sprintf("member %q stands twice", names[0]))
			}
		}
	}
}

// The shorter way keeps the bound on nesting: envelope, signed, targets, entry
// and hashes are five levels.
func TestListingDepth(t *testing.T) {
	raw := listed(t, "targets", 1, "targets", entries(numbered(3), usualTarget))
	if _, err := verify.Read(raw, verify.Limits{Depth: 5}); err != nil {
		t.Error(err)
	}
	_, err := verify.Read(raw, verify.Limits{Depth: 4})
	refused[*verify.LimitError](t, err, "nesting: 5, above the limit of 4")
	_, err = verify.Read(listed(t, "snapshot", 1, "meta", entries(numbered(3), usualMeta)), verify.Limits{Depth: 3})
	refused[*verify.LimitError](t, err, "nesting: 4, above the limit of 3")
}

// takesPlace is what a session that keeps a snapshot with one `meta` says of the
// next snapshot with another.
func takesPlace(t *testing.T, root *verify.Root, older, newer string) error {
	t.Helper()
	s := verify.NewSession(root, now, verify.Limits{})
	if err := s.EndRoots(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.AddTimestamp(listed(t, "timestamp", 1, "meta", `{"snapshot.json":{"version":2}}`)); err != nil {
		t.Fatal(err)
	}
	if current, err := s.RestoreSnapshot(listed(t, "snapshot", 1, "meta", older), verify.SnapshotRecord{}); err != nil || current {
		t.Fatal(current, err)
	}
	return s.AddSnapshot(listed(t, "snapshot", 2, "meta", newer))
}

// In a long snapshot no file may go back or vanish, wherever it stands and
// however its entry is written. New ones may come.
func TestListingRollback(t *testing.T) {
	root := listedRoot(t)
	const n = 150
	spellings := []func(version int) string{
		func(version int) string { return fmt.Sprintf(`{"version":%d}`, version) },
		func(version int) string { return fmt.Sprintf(`{"version":%d,"x":{}}`, version) },
		func(version int) string {
			return fmt.Sprintf(`{"hashes":{"sha256":%s},"length":1,"version":%d}`, sum, version)
		},
	}
	accept := func(older, newer string) error { return takesPlace(t, root, older, newer) }
	names := numbered(n)
	without := func(gone int) []string { return slices.Delete(slices.Clone(names), gone, gone+1) }
	for s, before := range spellings {
		after := spellings[(s+1)%len(spellings)]
		older := entries(names, func(int) string { return before(10) })
		same := entries(names, func(int) string { return after(10) })
		if err := accept(older, same); err != nil {
			t.Error(err)
		}
		for _, at := range []int{0, 1, 64, n - 1} {
			back := entries(names, func(i int) string {
				if i == at {
					return after(9)
				}
				return after(11)
			})
			v := refused[*verify.VersionError](t, accept(older, back), names[at]+" 9 is not newer than the trusted version 10")
			if v.Role != names[at] || v.Trusted != 10 || v.Found != 9 {
				t.Errorf("%+v", v)
			}
			fewer := entries(without(at), func(int) string { return after(11) })
			refused[*verify.VersionError](t, accept(older, fewer), names[at]+" is gone from the snapshot, where version 10 was trusted")
			if err := accept(fewer, entries(names, func(int) string { return before(12) })); err != nil {
				t.Errorf("a new file: %v", err)
			}
		}
	}
}

// What it takes to read a list does not grow with it: no entry is kept, and
// looking one up goes past few others. Nor does it with what rust-tuf says in each
// document, of which nothing is decoded that nobody asks for.
func TestListingAllocations(t *testing.T) {
	people := nine(t)
	quorum := mustTrust(t, envelope(t, rootSigned(t, 1, 5, people...), people...))
	for _, n := range []int{1, 30, 1000, 5000} {
		names := numbered(n)
		raw := listed(t, "targets", 1, "targets", entries(names, usualTarget))
		checkTargetAllocations(t, listedRoot(t), raw, names)

		signed := targetsSigned("targets", 1)
		list := object{}
		for i, name := range names {
			list[name] = json.RawMessage(usualTarget(i))
		}
		signed["targets"] = list
		checkTargetAllocations(t, quorum, envelope(t, signed, people[:5]...), names)
	}
}

func checkTargetAllocations(t *testing.T, root *verify.Root, raw []byte, names []string) {
	t.Helper()
	n := len(names)
	allocations := testing.AllocsPerRun(5, func() {
		d, err := verify.Read(raw, verify.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		candidate, err := d.Targets("targets")
		if err != nil {
			t.Fatal(err)
		}
		trusted, err := verify.TrustTargets(root, candidate)
		if err != nil {
			t.Fatal(err)
		}
		if e, ok := trusted.Entry(names[n/2]); !ok || e.Length != int64(n/2) {
			t.Fatal(e)
		}
	})
	if allocations > 16 {
		t.Errorf("%d entries: %v allocations", n, allocations)
	}
}

// FuzzListing reads lists as they come, and as they are after another
// implementation has indented them.
func FuzzListing(f *testing.F) {
	f.Add(`{"a":` + usualTarget(1) + `,"b":` + usualTarget(2) + `}`)
	f.Add(`{"a":{"custom":1,"hashes":{},"length":0},"b":` + usualTarget(2) + `}`)
	f.Add(`{"b":` + usualTarget(1) + `,"\u0061":{"hashes":{"sha512":""},"length":18446744073709551616}}`)
	f.Add(`{"a":{"version":1},"a\"":{"version":0}, "c":{"version":999999999999999999}}`)
	root := listedRoot(f)
	f.Fuzz(func(t *testing.T, text string) {
		raw := listed(t, "targets", 1, "targets", text)
		d, err := verify.Read(raw, verify.Limits{})
		if err != nil {
			return
		}
		spaced := mustRead(t, indented(t, raw))
		if !bytes.Equal(d.Signed(), spaced.Signed()) {
			t.Fatalf("read as %q, and as %q with white space", d.Signed(), spaced.Signed())
		}
		candidate, err := d.Targets("targets")
		also, err2 := spaced.Targets("targets")
		if (err == nil) != (err2 == nil) || err != nil && err.Error() != err2.Error() {
			t.Fatalf("%v, but with white space %v", err, err2)
		}
		if err != nil {
			return
		}
		if !reflect.DeepEqual(candidate.UnverifiedEntries(), also.UnverifiedEntries()) {
			t.Fatal("other entries with white space")
		}
		trusted, err := verify.TrustTargets(root, candidate)
		if err != nil {
			t.Fatal(err) // another implementation has made it canonical to sign it
		}
		for _, e := range trusted.Entries() {
			if found, ok := trusted.Entry(e.Path); !ok || !reflect.DeepEqual(found, e) {
				t.Errorf("%q: found %+v, want %+v", e.Path, found, e)
			}
			if _, ok := trusted.Entry(e.Path + "\x00"); ok {
				t.Error("found what is not there")
			}
		}
	})
}
