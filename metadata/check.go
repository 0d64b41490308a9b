package metadata

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/rust-lang/rust-tuf/verify"
)

// Check judges what merging head would do to base. Both are whole trees; head
// is the result of the merge. What judges is base: its published versions,
// its frozen events. Nothing of head is believed, everything is derived again
// from base. An error means that base itself cannot be judged; whatever is
// wrong with head is a refusal in the verdict.
func Check(base, head Tree, options ...Option) (*Verdict, error) {
	before, err := Read(base, options...)
	if err != nil {
		return nil, fmt.Errorf("the target branch itself is broken: %w", err)
	}
	trusted, err := before.TrustedByItself()
	if err != nil {
		return nil, fmt.Errorf("the target branch itself is broken: %w", err)
	}
	changes, err := diffTrees(base, head)
	if err != nil {
		return nil, err
	}
	c := &checker{base: before, trusted: trusted, changes: changes, after: head, verdict: &Verdict{TestRoots: before.TestRoots()}}
	c.classify()
	for _, ch := range changes {
		c.verdict.Touches = append(c.verdict.Touches, Touch{ch.Path, string(ch.Kind)})
	}
	switch c.verdict.Kind {
	case KindNothing:
		return c.verdict, nil
	case KindSignature:
		// A file for an event that has ended, or never was, belongs to nothing
		// in head; its signer must hear why.
		if _, err := before.Event(c.verdict.Event); err != nil {
			c.verdict.refuse(err)
			return c.verdict, nil
		}
	}
	if c.head, err = before.readLike(head, paths(changes)); err != nil {
		// That a frozen payload is edited is said already, by the file's name.
		var edited *PayloadError
		if c.verdict.Kind != KindFrozen || !errors.As(err, &edited) {
			c.verdict.refuse(err)
		}
		return c.verdict, nil
	}
	for _, left := range []func() error{c.newConflict, c.newLate} {
		if err := left(); err != nil {
			c.verdict.refuse(err)
			return c.verdict, nil
		}
	}
	c.handedOver()
	c.verdict.Edits = c.edits()
	switch c.verdict.Kind {
	case KindSignature:
		c.signature()
	case KindProposal:
		c.proposal()
	case KindCompletion:
		c.completion()
	case KindPolicy, KindMember:
		c.declared()
	case KindRepair:
		c.repair()
	}
	return c.verdict, nil
}

// newConflict finds a conflict that is in head and not yet in base. Its error
// names the events first that were there first.
func (c *checker) newConflict() error {
	for _, conflict := range c.head.Conflicts {
		known := func(k *ConflictError) bool {
			return k.Role == conflict.Role && k.Version == conflict.Version && len(k.Events) >= len(conflict.Events)
		}
		if !slices.ContainsFunc(c.base.Conflicts, known) {
			slices.SortStableFunc(conflict.Events, func(a, b string) int {
				return cmp.Compare(c.arrived(a), c.arrived(b))
			})
			return conflict
		}
	}
	return nil
}

// TrustedByItself trusts the repository's own first root: what a gate without
// a pin can do. A signer's machine does not use it.
func (r *Repository) TrustedByItself() (*Trusted, error) {
	first, err := r.FirstRoot()
	if errors.Is(err, verify.ErrNotFound) {
		return r.Trusted(nil)
	}
	if err != nil {
		return nil, err
	}
	return r.Trusted(first)
}

type checker struct {
	base    *Repository
	head    *Repository
	trusted *Trusted
	changes []treeChange
	after   Tree // that the merge would make, of which nothing is believed
	verdict *Verdict
	back    *takenBack // by a KindRepair
}

func paths(changes []treeChange) []string {
	list := make([]string, len(changes))
	for i, ch := range changes {
		list[i] = ch.Path
	}
	return list
}

// harmed refuses a change that closes an event and by that makes another one
// impossible: what the closed one promised would have to be named in it, and
// it is frozen, with its signatures.
func (c *checker) harmed() {
	later := c.trusted.In(c.head)
	for _, e := range c.base.Open {
		now := findEvent(c.head.Open, e.Name)
		if now == nil {
			continue
		}
		if _, err := c.trusted.judge(e); err != nil {
			continue // it was so before
		}
		if _, err := later.judge(now); err != nil {
			c.verdict.refuse(&ScopeError{Kind: c.verdict.Kind, Events: []string{e.Name},
				Reason: fmt.Sprintf("closes an event in such a way that %s could never be completed (%v); supersede both in one proposal, or take back the one that nobody has signed", e.Name, err)})
		}
	}
}

