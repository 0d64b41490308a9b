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
	c := newCanonicaliser(src, lim.orDefault().Depth)
	if err := c.whole(); err != nil {
		return nil, err
	}
	return c.result(), nil
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
	raw     bool // src is a canonical form, with raw control characters in its strings

	outline *outline // found in passing; nil where src is no document
	listing *listing // the part of it that is scanned now
	listed  int      // where that begins in the output
	moved   bool     // parts do not stand where they were found

	known  knownMeta
	passed bool // that was passed, so that the output holds what nobody has looked at
}

func newCanonicaliser(src []byte, depth int) canonicaliser {
	return canonicaliser{src: src, depth: depth, limit: depth}
}

// whole scans one value and the white space around it.
func (c *canonicaliser) whole() error {
	c.i = spaces(c.src)
	c.from = c.i
	if err := c.value(); err != nil {
		return err
	}
	if c.out != nil {
		c.flush()
	}
	if more := c.i + spaces(c.src[c.i:]); more < len(c.src) {
		return c.bad(more, "data after the end of the value")
	}
	return nil
}

// result is the canonical form of what whole has scanned.
func (c *canonicaliser) result() []byte {
	if c.out == nil {
		return c.src[c.from:c.i:c.i]
	}
	return c.out
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

// peek drops white space and returns the next byte, 0 at the end of input.
func (c *canonicaliser) peek() byte {
	if c.i < len(c.src) && c.src[c.i] > ' ' {
		return c.src[c.i]
	}
	return c.skipSpace()
}

func (c *canonicaliser) skipSpace() byte {
	if n := spaces(c.src[c.i:]); n > 0 {
		c.flush()
		c.i += n
		c.from = c.i
	}
	if c.i < len(c.src) {
		return c.src[c.i]
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
		_, err := c.text()
		return err
	case b == '{':
		if c.outline != nil && c.depth == c.limit {
			return c.object(envelopeObject)
		}
		return c.object(anyObject)
	case b == '[':
		return c.array()
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

// open goes past a bracket and one level deeper, close past the other one.
func (c *canonicaliser) open() error {
	if c.depth == 0 {
		return &LimitError{What: "nesting", Limit: int64(c.limit), Found: int64(c.limit) + 1}
	}
	c.depth--
	c.i++
	return nil
}

func (c *canonicaliser) close() {
	c.depth++
	c.i++
}

func (c *canonicaliser) array() error {
	if err := c.open(); err != nil {
		return err
	}
	if c.peek() == ']' {
		c.close()
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
			c.close()
			return nil
		default:
			return c.unexpected("',' or ']'")
		}
	}
}

// object scans an object. What it is decides how its members are scanned.
func (c *canonicaliser) object(kind objectKind) error {
	opened, start := c.i, c.position()
	if err := c.open(); err != nil {
		return err
	}
	if c.peek() == '}' {
		c.close()
		return nil
	}
	sorted := true
	var last memberName // of the member before, none before the first
	for {
		if kind == listingObject && sorted {
			last = c.usualEntries(last)
		}
		next, err := c.name()
		if err != nil {
			return err
		}
		if sorted && last.exists() {
			switch order := c.compare(last, next); {
			case order == 0:
				return c.bad(next.at, "member %s stands twice", shown(plain(c.span(next))))
			case order > 0:
				sorted = false
			}
		}
		last = next
		if c.peek() != ':' {
			return c.unexpected("':'")
		}
		c.i++
		if err := c.member(kind, next); err != nil {
			return err
		}
		switch c.peek() {
		case ',':
			c.i++
		case '}':
			c.close()
			if sorted {
				return nil
			}
			c.moved = c.moved || kind != anyObject
			return c.sort(opened, start)
		default:
			return c.unexpected("',' or '}'")
		}
	}
}

// sort brings the members of the object that was just written, from start to
// the end of the output, into order. opened is its offset in src.
func (c *canonicaliser) sort(opened, start int) error {
	if c.passed {
		return c.bad(opened, "members out of order around what is known")
	}
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
