package verify

import (
	"bytes"
	"fmt"
	"slices"
)

// Canonical reads src as one strict JSON value and returns its OLPC canonical
// form (SPEC 4.1): no white space, members ordered by the bytes of their
// names, strings in UTF-8 with only `"` and `\` escaped, integers alone as
// numbers. When src has that form already, or has it between leading and
// trailing white space, the result is a part of src and nothing is copied.
//
// It refuses, with a [*FormatError] that carries the offset: duplicate member
// names, invalid UTF-8, lone surrogates, raw control characters in strings,
// fractions and exponents, -0, leading zeros, integers beyond int64, anything
// after the value. Nesting beyond lim.Depth is a [*LimitError]. The time is
// linear in len(src), for members out of order times the nesting and the
// logarithm of their number.
//
// The canonical form keeps control characters raw inside strings, so it is in
// general no JSON text and Canonical does not accept its own result again.
func Canonical(src []byte, lim Limits) ([]byte, error) {
	c := canonicaliser{src: src, depth: lim.orDefault().Depth, limit: lim.orDefault().Depth}
	for c.i < len(src) && isSpace(src[c.i]) {
		c.i++
	}
	c.from = c.i
	if err := c.value(); err != nil {
		return nil, err
	}
	end := c.i
	for c.i < len(src) && isSpace(src[c.i]) {
		c.i++
	}
	if c.i < len(src) {
		return nil, c.bad(c.i, "data after the end of the value")
	}
	if c.out == nil {
		return src[c.from:end:end], nil
	}
	c.i = end
	c.flush()
	return c.out, nil
}

// canonicaliser scans src once. Bytes that are canonical where they stand are
// copied late and in runs: src[from:i] belongs to the output but has not been
// appended yet, and as long as nothing had to change out stays nil.
type canonicaliser struct {
	src     []byte
	i       int
	from    int
	out     []byte
	scratch []byte
	depth   int // levels that may still be opened
	limit   int
}

func (c *canonicaliser) bad(at int, format string, args ...any) error {
	return &FormatError{Offset: at, Reason: fmt.Sprintf(format, args...)}
}

// position is where the next byte of output will stand.
func (c *canonicaliser) position() int { return len(c.out) + c.i - c.from }

// flush appends the pending run; the next one starts at i.
func (c *canonicaliser) flush() {
	if c.out == nil {
		// The canonical form is never longer than its source.
		c.out = make([]byte, 0, len(c.src)-c.from)
	}
	c.out = append(c.out, c.src[c.from:c.i]...)
	c.from = c.i
}

// span returns output bytes that were written or are pending as a whole.
func (c *canonicaliser) span(start, end int) []byte {
	if start >= len(c.out) {
		shift := c.from - len(c.out)
		return c.src[start+shift : end+shift]
	}
	return c.out[start:end]
}

func isSpace(b byte) bool { return b == ' ' || b == '\n' || b == '\r' || b == '\t' }

// peek drops white space and returns the next byte, 0 at the end of input.
func (c *canonicaliser) peek() byte {
	if c.i < len(c.src) && c.src[c.i] > ' ' {
		return c.src[c.i]
	}
	return c.skipSpace()
}

func (c *canonicaliser) skipSpace() byte {
	i := c.i
	for i < len(c.src) && isSpace(c.src[i]) {
		i++
	}
	if i > c.i {
		c.flush()
		c.i, c.from = i, i
	}
	if i < len(c.src) {
		return c.src[i]
	}
	return 0
}

func (c *canonicaliser) unexpected(want string) error {
	if c.i >= len(c.src) {
		return c.bad(c.i, "ends where %s should stand", want)
	}
	return c.bad(c.i, "%q where %s should stand", c.src[c.i:c.i+1], want)
}

