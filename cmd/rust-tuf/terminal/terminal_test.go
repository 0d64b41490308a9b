package terminal

import (
	"bytes"
	"errors"
	"go/parser"
	"go/token"
	"io"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/rust-lang/rust-tuf/signer"
	"github.com/rust-lang/rust-tuf/signer/signertest"
)

func TestImports(t *testing.T) {
	const own = "github.com/rust-lang/rust-tuf/"
	allowed := map[string]bool{own + "signer": true, "golang.org/x/term": true, "golang.org/x/sys/unix": true, "golang.org/x/sys/windows": true}
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) == 0 {
		t.Fatal(err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range parsed.Imports {
			path, _ := strconv.Unquote(spec.Path.Value)
			if first, _, _ := strings.Cut(path, "/"); strings.Contains(first, ".") && !allowed[path] {
				t.Errorf("%s imports %s", file, path)
			}
		}
	}
}

// Only the whole word is a yes.
func TestConfirm(t *testing.T) {
	for answer, want := range map[string]bool{
		"yes": true, " yes ": true, "yes\r": true,
		"": false, "y": false, "Y": false, "YES": false, "Yes": false, "yes!": false, "yes yes": false, "no": false, "ye s": false,
	} {
		person := signertest.NewPerson(t, signertest.Says("sign root version 2 (type yes to agree)", answer))
		if got, err := Confirm(t.Context(), person, "sign root version 2"); err != nil || got != want {
			t.Errorf("%q is %v, %v", answer, got, err)
		}
	}
	gone := errors.New("the terminal is gone")
	person := signertest.NewPerson(t, signertest.Ends("sign", gone))
	if got, err := Confirm(t.Context(), person, "sign"); got || !errors.Is(err, gone) {
		t.Errorf("%v, %v", got, err)
	}
}

func TestUI(t *testing.T) {
	person := signertest.NewPerson(t, signertest.Types("PIN", "123456"), signertest.Says("sign", "yes"))
	ui := UI(person)
	if err := ui.Message("hello"); err != nil {
		t.Error(err)
	}
	if got, err := ui.Secret(t.Context(), "PIN"); err != nil || string(got) != "123456" {
		t.Errorf("%q, %v", got, err)
	}
	if got, err := ui.Confirm(t.Context(), "sign"); err != nil || !got {
		t.Errorf("%v, %v", got, err)
	}
	ui.Waiting("a touch")()
	if got, want := strings.Join(person.Seen(), "; "), "message: hello; secret: PIN; line: sign (type yes to agree)"; got != want {
		t.Errorf("seen %s", got)
	}
}

// Text from a document cannot clear the screen, hide a digit, turn the
// direction of a line or begin one of its own.
func TestPrintable(t *testing.T) {
	for text, want := range map[string]string{
		"alice, Köln, 東京 – ok":    "alice, Köln, 東京 – ok",
		"\x1b[2J\x1b]0;title\x07": `\x1b[2J\x1b]0;title\a`,
		"one\ntwo\rthree\tfour":   `one\ntwo\rthree\tfour`,
		"\u202etxt.exe\u2066":     `\u202etxt.exe\u2066`,
		"\u200bzero\ufeff":        `\u200bzero\ufeff`,
		"\u0085\u009b31m\u2028":   `\u0085\u009b31m\u2028`,
		"\xff\xc3(":               `\xff\xc3(`,
		"\ufffd":                  "\ufffd",
		`C:\keys "it's"`:          `C:\keys "it's"`,
		"":                        "",
	} {
		if got := Printable(text); got != want {
			t.Errorf("%q is shown as %s, want %s", text, got, want)
		}
	}
}

func FuzzPrintable(f *testing.F) {
	f.Add("alice\x1b[2J\xff")
	f.Fuzz(func(t *testing.T, text string) {
		got := Printable(text)
		for _, r := range got {
			if !strconv.IsGraphic(r) {
				t.Errorf("%q is shown as %q", text, got)
			}
		}
		if Printable(got) != got {
			t.Errorf("%q changes when it is shown again", got)
		}
	})
}

func TestReadLine(t *testing.T) {
	broken := errors.New("input/output error")
	for _, test := range []struct {
		in         io.Reader
		want, left string
		err        error
	}{
		{strings.NewReader("alice\nbob\n"), "alice", "bob\n", nil},
		{strings.NewReader("alice\r\n"), "alice", "", nil},
		{strings.NewReader("\nx"), "", "x", nil},
		{strings.NewReader("alice"), "alice", "", nil}, // Ctrl-D twice
		{strings.NewReader(strings.Repeat("x", maxLine) + "\n"), strings.Repeat("x", maxLine), "", nil},
		{strings.NewReader(""), "", "", io.EOF},
		{iotest.OneByteReader(iotest.ErrReader(broken)), "", "", broken},
	} {
		got, err := readLine(test.in)
		if string(got) != test.want || !errors.Is(err, test.err) {
			t.Errorf("read %q, %v; want %q, %v", got, err, test.want, test.err)
		}
		if test.err == nil {
			if left, _ := io.ReadAll(test.in); string(left) != test.left {
				t.Errorf("left %q, want %q", left, test.left)
			}
		}
	}
	var cancelled *signer.CancelledError
	if _, err := readLine(strings.NewReader("")); !errors.As(err, &cancelled) || err.Error() != "cancelled: the input ended" {
		t.Errorf("error %v", err)
	}
	if _, err := readLine(strings.NewReader(strings.Repeat("x", maxLine+1))); err == nil || err.Error() != "the line is longer than 8192 bytes" {
		t.Errorf("error %v", err)
	}
}

// FuzzReadLine: a line is what stands before the first line end, and what
// follows it stays.
func FuzzReadLine(f *testing.F) {
	f.Add([]byte("alice\r\nbob"))
	f.Add([]byte("\n"))
	f.Add([]byte(strings.Repeat("x", maxLine+1)))
	f.Fuzz(func(t *testing.T, typed []byte) {
		in := bytes.NewReader(typed)
		line, err := readLine(in)
		before, after, ended := bytes.Cut(typed, []byte("\n"))
		if err != nil {
			if len(before) > 0 && len(before) <= maxLine {
				t.Errorf("%q: %v", typed, err)
			}
			return
		}
		if ended {
			before = bytes.TrimSuffix(before, []byte("\r"))
		}
		if !bytes.Equal(line, before) || in.Len() != len(after) {
			t.Errorf("%q gives %q and leaves %d bytes", typed, line, in.Len())
		}
	})
}
