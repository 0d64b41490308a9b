package metadata

import (
	"fmt"
	"strings"

	"github.com/rust-lang/rust-tuf/roles"
)

// proposal judges a pull request that opens an event: the event must follow
// from what is trusted and from the declaration beside it, pass the lint, and
// bring no signature with it.
func (c *checker) proposal() {
	v := c.verdict
	e, err := c.opened()
	if err != nil {
		v.refuse(err)
		return
	}
	v.Event = e.Name
	if err := c.head.recordsTestRoots(e); err != nil {
		v.refuse(err)
	}
	later := c.trusted.In(c.head)
	if v.Standing, err = later.Judge(e); err != nil {
		v.refuse(err)
		return
	}
	c.clock(v.Standing)
	for _, p := range e.Payloads {
		if len(p.Files)+len(p.Refused) > 0 {
			v.refuse(&ScopeError{Kind: v.Kind, Events: []string{e.Name}, Reason: fmt.Sprintf("opens the event %s and brings signatures on %s; an event is merged first and signed then, in pull requests of their own", e.Name, p)})
		}
	}
	c.superseding(e)
	c.harmed()
	d, err := c.head.Declaration()
	if err != nil {
		v.refuse(err)
		return
	}
	for _, p := range e.Payloads {
		charter, err := d.Charter(p.Role)
		switch {
		case err != nil:
			v.refuse(err)
		case charter.Digest() != p.Policy:
			v.refuse(&UnlikeDeclarationError{Event: e.Name, Role: p.Role, What: "policy"})
		case p.Role != roleRoot && d.Delegator(p.Role) != p.Delegator.Role:
			v.refuse(&UnlikeDeclarationError{Event: e.Name, Role: p.Role, What: "delegator"})
		}
	}
	c.retired(true)
	c.intermediates()
	if v.Findings, err = later.lint(d, e, c.touchedMembers()...); err != nil {
		v.refuse(err)
		return
	}
	v.Findings = append(c.offCards(), v.Findings...)
	for _, f := range v.Findings {
		if f.Severity == roles.Refused {
			v.refuse(&RefusedError{Findings: v.Findings})
			break
		}
	}
}

// opened finds the one event that the pull request opens.
func (c *checker) opened() (*Event, error) {
	var opened []*Event
	for _, e := range c.head.Open {
		if !c.openInBase(e.Name) {
			opened = append(opened, e)
		}
	}
	if len(opened) != 1 {
		names := eventNames(opened)
		return nil, &ScopeError{Kind: KindProposal, Events: names, Reason: fmt.Sprintf("opens %d events (%s); propose one at a time", len(names), strings.Join(names, ", "))}
	}
	return opened[0], nil
}

func eventNames(events []*Event) []string {
	var names []string
	for _, e := range events {
		names = append(names, e.Name)
	}
	return names
}

// superseding checks what the pull request does to other events: it may move
// the ones that the new event supersedes into the log, unchanged, and nothing
// else.
func (c *checker) superseding(e *Event) {
	expected := Change{Put: map[string][]byte{}}
	for _, old := range c.base.Open {
		if findEvent(c.head.Open, old.Name) != nil {
			continue
		}
		closed := findEvent(c.head.Closed, old.Name)
		if closed == nil {
			c.verdict.refuse(&FrozenError{Path: EventPath(old.Name), Kind: string(deleted), Reason: "an open event ends by completing or by being superseded, and is kept in the log either way"})
			continue
		}
		if err := moveToLog(c.base.tree, old, &Closing{Outcome: Superseded, By: e.Name}, &expected); err != nil {
			c.verdict.refuse(err)
		}
		c.verdict.Discards = append(c.verdict.Discards, c.trusted.discard(old))
		if !supersedesOneOf(e, old) && !c.base.overtaken(old) {
			c.verdict.refuse(&ScopeError{Kind: c.verdict.Kind, Events: []string{e.Name, old.Name},
				Reason: fmt.Sprintf("closes the event %s, but %s makes no version in its place; only what takes its place may close it", old.Name, e.Name)})
		}
	}
	after := expected.Apply(c.base.tree)
	for _, p := range []string{LogDir + "/", EventsDir + "/"} {
		if err := sameUnder(p, EventPath(e.Name)+"/", after, c.head.tree); err != nil {
			c.verdict.refuse(err)
		}
	}
}

func supersedesOneOf(e, old *Event) bool {
	for _, p := range old.Payloads {
		q := e.Payload(p.Role)
		if q == nil || q.Version != p.Version {
			continue
		}
		for _, d := range q.Supersedes {
			if d == p.Digest {
				return true
			}
		}
	}
	return false
}

// sameUnder compares two trees below one folder, leaving another one out.
func sameUnder(folder, except string, want, got Tree) error {
	changes, err := diffTrees(want, got)
	if err != nil {
		return err
	}
	for _, ch := range changes {
		if strings.HasPrefix(ch.Path, folder) && !strings.HasPrefix(ch.Path, except) {
			return &FrozenError{Path: ch.Path, Kind: string(ch.Kind), Reason: frozenReason(ch)}
		}
	}
	return nil
}
