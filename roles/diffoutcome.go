package roles

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/rust-lang/rust-tuf/verify"
)

// allowed is what verify makes of a document before it looks at signatures.
type allowed interface {
	UnverifiedQuorum(role string) (*verify.Quorum, bool)
}

var errNoQuorum = errors.New("a document of this type is not signed by people")

// allow reads a document as a client would.
func allow(d *verify.Document) (allowed, error) {
	switch d.Type() {
	case Root:
		return d.Root()
	case Targets:
		return d.Targets(documentRole(d))
	}
	return nil, errNoQuorum
}

// documentRole is the role that a document says it is for.
func documentRole(d *verify.Document) string {
	if x, ok := d.Extension(); ok {
		return x.Role
	}
	return d.Type()
}

// refusal says why a client would refuse the new document whoever signed it.
func refusal(d *verify.Document) string {
	if d == nil {
		return ""
	}
	if _, err := allow(d); err != nil {
		return shownMessage(err.Error())
	}
	return ""
}

// outcomes say what holds once the new version is trusted. They are counted by
// verify, over distinct public keys that can be used.
func outcomes(old, new *verify.Document, roles []string) []string {
	lines := []string{}
	if new == nil {
		return lines
	}
	is, err := allow(new)
	if err != nil {
		return lines
	}
	for _, role := range roles {
		if q, ok := is.UnverifiedQuorum(role); ok {
			lines = append(lines, outcome(q, documentRole(new)))
		}
	}
	if new.Type() == Root {
		lines = append(lines, signers(old, is))
	}
	return lines
}

// outcome says how many must sign for a role and how many keys it may lose.
func outcome(q *verify.Quorum, by string) string {
	n, k := len(q.Keys()), q.Threshold()
	ends := "before " + shownName(by) + " must name new keys"
	if q.Role() == Root {
		ends = "before root can no longer be changed"
	}
	line := fmt.Sprintf("%s: after this change %d of %d must sign", shownName(q.Role()), k, n)
	switch {
	case n < k:
		line = fmt.Sprintf("%s: after this change %d must sign and only %s can: nothing can be signed any more",
			shownName(q.Role()), k, counted(n, "key"))
	case n == k:
		line += "; no key may be lost " + ends
	case n == k+1:
		line += "; 1 key may be lost " + ends
	default:
		line += fmt.Sprintf("; up to %d keys may be lost %s", n-k, ends)
	}
	if idle := q.Listed() - n; idle > 0 {
		line += "; not counted: " + counted(idle, "listed key id") + " without a key, with an unusable key or with one listed already"
	}
	return line
}

// signers says whose signatures make the new root valid.
func signers(old *verify.Document, is allowed) string {
	q, _ := is.UnverifiedQuorum(Root)
	own := fmt.Sprintf("%d of its own %s", q.Threshold(), counted(len(q.Keys()), "key"))
	if old == nil {
		return "this version needs signatures by " + own
	}
	was, err := allow(old)
	if err != nil {
		return "this version needs signatures by " + own + " and by the old version's, which no client accepts"
	}
	before, ok := was.UnverifiedQuorum(Root)
	if !ok {
		return "this version needs signatures by " + own
	}
	var both []string
	for _, h := range q.Keys() {
		for _, o := range before.Keys() {
			if o.Key.Equal(h.Key) {
				both = append(both, holderName(h))
			}
		}
	}
	slices.Sort(both)
	line := fmt.Sprintf("this version needs signatures by %d of the old version's %s and by %s",
		before.Threshold(), counted(len(before.Keys()), "key"), own)
	if len(both) == 0 {
		return line + "; no key counts for both"
	}
	counts := " count"
	if len(both) == 1 {
		counts = " counts"
	}
	return line + "; " + strconv.Itoa(len(both)) + counts + " for both: " + joined(both)
}

func holderName(h verify.Holder) string {
	if h.Owner == "" {
		return "the key " + brief(h.KeyID)
	}
	return shownName(h.Owner)
}