func (c *canonicaliser) value() error {
	switch b := c.peek(); {
	case b == '"':
		return c.text()
	case b == '{':
		return c.nested((*canonicaliser).object)
	case b == '[':
		return c.nested((*canonicaliser).array)
	case b == '-' || '0' <= b && b <= '9':
		return c.number()
	case b == 't':
		return c.literal("true")
	case b == 'f':
		return c.literal("false")
	case b == 'n':
		return c.literal("null")
	}
	return c.unexpected("a value")
}

func (c *canonicaliser) literal(word string) error {
	if !bytes.HasPrefix(c.src[c.i:], []byte(word)) {
		return c.unexpected("a value")
	}
	c.i += len(word)
	return nil
}

// nested runs body one level deeper.
func (c *canonicaliser) nested(body func(*canonicaliser) error) error {
	if c.depth == 0 {
		return &LimitError{What: "nesting", Limit: int64(c.limit), Found: int64(c.limit) + 1}
	}
	c.depth--
	err := body(c)
	c.depth++
	return err
}

func (c *canonicaliser) array() error {
	c.i++
	if c.peek() == ']' {
		c.i++
		return nil
	}
	for {
		if err := c.value(); err != nil {
			return err
		}
		switch c.peek() {
		case ',':
			c.i++
		case ']':
			c.i++
			return nil
		default:
			return c.unexpected("',' or ']'")
		}
	}
}

func (c *canonicaliser) object() error {
	opened, start := c.i, c.position()
	c.i++
	if c.peek() == '}' {
		c.i++
		return nil
	}
	sorted := true
	var last struct{ start, end int } // the previous name, in the output
	for first := true; ; first = false {
		if c.peek() != '"' {
			return c.unexpected("a member name")
		}
		at, nameStart := c.i, c.position()+1
		if err := c.text(); err != nil {
			return err
		}
		nameEnd := c.position() - 1
		if nameStart < len(c.out) && nameEnd > len(c.out) {
			c.flush() // the name had an escape: make it one run
		}
		if !first && sorted {
			switch order := compareNames(c.span(last.start, last.end), c.span(nameStart, nameEnd)); {
			case order == 0:
				return c.bad(at, "member %s stands twice", shown(plain(c.span(nameStart, nameEnd))))
			case order > 0:
				sorted = false
			}
		}
		last.start, last.end = nameStart, nameEnd
		if c.peek() != ':' {
			return c.unexpected("':'")
		}
		c.i++
		if err := c.value(); err != nil {
			return err
		}
		switch c.peek() {
		case ',':
			c.i++
		case '}':
			c.i++
			if !sorted {
				return c.sort(opened, start)
			}
			return nil
		default:
			return c.unexpected("',' or '}'")
		}
	}
}

// sort brings the members of the object that was just written, from start to
// the end of the output, into order. opened is its offset in src.
func (c *canonicaliser) sort(opened, start int) error {
	c.flush()
	type member struct{ name, whole []byte }
	var members []member
	object := c.out[start:]
	for i := 1; object[i] != '}'; {
		if object[i] == ',' {
			i++
		}
		colon := skipText(object, i)
		end := skipValue(object, colon+1)
		members = append(members, member{object[i+1 : colon-1], object[i:end]})
		i = end
	}
	slices.SortFunc(members, func(a, b member) int { return compareNames(a.name, b.name) })
	c.scratch = append(c.scratch[:0], '{')
	for i, m := range members {
		if i > 0 {
			if bytes.Equal(members[i-1].name, m.name) {
				return c.bad(opened, "member %s stands twice", shown(plain(m.name)))
			}
			c.scratch = append(c.scratch, ',')
		}
		c.scratch = append(c.scratch, m.whole...)
	}
	c.scratch = append(c.scratch, '}')
	copy(object, c.scratch)
	return nil
}

// compareNames orders member names, given in canonical form without quotes,
// by their decoded bytes.
func compareNames(a, b []byte) int {
	if bytes.IndexByte(a, '\\') < 0 && bytes.IndexByte(b, '\\') < 0 {
		return bytes.Compare(a, b)
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
