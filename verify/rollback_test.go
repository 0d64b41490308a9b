package verify_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/verify"
)

// Two long snapshots are held against each other without a look at what is the
// same in both. These tests hold that to a comparison of all entries.

// wentBack returns the first file of a `meta`, in order, that a newer one lacks or
// has in a lower version; its version there, 0 if it is gone.
func wentBack(older, newer map[string]int64) (file string, trusted, found int64, ok bool) {
	for _, name := range slices.Sorted(maps.Keys(older)) {
		if newer[name] < older[name] {
			return name, older[name], newer[name], true
		}
	}
	return "", 0, 0, false
}

// judgedAlike holds what a session says of two `meta` to wentBack.
func judgedAlike(t *testing.T, root *verify.Root, older, newer string) {
	t.Helper()
	err := takesPlace(t, root, older, newer)
	name, trusted, found, back := wentBack(listedVersions(t, older), listedVersions(t, newer))
	if !back {
		if err != nil {
			t.Errorf("%s\n%s: %v", older, newer, err)
		}
		return
	}
	var refusal *verify.VersionError
	if !errors.As(err, &refusal) {
		t.Fatalf("%s\n%s: %v, but %q went from %d to %d", older, newer, err, name, trusted, found)
	}
	if refusal.Role != strings.TrimSuffix(name, ".json") || refusal.Trusted != trusted || refusal.Found != found {
		t.Errorf("%s\n%s: %+v, but %q went from %d to %d", older, newer, refusal, name, trusted, found)
	}
}

