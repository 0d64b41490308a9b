package card

// field is a tag of one or two bytes with its value, as BER writes them.
type field struct {
	tag   int
	value []byte
}

// tlv writes a tag, the length and the value.
func tlv(tag int, value ...[]byte) []byte {
	var b []byte
	if tag > 0xff {
		b = append(b, byte(tag>>8))
	}
	b = append(b, byte(tag))
	n := 0
	for _, v := range value {
		n += len(v)
	}
	switch {
	case n < 0x80:
		b = append(b, byte(n))
	case n < 0x100:
		b = append(b, 0x81, byte(n))
	default:
		b = append(b, 0x82, byte(n>>8), byte(n))
	}
	for _, v := range value {
		b = append(b, v...)
	}
	return b
}

// fields reads all of b as a sequence of tags with their values.
func fields(b []byte) ([]field, bool) {
	var all []field
	for len(b) > 0 {
		f, rest, ok := next(b)
		if !ok {
			return nil, false
		}
		all = append(all, f)
		b = rest
	}
	return all, true
}

// next reads one tag with its value.
func next(b []byte) (f field, rest []byte, ok bool) {
	if len(b) < 2 {
		return field{}, nil, false
	}
	f.tag, b = int(b[0]), b[1:]
	if f.tag&0x1f == 0x1f {
		f.tag, b = f.tag<<8|int(b[0]), b[1:]
	}
	if len(b) == 0 {
		return field{}, nil, false
	}
	n := int(b[0])
	b = b[1:]
	if n >= 0x80 {
		size := n & 0x7f
		if size == 0 || size > 2 || len(b) < size {
			return field{}, nil, false
		}
		n = 0
		for _, digit := range b[:size] {
			n = n<<8 | int(digit)
		}
		b = b[size:]
	}
	if len(b) < n {
		return field{}, nil, false
	}
	f.value = b[:n]
	return f, b[n:], true
}

// find returns the value of the first field with this tag.
func find(all []field, tag int) ([]byte, bool) {
	for _, f := range all {
		if f.tag == tag {
			return f.value, true
		}
	}
	return nil, false
}
