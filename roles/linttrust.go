package roles

import (
	"fmt"
	"strings"
	"time"

	"github.com/rust-lang/rust-tuf/verify"
)

// Reach says how much of a quorum can still sign, as far as the members'
// files tell.
type Reach struct {
	Role      string
	Threshold int
	// Able are the keys that some member's file still declares and does not
	// call lost.
	Able []verify.Holder
	// Lost and Undeclared are the others.
	Lost, Undeclared []verify.Holder
}

// LossesLeft is how many more keys can be lost before the threshold cannot be
// met; negative when it cannot be met already.
func (r Reach) LossesLeft() int { return len(r.Able) - r.Threshold }

// Reach compares a trusted quorum with the members' files, by public key. A
// key of a machine is able while the policy declares it.
func (d *Declaration) Reach(q *verify.Quorum) Reach {
	status := map[verify.Digest]Status{}
	for _, name := range sortedKeys(d.Members) {
		for _, k := range d.Members[name].Keys {
			if status[k.Public.Fingerprint()] != StatusActive {
				status[k.Public.Fingerprint()] = k.Status
			}
		}
	}
	for _, o := range d.Policy.Online {
		status[o.Public.Fingerprint()] = StatusActive
	}
	r := Reach{Role: q.Role(), Threshold: q.Threshold()}
	for _, h := range q.Keys() {
		switch status[h.Key.Fingerprint()] {
		case StatusActive, StatusRetired:
			r.Able = append(r.Able, h)
		case StatusLost:
			r.Lost = append(r.Lost, h)
		default:
			r.Undeclared = append(r.Undeclared, h)
		}
	}
	return r
}

// rootReach is the reach of the root role of the trusted root.
func (l *linter) rootReach() (Reach, bool) {
	q, ok := l.Trusted.Quorum(Root)
	if !ok {
		return Reach{}, false
	}
	return l.Declaration.Reach(q), true
}

// oldThreshold refuses a change after which the trusted root's threshold
// cannot be met, so that no client could follow (SPEC 5.3.4).
func (l *linter) oldThreshold() {
	if l.Declaration == nil || l.Trusted == nil || !l.signs(Root) {
		return
	}
	reach, ok := l.rootReach()
	if !ok || reach.LossesLeft() >= 0 {
		return
	}
	var gone []string
	if len(reach.Lost) > 0 {
		gone = append(gone, "lost: "+owners(reach.Lost))
	}
	if len(reach.Undeclared) > 0 {
		gone = append(gone, "declared in no member's file: "+owners(reach.Undeclared))
	}
	l.refuse(Root, "keep the files of those who leave, with their keys as retired, until the new root is published; if the keys are lost for good, follow the runbook for a lost root",
		"root %d asks for %s to sign its successor, and %d can: %s; %s", l.Trusted.Version(), count(reach.Threshold, "key"), len(reach.Able), owners(reach.Able), strings.Join(gone, "; "))
}

// resign finds roles whose newest version falls below their new threshold and
// which are not signed in this event.
func (l *linter) resign() {
	for _, c := range l.charters {
		for _, r := range c.Roles {
			if l.Targets[r.Name] != nil && !l.signs(r.Name) {
				l.resignRole(c, r, l.Targets[r.Name])
			}
		}
	}
}

func (l *linter) resignRole(c *Charter, r CharterRole, current *verify.Targets) {
	q, err := l.newQuorum(c, r.Name)
	if err != nil {
		l.refuse(c.Role, "repair what the message names", "the document of %s cannot be made: %v", c.Role, err)
		return
	}
	tally := q.Tally(current.Document())
	switch {
	case tally.Met():
	case len(r.Members) == 0:
		l.say(Warning, r.Name, "let the machine sign "+r.Name+" with its new key before this is published",
			"%s %d does not meet the threshold that %s sets now: %s", r.Name, current.Version(), c.Role, tally)
	default:
		l.refuse(r.Name, "sign "+r.Name+" in this event too",
			"%s %d does not meet the threshold that %s sets now: %s", r.Name, current.Version(), c.Role, tally)
	}
}

// newQuorum is the quorum of role that the charter's next document sets.
func (l *linter) newQuorum(c *Charter, role string) (*verify.Quorum, error) {
	b := Basis{Opened: l.instant()}
	if t := l.Targets[c.Role]; t != nil {
		b.Base = t.Document()
	}
	if c.Role == Root && l.Trusted != nil {
		b.Base = l.Trusted.Document()
	}
	raw, err := c.Payload(b)
	if err != nil {
		return nil, err
	}
	d, err := verify.Read(raw, verify.DefaultLimits())
	if err != nil {
		return nil, err
	}
	var delegator interface {
		UnverifiedQuorum(role string) (*verify.Quorum, bool)
	}
	if c.Role == Root {
		delegator, err = d.Root()
	} else {
		delegator, err = d.Targets(c.Role)
	}
	if err != nil {
		return nil, err
	}
	q, ok := delegator.UnverifiedQuorum(role)
	if !ok {
		return nil, &RoleError{role, "the document of " + c.Role + " does not name it"}
	}
	return q, nil
}

// instant is when the event opened, or some instant for a lint without event:
// only how long a lifetime is depends on it, by a day at most.
func (l *linter) instant() time.Time {
	if l.Opened.IsZero() {
		return time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)
	}
	return l.Opened
}

// owners names the holders of trusted keys; a key without owner by its id.
func owners(holders []verify.Holder) string {
	var names []string
	for _, h := range holders {
		if h.Owner != "" {
			names = append(names, h.Owner)
		} else {
			names = append(names, fmt.Sprintf("key %.8s", h.KeyID))
		}
	}
	if len(names) == 0 {
		return "nobody"
	}
	return strings.Join(names, ", ")
}
