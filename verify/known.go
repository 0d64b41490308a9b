package verify

import "bytes"

// knownMeta says of the `meta` of a snapshot that it was looked at before:
// it is canonical, it is in order, and each of its entries is usual, good, and
// has a plain name, one of ASCII without an escape. See [SnapshotRecord].
type knownMeta struct {
	size    int // in bytes; 0 if nothing is known
	entries int
}

// knownMeta is what whoever has read a snapshot, and accepted it, knows of its
// `meta`: nothing if anything about it is not as it nearly always is.
func (o *outline) known() knownMeta {
	if !o.asReceived || o.meta.strange > 0 {
		return knownMeta{}
	}
	return knownMeta{len(o.meta.object), o.meta.entries}
}

// passKnown goes past a `meta` that is known. Whether the bytes that it passes
// are those is for the caller to find out; up to then they may be anything.
func (c *canonicaliser) passKnown() bool {
	if c.known.size <= 0 || c.known.size > len(c.src)-c.i || c.depth <= usualDepth {
		return false
	}
	if whole := c.src[c.i : c.i+c.known.size]; whole[0] != '{' || whole[len(whole)-1] != '}' {
		return false
	}
	c.i += c.known.size
	c.listing.known, c.listing.entries, c.listing.metas = true, c.known.entries, c.known.entries
	c.passed = true
	return true
}

// halve finds an entry where all are usual and have plain names. There an entry
// can be told from everything else wherever one begins to read: of the quotes
// in such a listing only one that opens an entry's name is followed by plain
// bytes, a quote, a colon, and `{"version":` or `{"hashes":{"sha256":"`.
//
// Nothing is found that `meta` may not have, and no byte is relied on to be
// there: a record that lies costs the search its way, and no more.
func (l *listing) halve(want []byte) (value, bool) {
	// What begins before low is before the wanted one, what begins from high on is not.
	for low, high := 0, len(l.object); low < high; {
		middle := low + (high-low)/2
		start, name, entry := l.usualFrom(middle)
		switch order := bytes.Compare(name, want); {
		case entry.isMeta() && order == 0:
			start += len(`"":`) + len(name)
			return l.object[start : start+entry.size : start+entry.size], true
		case entry.size > 0 && order < 0:
			low = start + 1
		default:
			high = middle
		}
	}
	return nil, false
}

// usualFrom returns the first entry that begins from an offset on; its size is 0
// if there is none.
func (l *listing) usualFrom(offset int) (start int, name []byte, entry usual) {
	for start = offset; ; start++ {
		quote := bytes.IndexByte(l.object[start:], '"')
		if quote < 0 {
			return 0, nil, usual{}
		}
		start += quote
		if name, entry := readUsualMember(l.object[start:]); entry.size > 0 {
			return start, name, entry
		}
	}
}
