package bundle_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/rust-lang/rust-tuf/verify"
	"github.com/rust-lang/rust-tuf/verify/bundle"
	"github.com/rust-lang/rust-tuf/verify/memstore"
)

func make1(t testing.TB, r repository, root string, paths ...string) *bundle.Bundle {
	t.Helper()
	b, verdicts, err := bundle.Make(context.Background(), r, r[root], now, bundle.Limits{}, paths...)
	if err != nil {
		t.Fatal(err)
	}
	if len(verdicts) != len(paths) {
		t.Fatalf("%d verdicts for %q", len(verdicts), paths)
	}
	return b
}

func read(t testing.TB, raw []byte) *bundle.Bundle {
	t.Helper()
	b, err := bundle.Read(raw, bundle.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// offline asks a bundle, and nothing else, for a target.
func offline(t testing.TB, b *bundle.Bundle, root []byte, at time.Time, path string) (*verify.Verdict, error) {
	t.Helper()
	c := &verify.Client{Metadata: b, Store: new(memstore.Store)}
	if err := c.Init(root); err != nil {
		t.Fatal(err)
	}
	r, err := c.Refresh(context.Background(), at)
	if err != nil {
		return nil, err
	}
	return r.Target(context.Background(), path)
}

// A bundle has what a client needs for its targets and nothing else, and gives
// the verdict that the server would have given.
func TestBundle(t *testing.T) {
	r := publish(t)
	made := make1(t, r, "1.root.json", target)
	want := "1.root.json 2.root.json 3.root.json 1.archive.json 1.release.json 1.snapshot.json 1.targets.json timestamp.json"
	if got := strings.Join(made.Names(), " "); got != want {
		t.Errorf("it holds %s", got)
	}
	raw := made.Encode("TUF metadata for "+target, "made 2026-12-01\nby alice\r\n")
	if !bytes.HasPrefix(raw, []byte("# TUF metadata for channels/stable.toml\n# made 2026-12-01\n# by alice\n-----BEGIN TUF METADATA-----\nName: 1.root.json\n\n")) {
		t.Errorf("%.200s", raw)
	}
	for name, text := range map[string][]byte{
		"as written":     raw,
		"of a mail":      bytes.ReplaceAll(append([]byte("\n"), raw...), []byte("\n"), []byte("\r\n")),
		"in other order": bytes.Join([][]byte{raw[bytes.LastIndex(raw, []byte("-----BEGIN")):], raw[:bytes.LastIndex(raw, []byte("-----BEGIN"))]}, nil),
		"written again":  read(t, raw).Encode(),
	} {
		b := read(t, text)
		for _, root := range []string{"1.root.json", "2.root.json", "3.root.json"} {
			v, err := offline(t, b, r[root], now, target)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if v.Role() != "release" || v.Length != 8 || v.Chain[0].Version != 3 || !v.At.Equal(now) || !v.Expires.Equal(now.AddDate(0, 0, 1)) {
				t.Errorf("%s: %+v", name, v)
			}
		}
	}
}

// How fresh a bundle is, is judged at the reader's instant; an earlier one
// stands in the verdict.
func TestBundleIsOld(t *testing.T) {
	r := publish(t)
	b := make1(t, r, "1.root.json", target)
	later := now.AddDate(0, 1, 0)
	_, err := offline(t, b, r["1.root.json"], later, target)
	refused[*verify.ExpiredError](t, err, "timestamp 1: expired at 2026-12-02")
	if v, err := offline(t, b, r["1.root.json"], now.Add(time.Hour), target); err != nil || !v.At.Equal(now.Add(time.Hour)) {
		t.Errorf("%+v, %v", v, err)
	}
}

// What a bundle lacks is never taken for what a repository does not have.
func TestBundleLacks(t *testing.T) {
	r := publish(t)
	b := make1(t, r, "1.root.json", target)
	_, err := offline(t, b, r["1.root.json"], now, "nightly/2026.toml")
	refused[*bundle.MissingError](t, err, `the bundle does not hold "1.nightly.json"`, "make one for this target too")
	if errors.Is(err, verify.ErrNotFound) {
		t.Error("it is taken for a repository that has no such file")
	}
	// That the repository has no such target is known.
	_, err = offline(t, b, r["1.root.json"], now, "channels/none.toml")
	refused[*verify.NotFoundError](t, err, "asked: targets, archive, release")

	// A client that is older than the bundle's first root must not stop where it is.
	later := make1(t, r, "3.root.json", target)
	if v, err := offline(t, later, r["2.root.json"], now, target); err != nil || v.Chain[0].Version != 3 {
		t.Errorf("%+v, %v", v, err)
	}
	_, err = offline(t, later, r["1.root.json"], now, target)
	refused[*bundle.MissingError](t, err, "begins with root 3, and its reader at root 1", "make one that begins with that root")

	ended, end := context.WithCancel(context.Background())
	end()
	if _, err := b.Fetch(ended, "timestamp.json"); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// Nothing in a bundle is trusted: whoever carries it can spoil it, and no more.
func TestBundleTampered(t *testing.T) {
	r := publish(t)
	other := publish(t)
	other["1.release.json"] = bytes.Replace(other["1.release.json"], []byte(`"length":8`), []byte(`"length":9`), 1)
	_, _, err := bundle.Make(context.Background(), other, r["1.root.json"], now, bundle.Limits{}, target)
	refused[*verify.ThresholdError](t, err, "release 1")
	for _, name := range make1(t, r, "1.root.json", target).Names()[1:] {
		raw := bytes.Replace(r[name], []byte("2027-12-01"), []byte("2028-12-01"), 1)
		if name == "timestamp.json" {
			raw = bytes.Replace(r[name], []byte("2026-12-02"), []byte("2028-12-02"), 1)
		}
		spoilt := publish(t)
		spoilt[name] = raw
		v, err := offline(t, read(t, bundle.Of(spoilt).Encode()), r["1.root.json"], now, target)
		if err == nil {
			t.Errorf("%s: accepted: %+v", name, v)
		} else {
			refused[*verify.ThresholdError](t, err)
		}
	}
}

// What is refused when it is made makes no bundle.
func TestMakeRefused(t *testing.T) {
	r := publish(t)
	ctx := context.Background()
	_, _, err := bundle.Make(ctx, r, []byte("{"), now, bundle.Limits{}, target)
	refused[*verify.FormatError](t, err, "the trusted root")
	_, _, err = bundle.Make(ctx, r, r["1.root.json"], expires, bundle.Limits{}, target)
	refused[*verify.ExpiredError](t, err, "root 3: expired")
	_, _, err = bundle.Make(ctx, r, r["1.root.json"], now, bundle.Limits{}, "other")
	refused[*verify.NotFoundError](t, err)
	_, _, err = bundle.Make(ctx, r, r["1.root.json"], now, bundle.Limits{Files: 4}, target)
	refused[*verify.LimitError](t, err, "files in the bundle", "limit of 4")
}

func TestReadRefused(t *testing.T) {
	r := publish(t)
	raw := string(make1(t, r, "1.root.json", target).Encode())
	first := raw[:strings.Index(raw[10:], "-----BEGIN")+10]
	type test struct{ text, words string }
	for name, test := range map[string]test{
		"empty":              {"", "it holds no root"},
		"comments only":      {"# nothing\n", "it holds no root"},
		"json":               {string(r["1.root.json"]), "byte 0: a line that neither belongs to a block"},
		"words between":      {first + "hello\n" + raw, "a line that neither belongs to a block"},
		"twice":              {raw + first, `"1.root.json" stands there twice`},
		"cut":                {raw[:len(raw)-9], "a block is cut or damaged"},
		"a block inside":     {first[:len(first)-40] + "\n" + raw, "a block is cut or damaged"},
		"no root":            {strings.ReplaceAll(first, "1.root.json", "1.boot.json"), "it holds no root"},
		"another type":       {strings.ReplaceAll(first, "TUF METADATA", "TUF ROOT"), `a block of type "TUF ROOT"`},
		"no name":            {strings.Replace(first, "Name: 1.root.json\n\n", "", 1), "has the header Name and no other"},
		"another header":     {strings.Replace(first, "Name:", "File: x\nName:", 1), "has the header Name and no other"},
		"a path":             {strings.Replace(first, "1.root.json", "../1.root.json", 1), `"../1.root.json" is no name of a metadata file`},
		"no metadata":        {strings.Replace(first, "1.root.json", "root.sh", 1), "is no name of a metadata file"},
		"a control sequence": {strings.Replace(first, "1.root.json", "\x1b[2J.json", 1), `"\x1b[2J.json" is no name`},
		"a long name":        {strings.Replace(first, "1.root.json", strings.Repeat("a", 2000)+".json", 1), "is no name"},
	} {
		t.Run(name, func(t *testing.T) {
			b, err := bundle.Read([]byte(test.text), bundle.Limits{})
			if b != nil {
				t.Error("it was read")
			}
			refused[*bundle.FormatError](t, err, "this is no bundle: byte ", test.words)
		})
	}
	_, err := bundle.Read([]byte(raw), bundle.Limits{Bytes: 1000})
	refused[*verify.LimitError](t, err, "bytes of the bundle", "limit of 1000")
}

// No text makes reading panic, and what is read is written as the same files.
func FuzzRead(f *testing.F) {
	r := publish(f)
	b, _, err := bundle.Make(context.Background(), r, r["1.root.json"], now, bundle.Limits{}, target)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b.Encode("for people"))
	f.Add([]byte("-----BEGIN TUF METADATA-----\nName: 1.root.json\n\nAAAA\n-----END TUF METADATA-----\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		b, err := bundle.Read(raw, bundle.Limits{})
		if err != nil {
			return
		}
		again, err := bundle.Read(b.Encode(), bundle.Limits{})
		if err != nil || strings.Join(again.Names(), " ") != strings.Join(b.Names(), " ") {
			t.Errorf("%q, %v", again.Names(), err)
		}
		if len(b.Encode()) > 4*len(raw)+1000 {
			t.Errorf("%d bytes became %d", len(raw), len(b.Encode()))
		}
	})
}
