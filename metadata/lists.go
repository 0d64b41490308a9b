package metadata

import (
	"slices"

	"github.com/rust-lang/rust-tuf/verify"
)

// Lists returns the roles that trusted versions say a key may sign, in the order
// in which they delegate.
func (t *Trusted) Lists(key verify.Digest) []string {
	var list []string
	for _, q := range t.Quorums() {
		if !slices.Contains(list, q.Role()) && slices.ContainsFunc(q.Keys(), func(h verify.Holder) bool { return h.Key.Fingerprint() == key }) {
			list = append(list, q.Role())
		}
	}
	return list
}

// Lists returns the first role that the event would have list a key; empty when
// none does.
func (e *Event) Lists(key verify.Digest) string {
	for _, p := range e.Payloads {
		for _, role := range p.Charter.Roles {
			for _, h := range p.Charter.Holders(role.Name) {
				if h.Key.Fingerprint() == key {
					return role.Name
				}
			}
		}
	}
	return ""
}

// Quorums are the rules of the trusted versions, root's first. A role to which
// two versions delegate has two.
func (t *Trusted) Quorums() []*verify.Quorum {
	var list []*verify.Quorum
	look := func(by verify.Delegator, role string) {
		if q, ok := by.Quorum(role); ok {
			list = append(list, q)
		}
	}
	if t.Root != nil {
		for _, role := range []string{roleRoot, roleTargets, "snapshot", "timestamp"} {
			look(t.Root, role)
		}
	}
	for _, role := range t.order {
		for _, d := range t.Targets[role].Delegations() {
			look(t.Targets[role], d.Name)
		}
	}
	return list
}
