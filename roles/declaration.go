package roles

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Declaration is the policy and the members of one repository at one time.
// Members are found by name, which is the name of their folder.
type Declaration struct {
	Policy  *Policy
	Members map[string]*Member
}

// Declare puts a policy and its members together. It is an error when two
// members have one name. References between them are for [Declaration.Check].
func Declare(p *Policy, members ...*Member) (*Declaration, error) {
	d := &Declaration{Policy: p, Members: map[string]*Member{}}
	for _, m := range members {
		if other, ok := d.Members[m.Name]; ok {
			return nil, &SyntaxError{File: m.file, Path: "name", Reason: fmt.Sprintf("%s is the name of the member in %s too", m.Name, other.file)}
		}
		d.Members[m.Name] = m
	}
	return d, nil
}

// Check resolves every reference from the policy to the members. The errors
// are *[ReferenceError], joined, in the order of the policy's roles.
func (d *Declaration) Check() error {
	var errs []error
	for _, role := range d.Policy.order {
		_, err := d.resolve(role)
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// PeopleRoles returns the roles that members sign: root first, then targets,
// then delegated roles, each after its delegator, in the order of the policy.
func (d *Declaration) PeopleRoles() []string {
	roles := []string{Root, Targets}
	for i := 1; i < len(roles); i++ {
		roles = append(roles, d.delegates(roles[i])...)
	}
	return slices.DeleteFunc(roles, func(name string) bool { return len(d.Policy.Roles[name].Members) == 0 })
}

// delegates returns the roles that a role other than root names.
func (d *Declaration) delegates(delegator string) []string {
	var names []string
	for _, name := range d.Policy.order {
		if d.Policy.Roles[name].Delegator == delegator {
			names = append(names, name)
		}
	}
	return names
}

// Delegator returns the role that names role: root for the top-level four
// (itself included), "" when the role is not declared.
func (d *Declaration) Delegator(role string) string {
	r := d.Policy.Roles[role]
	switch {
	case r == nil:
		return ""
	case TopLevel(role):
		return Root
	}
	return r.Delegator
}

// use is one reference of a role to a member's key.
type use struct {
	member *Member
	key    MemberKey
}

func (u use) String() string { return u.member.Name + "/" + u.key.Label }

// resolve finds the keys that a role's members refer to, sorted by name.
func (d *Declaration) resolve(role string) ([]use, error) {
	r := d.Policy.Roles[role]
	var uses []use
	var errs []error
	for i, ref := range r.Members {
		at := entry(below(below("roles", role), "members"), i)
		u, err := d.find(role, at, ref)
		if err == nil && slices.ContainsFunc(uses, func(o use) bool { return o.String() == u.String() }) {
			err = d.reference(role, at, u.member.Name, u.key.Label, fmt.Sprintf("%s is the key %s, which the role names already", ref, u))
		}
		if err != nil {
			errs = append(errs, err)
			continue
		}
		uses = append(uses, u)
	}
	slices.SortFunc(uses, func(a, b use) int { return strings.Compare(a.String(), b.String()) })
	return uses, errors.Join(errs...)
}

func (d *Declaration) find(role, at, ref string) (use, error) {
	name, label, labelled := strings.Cut(ref, "/")
	m := d.Members[name]
	if m == nil {
		return use{}, d.reference(role, at, name, label, fmt.Sprintf("there is no member %s%s", name, d.suggestMember(name)))
	}
	active := m.Active()
	if !labelled {
		switch len(active) {
		case 0:
			return use{}, d.reference(role, at, name, "", name+" has no active key; add one to "+m.file+" or replace "+name+" in the role")
		case 1:
			label = active[0]
		default:
			return use{}, d.reference(role, at, name, "", fmt.Sprintf("%s has %d active keys; name one: %s", name, len(active), strings.Join(prefixed(name+"/", active), ", ")))
		}
	}
	key, ok := m.Key(label)
	switch {
	case !ok:
		return use{}, d.reference(role, at, name, label, fmt.Sprintf("%s has no key %s; active are: %s", name, label, strings.Join(active, ", ")))
	case key.Status != StatusActive:
		return use{}, d.reference(role, at, name, label, fmt.Sprintf("the key %s of %s is %s; a role names active keys only", label, name, key.Status))
	}
	return use{m, key}, nil
}

func (d *Declaration) reference(role, at, member, label, reason string) error {
	pos := d.Policy.outline.position(at)
	return &ReferenceError{File: d.Policy.outline.file, Line: pos.line, Column: pos.column, Path: at, Role: role, Member: member, Label: label, Reason: reason}
}

func (d *Declaration) suggestMember(name string) string {
	if near := nearest(name, slices.Sorted(maps.Keys(d.Members))); near != "" {
		return fmt.Sprintf("; did you mean %s?", near)
	}
	return "; add members/" + name + "/member.toml"
}

func prefixed(prefix string, list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = prefix + s
	}
	return out
}
