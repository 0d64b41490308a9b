package metadata

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rust-lang/rust-tuf/verify"
)

// Two pull requests can each be in order when they are checked, and leave
// something behind when they are merged one after the other, on a forge that
// does not check again before it merges. The gate helps out: it accepts a
// pull request that does nothing but take that back.

// takesBack tells whether all changes delete files that such a race may have
// left: signatures that came late, or one whole event of a conflict.
func (c *checker) takesBack() bool {
	for _, ch := range c.changes {
		if ch.Kind != deleted {
			return false
		}
	}
	if c.conflicting() != nil {
		return true
	}
	return !slices.ContainsFunc(c.changes, func(ch treeChange) bool { return !c.late(ch.Path) })
}

// late tells whether a file of base is a signature that counts for nothing:
// beside an event that has ended, or, where a merge followed the event into
// the log, with an event that was published without it.
func (c *checker) late(p string) bool {
	if slices.ContainsFunc(c.base.Late, func(l *LateError) bool { return l.Path == p }) {
		return true
	}
	rest, logged := strings.CutPrefix(p, LogDir+"/")
	event, role, keyID, ok := parseSignaturePath(EventsDir + "/" + rest)
	e := findEvent(c.base.Closed, event)
	if !logged || !ok || e == nil || e.Closed.Outcome != Completed || e.Payload(role) == nil {
		return false
	}
	return c.base.surplus(e, e.Payload(role), keyID)
}

// surplus tells whether a closed event holds a signature that counts and that
// the published document lacks.
func (r *Repository) surplus(e *Event, p *Payload, keyID string) bool {
	raw, err := r.Published(p.Role, p.Version)
	if err != nil {
		return false
	}
	published, err := verify.Read(raw, limits())
	if err != nil {
		return false
	}
	rules, err := r.rulesThen(p)
	if err != nil {
		return false
	}
	standing, err := count(e, p, rules)
	return err == nil && slices.Contains(without(standing.counted(), keyIDs(published.UnverifiedSignatures())), keyID)
}

// conflicting returns the event of a conflict in base to which everything
// belongs that is deleted; nil if there is none.
func (c *checker) conflicting() *Event {
	event, _, _ := eventOf(c.changes[0].Path)
	e := findEvent(c.base.Open, event)
	if e == nil || c.base.conflictOf(e) == nil {
		return nil
	}
	outside := func(ch treeChange) bool { return !strings.HasPrefix(ch.Path, EventPath(event)+"/") }
	if slices.ContainsFunc(c.changes, outside) {
		return nil
	}
	return e
}

// repair judges what takesBack found. An event may be taken back only if
// nobody can have signed it: `sign` refuses both events of a conflict, so if
// the other one holds signatures, it was there alone before, and this one
// came second. Else the signatures may still wait in pull requests, and only
// an event that names both as superseded frees those who made them.
func (c *checker) repair() {
	v := c.verdict
	e := c.conflicting()
	if e == nil {
		v.Event, _, _ = eventOf(c.changes[0].Path)
		return
	}
	v.Event = e.Name
	refuse := func(format string, args ...any) {
		v.refuse(&ScopeError{Kind: v.Kind, Events: []string{e.Name}, Reason: fmt.Sprintf("takes back the event %s, "+format, append([]any{e.Name}, args...)...)})
	}
	if findEvent(c.head.Open, e.Name) != nil {
		refuse("but leaves a part of it; take it back whole")
		return
	}
	if c.trusted.signed(e) {
		refuse("which holds signatures; a signed event ends in the log: put one in the place of both with `rust-tuf propose --supersede`")
		return
	}
	later := c.trusted.In(c.head)
	for _, conflict := range c.base.Conflicts {
		i := slices.Index(conflict.Events[:], e.Name)
		if i < 0 {
			continue
		}
		other := findEvent(c.base.Open, conflict.Events[1-i])
		if !later.signed(other) {
			refuse("but nobody's signature shows that %s was there first, and signatures on either may wait in pull requests; put one in the place of both: `rust-tuf propose --supersede %s --supersede %s`",
				other.Name, conflict.Events[0], conflict.Events[1])
			return
		}
	}
}

// signed tells whether an event holds a signature that counts.
func (t *Trusted) signed(e *Event) bool {
	standing, err := t.judge(e)
	if err != nil {
		return false
	}
	return slices.ContainsFunc(standing.Payloads, func(p *PayloadStanding) bool { return len(p.counted()) > 0 })
}
