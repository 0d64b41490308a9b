package roles

import (
	"fmt"
	"slices"
	"strings"
)

func (l *linter) isInForce(e Exception) bool {
	for _, c := range l.InForce {
		if c != nil && slices.Contains(c.Exceptions, e) {
			return true
		}
	}
	return false
}

// excuses are the exceptions that allow what was found: those bound most
// closely to it, so that a reason given for one card is the one that is told.
func (l *linter) excuses(f Finding) []Exception {
	var closest []Exception
	for _, e := range l.exceptions {
		if f.Role == "" || e.Role != f.Role && e.Role != f.also || !e.covers(f.Rule, f.member(), f.serial) {
			continue
		}
		if len(closest) > 0 && e.binds() > closest[0].binds() {
			closest = nil
		}
		if len(closest) == 0 || e.binds() == closest[0].binds() {
			closest = append(closest, e)
		}
	}
	return closest
}

// leans remembers that an exception is needed, and by whom.
func (l *linter) leans(e Exception, f Finding) {
	l.used[e] = append(l.used[e], strings.Split(f.members, "\n")...)
}

// markNew finds what an exception in force excuses for the first time. An
// exception names a rule and a role, so without this a reason that was given
// for one card would cover the next one in silence.
func (l *linter) markNew() {
	var before map[[2]string][]string
	for i := range l.found {
		f := &l.found[i]
		if f.Severity != Excused || f.New {
			continue
		}
		if before == nil {
			before = l.excusedBefore()
		}
		for _, subject := range f.subjects() {
			f.New = f.New || !slices.Contains(before[[2]string{f.Rule, f.Role}], subject)
		}
	}
}

// excusedBefore is what the policies in force excuse, by rule and role.
func (l *linter) excusedBefore() map[[2]string][]string {
	in := &linter{Proposal: Proposal{Charters: l.InForce, Opened: l.Opened, Verifier: l.Verifier}, used: map[Exception][]string{}}
	in.prepare()
	for _, r := range Rules() {
		if r.Excusable {
			in.apply(r)
		}
	}
	before := map[[2]string][]string{}
	for _, f := range in.found {
		if f.Severity == Excused {
			at := [2]string{f.Rule, f.Role}
			before[at] = append(before[at], f.subjects()...)
		}
	}
	return before
}

// subjects are the things that an exception has to excuse.
func (f Finding) subjects() []string {
	if f.subject == "" {
		return []string{f.Text}
	}
	return strings.Split(f.subject, "\n")
}

// member is whom the finding is about, if it is about one.
func (f Finding) member() string {
	if strings.Contains(f.members, "\n") {
		return ""
	}
	return f.members
}

// judgeExceptions refuses those that no rule knows or that are bound to what
// their rule is not about, and names those that nothing needs and those that
// hold for whoever is in the role.
func (l *linter) judgeExceptions() {
	for _, e := range l.exceptions {
		r, known := findRule(e.Rule)
		switch {
		case !known:
			var ids []string
			for _, r := range Rules() {
				if r.Excusable {
					ids = append(ids, r.ID)
				}
			}
			l.refuse(e.Role, "correct the exception's rule or remove it", "the exception for %s names no rule: %q%s", e.Role, e.Rule, suggest(e.Rule, ids))
		case !r.Excusable:
			next := "remove the exception and repair what the rule refuses"
			if len(r.Bounds) > 0 {
				next = "remove the exception; the rule's bounds can be set in [lint]: " + strings.Join(r.Bounds, ", ")
			}
			l.refuse(e.Role, next, "the rule %s allows no exception, for %s: %s", r.ID, e.Role, r.Reason)
		case e.Member != "" && !slices.Contains(r.Narrows, "member"):
			l.refuse(e.Role, "take member out of the exception", "the %s cannot be: the rule is about the role, not about one member", e)
		case e.Serial != 0 && !slices.Contains(r.Narrows, "serial"):
			l.refuse(e.Role, "take serial out of the exception", "the %s cannot be: the rule is not about cards", e)
		case len(l.used[e]) == 0 && l.judged(e.Role):
			l.say(Warning, e.Role, "remove the exception", "nothing in %s needs the exception from %s%s (%s)", e.Role, r.ID, boundTo(e.Member, serialWords(e.Serial)), e.Reason)
		case len(l.used[e]) > 0 && len(r.Narrows) > 0 && e.binds() == 0:
			l.unbound(e)
		}
	}
}

// unbound tells that an exception is bound to nobody, and who needs it.
func (l *linter) unbound(e Exception) {
	needed := slices.Compact(slices.Sorted(slices.Values(l.used[e])))
	everyone := 0
	for _, c := range l.charters {
		if r, ok := c.role(e.Role); ok {
			everyone = len(c.people(r))
		}
	}
	const text = "the %s names no member, so it holds for whoever is in %s, now and later; it is needed by %s"
	if len(needed) >= everyone {
		l.say(Note, e.Role, "", text, e, e.Role, "everybody in "+e.Role)
		return
	}
	next := "write one exception for each of them, with member = \"…\""
	if len(needed) == 1 {
		next = fmt.Sprintf("write member = %q in it", needed[0])
	}
	l.say(Warning, e.Role, next, text, e, e.Role, strings.Join(needed, ", "))
}

// judged reports whether everything that could need a role's exception was
// looked at: the charter that names the role, and its own.
func (l *linter) judged(role string) bool {
	named, own := false, false
	for _, c := range l.charters {
		_, names := c.role(role)
		named = named || names
		own = own || c.Role == role
	}
	people := slices.Contains(l.peopleRoles(), role)
	return named && (own || !people)
}
