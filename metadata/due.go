package metadata

import (
	"fmt"
	"time"

	"github.com/rust-lang/rust-tuf/roles"
)

// The ladder of reminders: the days after the opening of an event, and the days
// before the first of the versions that it renews expires. Behind the last of
// the first there is one every week. The first step is no reminder yet: it tells
// people that the event is there.
var (
	ladderAge  = []int{0, 3, 7, 14}
	ladderLeft = []int{30, 14, 7, 3, 1, 0}
)

const weekly = 7

// Reminder is one step of the ladder that an event has reached. Whoever sends
// reminders sends each step of an event once.
type Reminder struct {
	Event   string
	Step    string        // names the step among those of the event: "age-7", "left-14"
	Age     time.Duration // since the event opened
	SignBy  time.Time     // when the first version that the event renews is late; zero for none
	Expires time.Time     // of the first version that the event renews; zero for none
	Wanted  []Wanted
}

// Wanted is a rule that is not met yet, and who can meet it.
type Wanted struct {
	Role    string
	Version int64
	By      string // whose rule it is, in words
	Missing int    // signatures
	Of      []Holder
}

// Wanted says which rules are not met, and who can meet them: one entry for
// each rule. d may lack members; then less is known of them.
func (s *Standing) Wanted(d *roles.Declaration) []Wanted {
	var out []Wanted
	for _, p := range s.Payloads {
		for _, rule := range p.Rules {
			if rule.Tally.Met() {
				continue
			}
			w := Wanted{Role: p.Role, Version: p.Version, By: rule.By, Missing: rule.Tally.Threshold - len(rule.Tally.Valid)}
			for _, h := range rule.Tally.Missing {
				w.Of = append(w.Of, HolderOf(d, h))
			}
			out = append(out, w)
		}
	}
	return out
}

// Reminder is the newest step of the ladder that an event has reached, nil
// when nobody is missing, or before the instant at which the event says that it
// was opened. d may lack members and the policy; then less is known.
func (t *Trusted) Reminder(s *Standing, d *roles.Declaration, now time.Time) *Reminder {
	r := &Reminder{Event: s.Event.Name, Age: now.Sub(s.Event.Opened), Wanted: s.Wanted(d)}
	if len(r.Wanted) == 0 {
		return nil
	}
	for _, p := range s.Payloads {
		doc := t.Document(p.Role)
		if doc == nil {
			continue
		}
		for _, m := range deadlines(d.Policy, p.Role, doc) {
			switch m.Kind {
			case SigningLate:
				r.SignBy = earlier(r.SignBy, m.At)
			case Expiry:
				r.Expires = earlier(r.Expires, m.At)
			}
		}
	}
	var reached time.Time // of two on one day, the days that are left say more
	take := func(step string, at time.Time) {
		if !at.After(now) && !at.Before(reached) {
			reached, r.Step = at, step
		}
	}
	opened := s.Event.Opened
	for _, days := range ladderAge {
		take(fmt.Sprintf("age-%d", days), opened.AddDate(0, 0, days))
	}
	last := ladderAge[len(ladderAge)-1]
	if weeks := int(r.Age/(24*time.Hour)-time.Duration(last)) / weekly; weeks > 0 {
		take(fmt.Sprintf("age-%d", last+weeks*weekly), opened.AddDate(0, 0, last+weeks*weekly))
	}
	if !r.Expires.IsZero() {
		for _, days := range ladderLeft {
			if at := r.Expires.AddDate(0, 0, -days); at.After(opened) {
				take(fmt.Sprintf("left-%d", days), at)
			}
		}
	}
	if r.Step == "" {
		return nil
	}
	return r
}

// earlier is the first of two instants, of which the zero one is none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}
