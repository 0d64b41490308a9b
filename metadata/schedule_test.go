package metadata

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rust-lang/rust-tuf/roles"
)

func (w *world) declaration() *roles.Declaration {
	w.t.Helper()
	d, err := w.read().Declaration()
	if err != nil {
		w.t.Fatal(err)
	}
	return d
}

func (w *world) schedule() []Moment {
	w.t.Helper()
	return w.trusted().Schedule(w.declaration())
}

// lines is a schedule as people read it.
func lines(schedule []Moment) string {
	var b strings.Builder
	for _, m := range schedule {
		fmt.Fprintf(&b, "%s %s\n", m.At.Format(time.DateOnly), m)
	}
	return b.String()
}

// Every date that matters: the three deadlines of each role that people sign,
// the ends of terms, and keys that rest for a year. Machines have none.
func TestSchedule(t *testing.T) {
	t.Parallel()
	w := delegated(t)
	w.files[MemberPath("alice")] = memberText("alice", "")
	w.edit(MemberPath("alice"), "countries =", "term-ends = \"2028-06-01\"\ncountries =")
	w.edit(PolicyFile, "[roles.snapshot]", "[schedule.root]\nopens = \"26w\"\nalert = \"60d\"\n[roles.snapshot]")
	got := lines(w.schedule())
	for _, line := range []string{
		"2028-05-25 signing opens for root version 3\n",
		"2028-09-24 signing root version 3 is late from this day on\n",
		"2028-11-23 root version 2 expires\n",
		"2027-08-25 signing opens for release version 2\n",
		"2027-10-10 signing targets version 4 is late from this day on\n",
		"2027-11-24 targets version 3 expires\n",
		"2028-06-01 the term of alice ends\n",
		"2027-11-24 does alice still hold the key called main? Last seen 2026-11-24\n",
		"2027-11-24 does olivia still hold the key called main? Last seen 2026-11-24\n",
		"2027-11-22 does ivan still hold the key called main? Last seen 2026-11-22\n",
	} {
		if strings.Count(got, line) != 1 {
			t.Errorf("not once: %s", line)
		}
	}
	for _, never := range []string{"timestamp", "snapshot", "carol", "dave"} {
		if strings.Contains(got, never) {
			t.Errorf("%s is in\n%s", never, got)
		}
	}
	if !slices.IsSortedFunc(w.schedule(), func(a, b Moment) int { return a.At.Compare(b.At) }) {
		t.Errorf("not in the order of dates:\n%s", got)
	}
	if t.Failed() {
		t.Log(got)
	}
}

// A key on a card is asked for by the number that is printed on it.
func TestHolderOf(t *testing.T) {
	t.Parallel()
	w := rotated(t)
	text := strings.Replace(string(memberText("alice", "serial = 12345678\nslot = \"9c\"\n")), `"software"`, `"piv"`, 1)
	w.files[MemberPath("alice")] = []byte(text)
	delete(w.files, MemberPath("bob"))
	got := lines(w.schedule())
	for _, words := range []string{"does alice still hold YubiKey 12345678?", "does bob still hold the key " + keyIDOf("bob")[:8]} {
		if !strings.Contains(got, words) {
			t.Errorf("%q is not in\n%s", words, got)
		}
	}
}

// A renewal is due from the day on which signing opens, until an event makes
// the version.
func TestDueRenewals(t *testing.T) {
	t.Parallel()
	w := delegated(t)
	due := func(at string) string {
		now, err := time.Parse(time.DateOnly, at)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Join(w.read().DueRenewals(w.schedule(), now), " ")
	}
	for at, want := range map[string]string{"2027-08-20": "", "2027-08-27": "targets release", "2028-08-01": "root targets release", "2030-01-01": "root targets release"} {
		if got := due(at); got != want {
			t.Errorf("on %s: %q, want %q", at, got, want)
		}
	}
	w.opens("renew", "targets")
	if got := due("2028-08-01"); got != "root release" {
		t.Errorf("with an open event for targets: %q", got)
	}
}

// Each step of the ladder is one reminder: by age, from the day on which the
// event opens, by days left, and never before anybody could have signed.
func TestReminder(t *testing.T) {
	t.Parallel()
	w := rotated(t)
	w.later()
	w.opens("renew", "targets")
	s := w.standing("renew")
	opened := s.Event.Opened
	at := func(now time.Time) string {
		r := w.trusted().Reminder(s, w.declaration(), now)
		if r == nil {
			return ""
		}
		return r.Step
	}
	for days, want := range map[int]string{-1: "", 0: "age-0", 2: "age-0", 3: "age-3", 6: "age-3", 7: "age-7", 14: "age-14", 20: "age-14", 21: "age-21", 28: "age-28", 333: "age-329",
		334: "left-30", 336: "age-336", 350: "left-14", 351: "left-14", 357: "left-7", 361: "left-3", 363: "left-1", 364: "left-0", 371: "age-371"} {
		if got := at(opened.AddDate(0, 0, days)); got != want {
			t.Errorf("after %d days: %q, want %q", days, got, want)
		}
	}
	r := w.trusted().Reminder(s, w.declaration(), opened.AddDate(0, 0, 8))
	if r.Event != "renew" || len(r.Wanted) != 1 || r.Wanted[0].Missing != 5 || len(r.Wanted[0].Of) != 9 || r.Wanted[0].Of[0].Login == "" {
		t.Errorf("%+v", r)
	}
	if want := w.trusted().Document("targets").Expires(); !r.Expires.Equal(want) {
		t.Errorf("expires %s, want %s", r.Expires, want)
	}
	if want := r.Expires.AddDate(0, 0, -45); r.SignBy.Before(want.AddDate(0, 0, -1)) || r.SignBy.After(want) {
		t.Errorf("sign by %s, expires %s", r.SignBy, r.Expires)
	}
	w.sign("renew", afterRotation[:5]...)
	s = w.standing("renew")
	if got := at(opened.AddDate(0, 1, 0)); got != "" {
		t.Errorf("nobody is missing: %q", got)
	}
}
