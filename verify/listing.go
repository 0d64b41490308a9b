package verify

import "bytes"

// listing is an object with one entry for each of many names: `targets`, or
// `meta`. It remembers what was seen of the entries when the object was
// scanned, so that usual ones need no second look.
type listing struct {
	object  value // in canonical form, nil if there is none
	entries int
	targets int // how many are usual and have all that `targets` asks for
	metas   int // … that `meta` asks for
	strange int // how many are not usual, or have a name that is not plain
	posts   *signposts
	known   bool // for usual entries with plain names alone, at which nobody has looked again
}

// add takes note of the next entry, whose name begins at an offset.
func (l *listing) add(offset int) {
	if l.entries > 0 && l.entries%firstPosts == 0 {
		if l.posts == nil {
			l.posts = &signposts{every: firstPosts}
		}
		l.posts.add(l.entries, offset)
	}
	l.entries++
}

// saw takes note of what the entry that was added last says.
func (l *listing) saw(u usual) {
	if u.isTarget() {
		l.targets++
	}
	if u.isMeta() {
		l.metas++
	}
}

// find returns the entry of a name.
func (l *listing) find(name string) (value, bool) {
	var room [128]byte
	want := appendCanonical(room[:0], name)
	switch {
	case l.object == nil: // of a document that nobody read
		return nil, false
	case l.known:
		return l.halve(want)
	}
	for c := l.near(want); c.next(); {
		switch order := compareNames(c.name, want); {
		case order == 0:
			return c.value(), true
		case order > 0: // entries are in order
			return nil, false
		}
	}
	return nil, false
}

// appendCanonical appends a name as it stands between its quotes.
func appendCanonical(b []byte, name string) []byte {
	for i := range len(name) {
		if name[i] == '"' || name[i] == '\\' {
			b = append(b, '\\')
		}
		b = append(b, name[i])
	}
	return b
}

// signposts are where some entries of a long listing begin: every one of a
// fixed number, which doubles when there are too many. So finding a name costs
// hardly more in a long listing than in a short one.
type signposts struct {
	every int
	n     int
	at    [256]int // of the entries every, 2·every, 3·every, …
}

// firstPosts is how far apart signposts stand at first.
const firstPosts = 64

func (p *signposts) add(entry, offset int) {
	if p.n == len(p.at) {
		for i := range p.n / 2 {
			p.at[i] = p.at[2*i+1]
		}
		p.n /= 2
		p.every *= 2
	}
	if entry%p.every == 0 {
		p.at[p.n] = offset
		p.n++
	}
}

// near returns a cursor before an entry whose name is not above the one that is
// wanted, and not far from it.
func (l *listing) near(want []byte) entryCursor {
	c := l.cursor()
	if l.posts == nil {
		return c
	}
	low, high := 0, l.posts.n
	for low < high {
		middle := (low + high) / 2
		start := l.posts.at[middle]
		if compareNames(l.object[start+1:skipText(l.object, start)-1], want) > 0 {
			high = middle
		} else {
			low = middle + 1
		}
	}
	if low > 0 {
		c.end = l.posts.at[low-1]
	}
	return c
}

// entryCursor steps through a listing.
type entryCursor struct {
	object value
	end    int    // of the entry; at first, where the next one begins
	name   []byte // canonical, without its quotes
	usual  usual
	start  int // of the entry's value
}

func (l *listing) cursor() entryCursor { return entryCursor{object: l.object, end: 1} }

// next moves to the following entry; false behind the last.
func (c *entryCursor) next() bool {
	i := c.end
	switch c.object[i] {
	case '}':
		return false
	case ',':
		i++
	}
	if c.name, c.usual = readUsualMember(c.object[i:]); c.usual.size > 0 {
		c.start = i + len(c.name) + len(`"":`)
		c.end = c.start + c.usual.size
		return true
	}
	c.start = skipText(c.object, i) + 1
	c.name = c.object[i+1 : c.start-2]
	c.end = skipValue(c.object, c.start)
	return true
}

// usualOnly tells whether all entries were seen to be usual, with plain names.
func (l *listing) usualOnly() bool { return l.strange == 0 && !l.known }

// passSame moves two cursors, the next bytes of which are the same, to the last
// entry that begins among these. In a listing of usual entries with plain names
// nothing looks like the beginning of an entry but one (see [listing.halve]).
func passSame(a, b *entryCursor, same int) {
	for at := same; at > 0; {
		at = bytes.LastIndexByte(a.object[a.end:a.end+at], ',')
		if at > 0 && a.object[a.end+at+1] == '"' {
			if _, entry := readUsualMember(a.object[a.end+at+1:]); entry.size > 0 {
				a.end += at
				b.end += at
				return
			}
		}
	}
}

func (c *entryCursor) value() value { return c.object[c.start:c.end:c.end] }
