package verify

import "slices"

// Loader gets the targets document of one role for [Session.Resolve], from a
// cache or from the repository. It gives bytes to offer, which returns nil if
// they are accepted, and else why not; a cached document that is refused is no
// fault, the loader then offers what it fetches. What was accepted is to be
// kept. promised is what the snapshot says of the file.
//
// It returns an error if nothing that it offered was accepted.
type Loader func(role string, promised MetaFile, offer func(raw []byte) error) error

// Resolve finds the role that vouches for a target (SPEC 5.6.7): it goes
// through the delegations in pre-order, in their order of appearance, as far
// as they cover the path and until a terminating one has been followed. It
// asks load for each targets document that it needs and does not have. The
// verdict is about the target; its content is checked by [Verdict.Copy].
//
// Errors are those of [Session.Targets], for each role that is asked for. A path
// for which no role vouches is a [*NotFoundError]; more roles than Limits.Visits a
// [*LimitError]. A delegated document that is refused ends the search: to go on
// without it would let whoever withholds it choose another.
func (s *Session) Resolve(path string, load Loader) (*Verdict, error) {
	if s.snapshot == nil {
		return nil, &OrderError{"Resolve", "a snapshot must be accepted first"}
	}
	found, entry, err := s.walk(path, func(role string, by Delegator) (*Targets, error) { return s.targets(role, by, load) })
	if err != nil {
		return nil, err
	}
	return s.verdict(path, entry, found), nil
}

// walk goes from the root to the role that lists a path, and returns its entry.
// bring has the documents on the way, as their delegators vouch for them; its
// error is the end of the walk.
func (s *Session) walk(path string, bring func(role string, by Delegator) (*Targets, error)) (*link, value, error) {
	type step struct {
		role string
		by   Delegator
		from *link
	}
	var asked []string
	steps := []step{{role: typeTargets, by: s.root}}
	for len(steps) > 0 {
		next := steps[len(steps)-1]
		steps = steps[:len(steps)-1]
		if slices.Contains(asked, next.role) { // SPEC 5.6.7.1: visited before
			continue
		}
		if len(asked) == s.lim.Visits {
			return nil, nil, &LimitError{What: "roles that were searched for one target", Limit: int64(s.lim.Visits), Found: int64(s.lim.Visits) + 1}
		}
		asked = append(asked, next.role)
		t, err := bring(next.role, next.by)
		if err != nil {
			return nil, nil, err
		}
		here := &link{targets: t, by: next.by, from: next.from}
		if entry, ok := t.entry(path); ok {
			return here, entry, nil
		}
		var down []step
		for name, terminating := range t.facts.orNone().delegatesOf(path) {
			down = append(down, step{name, t, here})
			if terminating { // SPEC 5.6.7.2: nothing else is looked at
				steps = nil
				break
			}
		}
		slices.Reverse(down)
		steps = append(steps, down...)
	}
	return nil, nil, &NotFoundError{Path: path, Asked: asked}
}

// Targets brings the top-level targets (SPEC 5.6), asking load for them if this
// session does not have them yet. [Session.Resolve] does so by itself. Errors are
// those of load, which passes on what offer refuses: those of [Document.Targets]
// and [TrustTargets], a [*ContentError] for other bytes than the promised ones, a
// [*VersionError] for another version, and an [*ExpiredError]. A role that the
// snapshot does not list is a [*DelegationError], a call before a snapshot was
// accepted an [*OrderError].
func (s *Session) Targets(load Loader) (*Targets, error) {
	if s.snapshot == nil {
		return nil, &OrderError{"Targets", "a snapshot must be accepted first"}
	}
	return s.targets(typeTargets, s.root, load)
}

// link is one step from the root to a target.
type link struct {
	targets *Targets
	by      Delegator
	from    *link // nil for the role targets
}

// delegatesOf iterates over the roles to which a path is delegated, in their
// order, and whether each of them is terminating.
func (f *targetsFacts) delegatesOf(path string) func(yield func(role string, terminating bool) bool) {
	return func(yield func(string, bool) bool) {
		if f.succinct != nil {
			yield(f.succinct.Bin(path), true)
			return
		}
		wanted := &sought{path: path}
		for i := range f.delegations {
			if d := &f.delegations[i]; d.covers(wanted) && !yield(d.Name, d.Terminating) {
				return
			}
		}
	}
}

