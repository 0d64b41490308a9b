package metadata

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// foldCase maps names that some file system takes for one to one name. Beyond
// ASCII it follows Unicode's simple folding: U+017F is an s, U+212A a k.
func foldCase(p string) string {
	return strings.Map(func(r rune) rune {
		if r < unicode.MaxASCII {
			return unicode.ToLower(r)
		}
		for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
			if f < unicode.MaxASCII {
				return unicode.ToLower(f)
			}
		}
		return unicode.ToLower(r)
	}, p)
}

// takenFor is the path that some computer takes p for. To most of them upper and
// lower case are one; Windows drops dots and blanks at the end of a name, and reads
// what follows a colon as a part of the file before it; macOS passes over what
// cannot be seen. The names that are read here are ASCII, so no composed form of a
// letter is one of theirs.
func takenFor(p string) string {
	segments := strings.Split(foldCase(p), "/")
	for i, s := range segments {
		s, _, _ = strings.Cut(s, ":")
		s = strings.Map(func(r rune) rune {
			if unicode.Is(unicode.Cf, r) {
				return -1
			}
			return r
		}, s)
		segments[i] = strings.TrimRight(s, ". ")
	}
	return strings.Join(segments, "/")
}

// topNames are the names at the top that a rule is about.
var topNames = []string{PolicyFile, MembersDir, PublishedDir, EventsDir, LogDir, HandoverDir, AttributesFile}

// isShortForm tells whether Windows may take a path for one that a rule is about:
// it gives long names a short one too, METADA~1 or ME1A2B~1, by which they are found.
func isShortForm(p string) bool {
	top, _, _ := strings.Cut(foldCase(p), "/")
	stem, rest, ok := strings.Cut(top, "~")
	return ok && len(stem) > 1 && rest != "" && rest[0] >= '0' && rest[0] <= '9' && slices.ContainsFunc(topNames, func(name string) bool {
		return strings.HasPrefix(strings.TrimPrefix(name, "."), stem[:2])
	})
}

// lookAlike tells why a path is refused that some computer takes for another one:
// taken is what it takes it for, and other is a path of the same tree that it takes
// for the same, if there is one. It is empty when nothing is wrong.
func lookAlike(p, taken, other string) string {
	rule := Governed(taken) || taken == AttributesFile
	switch cased := foldCase(p) == taken; {
	case other != "" && (rule || Governed(p)) && cased && foldCase(other) == taken:
		return fmt.Sprintf("differs only in upper and lower case from %s; some computers keep only one of them", other)
	case other != "" && (rule || Governed(p)):
		return fmt.Sprintf("is %s to some computers, which drop dots and blanks at the end of a name, and what follows a colon or cannot be seen; they keep only one of them", other)
	case rule && !Governed(p) && p != AttributesFile && cased:
		return "the names that rust-tuf reads are lower case; some computers take this for one of them"
	case rule && !Governed(p) && p != AttributesFile:
		return fmt.Sprintf("some computers take this for %s: they drop dots and blanks at the end of a name, and what follows a colon or cannot be seen; take another name", taken)
	case isShortForm(p):
		return "windows may take this for the short form of a name that rust-tuf reads; take another name, without ~ and a digit"
	}
	return ""
}
