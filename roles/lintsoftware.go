package roles

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rust-lang/rust-tuf/verify"
)

// softwareKey refuses files where a person's card belongs.
func (l *linter) softwareKey() {
	l.eachPeopleRole(func(c *Charter, r CharterRole) {
		software := slices.DeleteFunc(c.Holders(r.Name), func(h Holder) bool { return h.Kind != KindSoftware })
		if len(software) == 0 {
			return
		}
		// Those that one exception excuses are told together.
		var order []string
		groups := map[string][]Holder{}
		for _, h := range software {
			l.offCard(r.Name, h)
			by := ""
			for _, e := range l.excuses(Finding{Rule: l.rule.ID, Role: r.Name, members: h.Member}) {
				by = e.identity()
			}
			if groups[by] == nil {
				order = append(order, by)
			}
			groups[by] = append(groups[by], h)
		}
		for _, by := range order {
			l.inFiles(r.Name, groups[by], len(c.Holders(r.Name)))
		}
	})
}

// inFiles tells of keys of one role that lie in files.
func (l *linter) inFiles(role string, software []Holder, of int) {
	var keys, members []string
	for _, h := range software {
		keys = append(keys, h.String()+" "+h.Key.Fingerprint().String())
		members = append(members, h.Member)
	}
	l.add(Finding{
		Role: role, Severity: Refused, Next: "let them enrol cards",
		subject: strings.Join(keys, "\n"), members: strings.Join(slices.Compact(members), "\n"),
		Text: fmt.Sprintf("%d of %d keys of %s lie in files, not on cards: %s", len(software), of, role, enumerate(software)),
	})
}

// offCard refuses a key in a file that the policies in force have on a card,
// whatever the exceptions.
func (l *linter) offCard(role string, h Holder) {
	for _, before := range sortedKeys(l.InForce) {
		c := l.InForce[before]
		if c == nil {
			continue
		}
		for _, m := range c.Members {
			for _, k := range m.Keys {
				if k.Kind == KindPIV && k.Public.Equal(h.Key) {
					l.add(Finding{Role: role, Severity: Refused, final: true, Next: leaveOnCard,
						Text: fmt.Sprintf("the key %s/%s is on card %d by the policy in force, and %s of %s is said to lie in a file", m.Name, k.Label, k.Serial, h, role)})
					return
				}
			}
		}
	}
}

const leaveOnCard = "leave kind, serial and slot as they were: a key that a card made stays there"

// OffCards refuses members' keys that were declared to be on a card and are
// now said to lie in a file: the same public key under any name, or another
// one under the same label. No exception allows it, because what a role's
// exception excuses is a key in a file, not that a key's proof is taken away.
func OffCards(before, after map[string]*Member) []Finding {
	rule, _ := findRule("software-key")
	onCard, byLabel := map[verify.Digest]string{}, map[string]bool{}
	for _, name := range sortedKeys(before) {
		for _, k := range before[name].Keys {
			if k.Kind == KindPIV {
				holder := name + "/" + k.Label
				onCard[k.Public.Fingerprint()], byLabel[holder] = holder, true
			}
		}
	}
	var found []Finding
	for _, name := range sortedKeys(after) {
		for _, k := range after[name].Keys {
			holder := name + "/" + k.Label
			was, same := onCard[k.Public.Fingerprint()]
			if k.Kind != KindSoftware || !same && !byLabel[holder] {
				continue
			}
			f := Finding{Rule: rule.ID, Severity: Refused, Why: rule.Reason,
				Text: fmt.Sprintf("the key %s was declared on a card, and is now declared to lie in a file (%s)", was, after[name].file),
				Next: leaveOnCard}
			if !same {
				f.Text = fmt.Sprintf("the key %s on a card is replaced by one that lies in a file (%s)", holder, after[name].file)
				f.Next = "leave the key as it was, and enrol another one under a label of its own"
			}
			found = append(found, f)
		}
	}
	return found
}
