package roles

import (
	"slices"
	"strconv"
	"time"
)

// A reading turns a value of one expected form into words. The words determine
// the value: ok is false for any other spelling of it.
type reading func(*jsonNode) (words string, ok bool)

func readText(n *jsonNode) (string, bool) {
	s, ok := n.str()
	return shownName(s), ok
}

func readProse(n *jsonNode) (string, bool) {
	s, ok := n.str()
	return shownProse(s), ok
}

func readNumber(n *jsonNode) (string, bool) {
	i, ok := n.number()
	return strconv.FormatInt(i, 10), ok
}

func readYesNo(n *jsonNode) (string, bool) {
	value, ok := n.boolean()
	if value {
		return "yes", ok
	}
	return "no", ok
}

func readOnOff(n *jsonNode) (string, bool) {
	value, ok := n.boolean()
	if value {
		return "on", ok
	}
	return "off", ok
}

func readDigest(n *jsonNode) (string, bool) {
	s, ok := n.str()
	return grouped(s), ok
}

func readList(n *jsonNode) (string, bool) {
	list, ok := n.strings()
	return joined(named(list)), ok
}

// readLifetime reads a lifetime such as "2y".
func readLifetime(n *jsonNode) (string, bool) {
	s, ok := n.str()
	l, err := ParseLifetime(s)
	if err != nil {
		return shownName(s), ok
	}
	return counted(l.n, map[byte]string{'y': "year", 'w': "week", 'd': "day", 'h': "hour"}[l.unit]), ok
}

// readMoment reads an instant in the one form that determines its spelling.
func readMoment(n *jsonNode) (string, bool) {
	t, ok := instant(n)
	return moment(t), ok
}

func instant(n *jsonNode) (time.Time, bool) {
	s, _ := n.str()
	t, err := time.Parse(time.RFC3339, s)
	return t, err == nil && t.Format("2006-01-02T15:04:05Z") == s
}

// claimWhole claims a value that a sentence states in full.
func (s *sentence) claimWhole(at side, of spot) {
	for _, leaf := range flatten(of.node, nil) {
		s.claim(at, of.at+leaf.pointer, leaf.raw)
	}
}

// A comparer collects sentences about two documents.
type comparer struct {
	ledger *ledger
	first  bool // there is no old document
	said   []*sentence
}

// say starts a sentence.
func (c *comparer) say(kind ChangeKind) *sentence {
	s := &sentence{Change: Change{Kind: kind}}
	c.said = append(c.said, s)
	return s
}

// changes are the sentences and what they left out, most important first.
func (c *comparer) changes() []Change { return inOrder(c.ledger.settle(c.said)) }

// explainPair says how one value differs, in words that state it on both sides.
// It returns nil when the value has a form that cannot be read.
func (c *comparer) explainPair(kind ChangeKind, subject string, read reading, old, new spot) *sentence {
	oldWords, oldOK := read(old.node)
	newWords, newOK := read(new.node)
	if old.node != nil && !oldOK || new.node != nil && !newOK || old.node == nil && new.node == nil {
		return nil
	}
	if oldOK && newOK && oldWords == newWords {
		return nil
	}
	s := c.say(kind)
	s.Subject = subject
	switch {
	case c.first:
		s.Text = subject + ": " + newWords
	case old.node == nil:
		s.Text = subject + " is new: " + newWords
	case new.node == nil:
		s.Text = subject + " is gone: it was " + oldWords
	default:
		s.Text = subject + " changes from " + oldWords + " to " + newWords
	}
	s.claimWhole(before, old)
	s.claimWhole(after, new)
	return s
}

// explainList says how a list of strings differs, with both lists in full.
func (c *comparer) explainList(kind ChangeKind, subject string, old, new spot) *sentence {
	was, hadOld := old.node.strings()
	is, hasNew := new.node.strings()
	if !hadOld || !hasNew {
		return c.explainPair(kind, subject, readList, old, new)
	}
	if slices.Equal(was, is) {
		return nil
	}
	s := c.say(kind)
	s.Subject = subject
	s.Text = subject + " change"
	added, removed := without(is, was), without(was, is)
	if len(added) > 0 {
		s.Text += "; added: " + joined(named(added))
	}
	if len(removed) > 0 {
		s.Text += "; removed: " + joined(named(removed))
	}
	if len(added)+len(removed) == 0 {
		s.Text += " only in their order or number"
	}
	s.detail("before: " + joined(named(was)))
	s.detail("now: " + joined(named(is)))
	s.claimWhole(before, old)
	s.claimWhole(after, new)
	return s
}

// A field is one member of a named thing and how it is told; a list of strings
// when it has no reading.
type field struct {
	kind ChangeKind
	noun string
	name string
	read reading
}

// explainThing tells of an element of a list: each field that differs when it
// is in both documents, all fields in one sentence, which is returned, when it
// is new or gone.
func (c *comparer) explainThing(added, gone ChangeKind, subject string, identity []part, fields []field, old, new spot) *sentence {
	if old.node != nil && new.node != nil {
		for _, f := range fields {
			if f.read == nil {
				c.explainList(f.kind, f.noun+" of "+subject, old.to(f.name), new.to(f.name))
			} else {
				c.explainPair(f.kind, f.noun+" of "+subject, f.read, old.to(f.name), new.to(f.name))
			}
		}
		return nil
	}
	kind, words, at, thing := added, " is new", after, new
	switch {
	case c.first:
		words = ""
	case new.node == nil:
		kind, words, at, thing = gone, " is gone", before, old
	}
	s := c.say(kind)
	s.Subject = subject
	s.Text = subject + words
	s.keep = true
	for _, p := range identity {
		s.claimWhole(at, thing.to(p.member))
	}
	mark := ": "
	for _, f := range fields {
		value := thing.to(f.name)
		read := f.read
		if read == nil {
			read = readList
		}
		if told, ok := read(value.node); ok {
			s.Text += mark + f.noun + " " + told
			mark = "; "
			s.claimWhole(at, value)
		}
	}
	return s
}

// explainPlaces says in which order the elements of a list stand, unless both
// lists are sorted by name, where what is new and gone says it all.
func (c *comparer) explainPlaces(kind ChangeKind, noun, list string, old, new namedList) {
	if slices.Equal(old.names, new.names) {
		return
	}
	s := c.say(kind)
	s.Subject = noun
	c.ledger.shifted(s, list)
	if slices.IsSorted(old.names) && slices.IsSorted(new.names) {
		s.Text = noun + " stay sorted by name, so that some move in the list"
		return
	}
	s.Text = noun + " stand in this order: " + places(new.names)
	if !c.first {
		s.Text += "; before: " + places(old.names)
	}
	s.keep = len(new.names) > 1
}

// explainEmptiness tells of an object or list that is or was empty.
func (c *comparer) explainEmptiness(old, new spot) {
	for at, content := range [2]spot{old, new} {
		words := map[string]string{"{}": "an empty object", "[]": "an empty list"}[rawOf(content.node)]
		if words == "" {
			continue
		}
		s := c.say(FormatChanged)
		s.Subject = content.at
		s.Text = content.at + [2]string{" was ", " is "}[at] + words
		s.claimWhole(side(at), content)
	}
}
