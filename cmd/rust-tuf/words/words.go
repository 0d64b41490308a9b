// Package words is how results are said to people: dates, spans, lists, names
// and digests, the same in every program.
package words

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/rust-lang/rust-tuf/verify"
)

// Date is how a person reads an instant: the largest unit first, always in UTC.
func Date(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

// Remaining says how long something is still valid.
func Remaining(until, now time.Time) string {
	d := until.Sub(now)
	switch {
	case d <= 0:
		return "EXPIRED " + Span(-d) + " ago"
	default:
		return Span(d) + " left"
	}
}

// Span rounds a duration down to what a person would say.
func Span(d time.Duration) string {
	switch days := int64(d / (24 * time.Hour)); {
	case days >= 730:
		return fmt.Sprintf("%d years and %s", days/365, Counted(days%365, "day"))
	case days >= 1:
		return Counted(days, "day")
	case d >= time.Hour:
		return Counted(int64(d/time.Hour), "hour")
	default:
		return Counted(int64(d/time.Minute), "minute")
	}
}

// Counted is "1 day" or "2 days".
func Counted[N int | int64](n N, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}

// Join is a list for a sentence: "alice, bob and carol".
func Join(list []string) string {
	if len(list) < 2 {
		return strings.Join(list, "")
	}
	return strings.Join(list[:len(list)-1], ", ") + " and " + list[len(list)-1]
}

// Owners names the owners of keys, in alphabetical order.
func Owners(holders []verify.Holder) []string {
	out := []string{}
	for _, h := range holders {
		out = append(out, Owner(h))
	}
	slices.Sort(out)
	return out
}

// Owner names a key's owner, or the key where no signed document does.
func Owner(h verify.Holder) string {
	if h.Owner != "" {
		return h.Owner
	}
	return "key " + ShortID(h.KeyID)
}

// ShortID is as much of a key id as people compare.
func ShortID(id string) string {
	if len(id) > 8 {
		return id[:8]
	}
	return id
}

// WriteDigest prints the 64 hexadecimal digits of a digest as 16 groups of
// four in four lines, as they are read aloud.
func WriteDigest(w io.Writer, hex string) {
	for line := range slices.Chunk(Groups(hex), 4) {
		fmt.Fprintf(w, "    %s\n", strings.Join(line, " "))
	}
}

// Groups splits digits into fours.
func Groups(hex string) []string {
	var out []string
	for g := range slices.Chunk([]byte(hex), 4) {
		out = append(out, string(g))
	}
	return out
}

// InstantError is a text that is no time.
type InstantError struct {
	Text  string
	Forms string // that are taken, as a person writes them
}

func (e *InstantError) Error() string { return fmt.Sprintf("%q is no time; write %s", e.Text, e.Forms) }

// ParseInstant reads a time as people give it: a day, which begins at midnight
// UTC, or a whole time of RFC 3339. The error is an [*InstantError].
func ParseInstant(text string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, strings.TrimSpace(text)); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, &InstantError{text, "2026-11-22 or 2026-11-22T12:00:00Z"}
}
