package trust

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rust-lang/rust-tuf/tests/refusaltest"
	"github.com/rust-lang/rust-tuf/verify"
)

// A history is a row of notes, "a" or "b(a)" for a document b that names a as
// superseded; the last one is judged.
func TestIntend(t *testing.T) {
	for _, test := range []struct {
		history string
		as      any // of the last note's error; nil when it is fine
		words   string
	}{
		{"a", nil, ""},
		{"a a", nil, ""},
		{"a a/card2", nil, ""},
		{"a b", new(*ConflictError), "root version 2: key 5ab2 was about to sign another document on 2026-06-01T12:00:00Z, digest " +
			digest("a").Groups() + "; the one with digest " + digest("b").Groups() + " does not name it as superseded"},
		{"a b/card2", new(*ConflictError), "key 5ab2 was about to sign another document"},
		{"a b(x)", new(*ConflictError), ""},
		{"a b(a)", nil, ""},
		{"a b(a) b(a)", nil, ""},
		{"a b(a) a", new(*SupersededError), "root version 2 with digest " + digest("a").Groups() + " is superseded by the one with digest " + digest("b").Groups()},
		{"a b(a) a/card2", new(*SupersededError), ""},
		{"a b(a) c(a)", new(*ConflictError), digest("b").Groups()},
		{"a b(a) c(b)", nil, ""},
		{"a b(a) c(a,b)", nil, ""},
		{"b(a) a", new(*SupersededError), ""},
		{"a b(a) b", errors.New(""), "the same document cannot supersede other digests than it did before"},
		{"!a !b c", new(*ConflictError), ""},
		{"!a !b a", new(*ConflictError), digest("b").Groups()},
		{"!a !b c(a)", new(*ConflictError), digest("b").Groups()},
		{"!a !b c(b,a)", nil, ""},
		{"!a !b c(b,a) b", new(*SupersededError), ""},
		{"!a a", nil, ""},
	} {
		t.Run(test.history, func(t *testing.T) {
			h := newHome(t)
			notes := strings.Fields(test.history)
			for i, note := range notes {
				l := ledgerOf(t, h) // as a new process would
				recovered := strings.HasPrefix(note, "!")
				e := parseNote(strings.TrimPrefix(note, "!"))
				if recovered {
					if _, err := l.Rebuild([]Entry{e}); err != nil {
						t.Fatal(err)
					}
					continue
				}
				before := len(l.Entries())
				err := l.Intend(e)
				if i < len(notes)-1 || test.as == nil {
					must(t, err)
					continue
				}
				if _, plain := test.as.(error); !plain && !errors.As(err, test.as) {
					t.Errorf("error %T: %v", err, err)
				}
				refusaltest.Says(t, err, test.words)
				if after := len(ledgerOf(t, h).Entries()); after != before {
					t.Errorf("%d entries became %d", before, after)
				}
			}
		})
	}
}

func parseNote(note string) Entry {
	note, key, _ := strings.Cut(note, "/")
	name, rest, _ := strings.Cut(note, "(")
	var supersedes []string
	if rest != "" {
		supersedes = strings.Split(strings.TrimSuffix(rest, ")"), ",")
	}
	e := entry(name, supersedes...)
	if key != "" {
		e.KeyID = key
	}
	return e
}

func TestConflictHints(t *testing.T) {
	h := newHome(t)
	l := ledgerOf(t, h)
	must(t, l.Intend(entry("a")))
	must(t, l.Record("root", 2, digest("a"), "5ab2", []byte("signature")))
	err := l.Intend(entry("b"))
	var conflict *ConflictError
	if !errors.As(err, &conflict) || conflict.Earlier.Digest != digest("a") || conflict.Wanted != digest("b") {
		t.Fatalf("error %v", err)
	}
	refusaltest.Says(t, err, "key 5ab2 signed another document")
	refusaltest.Hints(t, err, "must be proposed as superseding the first")
	must(t, l.Intend(entry("b", "a")))
	refusaltest.Hints(t, l.Intend(entry("a")), "sign the one that supersedes it")
}

// Other versions, roles and repositories are none of a document's business.
func TestShelvesAreApart(t *testing.T) {
	h := newHome(t)
	l := ledgerOf(t, h)
	must(t, l.Intend(entry("a")))
	for _, change := range []func(*Entry){
		func(e *Entry) { e.Version = 3 },
		func(e *Entry) { e.Version = 20 },
		func(e *Entry) { e.Role = "targets" },
		func(e *Entry) { e.Role = "con" },
	} {
		e := entry("b")
		change(&e)
		must(t, l.Intend(e))
	}
	other, err := h.Ledger(elsewhere)
	must(t, err)
	must(t, other.Intend(entry("b")))

	var got []string
	for _, e := range ledgerOf(t, h).Entries() {
		got = append(got, fmt.Sprintf("%s %d", e.Role, e.Version))
	}
	if want := "con 2, root 2, root 3, root 20, targets 2"; strings.Join(got, ", ") != want {
		t.Errorf("entries %s, want %s", strings.Join(got, ", "), want)
	}
	if got := l.Find("root", 3); len(got) != 1 || got[0].Digest != digest("b") {
		t.Errorf("found %+v", got)
	}
	if got := l.Find("root", 4); len(got) != 0 {
		t.Errorf("found %+v", got)
	}
}

