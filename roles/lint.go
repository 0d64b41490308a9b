package roles

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rust-lang/rust-tuf/roles/attest"
	"github.com/rust-lang/rust-tuf/verify"
)

// Proposal is what [Lint] judges: the documents that an event would make, and
// what they would follow.
type Proposal struct {
	// Declaration is the policy and the members. It may be nil for a proposal
	// that is known by its charters alone; rules that need it are then silent.
	Declaration *Declaration
	// Role limits the lint to one role's charter; empty means all of them.
	Role string
	// Charters are those of the roles that are signed in this event. When it
	// is empty, the declaration's charters are judged.
	Charters map[string]*Charter
	// InForce are the charters of the newest trusted versions, by role. An
	// exception that none of them has is new.
	InForce map[string]*Charter
	// Trusted is the newest trusted root; nil before the first.
	Trusted *verify.Root
	// Targets are the newest trusted versions of targets and delegated roles.
	Targets map[string]*verify.Targets
	// Opened is the instant from which lifetimes count, and at which the
	// certificates of cards must be valid. It is zero without an event.
	Opened time.Time
	// Members are names of members whose active keys are judged whether or not
	// a role names them: those whose files a pull request edits, or who are
	// being enrolled. It needs Declaration. What is said of a key that no
	// judged role names has no role.
	Members []string
	// Verifier judges the attestations of cards; nil trusts Yubico's roots and
	// knows the intermediates that are built in. One that trusts test roots is
	// for rehearsals, and a finding says that it is in use. Nothing in a policy
	// can name one.
	Verifier *attest.Verifier
}

// Severity is what follows from a finding.
type Severity string

const (
	// Refused must be repaired: the proposal cannot be opened.
	Refused Severity = "refused"
	// Warning is for the signers to weigh.
	Warning Severity = "warning"
	// Excused is what a rule refuses and an exception allows.
	Excused Severity = "excused"
	// Note is good to know.
	Note Severity = "note"
)

func (s Severity) rank() int {
	return slices.Index([]Severity{Refused, Warning, Excused, Note}, s)
}

// Finding is one thing that a rule has to say about a role.
type Finding struct {
	Rule string `json:"rule"`
	// Role is the role concerned; empty when it is the declaration as a whole.
	// For the rule "resign" it is the role that the event must sign as well.
	Role     string   `json:"role,omitempty"`
	Severity Severity `json:"severity"`
	// Text says what is wrong, with names and numbers.
	Text string `json:"text"`
	// Why is the rule's reason.
	Why string `json:"why"`
	// Next says what to do; empty for what asks for nothing.
	Next string `json:"next,omitempty"`
	// Reason is the exception's reason, for Excused.
	Reason string `json:"reason,omitempty"`
	// New says that signers agree to it with this proposal: the exception is
	// not in force yet, or what it excuses now it did not excuse before, such
	// as another member's key or another shortcoming. For Excused.
	New bool `json:"new,omitempty"`

	// subject is what an exception excuses, one thing a line; Text when empty.
	subject string
	members string // whom it is about, one a line, for rules about members
	serial  int64  // the card, likewise
	also    string // a second role whose exception excuses it
	final   bool   // no exception excuses it, although the rule allows some
}

// Lint checks every rule against a proposal. The findings are sorted by
// severity (refused first), then by rule in the order of [Rules], then by role.
func Lint(p Proposal) []Finding {
	l := &linter{Proposal: p, used: map[Exception][]string{}}
	l.prepare()
	for _, r := range Rules() {
		l.apply(r)
	}
	l.markNew()
	l.rule, _ = findRule("exception")
	l.judgeExceptions()
	order := map[string]int{}
	for i, r := range Rules() {
		order[r.ID] = i
	}
	slices.SortStableFunc(l.found, func(a, b Finding) int {
		return cmp.Or(
			cmp.Compare(a.Severity.rank(), b.Severity.rank()),
			cmp.Compare(order[a.Rule], order[b.Rule]),
			cmp.Compare(l.roleRank(a.Role), l.roleRank(b.Role)),
		)
	})
	return slices.CompactFunc(l.found, func(a, b Finding) bool { return a == b })
}

// linter is one run over a proposal.
type linter struct {
	Proposal
	rule       Rule
	charters   []*Charter // to judge, delegators first
	broken     map[string]error
	exceptions []Exception
	used       map[Exception][]string // the members who lean on it, if it is about members
	uses       []keyUse               // keys of members, by role
	cards      []cardKey              // those of uses that are on cards
	damaged    error                  // why there is no verifier
	found      []Finding
}