func listedVersions(t *testing.T, meta string) map[string]int64 {
	t.Helper()
	var list map[string]map[string]json.RawMessage
	if err := json.Unmarshal([]byte(meta), &list); err != nil {
		t.Fatal(err)
	}
	of := map[string]int64{}
	for name, f := range list {
		version, err := strconv.ParseInt(string(f["version"]), 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		of[name] = version
	}
	return of
}

// Names that look like what stands around a version, and each other.
var misleading = []string{
	"version", "version.json", "version:1", "versions", `{version:`, ",", ",,", ",a", "a", "a,", "1", "2", "12", "9", "10", "99",
	"}", "}}", "},", "hashes", "sha256", "length", "bin-9", "bin-09", "bin-10", "bin-1", "bin-11", "bin", "z", "zz", "",
}

func TestRollbackAgainstAllEntries(t *testing.T) {
	root := listedRoot(t)
	random := rand.New(rand.NewPCG(5, 5))
	usual := func(version int64) string { return fmt.Sprintf(`{"version":%d}`, version) }
	spellings := []func(version int64) string{
		usual, usual, usual,
		func(version int64) string {
			return fmt.Sprintf(`{"hashes":{"sha256":%s},"length":7,"version":%d}`, sum, version)
		},
		func(version int64) string { return fmt.Sprintf(`{"length":7,"version":%d}`, version) },
		// Numbers of others, which are below what they look like.
		func(version int64) string {
			return fmt.Sprintf(`{"version":%d,"x":{"version":%d}}`, version, 1+random.IntN(3))
		},
		func(version int64) string {
			return fmt.Sprintf(`{"m":{"version":%d},"version":%d}`, 1+random.IntN(3), version)
		},
		func(version int64) string {
			return fmt.Sprintf(`{"hashes":{"sha256":%s},"length":7,"m":{"version":%d},"version":%d}`, sum, 1+random.IntN(3), version)
		},
	}
	// write lists some names; each in the common spelling, or one now and then in any.
	write := func(of map[string]int64, mixed bool) string {
		names := slices.Sorted(maps.Keys(of))
		return entries(names, func(i int) string {
			spelling := usual
			if mixed && random.IntN(4) == 0 {
				spelling = spellings[random.IntN(len(spellings))]
			}
			return spelling(of[names[i]])
		})
	}
	outcomes := map[bool]int{}
	for range 500 {
		older := map[string]int64{}
		for range random.IntN(12) {
			older[misleading[random.IntN(len(misleading))]] = 1 + random.Int64N(120)
		}
		newer := maps.Clone(older)
		for range random.IntN(4) {
			among := misleading
			if len(older) > 0 && random.IntN(2) == 0 {
				among = slices.Sorted(maps.Keys(older))
			}
			name := among[random.IntN(len(among))]
			switch version := newer[name]; random.IntN(6) {
			case 0:
				delete(newer, name)
			case 1:
				newer[name] = max(1, version-1)
			case 2:
				newer[name] = version + 1
			case 3:
				newer[name] = version%1_000_000*10 + 1
			case 4:
				newer[name] = max(1, version/10)
			case 5:
				newer[name] = 999_999_999_999_999_999 + random.Int64N(2) // of 18 digits, and of one more
			}
		}
		mixed := random.IntN(3) == 0
		judgedAlike(t, root, write(older, mixed), write(newer, mixed))
		_, _, _, back := wentBack(older, newer)
		outcomes[back]++
	}
	if outcomes[true] < 100 || outcomes[false] < 100 {
		t.Errorf("outcomes: %v", outcomes)
	}
}

// unusualEntries are pairs of listings in which a number, a member or a name looks
// like what it is not: in both, or in one of them alone.
var unusualEntries = []struct{ name, older, newer string }{
	{"a file is gone behind a nested version that went on",
		`{"a":{"version":1,"x":{"version":1}},"b":{"version":9}}`, `{"a":{"version":1,"x":{"version":2}}}`},
	{"a file went back behind a nested version that went on",
		`{"a":{"version":1,"x":{"version":1}},"b":{"version":9}}`, `{"a":{"version":1,"x":{"version":2}},"b":{"version":8}}`},
	{"a nested version is the name of a file that is gone",
		`{"a":{"version":1,"x":{"version":1}},"x":{"version":9}}`, `{"a":{"version":1,"x":{"version":2}}}`},
	{"a nested version went back, and no file did",
		`{"a":{"version":1,"x":{"version":2}},"b":{"version":9}}`, `{"a":{"version":1,"x":{"version":1}},"b":{"version":9}}`},
	{"a nested version went on, and the file went back",
		`{"a":{"m":{"version":1},"version":9}}`, `{"a":{"m":{"version":2},"version":8}}`},
	{"a nested version is gone, and no file is",
		`{"a":{"hashes":{"sha256":` + sum + `},"length":7,"m":{"version":2},"version":4}}`,
		`{"a":{"hashes":{"sha256":` + sum + `},"length":7,"version":4}}`},
	{"a nested version came, and a file is gone",
		`{"a":{"version":1},"b":{"version":9}}`, `{"a":{"version":1,"x":{"version":2}}}`},
	{"a nested version is gone, and a file is too",
		`{"a":{"version":1,"x":{"version":1}},"b":{"version":9}}`, `{"a":{"version":1}}`},
	{"a nested version is gone, and a file went back",
		`{"a":{"version":1,"x":{"version":1}},"b":{"version":9}}`, `{"a":{"version":2},"b":{"version":8}}`},
	{"a nested version came before the one that counts",
		`{"a":{"version":9}}`, `{"a":{"m":{"version":9},"version":8}}`},
	{"a version of more digits than usual went back",
		`{"a":{"version":1000000000000000001},"b":{"version":9}}`, `{"a":{"version":1000000000000000000},"b":{"version":9}}`},
	{"a version of more digits than usual came",
		`{"a":{"version":999999999999999999},"b":{"version":9}}`, `{"a":{"version":1000000000000000000},"b":{"version":8}}`},
	{"a name with an escape looks like an entry",
		`{"a\",\"b\":{\"version\":1":{"version":1},"b":{"version":9}}`, `{"a\",\"b\":{\"version\":1":{"version":2},"b":{"version":8}}`},
	{"a name with an escape is gone",
		`{"a":{"version":1},"a\"":{"version":2}}`, `{"a":{"version":1}}`},
	{"a name that is not ASCII went back",
		`{"a":{"version":1},"ä":{"version":2}}`, `{"a":{"version":2},"ä":{"version":1}}`},
}

func TestRollbackOfUnusualEntries(t *testing.T) {
	root := listedRoot(t)
	for _, c := range unusualEntries {
		t.Run(c.name, func(t *testing.T) { judgedAlike(t, root, c.older, c.newer) })
	}
}

// FuzzRollback compares two listings that are read as they come.
func FuzzRollback(f *testing.F) {
	f.Add(`{"a":{"version":9},"b":{"version":1}}`, `{"a":{"version":10},"b":{"version":1}}`)
	f.Add(`{"a":{"version":10},"version":{"version":1}}`, `{"a":{"version":9},"version":{"version":2}}`)
	f.Add(`{"a":{"version":1}}`, `{"a":{"hashes":{"sha256":`+sum+`},"length":1,"version":1}}`)
	f.Add(`{"a,1":{"version":1},"b":{"version":3}}`, `{"a,1":{"version":1},"aa":{"version":1},"b":{"version":2}}`)
	for _, c := range unusualEntries {
		f.Add(c.older, c.newer)
	}
	root := listedRoot(f)
	readable := func(t *testing.T, meta string) bool {
		d, err := verify.Read(listed(t, "snapshot", 1, "meta", meta), verify.Limits{})
		if err != nil {
			return false
		}
		s := verify.NewSession(root, now, verify.Limits{})
		if err := s.EndRoots(); err != nil {
			t.Fatal(err)
		}
		if _, err := s.AddTimestamp(listed(t, "timestamp", 1, "meta", `{"snapshot.json":{"version":1}}`)); err != nil {
			t.Fatal(err)
		}
		return s.AddSnapshot(d.Raw()) == nil
	}
	f.Fuzz(func(t *testing.T, older, newer string) {
		if readable(t, older) && readable(t, newer) {
			judgedAlike(t, root, older, newer)
		}
	})
}
