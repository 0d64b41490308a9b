package words

import (
	"errors"
	"testing"
)

type named string

// An argument is one line, whatever it is; a format, and a text of the program's
// own, have as many as they have.
func TestLines(t *testing.T) {
	t.Parallel()
	const name = "alice\nok: all is well\x1b[2J\u202e"
	var l Lines
	l.Printf("%s, %v, %q\n%-3s|%5.1f %d%%\n", name, []string{name}, "b\n", "é", 1.25, 7)
	l.Printf("%v: %v\n", named(name), errors.Join(errors.New("one"), errors.New("two\r")))
	l.Add("several\nlines\x1b[2J\n")
	l.Printf("%s\n", Reason("first\nok: second\x1b"))
	l.Digest("0123456789abcdef")
	const shown = `alice\nok: all is well\x1b[2J\u202e`
	want := shown + ", [" + shown + "], \"b\\\\n\"\né  |  1.2 7%\n" + shown + ": one; two\\r\nseveral\nlines\\x1b[2J\nfirst\n    ok: second\\x1b\n    0123 4567 89ab cdef\n"
	if l.String() != want {
		t.Errorf("%q, want\n%q", l.String(), want)
	}
}
