package roles

import (
	"strings"
	"testing"
	"time"
)

func TestShownNames(t *testing.T) {
	for in, want := range map[string]string{
		"alice":                     "alice",
		"channels/*":                "channels/*",
		"online/snapshot":           "online/snapshot",
		"":                          `""`,
		"none":                      `"none"`,
		"and":                       `"and"`,
		"a b":                       `"a b"`,
		"a,b":                       `"a,b"`,
		"al\u0456ce":                `"al\u0456ce"`,
		"\u202eecila":               `"\u202eecila"`,
		"zoë":                       `"zo\u00eb"`,
		"a\u200bb":                  `"a\u200bb"`,
		"\U0001F600":                `"\ud83d\ude00"`,
		"\x1b[2J":                   `"\u001b[2J"`,
		"two\nlines\tand \x7f":      `"two\nlines\tand \u007f"`,
		`quote " and backslash \`:   `"quote \" and backslash \\"`,
		"ends with a space ":        `"ends with a space "`,
		"x\u2028y":                  `"x\u2028y"`,
		"\u05d0\u05d1\u05d2 hebrew": `"\u05d0\u05d1\u05d2 hebrew"`,
	} {
		if got := shownName(in); got != want {
			t.Errorf("%q is shown as %s, want %s", in, got, want)
		}
	}
}

func TestShownProse(t *testing.T) {
	for in, want := range map[string]string{
		"jusqu'à l'été":         `"jusqu'à l'été"`,
		"until \u202enoon":      `"until \u202enoon"`,
		"\u043f\u043eka":        `"\u043f\u043eka"`,
		"e\u0301":               `"e\u0301"`,
		"soft\u00adhyphen":      `"soft\u00adhyphen"`,
		"no\u00a0break":         `"no\u00a0break"`,
		"mark\u061c \u2066here": `"mark\u061c \u2066here"`,
	} {
		if got := shownProse(in); got != want {
			t.Errorf("%q is shown as %s, want %s", in, got, want)
		}
	}
}

func TestShownPointers(t *testing.T) {
	for in, want := range map[string]string{
		"":             "the whole document",
		"/a~1b/0":      "/a~1b/0",
		"/two words":   `"/two words"`,
		"/\u202ex":     `"/\u202ex"`,
		"/line\nbreak": `"/line\nbreak"`,
	} {
		if got := shownPointer(in); got != want {
			t.Errorf("%q is shown as %s, want %s", in, got, want)
		}
	}
}

func TestDistance(t *testing.T) {
	from := time.Date(2027, 3, 1, 9, 30, 0, 0, time.UTC)
	for to, want := range map[string]string{
		"2029-03-01T09:30:00Z": "2 years",
		"2028-03-01T09:30:00Z": "1 year",
		"2028-02-29T09:30:00Z": "365 days",
		"2029-03-02T10:30:00Z": "2 years and 1 day",
		"2027-03-08T09:30:00Z": "7 days",
		"2027-03-01T21:30:00Z": "12 hours",
		"2027-03-01T10:30:00Z": "1 hour",
		"2027-03-01T09:31:00Z": "less than an hour",
		"9999-12-31T23:59:59Z": "7972 years and 305 days",
	} {
		at, err := time.Parse(time.RFC3339, to)
		if err != nil {
			t.Fatal(err)
		}
		if got := distance(from, at); got != want {
			t.Errorf("to %s: %s, want %s", to, got, want)
		}
	}
}

func TestGroupedKeepsWhatIsNoDigest(t *testing.T) {
	digest := strings.Repeat("0f", 32)
	for in, want := range map[string]string{
		digest:                  strings.TrimSpace(strings.Repeat("0f0f ", 16)),
		strings.ToUpper(digest): strings.ToUpper(digest),
		digest[:62]:             digest[:62],
		"not hex at all":        `"not hex at all"`,
	} {
		if got := grouped(in); got != want {
			t.Errorf("%q is shown as %s, want %s", in, got, want)
		}
	}
}

func TestReadCanonicalRefuses(t *testing.T) {
	for _, src := range []string{``, `{`, `[`, `"`, `"\`, `{"a"`, `{"a":`, `{"a":1`, `{a:1}`, `[1`, `[1,`, `{"a":1,}`, `1]`, `{}{}`} {
		if node, err := readCanonical([]byte(src)); err == nil {
			t.Errorf("%q is read as %+v", src, node)
		} else if !strings.HasPrefix(err.Error(), "canonical JSON: byte ") {
			t.Errorf("%q: %v", src, err)
		}
	}
}

func TestPointersAreEscaped(t *testing.T) {
	leaves := flatten(canonicalNode(t, []byte(`{"a/b":{"~":[1,{}]},"":[]}`)), nil)
	want := []jsonLeaf{{"/", "/", "[]"}, {"/a~1b/~0/0", "/a~1b/~0/0", "1"}, {"/a~1b/~0/1", "/a~1b/~0/1", "{}"}}
	if len(leaves) != len(want) {
		t.Fatalf("%d leaves: %v", len(leaves), leaves)
	}
	for i := range want {
		if leaves[i] != want[i] {
			t.Errorf("%v, want %v", leaves[i], want[i])
		}
	}
}