func TestIntendRefuses(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*Entry)
		words  string
	}{
		"a path for a role": {func(e *Entry) { e.Role = "../../root" }, `role "../../root" is not a name`},
		"no role":           {func(e *Entry) { e.Role = "" }, `role "" is not a name`},
		"a dot":             {func(e *Entry) { e.Role = "." }, "is not a name"},
		"upper case":        {func(e *Entry) { e.Role = "Root" }, "is not a name"},
		"a newline":         {func(e *Entry) { e.Role = "root\n" }, "is not a name"},
		"version 0":         {func(e *Entry) { e.Version = 0 }, "version 0 of role root is not above 0"},
		"no digest":         {func(e *Entry) { e.Digest = verify.Digest{} }, "needs digests of documents, not zeros"},
		"no key":            {func(e *Entry) { e.KeyID = "" }, "is not a text of 1 to 256 bytes"},
		"long key":          {func(e *Entry) { e.KeyID = strings.Repeat("a", 257) }, "is not a text of 1 to 256 bytes"},
		"broken key":        {func(e *Entry) { e.KeyID = "\xff" }, "is not a text of 1 to 256 bytes"},
		"control key":       {func(e *Entry) { e.KeyID = "a\x1b[2J" }, "a character that cannot be shown"},
		"zero superseded":   {func(e *Entry) { e.Supersedes = make([]verify.Digest, 1) }, "needs digests of documents, not zeros"},
		"many superseded":   {func(e *Entry) { e.Supersedes = make([]verify.Digest, 101) }, "supersedes 101 others, at most 100 are possible"},
	} {
		t.Run(name, func(t *testing.T) {
			l, e := ledgerOf(t, newHome(t)), entry("a")
			test.change(&e)
			refusaltest.Says(t, l.Intend(e), test.words)
			if _, err := l.Rebuild([]Entry{e}); err == nil {
				t.Error("rebuilt")
			}
		})
	}
}

func TestRecord(t *testing.T) {
	h := newHome(t)
	l := ledgerOf(t, h)
	err := l.Record("root", 2, digest("a"), "5ab2", []byte("signature"))
	var missing *NotIntendedError
	if !errors.As(err, &missing) || missing.Digest != digest("a") {
		t.Fatalf("error %v", err)
	}
	refusaltest.Says(t, err, "root version 2, digest "+digest("a").String()+": the ledger has no entry for a signature by key 5ab2")

	must(t, l.Intend(entry("a")))
	must(t, l.Intend(parseNote("a/card2")))
	if got := summary(ledgerOf(t, h).Entries(), "a"); got != "a by 5ab2, a by card2" {
		t.Errorf("ledger %s", got)
	}
	for range 2 {
		must(t, l.Record("root", 2, digest("a"), "card2", []byte("signature")))
	}
	err = l.Record("root", 2, digest("a"), "card2", []byte("another"))
	var recorded *RecordedError
	if !errors.As(err, &recorded) || string(recorded.Earlier.File) != "signature" {
		t.Fatalf("error %v", err)
	}
	refusaltest.Says(t, err, "root version 2, digest "+digest("a").String()+": the ledger already holds a signature by key card2")
	refusaltest.Hints(t, err, "it uses the signature that was made first")
	for _, got := range [][]Entry{l.Entries(), ledgerOf(t, h).Entries()} {
		if got := summary(got, "a"); got != "a by 5ab2, a by card2 signed" {
			t.Errorf("ledger %s", got)
		}
	}
	if err := l.Record("../root", 2, digest("a"), "5ab2", []byte("x")); !errors.As(err, &missing) {
		t.Errorf("a path for a role: %v", err)
	}
	refusaltest.Says(t, l.Record("root", 2, digest("a"), "5ab2", nil), "a signature file of 0 bytes, 1 to 65536 are possible")
	refusaltest.Says(t, l.Record("root", 2, digest("a"), "5ab2", make([]byte, maxSignatureFile+1)), "a signature file of 65537 bytes")
}

func TestRebuild(t *testing.T) {
	h := newHome(t)
	l := ledgerOf(t, h)
	must(t, l.Intend(entry("a")))
	signed := func(e Entry) Entry { e.File = []byte("signature of " + e.KeyID); return e }
	found := []Entry{signed(entry("a")), signed(entry("b", "a")), signed(parseNote("b(a)/card2")), entry("c")}
	for _, want := range []int{4, 0} { // the second time there is nothing new
		if added, err := l.Rebuild(found); err != nil || added != want {
			t.Errorf("added %d, %v; want %d", added, err, want)
		}
	}
	want := "a by 5ab2 signed, b by 5ab2 signed recovered, b by card2 signed recovered, c by 5ab2 recovered"
	if got := summary(ledgerOf(t, h).Entries(), "a", "b", "c"); got != want {
		t.Errorf("ledger %s", got)
	}
	// What was signed here stays as it was made here.
	other := entry("a")
	other.File = []byte("another")
	if added, err := l.Rebuild([]Entry{other}); err != nil || added != 0 {
		t.Errorf("added %d, %v", added, err)
	}
	if got := l.Find("root", 2)[0].File; string(got) != "signature of 5ab2" {
		t.Errorf("file %q", got)
	}
	bad := entry("d")
	bad.Role = ".."
	if added, err := l.Rebuild([]Entry{entry("d"), bad}); err == nil || added != 0 {
		t.Errorf("added %d, %v", added, err)
	}
}

