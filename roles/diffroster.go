package roles

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// A keyMove is what happens to one key in one or more roles.
type keyMove struct {
	kind     ChangeKind
	words    string        // tells apart moves that are worded differently
	old, new []*carriedKey // the ids of the key before and after
	roles    []string
}

// What a holder does in a role when a key of theirs moves.
const (
	moveFirst   = "signs for"
	moveJoins   = "joins"
	moveFurther = "gets a further key in"
	moveLeaves  = "leaves"
	moveFewer   = "loses one of several keys in"
)

// A rosterPair is one role's list of keys in both documents.
type rosterPair struct {
	role     string
	old, new *roster  // nil where the role is absent
	stay     []string // identities
	leave    []string
	join     []string
	respelt  []string // those of stay that stay under other ids
	kept     []string // the others
	implied  bool     // the order of the new list follows from old list and moves
}

// explainRosters says who can sign for which role: keys that come, go, are
// replaced or get another id or owner, and thresholds.
func (x *comparison) explainRosters() {
	x.explainOwners()
	moves := &moveList{byWords: make(map[string]*keyMove)}
	thresholds := make(map[string]*sentence)
	for _, role := range x.roleNames() {
		p := x.pairRosters(role)
		x.collect(p, moves)
		x.explainThreshold(p, thresholds)
		x.explainOrder(p)
	}
	x.moves = moves.sorted(x.roleNames())
	for _, m := range x.moves {
		x.sayMove(m)
	}
	x.explainUnlisted(x.before, "is gone that no role listed: ")
	x.explainUnlisted(x.after, "is carried that no role lists, so that it can sign nothing: ")
}

// roleNames lists the roles of both documents, those of the new one first.
func (x *comparison) roleNames() []string {
	return append(slices.Clone(x.after.roles), without(x.before.roles, x.after.roles)...)
}

// changedRoles lists the roles of which something is to be said: root, and
// whatever changes.
func (x *comparison) changedRoles() []string {
	var roles []string
	for _, role := range x.after.roles {
		if p := x.pairs[role]; role == Root || p != nil && !p.same() {
			roles = append(roles, role)
		}
	}
	return roles
}

func (x *comparison) pairRosters(role string) *rosterPair {
	p := &rosterPair{role: role, old: x.before.rosters[role], new: x.after.rosters[role]}
	for _, identity := range p.new.identities() {
		switch {
		case len(p.old.held(identity)) == 0:
			p.join = append(p.join, identity)
		case sameIDs(p.old.held(identity), p.new.held(identity)):
			p.stay = append(p.stay, identity)
			p.kept = append(p.kept, identity)
		default:
			p.stay = append(p.stay, identity)
			p.respelt = append(p.respelt, identity)
		}
	}
	for _, identity := range p.old.identities() {
		if len(p.new.held(identity)) == 0 {
			p.leave = append(p.leave, identity)
		}
	}
	p.implied = impliedOrder(p.old.list(), p.new.list())
	x.pairs[role] = p
	return p
}

func (r *roster) identities() []string {
	if r == nil {
		return nil
	}
	return r.order
}

func (r *roster) list() []string {
	if r == nil {
		return nil
	}
	return r.ids
}

// held returns the ids under which the roster lists the key of an identity.
func (r *roster) held(identity string) []*carriedKey {
	if r == nil {
		return nil
	}
	return r.holders[identity]
}

func sameIDs(a, b []*carriedKey) bool {
	return slices.EqualFunc(a, b, func(a, b *carriedKey) bool { return a.id == b.id })
}

// impliedOrder reports whether who reads what is added and removed also knows
// the new list: no element twice, and either the new list is sorted, or what
// stays keeps its order and at most one element follows at the end.
func impliedOrder(old, new []string) bool {
	if twice(old) != "" || twice(new) != "" {
		return false
	}
	if slices.IsSorted(new) {
		return true
	}
	added := without(new, old)
	expected := without(old, without(old, new))
	return len(added) <= 1 && slices.Equal(append(expected, added...), new)
}

// twice returns an element that a list holds more than once.
func twice(list []string) string {
	seen := make(map[string]bool, len(list))
	for _, element := range list {
		if seen[element] {
			return element
		}
		seen[element] = true
	}
	return ""
}

