package verify

import (
	"fmt"
	"strconv"
	"strings"
)

// Names come from documents that nobody has verified yet and end on
// somebody's terminal at a ceremony: what is not a plain word is quoted, in
// ASCII, and cut.

// shownName returns a name as it may appear in a message.
func shownName(s string) string {
	if s == "" {
		return `""`
	}
	for i := range len(s) {
		c := s[i]
		word := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' ||
			c == '-' || c == '_' || c == '/' || c == '.' || c == '+' || c == '@'
		if !word {
			return shown(s)
		}
	}
	if len(s) > maxShown {
		return s[:maxShown] + "…"
	}
	return s
}

// shownID returns a key id for a list: of the usual 64 hex digits the first
// twelve.
func shownID(id string) string {
	if len(id) == 64 && isHex([]byte(id)) {
		return id[:12] + "…"
	}
	return shownName(id)
}

// shown quotes a string for a message.
func shown(s string) string {
	if len(s) > maxShown {
		return strconv.QuoteToASCII(s[:maxShown]) + "…"
	}
	return strconv.QuoteToASCII(s)
}

func shownBytes(b []byte) string { return shown(string(b)) }

// shownNames lists names for messages, not more than a reader can take in.
func shownNames(names []string) string {
	var b strings.Builder
	for i, name := range names {
		if i == maxListed {
			fmt.Fprintf(&b, " and %d more", len(names)-i)
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(shownName(name))
	}
	return b.String()
}
