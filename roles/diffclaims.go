package roles

import "slices"

// A side names one of the two documents that are compared.
type side int

const (
	before side = iota // the old document
	after              // the new document
)

// A place is a leaf of one of the two documents.
type place struct {
	side    side
	pointer string
}

// A claim says which value a sentence lets its reader expect at a place. It
// explains the place only when the document holds exactly this value there.
type claim struct {
	place
	want string // canonical JSON
}

// A sentence is a change together with the values that follow from its words.
type sentence struct {
	Change
	claims []claim
	keep   bool // said even when it explains no changed leaf
}

// was claims that the old document holds a value.
func (s *sentence) was(pointer, want string) { s.claim(before, pointer, want) }

// is claims that the new document holds a value.
func (s *sentence) is(pointer, want string) { s.claim(after, pointer, want) }

func (s *sentence) claim(at side, pointer, want string) {
	s.claims = append(s.claims, claim{place{at, pointer}, want})
}

// detail adds a line below the sentence.
func (s *sentence) detail(line string) { s.Details = append(s.Details, line) }

// A ledger holds every leaf of two documents and knows which of them must be
// explained: each leaf whose value differs from the other document's, be it at
// the same pointer or in the list element of the same name. That no leaf can
// be forgotten rests on this type alone: what no sentence predicts exactly is
// written out raw by settle.
type ledger struct {
	leaves  [2][]jsonLeaf
	values  [2]map[string]string // by pointer
	keys    [2]map[string]int    // index into leaves, by key
	changed map[place]bool
}

func newLedger(old, new *jsonNode, by identities) *ledger {
	l := &ledger{changed: make(map[place]bool)}
	for at, node := range [2]*jsonNode{old, new} {
		leaves := flatten(node, by)
		l.leaves[at] = leaves
		l.values[at] = make(map[string]string, len(leaves))
		l.keys[at] = make(map[string]int, len(leaves))
		for i, leaf := range leaves {
			l.values[at][leaf.pointer] = leaf.raw
			l.keys[at][leaf.key] = i
		}
	}
	for at := range l.leaves {
		for _, leaf := range l.leaves[at] {
			other := side(1 - at)
			samePlace, placed := l.values[other][leaf.pointer]
			sameName, named := l.partner(side(at), leaf)
			if !placed || samePlace != leaf.raw || !named || sameName.raw != leaf.raw {
				l.changed[place{side(at), leaf.pointer}] = true
			}
		}
	}
	return l
}

// partner returns the leaf of the other document that a leaf is compared with.
func (l *ledger) partner(at side, leaf jsonLeaf) (jsonLeaf, bool) {
	i, ok := l.keys[1-at][leaf.key]
	if !ok {
		return jsonLeaf{}, false
	}
	return l.leaves[1-at][i], true
}

// shifted claims every leaf that has the same value in both documents but
// stands elsewhere because elements of the list moved.
func (l *ledger) shifted(s *sentence, list string) {
	for _, leaf := range l.leaves[before] {
		now, ok := l.partner(before, leaf)
		if ok && now.pointer != leaf.pointer && now.raw == leaf.raw && under(leaf.pointer, list) {
			s.was(leaf.pointer, leaf.raw)
			s.is(now.pointer, now.raw)
		}
	}
}

func under(pointer, base string) bool {
	return len(pointer) > len(base) && pointer[:len(base)] == base && pointer[len(base)] == '/'
}

// settle turns sentences into changes: a sentence keeps the pointers of the
// changed leaves it explains, one that explains nothing is dropped, and every
// changed leaf that is left over becomes a change of its own.
func (l *ledger) settle(said []*sentence) []Change {
	var changes []Change
	explained := make(map[place]bool)
	for _, s := range said {
		paths := make(map[string]bool)
		for _, c := range s.claims {
			if l.changed[c.place] && l.values[c.side][c.pointer] == c.want {
				explained[c.place] = true
				paths[c.pointer] = true
			}
		}
		if len(paths) == 0 && !s.keep {
			continue
		}
		change := s.Change
		for path := range paths {
			change.Paths = append(change.Paths, path)
		}
		slices.Sort(change.Paths)
		changes = append(changes, change)
	}
	return append(changes, l.leftOver(explained)...)
}

func (l *ledger) leftOver(explained map[place]bool) []Change {
	open := func(at side, leaf jsonLeaf) bool {
		p := place{at, leaf.pointer}
		return l.changed[p] && !explained[p]
	}
	var changes []Change
	for _, leaf := range l.leaves[after] {
		old, had := l.partner(after, leaf)
		switch {
		case had && (open(after, leaf) || open(before, old)):
			changes = append(changes, rawChange(&old, &leaf))
		case !had && open(after, leaf):
			changes = append(changes, rawChange(nil, &leaf))
		}
	}
	for _, leaf := range l.leaves[before] {
		if _, has := l.partner(before, leaf); !has && open(before, leaf) {
			changes = append(changes, rawChange(&leaf, nil))
		}
	}
	return changes
}

// rawChange shows a changed leaf as it is.
func rawChange(old, new *jsonLeaf) Change {
	c := Change{Kind: Unexplained}
	switch {
	case old == nil:
		c.New = asciiJSON(new.raw)
		c.Paths = []string{new.pointer}
		c.Text = "is new: " + shownRaw(new.raw)
	case new == nil:
		c.Old = asciiJSON(old.raw)
		c.Paths = []string{old.pointer}
		c.Text = "is gone: it was " + shownRaw(old.raw)
	default:
		c.Old, c.New = asciiJSON(old.raw), asciiJSON(new.raw)
		c.Paths = []string{old.pointer}
		c.Text = "was " + shownRaw(old.raw) + ", is now " + shownRaw(new.raw)
		if old.pointer != new.pointer {
			c.Paths = append(c.Paths, new.pointer)
			c.Text = "was " + shownRaw(old.raw) + ", is now " + shownRaw(new.raw) + " at " + shownPointer(new.pointer)
		}
	}
	c.Subject = shownPointer(c.Paths[0])
	c.Text = "not explained: " + c.Subject + " " + c.Text
	return c
}
