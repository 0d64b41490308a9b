package verify

import (
	"slices"
	"time"
)

// UnverifiedTargets is a targets document that is allowed: its entries and
// delegations have the form of SPEC 4.5 and its [Extension], if any, names
// the role that it was read for. Whether anybody signed it is not known.
type UnverifiedTargets struct {
	*Document
	facts *targetsFacts
}

// targetsFacts is what a targets document says, for one role.
type targetsFacts struct {
	document    *Document
	role        string
	entries     *listing
	delegations []Delegation
	quorums     []*Quorum // one for each delegation
	succinct    *SuccinctRoles
	bins        *Quorum // of every bin of succinct
}

// Targets reads the document as the targets of a role: "targets" itself or a
// delegated one. Every entry and every delegation is checked for its form.
// Errors are a [*FormatError], [*LimitError] or [*RoleError].
func (d *Document) Targets(role string) (*UnverifiedTargets, error) {
	d = d.orNone()
	if err := d.concernsTargets(role); err != nil {
		return nil, err
	}
	facts, err := readTargets(d, role)
	if err != nil {
		return nil, d.named(within("signed", err))
	}
	return &UnverifiedTargets{d, facts}, nil
}

// concernsTargets holds a document to the role that it is read for.
func (d *Document) concernsTargets(role string) error {
	switch {
	case d.typ != typeTargets:
		return &RoleError{Want: role, Found: d.role()}
	case role != typeTargets && isTopLevel(role):
		return &RoleError{Want: role, Found: d.typ}
	case !d.extension.isFor(role): // x-rust-tuf: one role
		return &RoleError{Want: role, Found: d.role()}
	}
	return nil
}

func readTargets(d *Document, role string) (*targetsFacts, error) {
	facts := &targetsFacts{document: d, role: role, entries: &d.outline.targets}
	if facts.entries.object == nil {
		return nil, misfit("targets", "missing")
	}
	if err := checkEntries(facts.entries); err != nil {
		return nil, within("targets", err)
	}
	if v := d.outline.part(partDelegations); v != nil {
		if err := facts.readDelegations(v); err != nil {
			return nil, within("delegations", err)
		}
	}
	return facts, nil
}

func (f *targetsFacts) quorum(role string) (*Quorum, bool) {
	if f == nil {
		return nil, false
	}
	for _, q := range f.quorums {
		if q.role == role {
			return q, true
		}
	}
	if f.succinct != nil && f.succinct.Has(role) {
		q := *f.bins
		q.role = role
		return &q, true
	}
	return nil, false
}

// Role returns the role that the document was read for.
func (t *UnverifiedTargets) Role() string { return t.facts.orNone().role }

// UnverifiedQuorum returns what this document says of a role that it
// delegates. Use it to show a pending document, never to accept anything.
func (t *UnverifiedTargets) UnverifiedQuorum(role string) (*Quorum, bool) {
	return t.facts.quorum(role)
}

// Delegations returns the delegated roles in order of appearance, which is
// the order of their priority (SPEC 4.5).
func (t *UnverifiedTargets) Delegations() []Delegation {
	return cloneDelegations(t.facts.orNone().delegations)
}

// Succinct returns the rule by which the document delegates to hash bins
// (TAP 15); false if it has none.
func (t *UnverifiedTargets) Succinct() (SuccinctRoles, bool) {
	return t.facts.orNone().succinctRoles()
}

func (f *targetsFacts) succinctRoles() (SuccinctRoles, bool) {
	if f.succinct == nil {
		return SuccinctRoles{}, false
	}
	s := *f.succinct
	s.KeyIDs = slices.Clone(s.KeyIDs)
	return s, true
}

// UnverifiedEntries returns the listed targets, sorted by path.
func (t *UnverifiedTargets) UnverifiedEntries() []TargetEntry {
	return readEntries(t.facts.orNone().entries.object)
}

