package metadata

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/rust-lang/rust-tuf/roles"
)

// declared judges an edit of the declared policy and members. It decides
// nothing by itself, so the lint's refusals about roles are only shown: they
// will refuse the proposal. What is wrong with a key, or with the proof of where
// it lives and whose it is, is refused here already, while the one whose file it
// is and the one whose key it is are both looking; also when no role names the
// key yet.
func (c *checker) declared() {
	v := c.verdict
	touched := c.touchedMembers()
	d, err := c.head.Declaration()
	if err == nil {
		err = d.Check()
	}
	c.retired(err == nil)
	c.intermediates()
	switch {
	case err == nil:
		v.Findings, err = c.trusted.In(c.head).Preview(d, touched...)
	case c.base.unready() != nil:
		v.Findings, _, err = c.head.newcomers(touched, err)
	}
	if err != nil {
		v.refuse(err)
		return
	}
	v.Findings = append(c.offCards(), v.Findings...)
	for _, f := range v.Findings {
		if f.Gate() {
			v.refuse(&RefusedError{Findings: []roles.Finding{f}})
		}
	}
}

// edits compares the declarations of base and head, if the pull request touches
// them.
func (c *checker) edits() *roles.Difference {
	if !slices.ContainsFunc(c.changes, func(ch treeChange) bool {
		return ch.Path == PolicyFile || strings.HasPrefix(ch.Path, MembersDir+"/")
	}) {
		return nil
	}
	before, err := c.base.declarationOrMembers()
	if err != nil {
		return nil
	}
	after, err := c.head.declarationOrMembers()
	if err != nil {
		return nil // refused already
	}
	d := roles.DiffDeclared(before, after)
	return &d
}

// declarationOrMembers is the declaration, or only its members where the policy
// cannot be read.
func (r *Repository) declarationOrMembers() (*roles.Declaration, error) {
	d, err := r.Declaration()
	if err == nil {
		return d, nil
	}
	members, err := r.Members()
	return &roles.Declaration{Members: members}, err
}

// offCards refuses that a key on a card becomes one in a file. A base whose
// members cannot be read has no keys on cards; the edit repairs it.
func (c *checker) offCards() []roles.Finding {
	before, err := c.base.Members()
	if err != nil {
		return nil
	}
	after, err := c.head.Members()
	if err != nil {
		return nil // refused already
	}
	return roles.OffCards(before, after)
}

// touchedMembers are the members in whose folders something changes.
func (c *checker) touchedMembers() []string {
	names := map[string]bool{}
	for _, ch := range c.changes {
		if parts := strings.SplitN(ch.Path, "/", 3); len(parts) == 3 && parts[0] == MembersDir {
			names[parts[1]] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// unready says why the declaration cannot be proposed, whatever the rules say:
// at the beginning rust-tuf.toml is the template, which names nobody, and then
// it may name people who have not sent their keys. nil when it can.
func (r *Repository) unready() error {
	d, err := r.Declaration()
	if err != nil {
		return err
	}
	return d.Check()
}

// newcomers judges the keys of some members by the terms of a policy that
// cannot be proposed yet, for the given reason: members send their keys before
// anybody can name them in a role.
func (r *Repository) newcomers(names []string, why error) ([]roles.Finding, []roles.KeyProof, error) {
	raw, err := r.tree.Read(PolicyFile)
	if err != nil {
		return nil, nil, why
	}
	terms, err := roles.ParseTerms(PolicyFile, raw)
	if err != nil {
		return nil, nil, err
	}
	members, err := r.Members()
	if err != nil {
		return nil, nil, err
	}
	verifier, err := r.Verifier()
	if err != nil {
		return nil, nil, err
	}
	first, _, more := strings.Cut(why.Error(), "\n")
	if more {
		first += "; and more"
	}
	return append(terms.Judge(members, names, verifier), roles.Finding{
		Rule: "declaration", Severity: roles.Note,
		Text: fmt.Sprintf("%s cannot be proposed yet (%s), so members' keys are judged and no role is", PolicyFile, first),
	}), terms.Proofs(members, names, verifier), nil
}

// Preview lints a declaration as if it were proposed whole. The active keys of
// the named members are judged whether or not a role names them.
func (t *Trusted) Preview(d *roles.Declaration, members ...string) ([]roles.Finding, error) {
	verifier, err := t.repo.Verifier()
	if err != nil {
		return nil, err
	}
	p := roles.Proposal{Declaration: d, Charters: map[string]*roles.Charter{}, InForce: map[string]*roles.Charter{},
		Trusted: t.Root, Targets: t.Targets, Members: members, Verifier: verifier}
	for _, role := range d.PeopleRoles() {
		charter, err := d.Charter(role)
		if err != nil {
			return nil, err
		}
		p.Charters[role] = charter
		inForce, err := t.PolicyInForce(role)
		if err != nil {
			return nil, err
		}
		if inForce != nil {
			p.InForce[role] = inForce
		}
	}
	return roles.Lint(p), nil
}
