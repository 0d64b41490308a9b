package verify

import (
	"context"
	"maps"
	"slices"
)

// guess looks ahead for a lookup that has to wait: as long as the new document
// of a role is on its way, the one that was kept says where the search would go on
// if nothing of its delegations has changed. The files to which that leads are
// asked for beside it, as the snapshot promises them now. So new targets, and what
// they delegate to, cost one wait together.
//
// That is all that a guess does. The search goes through new documents alone, as
// ever, and takes what has come early when it asks for that very file; an error
// too is then the answer. What it never asks for is given up unjudged.
type guess struct {
	*lookup
	free  int      // how many files may be on their way beside those that are needed
	roles []string // whose files will be wanted, no more than that
}

// hint is what the store has of a role: bytes that were accepted once, or whatever
// a crash has left of them.
type hint struct {
	targets *UnverifiedTargets    // nil if the bytes are none
	under   map[trustKey]*Targets // of these, as trusted by somebody, nil if they are not
	current bool                  // whether they are what the snapshot promises now
}

// guess returns the roles whose files the paths that wait will probably need, and
// which nobody has asked for, as far as fewer files than may be are on their way.
// What was asked for before, and is not expected any more, is given up where it is
// in the way.
func (l *lookup) guess(paths []string) (ask []string) {
	g := &guess{lookup: l, free: max(0, l.r.client.Parallel-len(l.missing))}
	for _, f := range l.missing {
		for _, i := range f.waiting {
			g.follow(paths[i])
		}
	}
	for _, role := range slices.Sorted(maps.Keys(l.early)) {
		if len(g.roles) < g.free && !slices.Contains(g.roles, role) {
			g.roles = append(g.roles, role)
		}
	}
	for role, e := range l.early {
		if !slices.Contains(g.roles, role) {
			e.giveUp()
			delete(l.early, role)
		}
	}
	return slices.DeleteFunc(g.roles, func(role string) bool { return l.early[role] != nil })
}

// askEarly asks for the files of roles that nobody needs yet.
func (l *lookup) askEarly(ctx context.Context, roles []string) {
	for _, role := range roles {
		promised, _ := l.r.snapshot.File(role)
		l.early[role] = l.r.askEarly(ctx, l.r.promisedName(role, promised))
	}
}

// follow goes where a search for a path would go, as long as there is room for
// what it may come to expect.
func (g *guess) follow(path string) {
	if len(g.roles) == g.free {
		return
	}
	// Where it ends, and why, says nothing: it was there to come past the roles.
	_, _, _ = g.r.walk(path, func(role string, by Delegator) (*Targets, error) {
		if t := g.r.trusted[trustedBy(role, by)]; t != nil { // and is not missing at all
			return t, nil
		}
		if t := g.bring(path, role, by); t != nil && len(g.roles) < g.free {
			return t, nil
		}
		return nil, errMissing
	})
}

// bring expects the file of a role unless what is kept is current, and returns what
// the role has said of a path; nil if nobody knows.
func (g *guess) bring(path, role string, by Delegator) *Targets {
	h := g.hint(role)
	if h == nil {
		return nil
	}
	if !h.current && g.files[role] == nil && !slices.Contains(g.roles, role) {
		g.roles = append(g.roles, role)
	}
	switch {
	case h.targets == nil:
		return nil
	case h.targets.facts.delegations == nil && h.targets.facts.succinct == nil: // the usual end; nobody has to have signed that it leads nowhere
		if _, ok := h.targets.facts.entries.find(path); ok {
			return nil
		}
		return &Targets{}
	}
	// It was verified when it was kept. It is again, so that whoever damages a
	// store, or had keys that are gone, does not choose what is asked for.
	key := trustedBy(role, by)
	t, ok := h.under[key]
	if !ok {
		t, _ = TrustTargets(by, h.targets)
		h.under[key] = t
	}
	return t
}

// hint reads what the store has of a role, in the bounds of all that is received,
// and once for all guesses of a lookup: nil if the snapshot does not list the role.
func (g *guess) hint(role string) *hint {
	if h := g.hints[role]; h != nil {
		return h
	}
	promised, ok := g.r.snapshot.file(role)
	if !ok {
		return nil
	}
	raw, _ := g.r.client.Store.Load(Slot{Role: role}) // whoever needs it says what is wrong
	h := &hint{under: map[trustKey]*Targets{}}
	if d, err := Read(raw, g.r.lim); err == nil {
		h.targets, _ = d.Targets(role)
		h.current = d.version == promised.version() && promised.check(role, raw) == nil
	}
	g.hints[role] = h
	return h
}
