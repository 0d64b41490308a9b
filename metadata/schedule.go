package metadata

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rust-lang/rust-tuf/roles"
	"github.com/rust-lang/rust-tuf/verify"
)

// MomentKind is why a date matters.
type MomentKind string

// The dates that matter, in the order in which they come for one version.
const (
	SigningOpens MomentKind = "signing-opens" // the next version is to be proposed and signed
	SigningLate  MomentKind = "signing-late"  // it should have been by now: everybody is told
	Expiry       MomentKind = "expires"       // clients refuse the version from then on
	TermEnds     MomentKind = "term-ends"     // somebody else is to take over from a member
	KeyCheck     MomentKind = "key-check"     // nobody has seen a key at work for a year
)

// keyCheckYears is how long a key may rest before its holder is asked for it.
// Members sign about once a year; who finds out in the ceremony that the card
// is gone finds out too late.
const keyCheckYears = 1

// Moment is a date that matters, for a version of a role or for a member.
type Moment struct {
	Kind MomentKind
	At   time.Time // UTC

	Role    string // of deadlines; "" for what concerns a member
	Version int64  // that is published, and that the next one replaces

	Holder Holder    // of a term, or of a key
	Since  time.Time // when the key was last seen: the signer's claim, or the opening of the event that brought it
}

// Holder is a member with what is declared of one of their keys.
type Holder struct {
	Member string
	Login  string // at the forge; "" where the member's file is gone
	KeyID  string
	Label  string // of the key; "" where no file declares it any more
	Serial int64  // of the card; 0 for a key that is on none
}

// Schedule is every date that matters in a repository, as it is published and
// declared: the three deadlines of each version that people sign, and the terms
// and keys of the people who sign them. It is ordered by date. Dates that have
// passed are in it until something is done about them.
func (t *Trusted) Schedule(d *roles.Declaration) []Moment {
	var out []Moment
	people := map[string]verify.Holder{}
	for _, role := range append([]string{roleRoot}, t.order...) {
		doc := t.Document(role)
		if doc == nil {
			continue
		}
		signers := t.people(role)
		if len(signers) == 0 {
			continue
		}
		for _, h := range signers {
			people[h.KeyID] = h
		}
		out = append(out, deadlines(d.Policy, role, doc)...)
	}
	out = append(out, t.terms(d, people)...)
	slices.SortStableFunc(out, func(a, b Moment) int {
		return cmp.Or(a.At.Compare(b.At), strings.Compare(a.Role, b.Role), strings.Compare(a.Holder.Member, b.Holder.Member), strings.Compare(a.Holder.KeyID, b.Holder.KeyID))
	})
	return out
}

// people are the holders who sign a role, none for one that machines sign.
func (t *Trusted) people(role string) []verify.Holder {
	by := t.by[role]
	if role == roleRoot {
		by = t.Root
	}
	q, ok := by.Quorum(role)
	if !ok {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(q.Keys()), func(h verify.Holder) bool { return h.Owner == "" || strings.HasPrefix(h.Owner, "online/") })
}

// deadlines are those of one version. What a version says of its lifetime
// counts, for it has been made with that.
func deadlines(p *roles.Policy, role string, doc *verify.Document) []Moment {
	ext, _ := doc.Extension()
	lifetime, err := roles.ParseLifetime(ext.Lifetimes[role])
	if declared := p.Roles[role]; err != nil && declared != nil {
		lifetime = declared.Lifetime
	}
	m := p.Moments(role, lifetime, doc.Expires())
	return []Moment{
		{Kind: SigningOpens, At: m.Opens, Role: role, Version: doc.Version()},
		{Kind: SigningLate, At: m.Alert, Role: role, Version: doc.Version()},
		{Kind: Expiry, At: m.Expires, Role: role, Version: doc.Version()},
	}
}

// terms are the dates of members who sign something now.
func (t *Trusted) terms(d *roles.Declaration, people map[string]verify.Holder) []Moment {
	var out []Moment
	told := map[string]bool{}
	for id, h := range people {
		holder := HolderOf(d, h)
		if m := d.Members[h.Owner]; m != nil && !m.TermEnds.IsZero() && !told[h.Owner] {
			told[h.Owner] = true
			out = append(out, Moment{Kind: TermEnds, At: m.TermEnds.Time(), Holder: Holder{Member: h.Owner, Login: m.Login}})
		}
		if since := t.repo.lastSeen(id); !since.IsZero() {
			out = append(out, Moment{Kind: KeyCheck, At: since.AddDate(keyCheckYears, 0, 0), Holder: holder, Since: since})
		}
	}
	return out
}

// HolderOf adds what the members' files say of a key to what a document says.
func HolderOf(d *roles.Declaration, h verify.Holder) Holder {
	out := Holder{Member: h.Owner, KeyID: h.KeyID}
	m := d.Members[h.Owner]
	if m == nil {
		return out
	}
	out.Login = m.Login
	for _, k := range m.Keys {
		if k.Public.Equal(h.Key) {
			out.Label, out.Serial = k.Label, k.Serial
		}
	}
	return out
}

// lastSeen is when a key was last used, or else brought in, as far as the
// events that are kept tell. Times of signatures are claims; a wrong one wakes
// somebody too early or too late, and no more.
func (r *Repository) lastSeen(keyID string) time.Time {
	var signed, brought time.Time
	for _, list := range [][]*Event{r.Closed, r.Open} {
		for _, e := range list {
			if e.Closed != nil && e.Closed.Outcome != Completed {
				continue
			}
			for _, p := range e.Payloads {
				for _, f := range p.Files {
					if f.KeyID == keyID && f.SignedAt.After(signed) {
						signed = f.SignedAt
					}
				}
				ext, _ := p.Document.Extension()
				if _, listed := ext.Owners[keyID]; listed && e.Closed != nil && (brought.IsZero() || e.Opened.Before(brought)) {
					brought = e.Opened
				}
			}
		}
	}
	if signed.IsZero() {
		return brought
	}
	return signed
}

// String says it in one line, without the date.
func (m Moment) String() string {
	switch m.Kind {
	case SigningOpens:
		return fmt.Sprintf("signing opens for %s version %d", m.Role, m.Version+1)
	case SigningLate:
		return fmt.Sprintf("signing %s version %d is late from this day on", m.Role, m.Version+1)
	case Expiry:
		return fmt.Sprintf("%s version %d expires", m.Role, m.Version)
	case TermEnds:
		return fmt.Sprintf("the term of %s ends", m.Holder.Member)
	}
	return fmt.Sprintf("does %s still hold %s? Last seen %s", m.Holder.Member, m.Holder.key(), m.Since.Format(time.DateOnly))
}

// key says which key it is, in words that its holder can check by hand.
func (h Holder) key() string {
	switch {
	case h.Serial != 0:
		return fmt.Sprintf("YubiKey %d", h.Serial)
	case h.Label != "":
		return "the key called " + h.Label
	}
	return "the key " + h.KeyID[:min(8, len(h.KeyID))]
}
