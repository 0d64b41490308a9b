package roles

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

func day(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return t
}

// The three deadlines of one version: as declared, and as usual.
func TestMoments(t *testing.T) {
	lifetime := func(s string) Lifetime {
		l, err := ParseLifetime(s)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	for name, test := range map[string]struct {
		schedule, lifetime, expires string
		opens, alert                string
	}{
		"two years, usual":    {"", "2y", "2028-11-22", "2028-07-25", "2028-10-08"},
		"a month, usual":      {"", "28d", "2026-11-29", "2026-11-22 ", "2026-11-25 12:00"},
		"both declared":       {"[schedule.root]\nopens = \"90d\"\nalert = \"4w\"\n", "2y", "2028-11-22", "2028-08-24", "2028-10-25"},
		"opens only":          {"[schedule.root]\nopens = \"1y\"\n", "2y", "2028-11-22", "2027-11-22", "2028-10-08"},
		"opens after usual":   {"[schedule.root]\nopens = \"10d\"\n", "2y", "2028-11-22", "2028-11-12", "2028-11-12"},
		"over a leap day":     {"[schedule.root]\nopens = \"1y\"\n", "2y", "2028-02-29", "2027-03-01", "2028-01-15"},
		"of another role too": {"[schedule.release]\nopens = \"2w\"\n", "2y", "2028-11-22", "2028-07-25", "2028-10-08"},
	} {
		t.Run(name, func(t *testing.T) {
			p := nine().with(t, "[roles.root]", test.schedule+"[roles.root]").declare(t).Policy
			m := p.Moments(Root, lifetime(test.lifetime), day(test.expires))
			for what, pair := range map[string][2]string{"opens": {m.Opens.Format("2006-01-02 15:04"), test.opens}, "alert": {m.Alert.Format("2006-01-02 15:04"), test.alert}} {
				if !strings.HasPrefix(pair[0], strings.TrimSpace(pair[1])) {
					t.Errorf("%s on %s, want %s", what, pair[0], pair[1])
				}
			}
			if !m.Expires.Equal(day(test.expires)) {
				t.Errorf("expires %s", m.Expires)
			}
		})
	}
}

// Nobody signs when people are told, so an edit of it changes no charter.
func TestScheduleIsNotSigned(t *testing.T) {
	plain := nine()
	told := nine().with(t, "[roles.root]", "[schedule.root]\nopens = \"90d\"\n[roles.root]")
	told.members["alice"] = strings.Replace(told.members["alice"], "\n[[key]]", "term-ends = \"2028-11-22\"\n\n[[key]]", 1)
	if got := told.declare(t).Members["alice"].TermEnds; got.String() != "2028-11-22" || !got.Time().Equal(day("2028-11-22")) {
		t.Errorf("the term ends %q", got)
	}
	for _, role := range []string{Root, Targets, "release"} {
		if plain.charter(t, role).Digest() != told.charter(t, role).Digest() {
			t.Errorf("the charter of %s is another one", role)
		}
	}
}

// A member's file keeps the day.
func TestTermEnds(t *testing.T) {
	text := strings.Replace(memberTOML("alice", "a", "b", 1), "\n[[key]]", "term-ends = \"2028-11-22\"\n\n[[key]]", 1)
	m, err := ParseMember("members/alice/member.toml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	again, err := ParseMember("members/alice/member.toml", m.TOML())
	if err != nil || again.TermEnds != m.TermEnds || !bytes.Equal(again.TOML(), m.TOML()) {
		t.Errorf("%v, %v", again, err)
	}
	for _, bad := range []string{"soon", "2028-02-30", "22.11.2028", "1970-01-01", ""} {
		_, err := ParseMember("members/alice/member.toml", []byte(strings.Replace(text, "2028-11-22", bad, 1)))
		wantError[*SyntaxError](t, err, "term-ends", "is no day; write one as 2028-11-22")
	}
}
