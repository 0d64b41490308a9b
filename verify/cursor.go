package verify

import (
	"bytes"
	"fmt"
	"iter"
	"strings"
)

// value is one JSON value in canonical form, a part of what [Canonical]
// returned. Its methods rely on that: facts are read from the very bytes that
// signatures cover, and nothing is checked twice.
type value []byte

// members iterates over an object in order. Names are canonical, without
// quotes; use plain to decode one that is kept.
func (v value) members() iter.Seq2[[]byte, value] {
	return func(yield func([]byte, value) bool) {
		for i := 1; v[i] != '}'; {
			if v[i] == ',' {
				i++
			}
			colon := skipText(v, i)
			end := skipValue(v, colon+1)
			if !yield(v[i+1:colon-1], v[colon+1:end:end]) {
				return
			}
			i = end
		}
	}
}

// elements iterates over an array.
func (v value) elements() iter.Seq[value] {
	return func(yield func(value) bool) {
		for i := 1; v[i] != ']'; {
			if v[i] == ',' {
				i++
			}
			end := skipValue(v, i)
			if !yield(v[i:end:end]) {
				return
			}
			i = end
		}
	}
}

// skipText returns the offset behind the string that starts at i.
func skipText(b []byte, i int) int {
	for i++; ; i++ {
		i += bytes.IndexByte(b[i:], '"')
		escapes := 0
		for b[i-1-escapes] == '\\' {
			escapes++
		}
		if escapes%2 == 0 {
			return i + 1
		}
	}
}

// skipValue returns the offset behind the value that starts at i.
func skipValue(b []byte, i int) int {
	for depth := 0; ; {
		switch b[i] {
		case '"':
			i = skipText(b, i)
		case '{', '[':
			depth++
			i++
			continue
		case '}', ']':
			depth--
			i++
		case ',', ':':
			i++
			continue
		default:
			for i < len(b) && b[i] != ',' && b[i] != '}' && b[i] != ']' {
				i++
			}
		}
		if depth == 0 {
			return i
		}
	}
}

// kind names the type of a value in errors.
func (v value) kind() string {
	switch v[0] {
	case '{':
		return "an object"
	case '[':
		return "an array"
	case '"':
		return "a string"
	case 't', 'f':
		return "a boolean"
	case 'n':
		return "null"
	}
	return "an integer"
}

func (v value) expect(want string) error {
	if have := v.kind(); have != want {
		return misfit("", "must be %s, found %s", want, have)
	}
	return nil
}

func (v value) object() error { return v.expect("an object") }
func (v value) array() error  { return v.expect("an array") }

func (v value) text() (string, error) {
	b, err := v.inside()
	return plain(b), err
}

// string is text for a value that is known to be a string; "" if there is none.
func (v value) string() string {
	if v == nil {
		return ""
	}
	return plain(v[1 : len(v)-1])
}

// is tells whether a value that is known to be a string, or is absent, is this
// one.
func (v value) is(s string) bool {
	if v == nil {
		return s == ""
	}
	return isPlain(v[1:len(v)-1], s)
}

// inside returns a string as it stands between its quotes.
func (v value) inside() ([]byte, error) {
	if err := v.expect("a string"); err != nil {
		return nil, err
	}
	return v[1 : len(v)-1], nil
}

func (v value) boolean() (bool, error) {
	if err := v.expect("a boolean"); err != nil {
		return false, err
	}
	return v[0] == 't', nil
}

func (v value) integer() (int64, error) {
	if err := v.expect("an integer"); err != nil {
		return 0, err
	}
	digits, negative := v, v[0] == '-'
	if negative {
		digits = v[1:]
	}
	var n uint64
	for _, d := range digits {
		n = n*10 + uint64(d-'0')
	}
	if negative {
		n = -n
	}
	return int64(n), nil
}

// plain decodes the inside of a canonical string.
func plain(b []byte) string {
	if bytes.IndexByte(b, '\\') < 0 {
		return string(b)
	}
	var s strings.Builder
	s.Grow(len(b))
	appendPlain(&s, b)
	return s.String()
}

// isPlain tells whether plain is this string.
func isPlain(b []byte, s string) bool {
	if bytes.IndexByte(b, '\\') < 0 {
		return string(b) == s
	}
	return plain(b) == s
}

// appendPlain is plain for one string behind the other.
func appendPlain(s *strings.Builder, b []byte) {
	if bytes.IndexByte(b, '\\') < 0 {
		s.Write(b)
		return
	}
	for i := 0; i < len(b); i++ {
		if b[i] == '\\' {
			i++
		}
		s.WriteByte(b[i])
	}
}

// misfit is the error of a value that does not fit where it stands.
func misfit(path, format string, args ...any) error {
	return &FormatError{Path: path, Offset: -1, Reason: fmt.Sprintf(format, args...)}
}

// within says inside which member an error happened. Paths are put together
// on the way out, so that reading a good document costs nothing for them.
func within[T string | []byte](name T, err error) error {
	f, ok := err.(*FormatError)
	if !ok {
		return err
	}
	outer := shownName(string(name))
	switch {
	case f.Path == "":
		f.Path = outer
	case f.Path[0] == '[':
		f.Path = outer + f.Path
	default:
		f.Path = outer + "." + f.Path
	}
	return f
}

// at is within for the element of an array.
func at(index int, err error) error {
	f, ok := err.(*FormatError)
	if !ok {
		return err
	}
	switch {
	case f.Path == "" || f.Path[0] == '[':
		f.Path = fmt.Sprintf("[%d]%s", index, f.Path)
	default:
		f.Path = fmt.Sprintf("[%d].%s", index, f.Path)
	}
	return f
}
