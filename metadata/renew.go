package metadata

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rust-lang/rust-tuf/roles"
	"github.com/rust-lang/rust-tuf/verify"
)

// DueRenewals are the roles of which the next version is to be proposed now:
// signing has opened, and no open event makes one that could still be completed.
// The dates are those of Schedule.
func (r *Repository) DueRenewals(schedule []Moment, now time.Time) []string {
	var due []string
	for _, m := range schedule {
		open := func(e *Event) bool { return e.Payload(m.Role) != nil && !r.overtaken(e) }
		if m.Kind == SigningOpens && !m.At.After(now) && !slices.ContainsFunc(r.Open, open) {
			due = append(due, m.Role)
		}
	}
	first := []string{roleTargets, roleRoot} // the later in this list, the earlier
	slices.SortFunc(due, func(a, b string) int {
		return cmp.Or(slices.Index(first, b)-slices.Index(first, a), strings.Compare(a, b))
	})
	return due
}

// OtherDeclaredError is a role that cannot be renewed as it is, because what is
// declared of it is not what its signers agreed to last. A renewal would carry
// the edit, and the gate lets none through that does not.
type OtherDeclaredError struct {
	Role    string
	Version int64    // that is published
	Changes []string // what the edit would change, line by line; empty where that cannot be said
	Gone    bool     // the policy declares no such role that people sign
}

func (e *OtherDeclaredError) Error() string {
	if e.Gone {
		return fmt.Sprintf("%s declares no role %s that people sign, and version %d of it is in force", PolicyFile, e.Role, e.Version)
	}
	return fmt.Sprintf("%s and the members' files declare something else of %s than what is in force with version %d", PolicyFile, e.Role, e.Version)
}

// Hint names the two ways out: a person decides.
func (e *OtherDeclaredError) Hint() string {
	return "propose the edit, so that its signers see it (`rust-tuf propose --why \"…\"`), or take it back; then the renewal goes by itself"
}

// CheckRenewable refuses (*OtherDeclaredError) a role of which the declaration is
// another than the policy in force.
func (t *Trusted) CheckRenewable(d *roles.Declaration, role string) error {
	doc := t.Document(role)
	if doc == nil {
		return fmt.Errorf("role %s cannot be renewed: no version of it is trusted", role)
	}
	other := &OtherDeclaredError{Role: role, Version: doc.Version(), Gone: !slices.Contains(d.PeopleRoles(), role)}
	if other.Gone {
		return other
	}
	charter, err := d.Charter(role)
	if err != nil {
		return err
	}
	ext, _ := doc.Extension()
	sameDelegator := role == roleRoot || t.by[role] == t.delegatorCalled(d.Delegator(role))
	if ext.Policy == charter.Digest() && sameDelegator {
		return nil
	}
	if inForce, err := t.PolicyInForce(role); err == nil && inForce != nil {
		for _, c := range roles.DiffCharters(inForce, charter).Changes {
			other.Changes = append(other.Changes, c.Text)
		}
	}
	return other
}

// delegatorCalled is what vouches for the roles of a role; nil for no role.
func (t *Trusted) delegatorCalled(role string) verify.Delegator {
	switch by := t.Targets[role]; {
	case role == roleRoot:
		return t.Root
	case by != nil:
		return by
	}
	return nil
}

// Renew makes an event that makes roles anew and changes nothing but their
// versions and dates: no edit that is declared meanwhile comes along
// (*OtherDeclaredError). Events that can never be completed, and that would make
// one of these versions, are superseded.
func (t *Trusted) Renew(d *roles.Declaration, p Proposition) (*Proposal, error) {
	for _, role := range p.Renew {
		if err := t.CheckRenewable(d, role); err != nil {
			return nil, err
		}
	}
	for _, e := range t.repo.Open {
		makes := func(role string) bool { return e.Payload(role) != nil }
		if t.repo.overtaken(e) && slices.ContainsFunc(p.Renew, makes) {
			p.Supersede = append(slices.Clip(p.Supersede), e.Name)
		}
	}
	return t.propose(d, p, t.addRenewals)
}

// addRenewals adds the roles to renew, delegators first.
func (t *Trusted) addRenewals(e *Event, d *roles.Declaration, p Proposition, replaces []*Event) error {
	for _, role := range d.PeopleRoles() {
		if !slices.Contains(p.Renew, role) {
			continue
		}
		charter, err := d.Charter(role)
		if err != nil {
			return err
		}
		if _, err := t.makePayload(e, charter, d.Delegator(role), replaces); err != nil {
			return err
		}
	}
	return nil
}

// Renews tells whether an event changes nothing but versions and dates: each
// payload follows from the policy that is in force for its role.
func (t *Trusted) Renews(e *Event) bool {
	return !slices.ContainsFunc(e.Payloads, func(p *Payload) bool {
		doc := t.Document(p.Role)
		if doc == nil {
			return true
		}
		ext, _ := doc.Extension()
		return ext.Policy != p.Policy
	})
}
