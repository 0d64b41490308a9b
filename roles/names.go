package roles

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The four top-level roles, in the order in which people read about them.
const (
	Root      = "root"
	Targets   = "targets"
	Snapshot  = "snapshot"
	Timestamp = "timestamp"
)

// TopLevel reports whether role is one of the four that a root names.
func TopLevel(role string) bool {
	return role == Root || role == Targets || role == Snapshot || role == Timestamp
}

// topLevel is the order of the four in a charter.
func topLevel() [4]string { return [4]string{Root, Targets, Snapshot, Timestamp} }

var (
	nameForm       = form{regexp.MustCompile(`^[a-z0-9][a-z0-9-]*$`), 1, 63}
	loginForm      = form{regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`), 1, 64}
	repositoryForm = form{regexp.MustCompile(`^[0-9a-f]*$`), 32, 32}
	sha256Form     = form{regexp.MustCompile(`^[0-9a-f]*$`), 64, 64}
	// reservedForm are the names that Windows keeps for devices, whatever
	// their extension: a folder or a file of that name cannot be made there.
	reservedForm = regexp.MustCompile(`^(con|prn|aux|nul|com[0-9]|lpt[0-9])$`)
)

// form is a pattern for all of a text, and how many bytes that may have. A
// pattern that counts for itself takes long to compile, each time a command
// starts.
type form struct {
	pattern     *regexp.Regexp
	least, most int
}

// MatchString reports whether s has the form.
func (f form) MatchString(s string) bool {
	return f.least <= len(s) && len(s) <= f.most && f.pattern.MatchString(s)
}

// checkName accepts what becomes a folder, a file name or a role name.
func checkName(what, name string) error {
	switch {
	case name == "":
		return fmt.Errorf("%s is missing", what)
	case !nameForm.MatchString(name):
		return fmt.Errorf("%s %q: write 1 to 63 of a-z, 0-9 and -, not beginning with -", what, name)
	case reservedForm.MatchString(name):
		return fmt.Errorf("%s %q: windows keeps this name for a device; take another", what, name)
	}
	return nil
}

// checkLabel accepts a label that is only ever compared. It has one spelling, so that "DE" and "de" do not count as two countries.
func checkLabel(what, label string) error {
	if !nameForm.MatchString(label) {
		return fmt.Errorf("%s %q: write 1 to 63 of a-z, 0-9 and -; labels are only compared, so a pseudonym will do", what, label)
	}
	return nil
}

// checkText accepts one line for people: no control characters, nothing that
// turns the direction of writing, nothing invisible, for it is shown to
// signers on a terminal.
func checkText(what, text string) error {
	switch {
	case strings.TrimSpace(text) == "":
		return fmt.Errorf("%s is missing", what)
	case len(text) > maxTextBytes:
		return fmt.Errorf("%s has %d bytes, at most %d", what, len(text), maxTextBytes)
	case !utf8.ValidString(text):
		return fmt.Errorf("%s is not utf-8", what)
	}
	for _, r := range text {
		if !unicode.IsPrint(r) {
			return fmt.Errorf("%s holds the character %U, which does not print; remove it", what, r)
		}
	}
	return nil
}

// maxNameBytes is the length that nameForm allows.
const maxNameBytes = 63

// nearest returns the candidate that word was most likely meant to be, or "".
func nearest(word string, candidates []string) string {
	if len(word) > maxNameBytes {
		return ""
	}
	best, found := 3, ""
	if len(word) <= 4 {
		best = 2 // two of four letters are another word
	}
	for _, c := range candidates {
		if d := editDistance(strings.ToLower(word), c); d < best {
			best, found = d, c
		}
	}
	return found
}

// suggest is nearest as the end of a sentence.
func suggest(word string, candidates []string) string {
	if near := nearest(word, candidates); near != "" {
		return fmt.Sprintf("; did you mean %q?", near)
	}
	return "; it is one of " + strings.Join(candidates, ", ")
}

// editDistance counts the letters to insert, remove or change from a to b.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := before
			if a[i] != b[j] {
				change++
			}
			before = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// sortedKeys are the keys of a map in order.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
