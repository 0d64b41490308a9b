package roles

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/rust-lang/rust-tuf/verify"
)

// defaultSpares is by how many a role's keys exceed its threshold.
const defaultSpares = 2

// affiliation bounds the members of one role that share an affiliation.
func (l *linter) affiliation() {
	l.eachPeopleRole(func(c *Charter, r CharterRole) {
		if r.Name == Root && !r.Quorum {
			l.say(Note, Root, "", "roles.root.quorum is not set, so the members of root may share any affiliation and country")
		}
	})
	l.spread("affiliation", func(c *Charter) *int { return c.Lint.MaxAffiliation }, func(m CharterMember) []string { return m.Affiliations })
}

// country bounds the members of one role that share a country.
func (l *linter) country() {
	l.spread("country", func(c *Charter) *int { return c.Lint.MaxCountry }, func(m CharterMember) []string { return m.Countries })
}

func (l *linter) spread(what string, configured func(*Charter) *int, labels func(CharterMember) []string) {
	l.eachPeopleRole(func(c *Charter, r CharterRole) {
		if !r.Quorum {
			return
		}
		// k-2, but one person is nobody's group.
		usual := max(r.Threshold-2, 1)
		most := usual
		if bound := configured(c); bound != nil {
			if most = *bound; most > usual {
				l.say(Warning, r.Name, "", "the policy allows %d members of one %s in %s; the usual bound is %d (threshold %d less 2)", most, what, r.Name, usual, r.Threshold)
			}
		}
		groups := map[string][]string{}
		for _, m := range c.people(r) {
			if len(labels(m)) == 0 {
				l.say(Warning, r.Name, "add a label to members/"+m.Name+"/member.toml; a pseudonym will do", "%s declares no %s, so the spread of %s cannot be judged", m.Name, what, r.Name)
			}
			for _, label := range labels(m) {
				groups[label] = append(groups[label], m.Name)
			}
		}
		for _, label := range slices.Sorted(maps.Keys(groups)) {
			if members := groups[label]; len(members) > most {
				l.refuse(r.Name, fmt.Sprintf("replace %d of them, or set [lint] max-%s, which every signer will see", len(members)-most, what),
					"%d members of %s share the %s %s, at most %d may: %s", len(members), r.Name, what, label, most, strings.Join(members, ", "))
			}
		}
	})
}

// people are the members of a role, each once.
func (c *Charter) people(r CharterRole) []CharterMember {
	var people []CharterMember
	for _, m := range c.Members {
		if slices.ContainsFunc(r.Members, func(ref string) bool { return strings.HasPrefix(ref, m.Name+"/") }) {
			people = append(people, m)
		}
	}
	return people
}

// distinctPeople refuses one person with two votes: two keys of one member, or
// two members with one login.
func (l *linter) distinctPeople() {
	l.eachPeopleRole(func(c *Charter, r CharterRole) {
		logins := map[string]string{}
		for _, m := range c.people(r) {
			var keys []string
			for _, ref := range r.Members {
				if strings.HasPrefix(ref, m.Name+"/") {
					keys = append(keys, ref)
				}
			}
			if len(keys) > 1 {
				l.refuse(r.Name, "leave one of them in roles."+r.Name+".members", "%s has %d keys in %s: %s", m.Name, len(keys), r.Name, strings.Join(keys, ", "))
			}
			login := strings.ToLower(m.Login)
			if other, ok := logins[login]; ok {
				l.refuse(r.Name, "leave one of them in roles."+r.Name+".members", "%s and %s in %s have the same login %s, so they are one person", other, m.Name, r.Name, m.Login)
			}
			logins[login] = m.Name
		}
	})
}

// majority refuses a root that two disjoint groups can sign.
func (l *linter) majority() {
	l.eachPeopleRole(func(c *Charter, r CharterRole) {
		n := len(c.distinct(r.Name))
		if 2*r.Threshold > n {
			return
		}
		severity := Warning
		if r.Name == Root {
			severity = Refused
		}
		l.say(severity, r.Name, fmt.Sprintf("raise the threshold to %d or more", n/2+1),
			"%s is signed by %d of %d keys, so two groups without a common member can sign two different versions", r.Name, r.Threshold, n)
	})
}

// spares wants more keys than the threshold.
func (l *linter) spares() {
	l.eachPeopleRole(func(c *Charter, r CharterRole) {
		least := defaultSpares
		if c.Lint.MinSpares != nil {
			if least = *c.Lint.MinSpares; least < defaultSpares {
				l.say(Warning, r.Name, "", "the policy asks for %d spare keys; the usual number is %d", least, defaultSpares)
			}
		}
		n := len(c.distinct(r.Name))
		if spare := n - r.Threshold; spare < least {
			l.refuse(r.Name, fmt.Sprintf("add %s, rather than lowering the threshold", count(least-spare, "member")),
				"%s has %s for a threshold of %d, so %d to spare; at least %d are wanted", r.Name, count(n, "key"), r.Threshold, spare, least)
		}
	})
}

// lossesLeft counts how many keys can still be lost.
func (l *linter) lossesLeft() {
	l.eachPeopleRole(func(c *Charter, r CharterRole) {
		left := len(c.distinct(r.Name)) - r.Threshold
		end := "nobody can sign " + r.Name + " any more"
		if r.Name == Root {
			end = "nobody can change root any more"
		}
		switch {
		case left < 0:
			l.refuse(r.Name, "add members", "%s has fewer keys than its threshold: nobody could ever sign it", r.Name)
		case left == 0:
			l.say(Warning, r.Name, "add members", "no loss left: with one more key lost, %s", end)
		case r.Name == Root:
			l.say(Note, r.Name, "", "up to %s of root may be lost; with one more, %s", count(left, "key"), end)
		}
	})
	if l.Declaration == nil || l.Trusted == nil || !l.signs(Root) {
		return
	}
	if reach, ok := l.rootReach(); ok && reach.LossesLeft() == 0 {
		l.say(Warning, Root, "sign this event before anything else; until then nobody of them can be spared",
			"no loss left in root %d, which is in force: all of %s must sign the next root", l.Trusted.Version(), owners(reach.Able))
	}
}

// count writes "1 key" or "3 keys".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// distinct are the holders of a role, each public key once: what counts.
func (c *Charter) distinct(role string) []Holder {
	seen := map[verify.Digest]bool{}
	return slices.DeleteFunc(c.Holders(role), func(h Holder) bool {
		again := seen[h.Key.Fingerprint()]
		seen[h.Key.Fingerprint()] = true
		return again
	})
}
