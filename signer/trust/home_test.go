package trust

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/signer"
	"github.com/rust-lang/rust-tuf/tests/importtest"
	"github.com/rust-lang/rust-tuf/tests/refusaltest"
	"github.com/rust-lang/rust-tuf/verify"
)

func TestImports(t *testing.T) {
	importtest.Check(t, []string{"signer/internal/durable", "signer/internal/private", "verify"}, "net", "log", "sync")
}

func TestLimits(t *testing.T) {
	if got := verify.DefaultLimits().RootBytes; got != rootBytes {
		t.Errorf("verify reads roots of %d bytes, pins keep %d", got, rootBytes)
	}
}

func TestOpen(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "home")
	h, err := Open(dir)
	if err != nil || h.Dir() != dir {
		t.Fatal(err)
	}
	if runtime.GOOS == "windows" {
		return
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	must(t, os.Chmod(dir, 0o777))
	var permission *signer.PermissionError
	if _, err := Open(dir); !errors.As(err, &permission) || permission.Path != dir {
		t.Errorf("error %v", err)
	}
}

// A repository's id comes from a document: it must not choose a folder
// (CVE-2026-24686: a repository's name used as a path).
func TestRepositoryIsNoPath(t *testing.T) {
	h := newHome(t)
	for _, id := range []string{"", ".", "..", "../../../etc", strings.ToUpper(repository), repository + "/x", repository[1:], repository + "\n", "con"} {
		const words = "is not 32 lower-case hex digits"
		_, err := h.Pin(id)
		refusaltest.Says(t, err, words)
		_, err = h.Ledger(id)
		refusaltest.Says(t, err, words)
		refusaltest.Says(t, h.Establish(Pin{Repository: id}), words)
	}
}

// Files that are not as they were written are refused by name; what a process
// that died left behind is not.
func TestStateErrors(t *testing.T) {
	seed := func(t *testing.T) *Home {
		h := newHome(t)
		must(t, h.Establish(pinned(t, root(t, repository, 1, ""))))
		l := ledgerOf(t, h)
		must(t, l.Intend(entry("a")))
		must(t, l.Record("root", 2, digest("a"), "5ab2", []byte("signature")))
		return h
	}
	read := func(h *Home) error {
		_, pinErr := h.Pin(repository)
		_, ledgerErr := h.Ledger(repository)
		return errors.Join(pinErr, ledgerErr)
	}
	change := func(from, to string) func([]byte) []byte {
		return func(data []byte) []byte { return []byte(strings.ReplaceAll(string(data), from, to)) }
	}
	to := func(text string) func([]byte) []byte { return func([]byte) []byte { return []byte(text) } }
	const pin, first = "pin/1.json", "ledger/2.root/1.json"
	for name, test := range map[string]struct {
		path   string
		change func([]byte) []byte
		words  string
	}{
		"pin empty":             {pin, to(""), pin + ": not a pin: unexpected end of JSON input"},
		"pin cut off":           {pin, func(b []byte) []byte { return b[:len(b)-2] }, pin + ": not a pin: "},
		"pin from the future":   {pin, change(`"format": 1`, `"format": 2`), "written by a newer rust-tuf, in format 2; this one knows 1"},
		"pin edited":            {pin, change(`"how"`, `"How"`), "changed since it was written"},
		"pin of another":        {pin, change(repository, elsewhere), "must be of repository " + elsewhere},
		"pin with other digest": {pin, change(trusted(t, root(t, repository, 1, "")).Digest().String(), digest("x").String()), "root is not the pinned one"},
		"pin of no version":     {pin, change(`"version": 1`, `"version": 0`), "the root is version 1, the pin says version 0"},
		"pin without how":       {pin, change(DigestEntered, "somehow"), `a pin is made by "digest entered" or "signed root version 1", not by "somehow"`},
		"pin of a time":         {pin, change("12:00:00Z", "12:00:00.5Z"), "is not a time in UTC to the second"},
		"huge pin":              {pin, to(strings.Repeat(" ", maxPinFile+1)), "is larger than"},
		"entry cut off":         {first, func(b []byte) []byte { return b[:len(b)/2] }, first + ": not an entry of the ledger: "},
		"entry twice":           {first, func(b []byte) []byte { return append(b, b...) }, "invalid character"},
		"entry with a member":   {first, change(`"key"`, `"x": 1, "key"`), "changed since it was written"},
		"entry of another role": {first, change(`"root"`, `"targets"`), "it belongs to targets version 2"},
		"entry of another":      {first, change(repository, elsewhere), "of repository " + elsewhere},
		"entry without digest":  {first, change(digest("a").String(), strings.Repeat("0", 64)), "is not 64 lower-case hex digits of a document"},
		"entry in upper case":   {first, change(digest("a").String(), strings.ToUpper(digest("a").String())), "is not 64 lower-case hex digits of a document"},
		"entry by no key":       {first, change("5ab2", ""), "is not a text of 1 to 256 bytes"},
		"huge signature":        {"ledger/2.root/1.signature.json", to(strings.Repeat(" ", maxSignatureFile+1)), "is larger than"},
		"gap":                   {"ledger/2.root/3.json", to("x"), "3.json: number 2 is missing before it"},
		"signature too many":    {"ledger/2.root/2.signature.json", to("x"), "2.signature.json: number 2 is missing before it"},
		"file of somebody":      {"ledger/2.root/1 (copy).json", to("x"), "1 (copy).json: not a file of this folder"},
		"number with zero":      {"pin/01.json", to("x"), "01.json: not a file of this folder"},
		"folder of somebody":    {"ledger/root/1.json", to("x"), "not a version of a role"},
		"version too high":      {"ledger/99999999999999999999.root/1.json", to("x"), "not a version of a role"},
		"temporary file":        {"ledger/2.root/.2.json.123.tmp", to("x"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			h := seed(t)
			path := filepath.Join(h.dir, repository, filepath.FromSlash(test.path))
			data, err := os.ReadFile(path)
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				t.Fatal(err)
			}
			must(t, os.MkdirAll(filepath.Dir(path), 0o700))
			must(t, os.WriteFile(path, test.change(data), 0o600))
			err = read(h)
			if test.words == "" {
				must(t, err)
				return
			}
			var state *StateError
			if !errors.As(err, &state) || !strings.HasPrefix(state.Path, filepath.Join(h.dir, repository)) {
				t.Fatalf("error %v", err)
			}
			refusaltest.Says(t, err, filepath.FromSlash(test.words))
			refusaltest.Hints(t, err, "back from your backup")
		})
	}
}

func TestLinkedStateIsRefused(t *testing.T) {
	h := newHome(t)
	must(t, h.Establish(pinned(t, root(t, repository, 1, ""))))
	path := filepath.Join(h.dir, repository, "pin", "1.json")
	must(t, os.Rename(path, filepath.Join(h.dir, "aside")))
	if err := os.Symlink(filepath.Join(h.dir, "aside"), path); err != nil {
		t.Skip(err)
	}
	var state *StateError
	if _, err := h.Pin(repository); !errors.As(err, &state) || !strings.Contains(err.Error(), "a symbolic link, which is not followed") {
		t.Errorf("error %v", err)
	}
}
