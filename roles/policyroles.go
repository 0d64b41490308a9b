package roles

import (
	"maps"
	"slices"
	"strings"
)

// checkRoles checks each role's declaration by itself.
func (p *Policy) checkRoles(c *faults) {
	for _, name := range topLevel() {
		if p.Roles[name] == nil {
			c.add(below("roles", name), "the role is missing; a root names root, targets, snapshot and timestamp")
		}
	}
	if len(p.Roles) > maxRoles {
		c.add("roles", "%d roles, at most %d: clients visit no more", len(p.Roles), maxRoles)
		return
	}
	for _, name := range slices.Sorted(maps.Keys(p.Roles)) {
		p.checkRole(c, below("roles", name), name, p.Roles[name])
	}
}

func (p *Policy) checkRole(c *faults, at, name string, r *Role) {
	c.check(at, checkName("role", name))
	n := len(r.Members) + len(r.Online)
	switch {
	case n == 0:
		c.add(at, "the role has no keys; name members or online keys")
	case n > maxRoleKeys:
		c.add(at, "the role has %d keys, at most %d", n, maxRoleKeys)
		return
	case r.Threshold < 1:
		c.add(below(at, "threshold"), "the threshold is %d; it is at least 1", r.Threshold)
	case r.Threshold > n:
		c.add(below(at, "threshold"), "the threshold is %d, but the role has %d keys", r.Threshold, n)
	}
	if r.Lifetime.IsZero() {
		c.add(below(at, "lifetime"), "the lifetime is missing; write one such as 2y, 12w, 30d or 12h")
	}
	if (name == Snapshot || name == Timestamp) && len(r.Members) > 0 {
		c.add(below(at, "members"), "%s is signed by a machine at any hour; members cannot sign it", name)
	}
	if r.Quorum && len(r.Members) == 0 {
		c.add(below(at, "quorum"), "no member signs %s, so it has no spread to check", name)
	}
	checkMemberRefs(c, below(at, "members"), r.Members)
	for i, key := range r.Online {
		where := entry(below(at, "online"), i)
		if p.Online[key] == nil {
			c.add(where, "no online key %q is declared; add a section [online.%s]", key, key)
		}
		if slices.Index(r.Online, key) < i {
			c.add(where, "%s is listed twice", key)
		}
	}
}

// checkMemberRefs checks references such as "alice" and "bob/card2".
func checkMemberRefs(c *faults, at string, refs []string) {
	for i, ref := range refs {
		member, label, labelled := strings.Cut(ref, "/")
		where := entry(at, i)
		c.check(where, checkName("member", member))
		if labelled {
			c.check(where, checkName("key label", label))
		}
		if slices.Index(refs, ref) < i {
			c.add(where, "%s is listed twice", ref)
		}
	}
}

// checkDelegations checks who names whom: a tree below targets.
func (p *Policy) checkDelegations(c *faults) {
	for _, name := range p.order {
		r, at := p.Roles[name], below("roles", name)
		if r == nil {
			continue // its name is quoted in the file; checkRole refuses it
		}
		if TopLevel(name) {
			for _, key := range []string{"delegator", "paths", "terminating"} {
				if _, ok := p.outline.at[below(at, key)]; ok {
					c.add(below(at, key), "%s is a top-level role; only delegated roles have this key", name)
				}
			}
			continue
		}
		p.checkDelegation(c, at, name, r)
	}
}

func (p *Policy) checkDelegation(c *faults, at, name string, r *Role) {
	switch {
	case r.Delegator == "":
		c.add(below(at, "delegator"), "the delegator is missing; a role other than root, targets, snapshot and timestamp is named by one")
	case p.Roles[r.Delegator] == nil:
		c.add(below(at, "delegator"), "no role %q is declared%s", r.Delegator, suggest(r.Delegator, p.order))
	case r.Delegator != Targets && TopLevel(r.Delegator):
		c.add(below(at, "delegator"), "%s delegates no target paths; only targets and delegated roles do", r.Delegator)
	case !p.reachesTargets(name):
		c.add(below(at, "delegator"), "following delegators from %s never reaches targets", name)
	}
	if len(r.Paths) == 0 {
		c.add(below(at, "paths"), "the paths are missing; name the patterns that %s may list", name)
	}
	if len(r.Paths) > maxPaths {
		c.add(below(at, "paths"), "%d patterns, at most %d", len(r.Paths), maxPaths)
		return
	}
	for i, pattern := range r.Paths {
		where := entry(below(at, "paths"), i)
		c.check(where, checkPattern(pattern))
		if slices.Index(r.Paths, pattern) < i {
			c.add(where, "%s is listed twice", pattern)
		}
	}
}

// reachesTargets follows delegators, which are too few to walk in circles for
// longer than there are roles.
func (p *Policy) reachesTargets(name string) bool {
	for range len(p.Roles) {
		if name == Targets {
			return true
		}
		r := p.Roles[name]
		if r == nil {
			return false
		}
		name = r.Delegator
	}
	return name == Targets
}
