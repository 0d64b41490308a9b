package roles

import (
	"strings"
	"testing"
)

func TestPaths(t *testing.T) {
	for _, good := range []string{"a", "channels/stable.toml", "a/b/c", "dist/2027-03-01/rustc-1.99.0-beta.1_x+y.tar.gz", "x@1", "a..b"} {
		if err := checkPath(good); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
	for bad, words := range map[string]string{
		"":                       "path is empty",
		"/a":                     "begins with a slash",
		"a/":                     "ends with a slash",
		"a//b":                   "two slashes in a row",
		"..":                     "begins with a dot",
		"a/../b":                 "begins with a dot",
		"a/./b":                  "begins with a dot",
		".well-known/x":          "in some readers * does not match dots",
		`a\b`:                    `'\\' is not read alike everywhere`,
		"a b":                    "' ' is not read alike",
		"a\x00":                  `'\x00' is not read alike`,
		"a[b]":                   "'[' is not read alike",
		"a{b,c}":                 "'{' is not read alike",
		"a!b":                    "'!' is not read alike",
		"a#b":                    "'#' is not read alike",
		"a(b)":                   "'(' is not read alike",
		"c:x":                    "':' is not read alike",
		"%2e%2e/x":               "'%' is not read alike",
		"größe":                  "is not read alike",
		"a*":                     "'*' has a meaning in patterns",
		"a/?":                    "'?' has a meaning in patterns",
		strings.Repeat("a", 513): "path has 513 bytes, at most 512",
	} {
		if err := checkPath(bad); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%q: %v, want %q", bad, err, words)
		}
	}
	for bad, words := range map[string]string{
		"a/**":  "some readers let ** cross slashes",
		"a[b]":  "pattern \"a[b]\"",
		"*/":    "to match the files of a folder write */*",
		"../*":  "begins with a dot",
		"/a/*":  "target paths are relative",
		"a\\*b": "not read alike",
	} {
		if err := checkPattern(bad); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%q: %v, want %q", bad, err, words)
		}
	}
}

func TestCovers(t *testing.T) {
	for _, test := range []struct {
		pattern, path string
		want          bool
	}{
		// The specification's own examples (SPEC 4.5).
		{"targets/*.tgz", "targets/foo.tgz", true},
		{"targets/*.tgz", "targets/bar.tgz", true},
		{"targets/*.tgz", "targets/foo.txt", false},
		{"foo-version-?.tgz", "foo-version-2.tgz", true},
		{"foo-version-?.tgz", "foo-version-a.tgz", true},
		{"foo-version-?.tgz", "foo-version-alpha.tgz", false},
		{"*.tgz", "foo.tgz", true},
		{"*.tgz", "targets/foo.tgz", false},
		{"foo.tgz", "foo.tgz", true},
		{"foo.tgz", "targets/foo.tgz", false},
		{"a/*", "a/b/c", false},
		{"a/?b", "a/b", false},
		{"*", "", true},
	} {
		if got := covers(test.pattern, test.path); got != test.want {
			t.Errorf("%s covers %s: %v", test.pattern, test.path, got)
		}
	}
}
