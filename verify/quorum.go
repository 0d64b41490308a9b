package verify

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Quorum is who must sign a role: a threshold, and the keys that one document
// lists for it.
type Quorum struct {
	role       string
	threshold  int
	ids        []string // as listed, first occurrences only
	ring       keyring
	owners     value  // by key id, as the document that lists them has them
	by         source // the document that lists it
	repository value  // of that document, nil if it names none
}

// source names a version of a role in messages: "root 1".
type source struct {
	role    string
	version int64
}

func (s source) String() string { return fmt.Sprintf("%s %d", shownName(s.role), s.version) }

// Holder is one key of a [Quorum] and who holds it.
type Holder struct {
	KeyID string
	Owner string // "" if the document that lists the key does not say
	Key   PublicKey
}

// name is how messages call a holder.
func (h Holder) name() string {
	if h.Owner != "" {
		return shownName(h.Owner)
	}
	return "key " + shownID(h.KeyID)
}

// Role returns the name of the role.
func (q *Quorum) Role() string { return q.role }

// Threshold returns how many distinct public keys must sign; it is at least 1
// and may be more than there are keys.
func (q *Quorum) Threshold() int { return q.threshold }

// Listed returns how many different key ids the role lists, with those that
// have no usable key.
func (q *Quorum) Listed() int { return len(q.ids) }

// Keys returns the distinct public keys of the role, sorted by key id. A key
// with several ids appears once, under the first of them; ids without a
// usable key do not appear.
func (q *Quorum) Keys() []Holder {
	ids := slices.Clone(q.ids)
	slices.Sort(ids)
	holders := make([]Holder, 0, len(ids))
	seen := make(map[Digest]bool, len(ids))
	for _, id := range ids {
		h, err := q.holder(id)
		if err != nil || seen[h.Key.Fingerprint()] {
			continue
		}
		seen[h.Key.Fingerprint()] = true
		holders = append(holders, h)
	}
	return holders
}

// Holder returns the holder of a listed key id that has a usable key.
func (q *Quorum) Holder(keyID string) (Holder, bool) {
	h, err := q.holder(keyID)
	return h, err == nil
}

var (
	errNotListed = errors.New("its key is not listed for this role")
	errKeyless   = errors.New("its key id is listed, but the key itself is missing")
)

// holder finds a listed id. On an error the holder has no key.
func (q *Quorum) holder(id string) (Holder, error) {
	h, err := q.unnamed(id)
	if err != errNotListed {
		h.Owner = q.owners.textOf(id)
	}
	return h, err
}

// unnamed is holder without an owner, who is looked for only where somebody is told.
func (q *Quorum) unnamed(id string) (Holder, error) {
	h := Holder{KeyID: id}
	if !slices.Contains(q.ids, id) {
		return h, errNotListed
	}
	listed := q.ring.find(id)
	if listed == nil {
		return h, errKeyless
	}
	key, err := listed.parse()
	if err != nil {
		return h, &unusableKeyError{err}
	}
	h.Key = key
	return h, nil
}

// unusableKeyError says that a listed key verifies nothing.
type unusableKeyError struct{ reason error }

func (e *unusableKeyError) Error() string { return "its key cannot be used: " + e.reason.Error() }

// concerns reports whether signatures on d may count for this role at all: a
// signature counts for one repository and one role.
func (q *Quorum) concerns(d *Document) error {
	want := q.role
	if !isTopLevel(want) {
		want = typeTargets
	}
	if d.typ != want {
		return &RoleError{Want: q.role, Found: d.role()}
	}
	if !d.extension.isFor(q.role) {
		return &RoleError{Want: q.role, Found: d.role()}
	}
	return checkRepository(q.repository, q.role, d)
}

// checkRepository holds a document to the repository of what vouches for it, nil if
// that names none. Both are canonical.
func checkRepository(want value, role string, d *Document) error {
	if want == nil || bytes.Equal(want, d.extension.repository) {
		return nil
	}
	return &RepositoryError{Role: role, Version: d.version, Want: want.string(), Found: d.repository()}
}

// Check verifies one signature over d by a key of this role. It returns who
// signed, or a [*SignatureError]. It is not a count: several signatures that
// pass may come from one key.
func (q *Quorum) Check(d *Document, s Signature) (Holder, error) {
	d = d.orNone()
	h, err := q.holder(s.KeyID)
	if err == nil {
		err = q.concerns(d)
	}
	if err == nil {
		err = newSignature(s).verify(d, h.Key)
	}
	if err != nil {
		return h, &SignatureError{Role: q.role, Version: d.version, KeyID: s.KeyID, Owner: h.Owner, Reason: err.Error(), cause: err}
	}
	return h, nil
}

// Tally checks every signature of d and says how each of them counts.
func (q *Quorum) Tally(d *Document) Tally {
	d = d.orNone()
	return q.count(d, len(d.signatures)+1)
}

// met is the accepting side of the count: it stops at the threshold.
func (q *Quorum) met(d *Document) error {
	t := q.count(d, q.threshold)
	if t.Met() {
		return nil
	}
	return &ThresholdError{Tally: t, By: q.by.String()}
}

// count is the one threshold count: over distinct public keys, never over key
// ids or list entries (SPEC 4.2.1, 5.3.4). It stops when enough keys have
// signed; a tally that ended early is complete in its Valid only, and names nobody.
func (q *Quorum) count(d *Document, enough int) Tally {
	t := Tally{Role: q.role, Version: d.version, Threshold: q.threshold}
	t.Valid = make([]Holder, 0, min(q.threshold, len(q.ids)))
	stranger := q.concerns(d)
	for i, s := range d.signatures {
		h, err := q.unnamed(s.KeyID)
		switch {
		case err == errNotListed:
			t.Unknown = append(t.Unknown, s.KeyID)
			continue
		case err == nil && t.hasSigned(h.Key): // SPEC 4.2.1: keys are counted, each once
			t.Duplicate = append(t.Duplicate, h)
			continue
		case err == nil && stranger != nil: // x-rust-tuf: one role
			err = stranger
		case err == nil:
			err = d.verify(i, h.Key)
		}
		if err != nil {
			t.Rejected = append(t.Rejected, Rejection{h, err})
			continue
		}
		t.Valid = append(t.Valid, h)
		if len(t.Valid) == enough {
			return t
		}
	}
	q.name(&t)
	for _, h := range q.Keys() {
		if !t.hasSigned(h.Key) {
			t.Missing = append(t.Missing, h)
		}
	}
	slices.SortStableFunc(t.Valid, func(a, b Holder) int { return strings.Compare(a.KeyID, b.KeyID) })
	return t
}

// name says of all that a tally has so far who they are.
func (q *Quorum) name(t *Tally) {
	for _, list := range [][]Holder{t.Valid, t.Duplicate} {
		for i := range list {
			list[i].Owner = q.owners.textOf(list[i].KeyID)
		}
	}
	for i := range t.Rejected {
		t.Rejected[i].Owner = q.owners.textOf(t.Rejected[i].KeyID)
	}
}

// hasSigned reports whether a key counts already.
func (t *Tally) hasSigned(k PublicKey) bool {
	return slices.ContainsFunc(t.Valid, func(h Holder) bool { return h.Key.Equal(k) })
}
