package verify

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"unicode/utf8"
)

// Covers reports whether a delegation is for a path: one of its patterns
// matches, or the hex SHA-256 of the path begins with one of its prefixes
// (SPEC 4.5).
//
// In a pattern `*` stands for any run of characters and `?` for one, within one
// segment: neither crosses a "/". Nothing else has a meaning, on any system;
// `[` and `\` are characters like others.
func (d Delegation) Covers(path string) bool {
	return d.covers(&sought{path: path})
}

// sought is a path that is compared with many delegations, hashed once.
type sought struct {
	path   string
	digits string // hex SHA-256 of the path, "" until it is needed
}

func (s *sought) hash() string {
	if s.digits == "" {
		sum := sha256.Sum256([]byte(s.path))
		s.digits = hex.EncodeToString(sum[:])
	}
	return s.digits
}

func (d *Delegation) covers(s *sought) bool {
	for _, pattern := range d.Paths {
		if matchPath(pattern, s.path) {
			return true
		}
	}
	for _, prefix := range d.PathHashPrefixes {
		if digits := s.hash(); len(prefix) <= len(digits) && strings.EqualFold(digits[:len(prefix)], prefix) {
			return true
		}
	}
	return false
}

// matchPath matches segment by segment.
func matchPath(pattern, path string) bool {
	for {
		p, morePattern, inPattern := strings.Cut(pattern, "/")
		s, morePath, inPath := strings.Cut(path, "/")
		if inPattern != inPath || !matchSegment(p, s) {
			return false
		}
		if !inPattern {
			return true
		}
		pattern, path = morePattern, morePath
	}
}

// matchSegment matches one segment. It goes back to the last `*` only, so its
// time is at most the product of both lengths.
func matchSegment(pattern, s string) bool {
	p, i := 0, 0
	star, from := -1, 0 // the last `*`, and where what it stands for may end
	for i < len(s) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, from = p, i
			p++
		case p < len(pattern) && pattern[p] == '?':
			p++
			i += charLen(s[i:])
		case p < len(pattern) && pattern[p] == s[i]:
			p++
			i++
		case star >= 0:
			from += charLen(s[from:])
			p, i = star+1, from
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}

// charLen is the length of the first character, in bytes.
func charLen(s string) int {
	_, n := utf8.DecodeRuneInString(s)
	return n
}
