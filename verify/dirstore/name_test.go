package dirstore

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFileName(t *testing.T) {
	for name, want := range map[string]string{
		"root": "root", "timestamp": "timestamp", "nightly-2026.05": "nightly-2026.05", "Release": "Release",
		"": "%", ".": "%2E", "..": "%2E%2E", "...": "%2E%2E%2E", "a/b": "a%2Fb", "/etc/passwd": "%2Fetc%2Fpasswd", "../x": "..%2Fx",
		"?": "%3F", "#": "%23", "%2F": "%252F", `a\b`: "a%5Cb", "a:b": "a%3Ab", "a b": "a%20b", "a\x00b": "a%00b", "a\nb": "a%0Ab", "ü": "%C3%BC", "\xff": "%FF",
		// Devices on Windows, with whatever extension.
		"con": "%63on", "CON": "%43ON", "nul.x": "%6Eul.x", "Aux": "%41ux", "com1": "%63om1", "LPT9.a.b": "%4CPT9.a.b", "com": "com", "com10": "com10", "comx": "comx", "xcon": "xcon",
		// Root.json is root.json on macOS and Windows.
		"Root": "%52oot", "TARGETS": "%54ARGETS", "snapShot": "%73napShot", "root.json": "root.json", "ROOTS": "ROOTS",
		// The hash that looks like one is a name as well.
		"sha256=00":              "sha256%3D00",
		strings.Repeat("a", 200): strings.Repeat("a", 200),
		strings.Repeat("a", 201): "sha256=a92efd82109373e58f9a2056dee01e807e216ce6075f7051207c0a9f7d666e50",
	} {
		if got := FileName(name); got != want {
			t.Errorf("%.20q: %q, want %q", name, got, want)
		}
	}
}

// No name leaves the folder, is hidden by another, or is no file name.
func FuzzFileName(f *testing.F) {
	for _, name := range []string{"", "..", "../../etc", "con", "Root", "sha256=", "%", strings.Repeat("/", 100), "\x00"} {
		f.Add(name, name+"x")
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		name := FileName(a)
		if len(name) > maxName || !fs.ValidPath(name+".json") || filepath.Base(name+".json") != name+".json" || strings.ContainsAny(name, `<>:"/\|?*`+"\x00") {
			t.Errorf("%q: %q", a, name)
		}
		if a != b && name == FileName(b) {
			t.Errorf("%q and %q are both %q", a, b, name)
		}
		if strings.EqualFold(name, "root") && a != "root" {
			t.Errorf("%q takes the place of the root", a)
		}
	})
}

// Every name can be a file here.
func TestFileNamesAreFiles(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"", "..", "a/b", "nul", strings.Repeat("ü", 300), strings.Repeat("x", 200)} {
		if err := os.WriteFile(filepath.Join(dir, "9223372036854775807."+FileName(name)+".json"), nil, 0o600); err != nil {
			t.Error(err)
		}
	}
}
