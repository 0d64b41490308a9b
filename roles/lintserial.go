package roles

import (
	"fmt"
	"slices"
)

// serialTwice refuses one card with two votes in a role, and one card under two
// names anywhere. Where no judged role names a key, the cards of all members are
// asked.
func (l *linter) serialTwice() {
	told := map[[2]string]bool{}
	for i, c := range l.cards {
		if c.role == "" {
			l.declaredTwice(c.keyUse, l.cards[i+1:])
			continue
		}
		for _, o := range l.cards[:i] {
			switch {
			case o.key.Serial != c.key.Serial || o.role == "":
			case o.role == c.role:
				l.sameCard(c.keyUse, o.name(), o.member.Name)
			case o.member.Name != c.member.Name:
				l.twoHands(c.keyUse, o.name(), o.String(), o.member.Name, told)
			}
		}
		l.elsewhere(c.keyUse, told)
	}
}

// declaredTwice compares a key that no role names with those of all members,
// apart from those that are compared with it in their turn.
func (l *linter) declaredTwice(u keyUse, later []cardKey) {
	for _, o := range l.declaredOn(u.key.Serial) {
		if o.name() != u.name() && !slices.ContainsFunc(later, func(c cardKey) bool { return c.role == "" && c.name() == o.name() }) {
			l.sameCard(u, o.name(), o.member.Name)
		}
	}
}

// elsewhere compares a key of a role with those of the declared roles that are
// not judged now.
func (l *linter) elsewhere(u keyUse, told map[[2]string]bool) {
	if l.Declaration == nil {
		return
	}
	for _, role := range l.Declaration.Policy.order {
		uses, _ := l.Declaration.resolve(role) // what names nobody is refused elsewhere
		for _, o := range uses {
			if o.key.Kind == KindPIV && o.key.Serial == u.key.Serial && o.member.Name != u.member.Name && !l.names(role) {
				l.twoHands(u, o.String(), o.String()+" in "+role, o.member.Name, told)
			}
		}
	}
}

// declaredOn are the active keys of all members on one card.
func (l *linter) declaredOn(serial int64) []keyUse {
	if l.Declaration == nil {
		return nil
	}
	var uses []keyUse
	for _, name := range sortedKeys(l.Declaration.Members) {
		for _, k := range l.Declaration.Members[name].Keys {
			if k.Kind == KindPIV && k.Status == StatusActive && k.Serial == serial {
				uses = append(uses, keyUse{member: CharterMember{Name: name}, key: k.chartered()})
			}
		}
	}
	return uses
}

func (l *linter) sameCard(u keyUse, other, owner string) {
	next := askBoth(owner, u.member.Name)
	if owner == u.member.Name {
		next = "leave one of them in the role"
	}
	l.refuse(u.role, next, "%s and %s%s are on one card, %d, whose holder would count for two", other, u.name(), u.in(), u.key.Serial)
}

// twoHands refuses one card under the names of two members, once for each pair.
func (l *linter) twoHands(u keyUse, other, where, owner string, told map[[2]string]bool) {
	pair := [2]string{min(other, u.name()), max(other, u.name())}
	if !told[pair] {
		l.refuse(u.role, askBoth(owner, u.member.Name), "%s and %s are on one card, %d, which is one person's", where, u, u.key.Serial)
	}
	told[pair] = true
}

func askBoth(one, other string) string {
	return fmt.Sprintf("ask %s and %s whose card it is; the other one enrols a card of their own", one, other)
}
