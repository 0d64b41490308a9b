package metadata

import (
	"strings"
	"testing"
	"time"

	"github.com/rust-lang/rust-tuf/verify"
)

// agedCrates plays another repository with three roots, made a year and a half
// apart: each is valid for two years.
func agedCrates(t *testing.T) (inner *world, expires []time.Time) {
	t.Helper()
	inner = newWorld(t, policy{repository: cratesRepository, root: cratesTeam[:5], rootThreshold: 3}, cratesTeam...)
	for i, team := range [][]string{cratesTeam[:5], cratesTeam[1:], cratesTeam[:5]} {
		if i > 0 {
			inner.now = inner.now.AddDate(1, 6, 0)
			inner.declare(policy{repository: cratesRepository, root: team, rootThreshold: 3})
		}
		inner.publish("frank", "grace", "heidi")
		root, err := verify.TrustRoot(inner.root(int64(i+1)), limits())
		if err != nil {
			t.Fatal(err)
		}
		expires = append(expires, root.Expires())
	}
	return inner, expires
}

// A root that has expired when the event is opened is not handed over: nobody
// who believes this repository could use the other one. Strictly before its
// expiry it is.
func TestHandoverExpired(t *testing.T) {
	t.Parallel()
	inner, expires := agedCrates(t)
	for name, test := range map[string]struct {
		first   int64 // handed over before; 0: none
		at      time.Time
		refused bool
	}{
		"the first one, at its expiry":            {0, expires[0], true},
		"the first one, a second before":          {0, expires[0].Add(-time.Second), false},
		"one that follows, long after its expiry": {1, expires[1].AddDate(0, 3, 0), true},
		"one that follows, a second before":       {1, expires[1].Add(-time.Second), false},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, policy{root: nine, rootThreshold: 5}, nine...)
			if test.first > 0 {
				w = handing(t, inner)
			}
			version := test.first + 1
			w.hand(version, inner.root(version))
			w.lists(inner.root(version))
			w.now = test.at
			base := w.clone()
			p, err := w.tryPropose(Proposition{})
			if !test.refused {
				if err != nil || len(p.Standing.Payload("targets").Handovers) != 1 {
					t.Errorf("%v %v", p, err)
				}
				return
			}
			expect[*HandoverError](t, err, "targets lists crates/root.json as the root of the repository crates", "expired at ", "a newer version is needed")
			expired := expect[*verify.ExpiredError](t, err)
			if expired.Role != "root" || expired.Version != version || !expired.Expires.Equal(expires[version-1]) || !expired.At.Equal(test.at) {
				t.Errorf("%+v", expired)
			}
			// Nor does the gate take it from somebody whose program did not look:
			// what was opened in time is moved to this instant.
			w.now = expires[version-1].Add(-time.Second)
			e := w.propose("in time")
			file := EventPath(e.Name, "event.toml")
			late := strings.Replace(string(w.files[file]), w.now.UTC().Format(time.RFC3339), test.at.UTC().Format(time.RFC3339), 1)
			if late == string(w.files[file]) {
				t.Fatal("the opening instant is not where it was")
			}
			w.files[file] = []byte(late)
			v, err := Check(base.tree(), w.tree())
			if err != nil || v.Accepted() {
				t.Errorf("%+v %v", v, err)
			}
		})
	}
}

// Of several roots that are handed over at once only the last one's expiry
// counts (TUF 5.3.11), as on any walk. One that expires after it was handed over
// stands in no later event's way.
func TestHandoverExpiredOnTheWay(t *testing.T) {
	t.Parallel()
	inner, expires := agedCrates(t)
	w := handing(t, inner)
	w.hand(2, inner.root(2))
	w.hand(3, inner.root(3))
	w.lists(inner.root(3))
	w.now = expires[1].Add(time.Hour)
	e := w.propose("two roots at once")
	s, err := w.judge(e.Name)
	if err != nil {
		t.Fatal(err)
	}
	if h := s.Payload("targets").Handovers; len(h) != 1 || len(h[0].Steps) != 2 || h[0].To().Version() != 3 {
		t.Errorf("%+v", h)
	}
	w.sign(e.Name, nine[:5]...)
	w.complete(e.Name)

	w.now = expires[2].AddDate(0, 1, 0)
	p, err := w.tryPropose(Proposition{Renew: []string{"targets"}})
	if err != nil || p.Standing.Payload("targets").Handovers != nil {
		t.Errorf("a renewal waits for another repository: %v %v", p, err)
	}
	if report := Audit(w.tree()); len(report.Problems) > 0 {
		t.Errorf("what was in order is a problem later: %v", report.Problems)
	}
}
