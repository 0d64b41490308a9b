package verify_test

import (
	"regexp"
	"strconv"
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

// However many roles have prefixes, a lookup hashes its path once.
func TestPathIsHashedOnce(t *testing.T) {
	r := serve(t)
	roles := []any{}
	for i := range 5000 {
		role := roleObject(1)
		role["name"], role["terminating"], role["path_hash_prefixes"] = strconv.Itoa(i), true, []any{"00000000"}
		roles = append(roles, role)
	}
	r.targets["targets"]["delegations"] = object{"keys": object{}, "roles": roles}
	r.publish()
	c, _ := r.client()
	repository, err := c.Refresh(t.Context(), now)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := repository.TopLevel(t.Context()); err != nil {
		t.Fatal(err)
	}
	allocs := testing.AllocsPerRun(5, func() {
		_, err = repository.Target(t.Context(), "crates/nobody")
	})
	refused[*verify.NotFoundError](t, err, "no role vouches for crates/nobody")
	if allocs > 50 { // each hash is written out in hex
		t.Errorf("%v allocations for one lookup", allocs)
	}
}
