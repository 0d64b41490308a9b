package verify_test

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/rust-lang/rust-tuf/verify"
)

// FuzzCovers compares patterns with regular expressions, another way to say the
// same (SPEC 4.5): a star is any run of characters but "/", a question mark one
// of them, and everything else is itself.
func FuzzCovers(f *testing.F) {
	for _, c := range [][2]string{
		{"channels/*", "channels/stable.toml"}, {"*", "a/b"}, {"a?c", "aéc"}, {"a*b*c", "abcbc"}, {"[ab]", "a"}, {`\*`, `\x`}, {"", ""},
		{"**/*", "a/b"}, {"?*?", "ab"}, {"a/", "a/"}, {"*a*a*a", "aaaaaab"}, {"(", "("}, {"a\n*", "a\nb"}, {"*", "\xff"}, {"?", "😀"},
	} {
		f.Add(c[0], c[1])
	}
	f.Fuzz(func(t *testing.T, pattern, path string) {
		if len(pattern) > 200 || !utf8.ValidString(pattern) || !utf8.ValidString(path) {
			return // neither comes out of a document
		}
		expression := regexp.QuoteMeta(pattern)
		expression = strings.ReplaceAll(expression, `\*`, `[^/]*`)
		expression = strings.ReplaceAll(expression, `\?`, `[^/]`)
		want := regexp.MustCompile(`\A` + expression + `\z`).MatchString(path)
		if got := (verify.Delegation{Paths: []string{pattern}}).Covers(path); got != want {
			t.Errorf("%q covers %q: %v, want %v", pattern, path, got, want)
		}
	})
}
