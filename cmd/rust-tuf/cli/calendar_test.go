package cli

import (
	"strings"
	"testing"
	"time"

	"github.com/rust-lang/rust-tuf/metadata"
)

// What a calendar says of a term that ends, and of a card that nobody has seen
// for a year.
func TestCalendarOfTermsAndCards(t *testing.T) {
	t.Parallel()
	day := func(year int) time.Time { return time.Date(year, 3, 1, 0, 0, 0, 0, time.UTC) }
	r := &calendarResult{Repository: strings.Repeat("0", 32), Name: "tuf-root", Read: day(2026), Dates: momentEntries([]metadata.Moment{
		{Kind: metadata.TermEnds, At: day(2027), Holder: metadata.Holder{Member: "alice", Login: "alice"}},
		{Kind: metadata.KeyCheck, At: day(2028), Since: day(2027), Holder: metadata.Holder{Member: "bob", Login: "bob", KeyID: strings.Repeat("a", 64), Label: "main", Serial: 5200042}},
	})}
	golden(t, "calendar-people.golden", strings.ReplaceAll(r.file(), "\r\n", "\n"))
}
