package verify

import (
	"bytes"
	"slices"
)

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
	quorums            [len(topLevel)]Quorum
	consistentSnapshot bool
	recorded           bool // so that nobody looked whether it carries its own threshold
}

// Root reads the document as a root (SPEC 4.3): all four roles present, each
// with a threshold from 1 to Limits.Keys and a list of key ids. A listed id
// without a key, a key of an unknown type, or a threshold above the number of
// keys is no error of form; such a key verifies nothing, and such a threshold
// is never met. Errors are a [*FormatError], [*LimitError] or [*RoleError].
func (d *Document) Root() (*UnverifiedRoot, error) { return d.orNone().root(nil) }

// root is Root for a document that may follow older: `keys` that did not
// change are not read again.
func (d *Document) root(older *rootFacts) (*UnverifiedRoot, error) {
	if d.typ != typeRoot {
		return nil, &RoleError{Want: typeRoot, Found: d.typ}
	}
	if !d.extension.isFor(typeRoot) {
		return nil, &RoleError{Want: typeRoot, Found: d.role()}
	}
	facts, err := readRoot(d, older)
	if err != nil {
		return nil, d.named(within("signed", err))
	}
	return &UnverifiedRoot{d, facts}, nil
}

func readRoot(d *Document, older *rootFacts) (*rootFacts, error) {
	facts := &rootFacts{document: d}
	var err error
	if v := d.outline.part(partConsistentSnapshot); v != nil {
		if facts.consistentSnapshot, err = v.boolean(); err != nil {
			return nil, within("consistent_snapshot", err)
		}
	}
	keys, roles := d.outline.part(partKeys), d.outline.part(partRoles)
	if keys == nil {
		return nil, misfit("keys", "missing")
	}
	if older != nil && older.document.lim == d.lim && bytes.Equal(older.document.outline.part(partKeys), keys) {
		facts.ring = older.ring
	} else if facts.ring, err = readKeyring(keys, d.lim.Keys); err != nil {
		return nil, within("keys", err)
	}
	if roles == nil {
		return nil, misfit("roles", "missing")
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
			f.quorums[i] = newQuorum(f.document, f.ring, role, typeRoot)
			if err := f.quorums[i].read(v, f.document.lim.Keys); err != nil {
				return within(name, err)
			}
		}
	}
	for i, role := range topLevel {
		if f.quorums[i].threshold == 0 { // SPEC 4.3: a role for each of the four must be specified
			return misfit(role, "missing")
		}
	}
	return nil
}

// newQuorum is the quorum of a role that d describes; by is the role of d
// itself.
func newQuorum(d *Document, ring keyring, role, by string) Quorum {
	return Quorum{role: role, ring: ring, owners: d.extension.owners, by: source{by, d.version}, repository: d.extension.repository}
}

// read reads `keyids` and `threshold`.
func (q *Quorum) read(v value, limit int) error {
	if err := v.object(); err != nil {
		return err
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
		return misfit("threshold", "missing")
	}
	n, err := threshold.integer()
	if err != nil {
		return within("threshold", err)
	}
	// SPEC 4.3: the threshold is an integer of at least one. Zero would
	// switch verification off.
	if n < 1 || n > int64(limit) {
		return misfit("threshold", "must be from 1 to %d, found %d", limit, n)
	}
	if keyIDs == nil {
		return misfit("keyids", "missing")
	}
	if q.ids, err = readKeyIDs(keyIDs, q.ring, limit); err != nil {
		return within("keyids", err)
	}
	q.threshold = int(n)
	return nil
}

// readKeyIDs keeps the first of equal ids; keys are counted, not list entries.
func readKeyIDs(v value, ring keyring, limit int) ([]string, error) {
	if err := v.array(); err != nil {
		return nil, err
	}
	ids := make([]string, 0, min(len(ring), limit))
	n := 0
	for i := range v.elements() {
		if n++; n > limit {
			continue // counts the rest
		}
		if err := i.expect("a string"); err != nil {
			return nil, at(n-1, err)
		}
		if id := ring.id(i[1 : len(i)-1]); !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids, checkCount("key ids of one role", n, limit)
}

func (f *rootFacts) quorum(role string) (*Quorum, bool) {
	if f == nil {
		return nil, false
	}
	for i := range f.quorums {
		if f.quorums[i].role == role {
			return &f.quorums[i], true
		}
	}
	return nil, false
}

// adopt returns the facts with parsed keys taken over from an older root.
func (f *rootFacts) adopt(older *rootFacts) *rootFacts {
	c := *f
	c.ring = f.ring.adopt(older.ring)
	for i := range c.quorums {
		c.quorums[i].ring = c.ring
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
	return r.facts != nil && r.facts.consistentSnapshot
}