// A moveList joins the moves of one key in several roles.
type moveList struct {
	list    []*keyMove
	byWords map[string]*keyMove
}

func (l *moveList) add(role string, m keyMove) {
	name := string(m.kind) + "\x00" + m.words + "\x00" + idsOf(m.old) + "\x00" + idsOf(m.new)
	known, ok := l.byWords[name]
	if !ok {
		known = &m
		l.byWords[name] = known
		l.list = append(l.list, known)
	}
	known.roles = append(known.roles, role)
}

// sorted puts the moves in the order of roles and, within a role, of holders.
func (l *moveList) sorted(roles []string) []*keyMove {
	rank := make(map[string]int, len(roles))
	for i, role := range roles {
		rank[role] = i
	}
	slices.SortStableFunc(l.list, func(a, b *keyMove) int {
		return cmp.Or(rank[a.roles[0]]-rank[b.roles[0]], strings.Compare(a.holder(), b.holder()))
	})
	return l.list
}

func (m *keyMove) holder() string {
	if len(m.new) > 0 {
		return m.new[0].holder()
	}
	return m.old[0].holder()
}

func idsOf(keys []*carriedKey) string {
	var ids []string
	for _, k := range keys {
		ids = append(ids, canonicalString(k.id))
	}
	return strings.Join(ids, ",")
}

// collect turns the comparison of one role into moves of keys.
func (x *comparison) collect(p *rosterPair, moves *moveList) {
	replacement := p.replacements()
	for _, identity := range p.leave {
		old := p.old.held(identity)
		if by, ok := replacement[identity]; ok {
			moves.add(p.role, keyMove{kind: KeyReplaced, old: old, new: p.new.held(by)})
			continue
		}
		words := moveLeaves
		if owner := old[0].owner; owner != "" && p.new != nil && p.new.owners[owner] > 0 {
			words = moveFewer
		}
		moves.add(p.role, keyMove{kind: KeyRemoved, words: words, old: old})
	}
	replaces := make(map[string]bool, len(replacement))
	for _, identity := range replacement {
		replaces[identity] = true
	}
	seen := make(map[string]bool) // owners that joined by now
	for _, identity := range p.join {
		if replaces[identity] {
			continue
		}
		added := p.new.held(identity)
		words := moveJoins
		if x.first {
			words = moveFirst
		}
		if owner := added[0].owner; owner != "" && (p.old != nil && p.old.owners[owner] > 0 || seen[owner]) {
			words = moveFurther
		}
		seen[added[0].owner] = true
		moves.add(p.role, keyMove{kind: KeyAdded, words: words, new: added})
	}
	for _, identity := range p.respelt {
		moves.add(p.role, keyMove{kind: KeyIDChanged, old: p.old.held(identity), new: p.new.held(identity)})
	}
}

// replacements pairs a key that leaves with the one key of the same owner that
// joins instead, or with another key that stands under the same id.
func (p *rosterPair) replacements() map[string]string {
	leaving, joining := p.byHolder(p.old, p.leave), p.byHolder(p.new, p.join)
	pairs := make(map[string]string)
	for holder, gone := range leaving {
		if come := joining[holder]; len(gone) == 1 && len(come) == 1 {
			pairs[gone[0]] = come[0]
		}
	}
	return pairs
}

// byHolder sorts keys by their owner, or by their id when they have none.
func (p *rosterPair) byHolder(r *roster, keys []string) map[[2]string][]string {
	by := make(map[[2]string][]string)
	for _, identity := range keys {
		k := r.held(identity)[0]
		holder := [2]string{k.owner, ""}
		if k.owner == "" {
			holder[1] = k.id
		}
		by[holder] = append(by[holder], identity)
	}
	return by
}

// claimListed claims the places of key ids in a role's list, when the order of
// the list is no news of its own.
func (s *sentence) claimListed(at side, r *roster, implied bool, ids ...*carriedKey) {
	if r == nil || !implied {
		return
	}
	for _, k := range ids {
		for _, i := range r.places[k.id] {
			s.claim(at, pointer(r.at, "keyids", strconv.Itoa(i)), canonicalString(k.id))
		}
	}
}
