package roles

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// sayMove words one move of a key.
func (x *comparison) sayMove(m *keyMove) {
	s := x.say(m.kind)
	s.Roles = m.roles
	in := joined(named(m.roles))
	switch m.kind {
	case KeyAdded:
		k := m.new[0]
		s.Subject = k.holder()
		s.Text = k.holder() + " " + m.words + " " + in + ": " + k.describe() + underIDs(m.new)
		s.detailKeys("", m.new)
	case KeyRemoved:
		k := m.old[0]
		s.Subject = k.holder()
		s.Text = k.holder() + " " + m.words + " " + in + ": " + k.describe() + underIDs(m.old)
		s.detailKeys("", m.old)
	case KeyReplaced:
		s.Subject = m.new[0].holder()
		s.Text = whose(m.old[0]) + " in " + in + " is replaced: old " + m.old[0].describe() + underIDs(m.old) +
			", new " + m.new[0].describe() + underIDs(m.new)
		s.detailKeys("old ", m.old)
		s.detailKeys("new ", m.new)
	case KeyIDChanged:
		s.Subject = m.new[0].holder()
		s.Text = whose(m.old[0]) + " in " + in + " stays, under another key id: " + m.new[0].describe() + underIDs(m.new)
		if m.old[0].owner != m.new[0].owner {
			s.Text += "; its owner was named " + m.old[0].holder() + " and is now named " + m.new[0].holder()
		}
		s.detailKeys("old ", m.old)
		s.detailKeys("new ", m.new)
	}
	for _, role := range m.roles {
		p := x.pairs[role]
		s.claimListed(before, p.old, p.implied, m.old...)
		s.claimListed(after, p.new, p.implied, m.new...)
	}
	for _, k := range m.old {
		s.claimKey(x.before, k)
	}
	for _, k := range m.new {
		s.claimKey(x.after, k)
	}
	s.keep = true
}

// underIDs tells that one key is listed under several ids.
func underIDs(keys []*carriedKey) string {
	if len(keys) < 2 {
		return ""
	}
	return ", listed under " + strconv.Itoa(len(keys)) + " ids and counted once"
}

func (s *sentence) detailKeys(prefix string, keys []*carriedKey) {
	for _, k := range keys {
		if len(keys) > 1 {
			s.detailKey(prefix+"as "+k.holder()+", ", k)
		} else {
			s.detailKey(prefix, k)
		}
	}
}

// whose starts a sentence about somebody's key.
func whose(k *carriedKey) string {
	if k.owner == "" {
		return k.holder()
	}
	return k.holder() + "'s key"
}

// explainOwners tells of keys that stay and change their owner's name.
func (x *comparison) explainOwners() {
	for _, id := range slices.Sorted(maps.Keys(x.after.keys)) {
		now, old := x.after.keys[id], x.before.keys[id]
		if old == nil || old.identity() != now.identity() || old.owner == now.owner {
			continue
		}
		s := x.say(OwnerRenamed)
		s.Subject = now.holder()
		for _, role := range x.after.roles {
			if len(x.after.rosters[role].places[id]) > 0 {
				s.Roles = append(s.Roles, role)
			}
		}
		s.Text = "the same key has another owner's name: " + now.describe() + " was of " + old.nameOrNone() + " and is now of " + now.nameOrNone()
		s.detailKey("", now)
		s.claimOwner(x.before, old)
		s.claimOwner(x.after, now)
	}
}

func (k *carriedKey) nameOrNone() string {
	if k.owner == "" {
		return "nobody named"
	}
	return shownName(k.owner)
}

// explainUnlisted tells of keys that a document carries for no role.
func (x *comparison) explainUnlisted(e *edition, words string) {
	listed := make(map[string]bool)
	for _, r := range e.rosters {
		for _, id := range r.ids {
			listed[id] = true
		}
	}
	for _, id := range slices.Sorted(maps.Keys(e.keys)) {
		k := e.keys[id]
		if listed[id] || !k.carried {
			continue
		}
		s := x.say(KeyUnlisted)
		s.Subject = k.holder()
		s.Text = "a key " + words + k.describe() + ", of " + k.nameOrNone()
		s.detailKey("", k)
		s.claimKey(e, k)
	}
}