// entry returns the entry of one target.
func (t *Targets) entry(path string) (value, bool) {
	return t.facts.orNone().entries.find(path)
}

// targets returns the trusted document of a role, as one delegator vouches for
// it. One that was read before is held to this delegator anew: what one trusts
// another may not.
func (s *Session) targets(role string, by Delegator, load Loader) (*Targets, error) {
	key := trustedBy(role, by)
	if s.trusted == nil {
		s.targetsOf, s.trusted = map[string]*UnverifiedTargets{}, map[trustKey]*Targets{}
	}
	if t := s.trusted[key]; t != nil {
		return t, nil
	}
	promised, ok := s.snapshot.file(role)
	if !ok {
		return nil, &DelegationError{Role: role, By: source{typeSnapshot, s.snapshot.Version()}.String(), bySnapshot: true}
	}
	var accepted *Targets
	offer := func(raw []byte) (err error) {
		accepted, err = s.acceptTargets(role, by, promised, raw)
		return err
	}
	if read := s.targetsOf[role]; read != nil {
		t, err := TrustTargets(by, read)
		if err == nil {
			s.trusted[key] = t
		}
		return t, err
	}
	if err := load(role, promised.read(), offer); err != nil {
		return nil, err
	}
	if accepted == nil {
		return nil, &OrderError{"Resolve", "the loader returned without an accepted document"}
	}
	s.trusted[key] = accepted
	return accepted, nil
}

// acceptTargets judges received bytes (SPEC 5.6.2 to 5.6.5).
func (s *Session) acceptTargets(role string, by Delegator, promised metaFile, raw []byte) (*Targets, error) {
	// SPEC 5.6.2.
	if err := promised.check(role, raw); err != nil {
		return nil, err
	}
	if err := checkSize(role, raw, s.lim.TargetsBytes); err != nil {
		return nil, err
	}
	d, err := Read(raw, s.lim)
	if err != nil {
		return nil, err
	}
	if err := d.concernsTargets(role); err != nil {
		return nil, err
	}
	// SPEC 5.6.3. Delegations take more memory than they have bytes, so they
	// are read only when somebody has signed them.
	v, err := s.unlessRecorded(by, role, d, func() error { return checkVouched(by, role, d) })
	if err != nil {
		return nil, err
	}
	// SPEC 5.6.4.
	if want := promised.version(); d.version != want {
		return nil, &VersionError{Role: role, Trusted: want, Found: d.version, promised: true}
	}
	// SPEC 5.6.5.
	if err := d.checkExpiry(role, s.at); err != nil {
		return nil, err
	}
	candidate, err := d.Targets(role)
	if err != nil {
		return nil, err
	}
	s.targetsOf[role] = candidate
	s.note(v)
	s.compareTargets(role, by, d)
	return &Targets{candidate.facts}, nil
}

// RestoreTargets takes the document of a role that was trusted before and is
// not accepted any more. If another one of the same version is accepted in its
// place, and the role's delegator vouches for both, [Session.Fork] is the proof.
// Nothing else follows from it.
func (s *Session) RestoreTargets(role string, raw []byte) {
	if s.kept == nil {
		s.kept = map[string][]byte{}
	}
	s.kept[role] = raw
}

func (s *Session) compareTargets(role string, by Delegator, found *Document) {
	raw := s.kept[role]
	delete(s.kept, role)
	if raw == nil || s.fork != nil {
		return
	}
	d, err := Read(raw, s.lim)
	if err != nil || d.version != found.version || d.Digest() == found.Digest() || d.concernsTargets(role) != nil {
		return
	}
	// SPEC 5.6.3: what nobody signed, or whose signers count no more, proves nothing.
	if err := checkVouched(by, role, d); err != nil {
		return
	}
	s.fork = &ForkError{Role: role, Version: d.version, Trusted: raw, Found: found.raw}
}
