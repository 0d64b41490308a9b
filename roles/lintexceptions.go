package roles

import (
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
	in := &linter{Proposal: Proposal{Charters: l.InForce, Opened: l.Opened, Verifier: l.Verifier}, used: map[Exception]bool{}}
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

// judgeExceptions refuses those that no rule knows and names those that
// nothing needs.
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
		case !l.used[e] && l.judged(e.Role):
			l.say(Warning, e.Role, "remove the exception", "nothing in %s needs the exception from %s (%s)", e.Role, r.ID, e.Reason)
		}
	}
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