// explainThreshold says how many of how many keys must sign for a role. Roles
// of which the same is to be said share one sentence.
func (x *comparison) explainThreshold(p *rosterPair, said map[string]*sentence) {
	if p.same() {
		return
	}
	words, details := p.words()
	kind := KeysChanged
	if p.old == nil || p.new == nil || rawOf(p.old.threshold) != rawOf(p.new.threshold) {
		kind = ThresholdChanged
	}
	name := string(kind) + words + "\x00" + strings.Join(details, "\x00")
	s := said[name]
	if s == nil {
		s = x.say(kind)
		s.Details = details
		said[name] = s
	}
	s.Roles = append(s.Roles, p.role)
	s.Subject = joined(named(s.Roles))
	s.Text = s.Subject + ": " + words
	s.keep = s.keep || len(p.join)+len(p.leave) > 0
	for at, r := range [2]*roster{p.old, p.new} {
		if r == nil {
			continue
		}
		if threshold, ok := r.threshold.number(); ok {
			s.claim(side(at), pointer(r.at, "threshold"), strconv.FormatInt(threshold, 10))
		}
		if r.listed && len(r.ids) == 0 {
			s.claim(side(at), pointer(r.at, "keyids"), "[]")
		}
	}
	for _, identity := range p.kept {
		s.claimListed(before, p.old, p.implied, p.old.held(identity)...)
		s.claimListed(after, p.new, p.implied, p.new.held(identity)...)
	}
}

// same reports whether nothing about the roster changed but perhaps its place.
func (p *rosterPair) same() bool {
	return p.old != nil && p.new != nil && rawOf(p.old.threshold) == rawOf(p.new.threshold) &&
		p.old.listed == p.new.listed && slices.Equal(p.old.ids, p.new.ids) && len(p.join)+len(p.leave) == 0
}

func rawOf(n *jsonNode) string {
	if n == nil {
		return ""
	}
	return n.raw
}

// words says threshold and number of keys, the details who stays.
func (p *rosterPair) words() (words string, details []string) {
	switch {
	case p.new == nil:
		return "the role is gone; " + p.old.thresholdWords("had a threshold of ", "had ") + " and " + p.old.keyWords(), nil
	case p.old == nil && p.new.listed:
		return p.new.thresholdWords("", "") + " of " + p.new.keyWords() + " must sign", nil
	case p.old == nil:
		return p.new.thresholdWords("threshold ", "") + "; " + p.new.keyWords(), nil
	}
	was, is := p.old.thresholdWords("", ""), p.new.thresholdWords("", "")
	if was == is {
		words = "threshold stays " + is
	} else {
		words = "threshold changes from " + was + " to " + is
	}
	words += "; " + p.new.keyWords()
	if len(p.join)+len(p.leave) == 0 {
		return words + ", the same as before", p.stayLine()
	}
	replaced := len(p.replacements())
	var parts []string
	for _, part := range []struct {
		n          int
		one, other string
	}{
		{len(p.stay), "stays", "stay"},
		{replaced, "is replaced", "are replaced"},
		{len(p.join) - replaced, "joins", "join"},
		{len(p.leave) - replaced, "leaves", "leave"},
	} {
		switch {
		case part.n == 1:
			parts = append(parts, "1 "+part.one)
		case part.n > 1:
			parts = append(parts, strconv.Itoa(part.n)+" "+part.other)
		}
	}
	return words + ": " + strings.Join(parts, ", "), p.stayLine()
}

// stayLine names whose keys are in both documents.
func (p *rosterPair) stayLine() []string {
	if len(p.stay) == 0 {
		return []string{"no key is in both versions"}
	}
	var holders []string
	for _, identity := range p.stay {
		holders = append(holders, p.new.held(identity)[0].holder())
	}
	slices.Sort(holders)
	return []string{"in both versions: " + joined(holders)}
}

func (r *roster) thresholdWords(number, else_ string) string {
	if n, ok := r.threshold.number(); ok {
		return number + strconv.FormatInt(n, 10)
	}
	return else_ + "no threshold that can be read"
}

// keyWords counts distinct keys, not ids.
func (r *roster) keyWords() string {
	if !r.listed {
		return "no list of key ids that can be read"
	}
	words := counted(len(r.order), "key")
	if len(r.order) != len(r.ids) {
		words += " in a list of " + counted(len(r.ids), "id")
	}
	return words
}

// explainOrder writes out a list of key ids whose order does not follow from
// what is added and removed.
func (x *comparison) explainOrder(p *rosterPair) {
	if p.implied || slices.Equal(p.old.list(), p.new.list()) {
		return
	}
	s := x.say(KeyOrder)
	s.Subject = shownName(p.role)
	s.Roles = []string{p.role}
	s.Text = shownName(p.role) + " lists its key ids in an order of its own, which has no meaning for the threshold"
	if id := twice(p.new.list()); id != "" {
		s.Text += "; it lists key id " + brief(id) + " more than once, which counts once"
	}
	for at, r := range [2]*roster{p.old, p.new} {
		for i, id := range r.list() {
			s.detail([2]string{"before ", "now "}[at] + strconv.Itoa(i+1) + ": " + grouped(id))
			s.claim(side(at), pointer(r.at, "keyids", strconv.Itoa(i)), canonicalString(id))
		}
	}
}
