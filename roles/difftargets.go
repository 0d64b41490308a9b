package roles

import "slices"

// pathMembers are the two ways in which a delegation names its paths.
var pathMembers = []struct{ name, noun string }{
	{"paths", "paths"},
	{"path_hash_prefixes", "prefixes of path hashes"},
}

// explainDelegations says which roles are trusted with which paths; their keys
// and thresholds are told with the rosters.
func (x *comparison) explainDelegations() {
	old, _ := x.before.to("delegations", "roles").elements(always("name")...)
	new, _ := x.after.to("delegations", "roles").elements(always("name")...)
	for _, role := range union(old, new) {
		was, had := old.byName[role]
		is, has := new.byName[role]
		switch {
		case had && has:
			x.explainPaths(role, was, is)
			x.explainTerminating(role, was, is)
		case has:
			x.sayDelegation(DelegationAdded, "is trusted with ", role, after, is)
		default:
			x.sayDelegation(DelegationGone, "is no longer trusted; it was trusted with ", role, before, was)
		}
	}
	x.explainDelegationOrder(old.names, new.names)
}

// sayDelegation tells all about a delegation that is new or gone.
func (x *comparison) sayDelegation(kind ChangeKind, words, role string, at side, is spot) {
	s := x.say(kind)
	s.Subject = shownName(role)
	s.Roles = []string{role}
	s.keep = true
	s.Text = s.Subject + " " + words
	s.claimWhole(at, is.to("name"))
	told := false
	for _, member := range pathMembers {
		list, ok := readList(is.node.member(member.name))
		if !ok {
			continue
		}
		if told {
			s.Text += ", and with "
		}
		told = true
		s.Text += member.noun + " " + list
		s.claimWhole(at, is.to(member.name))
	}
	if !told {
		s.Text += "no paths that can be read"
	}
	if ends, ok := is.node.member("terminating").boolean(); ok {
		s.Text += "; " + endingWords(ends)
		s.claimWhole(at, is.to("terminating"))
	}
}

func endingWords(terminating bool) string {
	if terminating {
		return "terminating: for these paths no later role is asked"
	}
	return "not terminating: what it does not list, later roles may"
}

// explainPaths says how the paths of a role change.
func (x *comparison) explainPaths(role string, was, is spot) {
	for _, member := range pathMembers {
		s := x.explainList(PathsChanged, member.noun+" of "+shownName(role), was.to(member.name), is.to(member.name))
		if s != nil {
			s.Roles = []string{role}
		}
	}
}

func (x *comparison) explainTerminating(role string, was, is spot) {
	old, hadOld := was.node.member("terminating").boolean()
	new, hasNew := is.node.member("terminating").boolean()
	if !hadOld || !hasNew || old == new {
		return
	}
	s := x.say(Terminating)
	s.Subject = shownName(role)
	s.Roles = []string{role}
	s.Text = s.Subject + " is now " + endingWords(new) + "; before it was the other way round"
	s.claimWhole(before, was.to("terminating"))
	s.claimWhole(after, is.to("terminating"))
}

// explainDelegationOrder says in which order roles are asked: the first that
// lists a path decides.
func (x *comparison) explainDelegationOrder(old, new []string) {
	if slices.Equal(old, new) || len(old)+len(new) == 1 {
		return
	}
	s := x.say(DelegationOrder)
	s.Subject = "delegated roles"
	s.Text = "delegated roles are asked in this order: " + places(new)
	if len(old) > 0 {
		s.Text += "; before: " + places(old)
	}
	s.keep = true
	x.ledger.shifted(s, "/delegations/roles")
}
