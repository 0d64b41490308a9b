package roles

import (
	"bytes"
	"encoding/json"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Summary is the difference in one line, such as
// "root 1 → 2: bob leaves, judy joins; threshold stays 5 of 9; expires 2028-11-22".
func (d Difference) Summary() string { return d.Headline }

// Lines is the difference as text to be read on a terminal or aloud: the
// summary, the changes under a heading for each topic with the most important
// first, and what follows from them. Every line is printable; two blanks
// introduce a sentence, four a detail of it.
func (d Difference) Lines() []string {
	lines := []string{d.Headline}
	if n := len(d.Unexplained()); n > 0 {
		lines = append(lines, "attention: "+counted(n, "changed value")+" without an explanation; see the end")
	}
	shown := -1
	for _, c := range d.Changes {
		section, _ := c.Kind.section()
		if section != shown {
			if sections[section].last {
				lines = append(lines, d.outcomeLines()...)
			}
			lines = append(lines, sections[section].heading+":")
			shown = section
		}
		lines = append(lines, "  "+c.Text)
		for _, detail := range c.Details {
			lines = append(lines, "    "+detail)
		}
	}
	if shown < 0 || !sections[shown].last {
		lines = append(lines, d.outcomeLines()...)
	}
	return lines
}

func (d Difference) outcomeLines() []string {
	if len(d.Outcomes) == 0 {
		return nil
	}
	lines := []string{"what follows:"}
	for _, outcome := range d.Outcomes {
		lines = append(lines, "  "+outcome)
	}
	return lines
}

// Write writes [Difference.Lines], each with a newline.
func (d Difference) Write(w io.Writer) error {
	_, err := io.WriteString(w, strings.Join(d.Lines(), "\n")+"\n")
	return err
}

// MarshalJSON writes the difference as JSON in ASCII: pointers may hold names
// from a document that nobody has verified.
func (d Difference) MarshalJSON() ([]byte, error) {
	type plain Difference
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(plain(d)); err != nil {
		return nil, err
	}
	return asciiText(bytes.TrimSpace(out.Bytes())), nil
}

// asciiText escapes what is not ASCII; in JSON it can only stand in strings.
func asciiText(src []byte) []byte {
	out := make([]byte, 0, len(src))
	for len(src) > 0 {
		r, size := utf8.DecodeRune(src)
		if r < utf8.RuneSelf && r != 0x7f {
			out = append(out, src[0])
		} else {
			escaped := quoted(string(r), isASCII)
			out = append(out, escaped[1:len(escaped)-1]...)
		}
		src = src[size:]
	}
	return out
}

// places lists what stands where: "1 release, 2 nightly".
func places(names []string) string {
	list := make([]string, len(names))
	for i, name := range names {
		list[i] = strconv.Itoa(i+1) + " " + shownName(name)
	}
	return joined(list)
}
