package verify

import "slices"

// Delegation is one delegated role of a targets document (SPEC 4.5). Exactly
// one of Paths and PathHashPrefixes is not nil.
type Delegation struct {
	Name             string
	Threshold        int
	KeyIDs           []string
	Terminating      bool
	Paths            []string // patterns
	PathHashPrefixes []string // hex in either case, of the SHA-256 of the path
}

func cloneDelegations(list []Delegation) []Delegation {
	c := slices.Clone(list)
	for i := range c {
		c[i].KeyIDs = slices.Clone(c[i].KeyIDs)
		c[i].Paths = slices.Clone(c[i].Paths)
		c[i].PathHashPrefixes = slices.Clone(c[i].PathHashPrefixes)
	}
	return c
}

func (f *targetsFacts) readDelegations(v value) error {
	if err := v.object(); err != nil {
		return err
	}
	var keys, roles, succinct value
	for name, m := range v.members() {
		switch string(name) {
		case "keys":
			keys = m
		case "roles":
			roles = m
		case "succinct_roles":
			succinct = m
		}
	}
	if keys == nil {
		return misfit("keys", "missing")
	}
	ring, err := readKeyring(keys, f.document.lim.Keys)
	if err != nil {
		return within("keys", err)
	}
	switch {
	case roles != nil && succinct != nil:
		return misfit("roles", "stands beside succinct_roles; only one of them may")
	case succinct != nil:
		return within("succinct_roles", f.readSuccinct(succinct, ring))
	case roles == nil:
		return nil
	}
	return within("roles", f.readDelegatedRoles(roles, ring))
}

func (f *targetsFacts) readDelegatedRoles(roles value, ring keyring) error {
	if err := roles.array(); err != nil {
		return err
	}
	names := map[string]bool{}
	n, limit := 0, f.document.lim.Delegations
	patterns := patternCount{limit: f.document.lim.Patterns}
	for v := range roles.elements() {
		if n++; n > limit {
			continue // counts the rest
		}
		role, err := readDelegation(v, &patterns)
		if err != nil {
			return at(n-1, err)
		}
		switch {
		case role.Name == "":
			return at(n-1, misfit("name", "empty"))
		// A delegated role that is called like a top-level one could stand in
		// for it wherever roles are looked up by name.
		case isTopLevel(role.Name):
			return at(n-1, misfit("name", "%s is a top-level role and cannot be delegated", role.Name))
		case names[role.Name]:
			return at(n-1, misfit("name", "%s stands twice", shownName(role.Name)))
		}
		names[role.Name] = true
		q := newQuorum(f.document, ring, role.Name, f.role)
		if err := q.read(v, f.document.lim.Keys); err != nil {
			return at(n-1, err)
		}
		role.Threshold, role.KeyIDs = q.threshold, q.ids
		f.delegations = append(f.delegations, role)
		f.quorums = append(f.quorums, &q)
	}
	return checkCount("delegated roles", n, limit)
}

// patternCount counts the patterns and prefixes of one document.
type patternCount struct{ found, limit int }

// readDelegation reads what a delegated role has beside its quorum.
func readDelegation(v value, patterns *patternCount) (Delegation, error) {
	var r Delegation
	if err := v.object(); err != nil {
		return r, err
	}
	named, ended := false, false
	for name, m := range v.members() {
		var err error
		switch string(name) {
		case "name":
			named = true
			r.Name, err = m.text()
		case "terminating":
			ended = true
			r.Terminating, err = m.boolean()
		case "paths":
			r.Paths, err = patterns.read(m)
		case "path_hash_prefixes":
			r.PathHashPrefixes, err = patterns.read(m)
			for i, p := range r.PathHashPrefixes {
				if !isHex([]byte(p)) || p == "" || len(p) > 64 {
					err = at(i, misfit("", "must be 1 to 64 hex digits, found %s", shown(p)))
					break
				}
			}
		}
		if err != nil {
			return r, within(name, err)
		}
	}
	switch {
	case !named:
		return r, misfit("name", "missing")
	case !ended:
		return r, misfit("terminating", "missing")
	// SPEC 4.5: a role must have exactly one of the two.
	case r.Paths == nil && r.PathHashPrefixes == nil:
		return r, misfit("paths", "missing, and path_hash_prefixes too")
	case r.Paths != nil && r.PathHashPrefixes != nil:
		return r, misfit("paths", "stands beside path_hash_prefixes; only one of them may")
	}
	return r, nil
}

// read reads an array of strings; the result is not nil.
func (c *patternCount) read(v value) ([]string, error) {
	if err := v.array(); err != nil {
		return nil, err
	}
	list := []string{}
	for m := range v.elements() {
		if c.found++; c.found > c.limit {
			return nil, &LimitError{What: "patterns and prefixes of delegated roles", Limit: int64(c.limit), Found: int64(c.found)}
		}
		s, err := m.text()
		if err != nil {
			return nil, at(len(list), err)
		}
		list = append(list, s)
	}
	return list, nil
}
