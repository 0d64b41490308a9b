package card

// command is one command, its parts joined.
type command struct {
	ins, p1, p2 byte
	data        []byte
	le          int // how many bytes of response fit; 0 when the client did not say
}

// maxCommand bounds what a chained command may add up to, as the card's buffer does: an object of
// 3052 bytes and its head fit.
const maxCommand = 3100

// parse reads a command. It tells apart the four cases of ISO 7816-4 in their short and extended forms.
func parse(b []byte) (cla byte, c command, ok bool) {
	if len(b) < 4 {
		return 0, command{}, false
	}
	cla, c = b[0], command{ins: b[1], p1: b[2], p2: b[3]}
	body := b[4:]
	switch {
	case len(body) == 0:
	case len(body) == 1: // Le
		c.le = orAll(int(body[0]), 256)
	case body[0] != 0: // Lc, data, maybe Le
		n := int(body[0])
		if len(body) != 1+n && len(body) != 2+n {
			return 0, command{}, false
		}
		c.data = body[1 : 1+n]
		if len(body) == 2+n {
			c.le = orAll(int(body[1+n]), 256)
		}
	case len(body) == 3: // extended Le
		c.le = orAll(int(body[1])<<8|int(body[2]), 65536)
	case len(body) > 3: // extended Lc, data, maybe Le
		n := int(body[1])<<8 | int(body[2])
		if len(body) != 3+n && len(body) != 5+n {
			return 0, command{}, false
		}
		c.data = body[3 : 3+n]
		if len(body) == 5+n {
			c.le = orAll(int(body[3+n])<<8|int(body[4+n]), 65536)
		}
	default:
		return 0, command{}, false
	}
	return cla, c, true
}

// orAll returns n, or all when n is 0.
func orAll(n, all int) int {
	if n == 0 {
		return all
	}
	return n
}