// Delegator is what vouches for a targets document: a [*Root] for the role
// targets, a [*Targets] for the roles that it delegates.
type Delegator interface {
	Quorum(role string) (*Quorum, bool)
	Repository() string
	Document() *Document

	delegator() source // what messages call it; nobody else can have it
}

// Targets is a trusted targets document. Only [TrustTargets] makes one; the
// zero Targets has version 0, is expired, and lists and delegates nothing.
type Targets struct {
	facts *targetsFacts
}

// TrustTargets accepts a targets document: its role is one that by delegates
// ([*DelegationError] otherwise), it is of by's repository if by has one
// ([*RepositoryError]), and it carries the threshold that by demands
// ([*ThresholdError]; SPEC 5.6.3, 5.6.7). Expiry and the version that a
// snapshot promises are for the caller to check.
func TrustTargets(by Delegator, candidate *UnverifiedTargets) (*Targets, error) {
	if candidate == nil || candidate.facts == nil {
		return nil, &RoleError{Want: typeTargets}
	}
	if err := checkVouched(by, candidate.facts.role, candidate.facts.document); err != nil {
		return nil, err
	}
	return &Targets{candidate.facts}, nil
}

// checkVouched holds a document to what a delegator demands of a role.
func checkVouched(by Delegator, role string, d *Document) error {
	q, ok := by.Quorum(role)
	if !ok {
		return &DelegationError{Role: role, By: by.delegator().String()}
	}
	if err := checkRepository(q.repository, role, d); err != nil { // x-rust-tuf: one repository
		return err
	}
	// SPEC 5.6.3, and for delegated roles 5.6.7.
	if err := q.met(d); err != nil {
		return err
	}
	return nil
}

// Document returns the document that is trusted.
func (t *Targets) Document() *Document { return t.facts.orNone().document }

// Role returns the role that the document is trusted for.
func (t *Targets) Role() string { return t.facts.orNone().role }

// Version returns the version of the document.
func (t *Targets) Version() int64 { return t.Document().version }

// Digest returns the SHA-256 of the canonical form of `signed`.
func (t *Targets) Digest() Digest { return t.Document().Digest() }

// Expires returns the instant from which on the document is no longer valid.
func (t *Targets) Expires() time.Time { return t.Document().expires }

// CheckExpiry returns an [*ExpiredError] unless at is strictly before
// [Targets.Expires] (SPEC 5.6.5).
func (t *Targets) CheckExpiry(at time.Time) error {
	return t.Document().checkExpiry(t.Role(), at)
}

// Quorum returns who must sign a role that this one delegates.
func (t *Targets) Quorum(role string) (*Quorum, bool) { return t.facts.quorum(role) }

// Delegations returns the delegated roles in order of their priority.
func (t *Targets) Delegations() []Delegation { return cloneDelegations(t.facts.orNone().delegations) }

// Succinct returns the rule by which the document delegates to hash bins
// (TAP 15); false if it has none.
func (t *Targets) Succinct() (SuccinctRoles, bool) { return t.facts.orNone().succinctRoles() }

// Repository returns the id of the repository that the document names, "" if
// it names none. What it delegates must name the same.
func (t *Targets) Repository() string { return t.Document().repository() }

// Entry returns what the document lists for one path; false if it lists
// nothing. The others cost nothing but to be passed over.
func (t *Targets) Entry(path string) (TargetEntry, bool) {
	v, ok := t.facts.orNone().entries.find(path)
	if !ok {
		return TargetEntry{}, false
	}
	return readEntry(path, v), true
}

// Entries returns the listed targets, sorted by path.
func (t *Targets) Entries() []TargetEntry { return readEntries(t.facts.orNone().entries.object) }

func (t *Targets) delegator() source { return source{t.Role(), t.Version()} }

// orNone is what a document says that says nothing where there is none.
func (f *targetsFacts) orNone() *targetsFacts {
	if f == nil {
		return &targetsFacts{document: (*Document)(nil).orNone(), entries: &listing{object: value("{}")}}
	}
	return f
}
