package verify

import (
	"fmt"
	"strings"
)

// Tally says how the signatures of a document count for one [Quorum]. Valid
// and Missing together are the quorum's distinct public keys.
type Tally struct {
	Role      string
	Version   int64 // of the document
	Threshold int

	Valid     []Holder    // one for each distinct public key with a good signature
	Missing   []Holder    // keys without a good signature
	Rejected  []Rejection // listed for the role, but not a good signature
	Unknown   []string    // key ids that the role does not list
	Duplicate []Holder    // further signatures by a key that is in Valid, under another id
}

// Rejection is a signature under a listed key id that does not count.
type Rejection struct {
	Holder
	Reason error
}

// Met reports whether enough distinct keys have signed.
func (t Tally) Met() bool {
	return t.Threshold >= 1 && len(t.Valid) >= t.Threshold
}

// String says it in one line: "4 of 5 signatures valid; 1 more of: heidi,
// ivan; rejected: judy (signature does not match these bytes and this key)".
func (t Tally) String() string {
	var s strings.Builder
	fmt.Fprintf(&s, "%d of %d signatures valid", len(t.Valid), t.Threshold)
	switch keys := len(t.Valid) + len(t.Missing); {
	case t.Met():
	case keys < t.Threshold:
		fmt.Fprintf(&s, "; can never be met: threshold %d, %d keys", t.Threshold, keys)
	default:
		fmt.Fprintf(&s, "; %d more of: %s", t.Threshold-len(t.Valid), names(t.Missing))
	}
	for i, r := range t.Rejected {
		separator := ", "
		if i == 0 {
			separator = "; rejected: "
		}
		fmt.Fprintf(&s, "%s%s (%s)", separator, r.name(), r.Reason)
	}
	for i, id := range t.Unknown {
		separator := ", "
		if i == 0 {
			separator = "; unknown: "
		}
		fmt.Fprintf(&s, "%skey %s", separator, shownName(id))
	}
	if len(t.Duplicate) > 0 {
		fmt.Fprintf(&s, "; counted once: %s", names(t.Duplicate))
	}
	return s.String()
}

func names(holders []Holder) string {
	list := make([]string, len(holders))
	for i, h := range holders {
		list[i] = h.name()
	}
	return strings.Join(list, ", ")
}
