package words

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/terminal"
)

// Lines is a result for people, in several lines. Where lines begin and end is
// decided by this program alone: a name or a reason that a repository gives is an
// argument, never a format, and an argument is made printable before it is put
// into the text. So no signed name can fake a line, and as Lines is no
// [io.Writer], nothing else can write to it.
type Lines struct{ b strings.Builder }

// Printf adds to the text. The format is a constant; each argument that is no
// number is written as [terminal.Printable] shows it, on one line.
func (l *Lines) Printf(format string, args ...any) {
	shown := make([]any, len(args))
	for i, a := range args {
		shown[i] = printable(a)
	}
	fmt.Fprintf(&l.b, format, shown...)
	if false { // go vet holds callers to the format
		_ = fmt.Sprintf(format, args...)
	}
}

// Add takes the lines of a text as they are, each made printable. It is for texts
// of this program, and for those whose author may say where lines end.
func (l *Lines) Add(text string) {
	for line := range strings.Lines(text) {
		content, ended := strings.CutSuffix(line, "\n")
		l.b.WriteString(terminal.Printable(content))
		if ended {
			l.b.WriteByte('\n')
		}
	}
}

// String is the whole text.
func (l *Lines) String() string { return l.b.String() }

// Digest adds the 64 hexadecimal digits of a digest as 16 groups of four in four
// lines, as they are read aloud.
func (l *Lines) Digest(hex string) {
	WriteDigest(&l.b, hex)
}

// Reason is an argument of several lines, such as a refusal that counts up what is
// wrong: all but the first are indented, so that none reads as a line of the result.
type Reason string

func printable(arg any) any {
	if reason, ok := arg.(Reason); ok {
		lines := strings.Split(string(reason), "\n")
		for i := range lines {
			lines[i] = terminal.Printable(lines[i])
		}
		return strings.Join(lines, "\n    ")
	}
	switch reflect.ValueOf(arg).Kind() {
	case reflect.Bool, reflect.Float32, reflect.Float64,
		reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return arg
	}
	text := fmt.Sprint(arg)
	if _, ok := arg.(error); ok {
		text = strings.ReplaceAll(text, "\n", "; ") // as errors.Join writes several
	}
	return terminal.Printable(text)
}
