package verify

import "slices"

// UnverifiedRoot is a root document that is allowed: its keys and four roles
// have the form of SPEC 4.3 and its [Extension], if any, names the role root.
// Whether anybody signed it is not known.
type UnverifiedRoot struct {
	*Document
	facts *rootFacts
}

// rootFacts is what a root says. The document in it is the one that it was
// read from, whatever happens to the exported field above.
type rootFacts struct {
	document           *Document
	ring               keyring
	quorums            [4]*Quorum
	consistentSnapshot bool
}

// Root reads the document as a root (SPEC 4.3): all four roles present, each
// with a threshold from 1 to Limits.Keys and a list of key ids. A listed id
// without a key, a key of an unknown type, or a threshold above the number of
// keys is no error of form; such a key verifies nothing, and such a threshold
// is never met. Errors are a [*FormatError], [*LimitError] or [*RoleError].
func (d *Document) Root() (*UnverifiedRoot, error) {
	if d.typ != typeRoot {
		return nil, &RoleError{Want: typeRoot, Found: d.typ}
	}
	if d.extension != nil && d.extension.Role != typeRoot {
		return nil, &RoleError{Want: typeRoot, Found: d.extension.Role}
	}
	facts, err := readRoot(d)
	if err != nil {
		return nil, d.named(within("signed", err))
	}
	return &UnverifiedRoot{d, facts}, nil
}

func readRoot(d *Document) (*rootFacts, error) {
	facts := &rootFacts{document: d}
	var keys, roles value
	for name, v := range value(d.message.bytes).members() {
		switch string(name) {
		case "keys":
			keys = v
		case "roles":
			roles = v
		case "consistent_snapshot":
			var err error
			if facts.consistentSnapshot, err = v.boolean(); err != nil {
				return nil, within(name, err)
			}
		}
	}
	if keys == nil {
		return nil, misfit("keys", "missing")
	}
	if roles == nil {
		return nil, misfit("roles", "missing")
	}
	var err error
	if facts.ring, err = readKeyring(keys, d.lim.Keys); err != nil {
		return nil, within("keys", err)
	}
	if err := facts.readRoles(roles); err != nil {
		return nil, within("roles", err)
	}
	return facts, nil
}

// topLevel are the roles that a root must describe (SPEC 4.3).
var topLevel = [4]string{typeRoot, typeSnapshot, typeTargets, typeTimestamp}

func (f *rootFacts) readRoles(roles value) error {
	if err := roles.object(); err != nil {
		return err
	}
	for name, v := range roles.members() {
		for i, role := range topLevel {
			if string(name) != role {
				continue
			}
			q, err := readQuorum(f.document, f.ring, v, role, typeRoot)
			if err != nil {
				return within(name, err)
			}
			f.quorums[i] = q
		}
	}
	for i, role := range topLevel {
		if f.quorums[i] == nil {
			return misfit(role, "missing")
		}
	}
	return nil
}

// readQuorum reads `keyids` and `threshold` of a role that d describes; by is
// the role of d itself.
func readQuorum(d *Document, ring keyring, v value, role, by string) (*Quorum, error) {
	if err := v.object(); err != nil {
		return nil, err
	}
	q := &Quorum{role: role, ring: ring, by: label(by, d.version), repository: d.repository()}
	if d.extension != nil {
		q.owners = d.extension.Owners
	}
	var keyIDs, threshold value
	for name, m := range v.members() {
		switch string(name) {
		case "keyids":
			keyIDs = m
		case "threshold":
			threshold = m
		}
	}
	if threshold == nil {
		return nil, misfit("threshold", "missing")
	}
	n, err := threshold.integer()
	if err != nil {
		return nil, within("threshold", err)
	}
	// SPEC 4.3: the threshold is an integer of at least one. Zero would
	// switch verification off.
	if n < 1 || n > int64(d.lim.Keys) {
		return nil, misfit("threshold", "must be from 1 to %d, found %d", d.lim.Keys, n)
	}
	q.threshold = int(n)
	if keyIDs == nil {
		return nil, misfit("keyids", "missing")
	}
	if q.ids, err = readKeyIDs(keyIDs, d.lim.Keys); err != nil {
		return nil, within("keyids", err)
	}
	return q, nil
}

// readKeyIDs keeps the first of equal ids; keys are counted, not list entries.
func readKeyIDs(v value, limit int) ([]string, error) {
	if err := v.array(); err != nil {
		return nil, err
	}
	n := 0
	for range v.elements() {
		n++
	}
	if n > limit {
		return nil, &LimitError{What: "key ids of one role", Limit: int64(limit), Found: int64(n)}
	}
	ids := make([]string, 0, n)
	for i := range v.elements() {
		id, err := i.text()
		if err != nil {
			return nil, at(len(ids), err)
		}
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

func (f *rootFacts) quorum(role string) (*Quorum, bool) {
	if f == nil {
		return nil, false
	}
	for _, q := range f.quorums {
		if q != nil && q.role == role {
			return q, true
		}
	}
	return nil, false
}

// adopt returns the facts with parsed keys taken over from an older root.
func (f *rootFacts) adopt(older *rootFacts) *rootFacts {
	c := *f
	c.ring = f.ring.adopt(older.ring)
	for i, q := range f.quorums {
		merged := *q
		merged.ring = c.ring
		c.quorums[i] = &merged
	}
	return &c
}

// UnverifiedQuorum returns what this root says of one of the four top-level
// roles. Use it to show a pending root, never to accept anything.
func (r *UnverifiedRoot) UnverifiedQuorum(role string) (*Quorum, bool) {
	return r.facts.quorum(role)
}

// ConsistentSnapshot returns `consistent_snapshot`: whether files carry their
// version or hash in their names (SPEC 6.2). Absent is false.
func (r *UnverifiedRoot) ConsistentSnapshot() bool {
	return r.facts.consistentSnapshot
}
