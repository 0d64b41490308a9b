package verify

import "unicode/utf8"

// text scans a string, and tells whether it has an escape. The two escapes that
// the canonical form has stay where they are, others are decoded.
func (c *canonicaliser) text() (escaped bool, err error) {
	opened := c.i
	c.i++
	for {
		c.i += plainRun(c.src[c.i:])
		if c.i == len(c.src) {
			return false, c.bad(opened, "string without an end")
		}
		switch b := c.src[c.i]; {
		case b == '"':
			c.i++
			return escaped, nil
		case b == '\\':
			escaped = true
			if err := c.escape(); err != nil {
				return false, err
			}
		case b < ' ' && c.raw:
			c.i++
		case b < ' ':
			return false, c.bad(c.i, "raw control character 0x%02x in a string", b)
		default:
			r, size := utf8.DecodeRune(c.src[c.i:])
			if r == utf8.RuneError && size == 1 {
				return false, c.bad(c.i, "invalid utf-8")
			}
			c.i += size
		}
	}
}

func (c *canonicaliser) escape() error {
	at := c.i
	if at+1 >= len(c.src) {
		return c.bad(at, "string without an end")
	}
	var decoded byte
	switch b := c.src[at+1]; b {
	case '"', '\\':
		c.i += 2
		return nil
	case '/':
		decoded = '/'
	case 'b':
		decoded = '\b'
	case 'f':
		decoded = '\f'
	case 'n':
		decoded = '\n'
	case 'r':
		decoded = '\r'
	case 't':
		decoded = '\t'
	case 'u':
		return c.unicode()
	default:
		return c.bad(at, "unknown escape \\%s", shownBytes(c.src[at+1:at+2]))
	}
	c.flush()
	c.out = append(c.out, decoded)
	c.i += 2
	c.from = c.i
	return nil
}

// unicode decodes \uXXXX, and a pair of them that names one character.
func (c *canonicaliser) unicode() error {
	at := c.i
	r, ok := c.unit(at)
	if !ok {
		return c.bad(at, "\\u without four hex digits")
	}
	next := at + 6
	if 0xd800 <= r && r < 0xe000 {
		low, ok := c.unit(next)
		if r >= 0xdc00 || !ok || low < 0xdc00 || low >= 0xe000 {
			return c.bad(at, "lone surrogate")
		}
		r = 0x10000 + (r-0xd800)<<10 + (low - 0xdc00)
		next += 6
	}
	c.flush()
	if r == '"' || r == '\\' {
		c.out = append(c.out, '\\')
	}
	c.out = utf8.AppendRune(c.out, r)
	c.i, c.from = next, next
	return nil
}

// unit reads the \uXXXX at offset i.
func (c *canonicaliser) unit(i int) (rune, bool) {
	if i+6 > len(c.src) || c.src[i] != '\\' || c.src[i+1] != 'u' {
		return 0, false
	}
	var r rune
	for _, b := range c.src[i+2 : i+6] {
		v, ok := hexValue(b)
		if !ok {
			return 0, false
		}
		r = r<<4 | rune(v)
	}
	return r, true
}

// number scans an integer within int64; as such it is canonical.
func (c *canonicaliser) number() error {
	at := c.i
	bound := uint64(1<<63 - 1)
	if c.src[c.i] == '-' {
		c.i++
		bound = 1 << 63
	}
	digits := c.i
	var n uint64
	for ; c.i < len(c.src) && '0' <= c.src[c.i] && c.src[c.i] <= '9'; c.i++ {
		d := uint64(c.src[c.i] - '0')
		if n > (bound-d)/10 {
			return c.bad(at, "integer beyond 64 bits")
		}
		n = n*10 + d
	}
	switch {
	case c.i == digits:
		return c.bad(at, "'-' without digits")
	case c.src[digits] == '0' && c.i > digits+1:
		return c.bad(at, "integer with a leading zero")
	case n == 0 && digits > at:
		return c.bad(at, "-0 is no integer of the canonical form")
	case c.i < len(c.src) && (c.src[c.i] == '.' || c.src[c.i] == 'e' || c.src[c.i] == 'E'):
		return c.bad(at, "number that is not written as an integer")
	}
	return nil
}
