package roles

import (
	"fmt"
	"strconv"
	"time"
)

// Lifetime is how long a version of a role is valid: a number and a unit, y
// (calendar years), w (weeks), d (days of 24 hours) or h (hours). It is
// written as "2y". The zero value means that none is declared. Lifetimes are
// comparable with ==, which compares how they are written: 7d is not 1w.
type Lifetime struct {
	n    int
	unit byte
}

// ParseLifetime reads a lifetime as "2y". It accepts one number without sign
// or leading zero and one unit, up to a hundred years.
func ParseLifetime(s string) (Lifetime, error) {
	const form = "write a number and one of y, w, d, h, such as 2y or 12h"
	if len(s) < 2 {
		return Lifetime{}, fmt.Errorf("lifetime %q: %s", s, form)
	}
	digits, unit := s[:len(s)-1], s[len(s)-1]
	for i := range len(digits) {
		if digits[i] < '0' || digits[i] > '9' {
			return Lifetime{}, fmt.Errorf("lifetime %q: %s", s, form)
		}
	}
	most := map[byte]int{'y': maxYears, 'w': maxYears * 52, 'd': maxYears * 365, 'h': maxYears * 365 * 24}[unit]
	if most == 0 || digits[0] == '0' {
		return Lifetime{}, fmt.Errorf("lifetime %q: %s", s, form)
	}
	n, err := strconv.Atoi(digits)
	if err != nil || n > most {
		return Lifetime{}, fmt.Errorf("lifetime %q: at most %d years", s, maxYears)
	}
	return Lifetime{n, unit}, nil
}

// IsZero reports whether no lifetime is declared.
func (l Lifetime) IsZero() bool { return l == Lifetime{} }

// String writes the lifetime as it was declared; "" for the zero value.
func (l Lifetime) String() string {
	if l.IsZero() {
		return ""
	}
	return strconv.Itoa(l.n) + string(l.unit)
}

// From returns the instant at which a version that was made at t expires, in
// UTC and whole seconds. A year later is the same date and time of day; from
// 29 February to a year without one it is 1 March.
func (l Lifetime) From(t time.Time) time.Time {
	t = t.UTC().Truncate(time.Second)
	switch l.unit {
	case 'y':
		return t.AddDate(l.n, 0, 0)
	case 'w':
		return t.AddDate(0, 0, 7*l.n)
	case 'd':
		return t.AddDate(0, 0, l.n)
	case 'h':
		return t.Add(time.Duration(l.n) * time.Hour)
	}
	return t
}

// MarshalText writes what [ParseLifetime] reads; the zero value is an error.
func (l Lifetime) MarshalText() ([]byte, error) {
	if l.IsZero() {
		return nil, fmt.Errorf("no lifetime")
	}
	return []byte(l.String()), nil
}

// UnmarshalText is [ParseLifetime].
func (l *Lifetime) UnmarshalText(text []byte) error {
	parsed, err := ParseLifetime(string(text))
	if err != nil {
		return err
	}
	*l = parsed
	return nil
}