// apply checks one rule.
func (l *linter) apply(r Rule) {
	l.rule = r
	if r.check != nil {
		r.check(l)
	}
}

// prepare finds the charters to judge and the exceptions that hold.
func (l *linter) prepare() {
	l.broken = map[string]error{}
	if l.Role != "" && !slices.Contains(l.peopleRoles(), l.Role) {
		l.broken[l.Role] = &RoleError{l.Role, "there is no such role that people sign" + suggest(l.Role, l.peopleRoles())}
	}
	for _, role := range l.peopleRoles() {
		if l.Role != "" && role != l.Role {
			continue
		}
		c := l.Charters[role]
		if c == nil && len(l.Charters) == 0 {
			var err error
			if c, err = l.Declaration.Charter(role); err != nil {
				l.broken[role] = err
				continue
			}
		}
		if c != nil {
			l.charters = append(l.charters, c)
		}
	}
	l.findUses()
	l.judgeCards()
	if l.Declaration != nil {
		l.exceptions = l.Declaration.Policy.Exceptions
		return
	}
	for _, c := range l.charters {
		for _, e := range c.Exceptions {
			if !slices.Contains(l.exceptions, e) {
				l.exceptions = append(l.exceptions, e)
			}
		}
	}
}

// peopleRoles are the roles with a charter: those of the declaration,
// delegators first, then those that only a charter knows.
func (l *linter) peopleRoles() []string {
	var names []string
	if l.Declaration != nil {
		names = l.Declaration.PeopleRoles()
	}
	others := slices.DeleteFunc(sortedKeys(l.Charters), func(role string) bool { return slices.Contains(names, role) })
	slices.SortStableFunc(others, func(a, b string) int { return cmp.Compare(rankTopLevel(a), rankTopLevel(b)) })
	return append(names, others...)
}

func rankTopLevel(role string) int {
	four := topLevel()
	if i := slices.Index(four[:], role); i >= 0 {
		return i
	}
	return len(four)
}

func (l *linter) roleRank(role string) int {
	if !TopLevel(role) && l.Declaration != nil {
		return rankTopLevel(role) + 1 + slices.Index(l.Declaration.Policy.order, role)
	}
	return rankTopLevel(role)
}

// say adds a finding of the current rule.
func (l *linter) say(s Severity, role, next, format string, args ...any) {
	l.add(Finding{Role: role, Severity: s, Next: next, Text: fmt.Sprintf(format, args...)})
}

// refuse adds what the current rule refuses, unless an exception allows it.
func (l *linter) refuse(role, next, format string, args ...any) {
	l.say(Refused, role, next, format, args...)
}

func (l *linter) add(f Finding) {
	f.Rule, f.Why = l.rule.ID, l.rule.Reason
	if f.Severity == Refused && l.rule.Excusable && !f.final {
		for _, e := range l.excuses(f) {
			l.leans(e, f)
			f.Severity, f.Reason, f.Next, f.New = Excused, e.Reason, "", !l.isInForce(e)
		}
		if f.Severity == Refused && f.Role != "" {
			f.Next += "; or allow it in so many words: " + Exception{Rule: f.Rule, Role: f.Role, Member: f.member(), Serial: f.serial}.example()
		}
	}
	l.found = append(l.found, f)
}

// declaration refuses a role whose charter cannot be made.
func (l *linter) declaration() {
	const next = "repair the policy or the member's file"
	for _, role := range sortedKeys(l.broken) {
		var joined interface{ Unwrap() []error }
		if errors.As(l.broken[role], &joined) {
			for _, each := range joined.Unwrap() {
				l.refuse(role, next, "%v", each)
			}
			continue
		}
		l.refuse(role, next, "%v", l.broken[role])
	}
}

// eachRole calls f for every role that a judged charter names, once.
func (l *linter) eachRole(f func(c *Charter, r CharterRole)) {
	for _, c := range l.charters {
		for _, r := range c.Roles {
			f(c, r)
		}
	}
}

// eachPeopleRole is eachRole for roles with members.
func (l *linter) eachPeopleRole(f func(c *Charter, r CharterRole)) {
	l.eachRole(func(c *Charter, r CharterRole) {
		if len(r.Members) > 0 {
			f(c, r)
		}
	})
}

// enumerate joins names with commas.
func enumerate[T fmt.Stringer](items []T) string {
	words := make([]string, len(items))
	for i, item := range items {
		words[i] = item.String()
	}
	return strings.Join(words, ", ")
}
