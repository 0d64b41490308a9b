package main

import (
	"embed"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/rust-lang/rust-tuf/tests/vectors"
)

// A table of differences is paragraphs: why a peer says something else, and
// below that, behind a tab each, the vectors and what it says of them.
//
//go:embed differences/*.txt
var tables embed.FS

// difference is a vector of which a peer says something else.
type difference struct{ says, why string }

func readTable(peer string) (map[string]difference, error) {
	raw, err := tables.ReadFile("differences/" + peer + ".txt")
	if err != nil {
		return nil, err
	}
	known, why := map[string]difference{}, ""
	for i, line := range strings.Split(strings.TrimSpace(string(raw)), "\n") {
		text, isVector := strings.CutPrefix(line, "\t")
		name, says, ok := strings.Cut(text, ": ")
		_, twice := known[name]
		switch {
		case !isVector:
			why = line
		case !ok || why == "" || twice:
			return nil, fmt.Errorf("differences/%s.txt:%d: %q is no vector with a reason, or stands twice", peer, i+1, line)
		default:
			known[name] = difference{says, why}
		}
	}
	return known, nil
}

// expected is what a peer must say of a vector.
func expected(v *vectors.Vector) string { return fmt.Sprintf("%s; trusts %s", v.Expect, v.Trusts) }

// compare holds what a peer says of the vectors to what stands there. What is
// not the same must be known, and what is known must be so; anything else is a
// line of the result.
func compare(all []*vectors.Vector, said map[string]string, known map[string]difference) (wrong []string) {
	left := maps.Clone(known)
	for _, v := range all {
		got, want := said[v.Name], expected(v)
		d, differs := known[v.Name]
		delete(left, v.Name)
		switch {
		case got == "":
			wrong = append(wrong, v.Name+": nothing is said")
		case differs && same(got, want):
			wrong = append(wrong, v.Name+": agrees by now; take it out of the table")
		case differs && got != d.says:
			wrong = append(wrong, fmt.Sprintf("%s: says %q, the table has %q", v.Name, got, d.says))
		case !differs && !same(got, want):
			wrong = append(wrong, fmt.Sprintf("%s: says %q, want %q", v.Name, got, want))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(left)) {
		wrong = append(wrong, name+": stands in the table, and is no vector")
	}
	return wrong
}

// same tells whether a peer says what is expected. Peers have one error for
// what cannot be read, is too deep, or is a document of another type.
func same(got, want string) bool {
	if got == want {
		return true
	}
	for _, kind := range []string{"role", "delegation", "limit"} {
		if strings.Replace(want, "refused "+kind, "refused format", 1) == got {
			return true
		}
	}
	return false
}
