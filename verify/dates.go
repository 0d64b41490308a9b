package verify

import (
	"bytes"
	"strings"
	"time"
)

// parseExpires reads an expiration (SPEC 4.2: YYYY-MM-DDTHH:MM:SSZ). Real
// writers also produce fractions of a second and numeric offsets from UTC;
// both name one instant, so they are read. Everything else that a lenient
// parser may take (lower-case letters, a comma, a missing digit, 24:00,
// a leap second) is refused.
//
// text stands between quotes in canonical form.
func parseExpires(text []byte) (time.Time, error) {
	var t time.Time
	if isInstant(string(text)) && t.UnmarshalText(text) == nil {
		return t.UTC(), nil
	}
	return time.Time{}, misfit("", "must be of the form YYYY-MM-DDTHH:MM:SSZ, found %s", shown(plain(text)))
}

// isInstant reports whether s has the form of a date, a time, and the offset
// that makes an instant of them.
func isInstant(s string) bool {
	const form = "2006-01-02T15:04:05"
	if len(s) <= len(form) {
		return false
	}
	for i := range len(form) {
		if isDigit(form[i]) != isDigit(s[i]) || !isDigit(form[i]) && form[i] != s[i] {
			return false
		}
	}
	zone := s[len(form):]
	if zone[0] == '.' {
		digits := zone[1:]
		zone = strings.TrimLeft(digits, "0123456789")
		if n := len(digits) - len(zone); n < 1 || n > 9 {
			return false
		}
	}
	return zone == "Z" || isOffset(zone)
}

// isOffset reports whether s has the form +HH:MM or -HH:MM, below a day.
func isOffset(s string) bool {
	return len(s) == 6 && (s[0] == '+' || s[0] == '-') && isDigit(s[1]) && isDigit(s[2]) &&
		s[3] == ':' && isDigit(s[4]) && isDigit(s[5]) && s[1:3] < "24"
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// checkSpecVersion accepts what has the major number of this specification
// (SPEC 4.3: clients must verify that spec_version is a version they expect).
// Real documents say "1.0", "1.0.0" or "1.0.31". text stands between quotes in
// canonical form.
func checkSpecVersion(text []byte) error {
	major, rest, _ := bytes.Cut(text, []byte{'.'})
	minor, patch, patched := bytes.Cut(rest, []byte{'.'})
	switch {
	case !isNumber(major) || !isNumber(minor) || patched && !isNumber(patch):
		return misfit("", "must be of the form 1.0.0, found %s", shown(plain(text)))
	case string(major) != "1":
		return misfit("", "specification %s is not supported; this client reads version 1", shown(plain(text)))
	}
	return nil
}

func isNumber(digits []byte) bool {
	for _, d := range digits {
		if !isDigit(d) {
			return false
		}
	}
	return len(digits) > 0
}
