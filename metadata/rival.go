package metadata

import "fmt"

// Rival is another open event that leaves its judgement to a role which this
// one makes anew, or the reverse: whichever of the two completes first decides
// what becomes of the other.
type Rival struct {
	Event string // the other one
	Role  string // the delegator
	Made  bool   // by the other event; else by this one
}

// String says what happens, in one sentence.
func (r Rival) String() string {
	if r.Made {
		return fmt.Sprintf("event %s makes a new %s, which decides who signs here: if it completes first, this event must be proposed again", r.Event, r.Role)
	}
	return fmt.Sprintf("this event makes a new %s, which decides who signs in event %s: if this one completes first, that one must be proposed again", r.Role, r.Event)
}

// Rivals are the rivals of an open event, in the order of their names.
func (t *Trusted) Rivals(e *Event) []Rival {
	var out []Rival
	for _, other := range t.repo.Open {
		if other.Name == e.Name {
			continue
		}
		if role := decides(other, e); role != "" {
			out = append(out, Rival{Event: other.Name, Role: role, Made: true})
		}
		if role := decides(e, other); role != "" {
			out = append(out, Rival{Event: other.Name, Role: role})
		}
	}
	return out
}

// decides returns the role that first makes and that delegates one of second.
func decides(first, second *Event) string {
	for _, p := range second.Payloads {
		by := p.Delegator.Role
		if by != "" && second.Payload(by) == nil && first.Payload(by) != nil {
			return by
		}
	}
	return ""
}
