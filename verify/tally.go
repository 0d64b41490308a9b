package verify

import (
	"fmt"
	"slices"
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
		missing := make([]string, len(t.Missing))
		for i, h := range t.Missing {
			missing[i] = h.name()
		}
		slices.Sort(missing) // people look for names, not for key ids
		appendList(&s, fmt.Sprintf("; %d more of: ", t.Threshold-len(t.Valid)), len(missing), func(i int) string {
			return missing[i]
		})
	}
	appendList(&s, "; rejected: ", len(t.Rejected), func(i int) string {
		return fmt.Sprintf("%s (%s)", t.Rejected[i].name(), t.Rejected[i].Reason)
	})
	appendList(&s, "; unknown: ", len(t.Unknown), func(i int) string {
		return Holder{KeyID: t.Unknown[i]}.name()
	})
	appendList(&s, "; counted once: ", len(t.Duplicate), func(i int) string {
		return t.Duplicate[i].name()
	})
	return s.String()
}

// appendList writes a title and up to maxListed items, if there is any.
func appendList(s *strings.Builder, title string, n int, item func(int) string) {
	for i := range min(n, maxListed) {
		s.WriteString(title)
		s.WriteString(item(i))
		title = ", "
	}
	if n > maxListed {
		fmt.Fprintf(s, " and %d more", n-maxListed)
	}
}
