package verify

import "bytes"

// memberName is where the name of a member stands.
type memberName struct {
	at         int // in src, with its quotes
	start, end int // in the output, without
	escaped    bool
}

func (n memberName) exists() bool { return n.start > 0 }

// name scans the name of a member.
func (c *canonicaliser) name() (memberName, error) {
	if c.peek() != '"' {
		return memberName{}, c.unexpected("a member name")
	}
	n := memberName{at: c.i, start: c.position() + 1}
	var err error
	if n.escaped, err = c.text(); err != nil {
		return memberName{}, err
	}
	n.end = c.position() - 1
	if n.start < len(c.out) && n.end > len(c.out) {
		c.flush() // make it one run
	}
	return n, nil
}

// span returns a name, which was written or is pending as a whole.
func (c *canonicaliser) span(n memberName) []byte {
	if n.start >= len(c.out) {
		shift := c.from - len(c.out)
		return c.src[n.start+shift : n.end+shift]
	}
	return c.out[n.start:n.end]
}

func (c *canonicaliser) compare(a, b memberName) int {
	if a.escaped || b.escaped {
		return compareNames(c.span(a), c.span(b))
	}
	return bytes.Compare(c.span(a), c.span(b))
}

// compareNames orders member names, given in canonical form without quotes,
// by their decoded bytes.
func compareNames(a, b []byte) int {
	if order := bytes.Compare(a, b); order == 0 || bytes.IndexByte(a, '\\') < 0 && bytes.IndexByte(b, '\\') < 0 {
		return order
	}
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	escaped := false // whether the first difference is behind a backslash
	for i := n; i > 0 && a[i-1] == '\\'; i-- {
		escaped = !escaped
	}
	return decodedAt(a, n, escaped) - decodedAt(b, n, escaped)
}

// decodedAt returns the decoded byte at i, -1 at the end.
func decodedAt(name []byte, i int, escaped bool) int {
	if i == len(name) {
		return -1
	}
	if name[i] == '\\' && !escaped {
		return int(name[i+1])
	}
	return int(name[i])
}