// Two processes want to sign two documents for one version. The one that comes
// between the other's look and its note is the only one that may.
func TestIntendRace(t *testing.T) {
	h := newHome(t)
	raced := false
	late := watched(t, h, func(call string) error {
		if call == "link" && !raced {
			raced = true
			must(t, ledgerOf(t, h).Intend(entry("a")))
		}
		return nil
	})
	l, err := late.Ledger(repository)
	must(t, err)
	err = l.Intend(entry("b"))
	var conflict *ConflictError
	if !errors.As(err, &conflict) || conflict.Earlier.Digest != digest("a") {
		t.Fatalf("error %v", err)
	}
	if got := summary(ledgerOf(t, h).Entries(), "a", "b"); got != "a by 5ab2" {
		t.Errorf("ledger %s", got)
	}
}

func TestIntendAtOnce(t *testing.T) {
	h := newHome(t)
	const racers = 16
	results := make([]error, racers)
	var wg sync.WaitGroup
	for i := range racers {
		l := ledgerOf(t, h)
		wg.Go(func() { results[i] = l.Intend(entry(string(rune('a' + i/2)))) }) // each document twice
	}
	wg.Wait()
	entries := ledgerOf(t, h).Entries()
	if len(entries) != 1 {
		t.Fatalf("%d entries", len(entries))
	}
	for i, err := range results {
		var conflict *ConflictError
		mine := entries[0].Digest == digest(string(rune('a'+i/2)))
		if mine && err != nil || !mine && !errors.As(err, &conflict) {
			t.Errorf("racer %d: %v", i, err)
		}
	}
}

// A note that another process made, and died before the disk had it, is synced
// before anybody relies on it.
func TestIntendSyncsWhatItFinds(t *testing.T) {
	h := newHome(t)
	must(t, ledgerOf(t, h).Intend(entry("a")))
	var calls []string
	again := watched(t, h, func(call string) error { calls = append(calls, call); return nil })
	l, err := again.Ledger(repository)
	must(t, err)
	must(t, l.Intend(entry("a")))
	if want := []string{"mkdir", "fsync folder", "fsync folder"}; !slices.Equal(calls, want) {
		t.Errorf("calls %v, want %v", calls, want)
	}
}

func TestEntriesKeepTheirTime(t *testing.T) {
	h := newHome(t)
	e := entry("a")
	e.At = noon.Add(999 * time.Millisecond).In(time.FixedZone("somewhere", -7200))
	must(t, ledgerOf(t, h).Intend(e))
	if got := ledgerOf(t, h).Entries()[0].At; !got.Equal(noon) || got.Location() != time.UTC {
		t.Errorf("at %v", got)
	}
	e.Version, e.At = 3, time.Date(12345, 1, 1, 0, 0, 0, 0, time.UTC)
	if err := ledgerOf(t, h).Intend(e); err == nil {
		t.Error("a time that cannot be written is no error")
	}
	if got := ledgerOf(t, h).Entries(); len(got) != 1 {
		t.Errorf("%d entries", len(got))
	}
}

func FuzzEntry(f *testing.F) {
	for _, e := range []Entry{entry("a"), entry("b", "a", "x"), {Role: "release", Version: 1, Digest: digest("c"), KeyID: "ключ", At: noon, Recovered: true}} {
		data, err := e.encode(repository)
		must(f, err)
		f.Add(data)
	}
	f.Add([]byte(`{"format": 1, "version": 1e2}`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		repository, e, err := decodeEntry(data)
		if err != nil {
			return
		}
		if again, err := e.encode(repository); err != nil || !bytes.Equal(again, data) {
			t.Errorf("read %q\nwritten %q, %v", data, again, err)
		}
	})
}

func FuzzShelf(f *testing.F) {
	f.Add("2.root")
	f.Add("02.root")
	f.Add("1...")
	f.Fuzz(func(t *testing.T, name string) {
		if s, ok := parseShelf(name); ok && (s.name() != name || strings.ContainsAny(name, `/\`) || s.version < 1) {
			t.Errorf("%q is %+v", name, s)
		}
	})
}

// Ids and roles become paths: they have the length that they should have.
func TestPatternsCount(t *testing.T) {
	for n := range 70 {
		s := strings.Repeat("a", n)
		if got := repositoryPattern.MatchString(s); got != (n == 32) {
			t.Errorf("repository of %d: %t", n, got)
		}
		if got := rolePattern.MatchString(s); got != (1 <= n && n <= 63) {
			t.Errorf("role of %d: %t", n, got)
		}
	}
}