// newLate finds what is in head, and not yet in base, beside an event that has
// ended.
func (c *checker) newLate() error {
	for _, late := range c.head.Late {
		if !slices.ContainsFunc(c.base.Late, func(known *LateError) bool { return *known == *late }) {
			return late
		}
	}
	return nil
}

// arrived orders events: those of base came before those of head.
func (c *checker) arrived(event string) int {
	if c.openInBase(event) {
		return 0
	}
	return 1
}

func (c *checker) openInBase(event string) bool { return findEvent(c.base.Open, event) != nil }

// signature judges a pull request that adds one signature file.
func (c *checker) signature() {
	event, role, keyID, _ := parseSignaturePath(c.changes[0].Path)
	v := c.verdict
	e, err := c.head.Event(event)
	if err != nil {
		v.refuse(err)
		return
	}
	later := c.trusted.In(c.head)
	if v.Standing, err = later.Judge(e); err != nil {
		v.refuse(err)
		return
	}
	p := v.Standing.Payload(role)
	for _, bad := range p.Refused {
		if bad.KeyID == keyID {
			v.refuse(bad)
			return
		}
	}
	if !p.Signed(keyID) {
		v.refuse(&SignatureFileError{Path: c.changes[0].Path, Event: event, Role: role, Version: p.Version, KeyID: keyID, Err: errors.New("nobody who may sign this version has this key")})
		return
	}
	h, _ := p.Holder(keyID)
	v.Signed, v.Surplus = &h, !c.needs(event, role, keyID)
	for _, f := range p.Files {
		if f.KeyID == keyID {
			v.Sign = f
		}
	}
}

// needs tells whether base, without the signature, still needs one by this key. What
// cannot be judged there needs everything.
func (c *checker) needs(event, role, keyID string) bool {
	e := findEvent(c.base.Open, event)
	if e == nil {
		return true
	}
	s, err := c.trusted.Judge(e)
	return err != nil || s.Payload(role).Needs(keyID)
}

// clock holds an event to the instant, if there is one.
func (c *checker) clock(s *Standing) {
	if c.base.now.IsZero() {
		return
	}
	if err := s.CheckOpened(c.base.now); err != nil {
		c.verdict.refuse(err)
	}
}

// completion judges a pull request that publishes: base must yield exactly
// this tree.
func (c *checker) completion() {
	v := c.verdict
	var done []*Event
	for _, e := range c.base.Open {
		if findEvent(c.head.Open, e.Name) == nil {
			done = append(done, e)
		}
	}
	switch {
	case len(done) == 0:
		if !slices.ContainsFunc(c.changes, func(ch treeChange) bool { return ch.Kind != deleted }) {
			v.Kind = KindFrozen // nothing is published: parts of an event are gone
		}
		for _, ch := range c.changes {
			if Governed(ch.Path) && !strings.HasPrefix(ch.Path, MembersDir+"/") && ch.Path != PolicyFile {
				v.refuse(&FrozenError{Path: ch.Path, Kind: string(ch.Kind), Reason: frozenReason(ch)})
			}
		}
		return
	case len(done) > 1:
		names := eventNames(done)
		v.refuse(&ScopeError{Kind: v.Kind, Events: names, Reason: "ends the events " + strings.Join(names, ", ") + "; a completion ends one: `rust-tuf complete` makes it"})
		return
	}
	v.Event = done[0].Name
	completion, err := c.trusted.Complete(done[0])
	if err != nil {
		v.refuse(err)
		return
	}
	v.Completion = completion
	if completion.Standing != nil {
		c.clock(completion.Standing)
	} else {
		c.harmed()
	}
	rest, err := diffTrees(completion.Change.Apply(c.base.tree), c.head.tree)
	if err != nil {
		v.refuse(err)
		return
	}
	for _, ch := range rest {
		v.refuse(&FrozenError{Path: ch.Path, Kind: string(ch.Kind),
			Reason: "this is not what completing " + done[0].Name + " yields; `rust-tuf complete` makes the right files from this branch"})
	}
}
