package verify

import (
	"context"
	"maps"
	"slices"
)

// guess looks ahead for a lookup that has to wait: as long as the new document
// of a role is on its way, the one that was kept says where the search would go on
// if nothing of its delegations has changed. The files to which that leads are
// asked for at once, as the snapshot promises them now. So new targets, and what
// they delegate to, cost one wait together.
//
// That is all that a guess does. The search goes through new documents alone, as
// ever, and takes what has come early when it asks for that very file; an error
// too is then the answer. Of a file that it never asks for nothing is read.
type guess struct {
	*lookup
	read    map[string]*UnverifiedTargets // by role: what is kept, nil if that is none of its documents
	trusted map[trustKey]*Targets         // of these, nil if that is not trusted
	roles   []string                      // whose files will be wanted
}

// guess asks early for what the paths that wait will probably need, as far as
// fewer files than may be are on their way. What was asked for before, and is not
// expected any more, is given up where it is in the way.
func (l *lookup) guess(ctx context.Context, paths []string) {
	g := &guess{lookup: l, read: map[string]*UnverifiedTargets{}, trusted: map[trustKey]*Targets{}}
	free := max(0, l.r.client.Parallel-len(l.missing))
	for _, f := range l.missing {
		for _, i := range f.waiting {
			if len(g.roles) < free {
				_, _, _ = l.r.walk(paths[i], func(role string, by Delegator) (*Targets, error) { return g.bring(paths[i], role, by) })
			}
		}
	}
	for _, role := range slices.Sorted(maps.Keys(l.early)) {
		if !slices.Contains(g.roles, role) {
			g.roles = append(g.roles, role)
		}
	}
	g.roles = g.roles[:min(len(g.roles), free)]
	for role, e := range l.early {
		if !slices.Contains(g.roles, role) {
			e.giveUp()
			delete(l.early, role)
		}
	}
	for _, role := range g.roles {
		if promised, _ := l.r.snapshot.File(role); l.early[role] == nil {
			l.early[role] = l.r.askEarly(ctx, l.r.promisedName(role, promised))
		}
	}
}

// bring returns what a role has said of a path. An error ends the guess.
func (g *guess) bring(path, role string, by Delegator) (*Targets, error) {
	key := trustedBy(role, by)
	if t := g.r.trusted[key]; t != nil { // and is not missing at all
		return t, nil
	}
	kept := g.kept(role)
	switch {
	case kept == nil:
		return nil, errMissing
	case kept.facts.delegations == nil && kept.facts.succinct == nil: // the usual end; nobody has to have signed that it leads nowhere
		if _, ok := kept.facts.entries.find(path); ok {
			return nil, errMissing
		}
		return &Targets{}, nil
	}
	// It was verified when it was kept. It is again, so that whoever damages a
	// store, or had keys that are gone, does not choose what is asked for.
	t, ok := g.trusted[key]
	if !ok {
		t, _ = TrustTargets(by, kept)
		g.trusted[key] = t
	}
	if t == nil {
		return nil, errMissing
	}
	return t, nil
}

// kept reads what the store has of a role: bytes that were accepted once, or
// whatever a crash has left of them, in the bounds of all that is received. The
// role's file is expected unless they are what the snapshot promises now.
func (g *guess) kept(role string) *UnverifiedTargets {
	if kept, ok := g.read[role]; ok {
		return kept
	}
	promised, ok := g.r.snapshot.file(role)
	if !ok {
		return nil
	}
	var raw []byte
	f := g.files[role]
	if f != nil {
		raw = f.kept
	} else {
		raw, _ = g.r.client.Store.Load(Slot{Role: role}) // whoever needs it says what is wrong
	}
	d, err := Read(raw, g.r.lim)
	if f == nil && (err != nil || d.version != promised.version() || promised.check(role, raw) != nil) {
		g.roles = append(g.roles, role)
	}
	g.read[role], _ = d.Targets(role)
	return g.read[role]
}
