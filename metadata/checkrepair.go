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

// takenBack is what a repair deletes: one whole event of a conflict, or
// signatures that count for nothing.
type takenBack struct {
	event *Event // nil for signatures
}

// takesBack tells what is taken back; nil if the pull request does anything
// else.
func (c *checker) takesBack() *takenBack {
	if slices.ContainsFunc(c.changes, func(ch treeChange) bool { return ch.Kind != deleted }) {
		return nil
	}
	if e := c.conflicting(); e != nil {
		return &takenBack{event: e}
	}
	if slices.ContainsFunc(c.changes, func(ch treeChange) bool { return !c.late(ch.Path) && !c.worthless(ch.Path) }) {
		return nil
	}
	return &takenBack{}
}

// late tells whether a file of base is a signature that came too late: beside
// an event that has ended, or, where a merge followed the event into the log,
// with an event that was published without it.
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

// worthless tells whether a file of base is a signature in an open event that
// counts under no rule. Its owner can sign again when it is gone.
func (c *checker) worthless(p string) bool {
	event, role, _, ok := parseSignaturePath(p)
	e := findEvent(c.base.Open, event)
	if !ok || e == nil {
		return false
	}
	standing, err := c.trusted.judge(e)
	if err != nil || standing.Payload(role) == nil {
		return false
	}
	return slices.ContainsFunc(standing.Payload(role).Refused, func(f *SignatureFileError) bool { return f.Path == p })
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

// repair judges what is taken back. An event may go only if nobody can have
// signed it: `sign` refuses every event of a conflict, so if another one holds
// signatures, that was there alone before, and this one came later. Else the
// signatures may still wait in pull requests, and only an event that names all
// of them as superseded frees those who made them.
func (c *checker) repair() {
	v, e := c.verdict, c.back.event
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
	if by := slices.IndexFunc(c.base.Closed, func(old *Event) bool { return old.Closed.By == e.Name }); by >= 0 {
		refuse("which the log names as the one that superseded %s; put one in the place of all with `rust-tuf propose --supersede`", c.base.Closed[by].Name)
		return
	}
	if signed, err := c.trusted.signed(e); signed || err != nil {
		refuse("which holds signatures, or may; a signed event ends in the log: put one in the place of all with `rust-tuf propose --supersede`")
		return
	}
	for _, conflict := range c.base.Conflicts {
		if slices.Contains(conflict.Events, e.Name) && !slices.ContainsFunc(conflict.Events, c.signedThere) {
			refuse("but nobody's signature shows which one was there first, and signatures on any may wait in pull requests; put one in the place of all: `rust-tuf propose --supersede %s`",
				strings.Join(conflict.Events, " --supersede "))
			return
		}
	}
}

// signedThere tells whether an open event of base is known to hold a signature
// that counts.
func (c *checker) signedThere(event string) bool {
	signed, err := c.trusted.signed(findEvent(c.base.Open, event))
	return signed && err == nil
}

// signed tells whether an event holds a signature that counts. An event that
// cannot be judged gives an error.
func (t *Trusted) signed(e *Event) (bool, error) {
	if !slices.ContainsFunc(e.Payloads, func(p *Payload) bool { return len(p.Files) > 0 }) {
		return false, nil
	}
	standing, err := t.judge(e)
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(standing.Payloads, func(p *PayloadStanding) bool { return len(p.counted()) > 0 }), nil
}
