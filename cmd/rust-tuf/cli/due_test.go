package cli

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"

	ics "github.com/arran4/golang-ical"
	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/words"
)

// A renewal opens by itself on the day that the policy says, once, and is an
// event as any other; those who are missing are named step by step.
func TestDue(t *testing.T) {
	t.Parallel()
	s := play(t, "genesis-done", "alice")
	m := s.maintainer
	say := func(words ...string) string {
		t.Helper()
		return s.exits(t, m, exit.Done, []string{"due"}, words...)
	}
	s.unchanged(t, func() {
		s.golden(t, "due-nothing.golden", say("Nothing is due.", "The next date is 2027-08-23: signing opens for targets version 2."))
	})

	// The day on which signing opens for targets. A dry run pushes nothing.
	s.now = time.Date(2027, 8, 24, 6, 0, 0, 0, time.UTC)
	s.unchanged(t, func() {
		s.exits(t, m, exit.Done, []string{"due", "--dry-run"}, "Event 2027-08-24-targets-v2", "Nothing was pushed (dry run).")
	})
	s.golden(t, "due-opens.golden", say("Pushed to branch event/2027-08-24-targets-v2."))
	s.unchanged(t, func() {
		s.now = s.now.AddDate(0, 0, 1)
		say("A renewal waits on branch event/2027-08-24-targets-v2: have a person review and merge it.")
		s.exits(t, s.people["alice"], exit.Done, []string{"due"}, "A renewal waits on branch")
	})
	if err := s.merge("event/2027-08-24-targets-v2"); err != nil {
		t.Fatal(err)
	}
	s.unchanged(t, func() {
		say("Event 2027-08-24-targets-v2 has been open for 1 day")
		s.now = time.Date(2027, 8, 28, 6, 0, 0, 0, time.UTC)
		s.golden(t, "due-remind.golden", say("Event 2027-08-24-targets-v2 has been open for 4 days", "targets version 2 needs 5 more signatures of signers named in root version 1", "    alice, with the key called main: rust-tuf sign 2027-08-24-targets-v2\n"))
		// It is late, and nobody has been seen for a year.
		s.now = time.Date(2027, 11, 23, 6, 0, 0, 0, time.UTC)
		s.exits(t, m, exit.Expired, []string{"due"}, "overdue since 2027-10-08: signing targets version 2 is late from this day on", "overdue since 2027-11-22: targets version 1 expires",
			"overdue since 2027-11-22: does alice still hold the key called main? Last seen 2026-11-22", "Ask the holder whether")
	})
	var out dueResult
	if err := json.Unmarshal([]byte(s.exits(t, m, exit.Expired, []string{"due", "--json"})), &out); err != nil || len(out.Reminders) != 1 || out.Reminders[0].Step != "age-91" || len(out.Reminders[0].Wanted[0].Of) != 9 || len(out.Reminders[0].People) != 9 {
		t.Errorf("%+v, %v", out.Reminders, err)
	}
}

// Before the first root there is nothing to be due, and a policy that cannot be
// read is said to be so.
func TestDueRefused(t *testing.T) {
	t.Parallel()
	s := play(t, "genesis-open", "alice")
	for _, verb := range []string{"due", "calendar"} {
		s.exits(t, s.maintainer, exit.Rejected, []string{verb}, "no root is published yet, so nothing can be due")
	}
	s = play(t, "genesis-done", "alice")
	s.pull(t, "broken", put("rust-tuf.toml", []byte("format = 2\n")))
	if _, err := s.git("maintainer", s.remote(), "update-ref", "refs/heads/main", "refs/heads/broken"); err != nil { // no gate lets it in
		t.Fatal(err)
	}
	for _, verb := range []string{"due", "calendar"} {
		s.exits(t, s.maintainer, exit.Rejected, []string{verb}, "rust-tuf.toml", "reads format 1, the file says 2")
	}
}

// The calendar is what calendar programs read, and a date that moves keeps its
// id.
func TestCalendar(t *testing.T) {
	t.Parallel()
	s := play(t, "second-done", "alice")
	out := s.exits(t, s.maintainer, exit.Done, []string{"calendar"})
	if strings.Count(out, "\n") != strings.Count(out, "\r\n") {
		t.Error("a line ends otherwise than RFC 5545 says")
	}
	s.golden(t, "calendar.golden", strings.ReplaceAll(out, "\r\n", "\n"))
	cal, err := ics.ParseCalendar(strings.NewReader(out))
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	for _, e := range cal.Events() {
		if ids[e.Id()] {
			t.Errorf("%s is there twice", e.Id())
		}
		ids[e.Id()] = true
		if at, err := e.GetAllDayStartAt(); err != nil || at.Year() < 2027 {
			t.Errorf("%s: %v, %v", e.Id(), at, err)
		}
	}
	if want := 6 + 9; len(ids) != want { // root and targets, nine keys
		t.Errorf("%d dates, want %d", len(ids), want)
	}
	var list calendarResult
	if err := json.Unmarshal([]byte(s.exits(t, s.maintainer, exit.Done, []string{"calendar", "--json"})), &list); err != nil || len(list.Dates) != len(ids) {
		t.Errorf("%d dates, %v", len(list.Dates), err)
	}
	earlier := play(t, "genesis-done", "alice")
	before := earlier.exits(t, earlier.maintainer, exit.Done, []string{"calendar"})
	if id := "UID:expires-root@"; !strings.Contains(before, id) || !strings.Contains(out, id) {
		t.Errorf("the expiry of root has another id after a renewal")
	}
}

// A schedule can ask whether all will still be valid on a day to come.
func TestStatusAt(t *testing.T) {
	t.Parallel()
	s := play(t, "genesis-done", "alice")
	for at, code := range map[string]int{"+5d": exit.Done, "+30d": exit.Done, "+12h": exit.Done, "+2w": exit.Done, "+1y": exit.Expired, "2027-11-21": exit.Done, "2027-11-23": exit.Expired} {
		t.Run(at, func(t *testing.T) {
			says := map[int]string{exit.Done: "Judged as of", exit.Expired: "targets 1: expired at 2027-11-22"}[code]
			s.exits(t, s.maintainer, code, []string{"status", "--at", at}, says)
		})
	}
	s.exits(t, s.maintainer, exit.Expired, []string{"status", "--at", "+100y"}, "Judged as of 2126-11-22")
	for _, at := range []string{"nonsense", "+nonsense", "+", "+0d", "+30", "+101y", "30d", "-30d", "2027-13-01"} {
		s.fails(t, s.maintainer, exit.Usage, is[*words.InstantError], []string{"status", "--at=" + at},
			strconv.Quote(at)+" is no time; write 2026-11-22, 2026-11-22T12:00:00Z, or how long from now: +30d (h, d, w or y; at most 100 years)")
	}
	s.now = s.now.AddDate(0, 11, 5) // 25 days before
	var out statusResult
	if err := json.Unmarshal([]byte(s.exits(t, s.maintainer, exit.Done, []string{"status", "--json"})), &out); err != nil {
		t.Fatal(err)
	}
	for _, p := range out.Published {
		if !p.In5 || p.In30 != (p.Role == "root") {
			t.Errorf("%+v", p)
		}
	}
}
