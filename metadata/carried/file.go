package carried

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/rust-lang/rust-tuf/verify"
)

// FormatError says that a file is no bundle, or no answer, and at which byte.
type FormatError struct {
	What   string // "bundle" or "answer"
	Offset int
	Reason string
}

func (e *FormatError) Error() string {
	return fmt.Sprintf("this is no signing %s: byte %d: %s", e.What, e.Offset, e.Reason)
}

// Hint names the one next step.
func (e *FormatError) Hint() string {
	return "copy the file again as it was written; a program that changes line ends or cuts files spoils it"
}

const (
	fileWord   = "file "
	digestWord = "sha256 "
)

func firstLine(what string) string { return "rust-tuf signing " + what + " v1" }

// encode writes the one spelling of lines and files.
func encode(what string, lines []string, files map[string][]byte) []byte {
	var out bytes.Buffer
	for _, line := range append([]string{firstLine(what)}, lines...) {
		out.WriteString(line + "\n")
	}
	for _, p := range slices.Sorted(maps.Keys(files)) {
		fmt.Fprintf(&out, "%s%d %s\n", fileWord, len(files[p]), p)
		out.Write(files[p])
		out.WriteByte('\n')
	}
	sum := sha256.Sum256(out.Bytes())
	out.WriteString(digestWord + hex.EncodeToString(sum[:]) + "\n")
	return out.Bytes()
}

// decoder reads what encode writes, and nothing else.
type decoder struct {
	what string
	raw  []byte
	at   int
}

// decode gives the lines between the first one and the files, and the files,
// which share raw's memory.
func decode(what string, raw []byte, limit int64) (lines []string, files map[string][]byte, err error) {
	if int64(len(raw)) > limit {
		return nil, nil, &verify.LimitError{What: "signing " + what + ", bytes", Limit: limit, Found: int64(len(raw))}
	}
	d := &decoder{what: what, raw: raw}
	line, err := d.line()
	if err != nil {
		return nil, nil, err
	}
	if line != firstLine(what) {
		return nil, nil, &FormatError{what, 0, fmt.Sprintf("begins with %.60q, wanted %q", line, firstLine(what))}
	}
	files = map[string][]byte{}
	last := ""
	for {
		start := d.at
		if line, err = d.line(); err != nil {
			return nil, nil, err
		}
		digest, ends := strings.CutPrefix(line, digestWord)
		header, isFile := strings.CutPrefix(line, fileWord)
		switch {
		case ends:
			return lines, files, d.end(start, digest)
		case !isFile && len(files) > 0:
			return nil, nil, &FormatError{what, start, fmt.Sprintf("%.60q stands between files", line)}
		case !isFile:
			lines = append(lines, line)
			continue
		}
		p, content, reason := d.file(header)
		switch {
		case reason != "":
			return nil, nil, &FormatError{what, start, reason}
		case p <= last:
			return nil, nil, &FormatError{what, start, fmt.Sprintf("%q does not come after %q", p, last)}
		case len(files) == maxFiles:
			return nil, nil, &verify.LimitError{What: "files in a signing " + what, Limit: maxFiles, Found: maxFiles + 1}
		}
		files[p], last = content, p
	}
}

// line takes one line, without its end.
func (d *decoder) line() (string, error) {
	rest := d.raw[d.at:]
	n := bytes.IndexByte(rest[:min(len(rest), maxLine)], '\n')
	if n < 0 && len(rest) < maxLine {
		return "", &FormatError{d.what, d.at, "it ends in the middle"}
	}
	if n < 0 {
		return "", &FormatError{d.what, d.at, fmt.Sprintf("there is no line within %d bytes", maxLine)}
	}
	d.at += n + 1
	return string(rest[:n]), nil
}

// file takes the file that header announces, or says why not.
func (d *decoder) file(header string) (p string, content []byte, reason string) {
	number, p, _ := strings.Cut(header, " ")
	size, err := strconv.Atoi(number)
	switch {
	case err != nil || size < 0 || strconv.Itoa(size) != number:
		return "", nil, fmt.Sprintf("%.40q is no length", number)
	case !isPlain(p):
		return "", nil, fmt.Sprintf("%.80q is no plain relative path", p)
	case size >= len(d.raw)-d.at:
		return "", nil, fmt.Sprintf("%s is to have %d bytes, and the file ends before that", p, size)
	case d.raw[d.at+size] != '\n':
		return "", nil, fmt.Sprintf("%s does not end after its %d bytes", p, size)
	}
	content = d.raw[d.at : d.at+size : d.at+size]
	d.at += size + 1
	return p, content, ""
}

// end judges the last line, which begins at start.
func (d *decoder) end(start int, digest string) error {
	sum := sha256.Sum256(d.raw[:start])
	switch {
	case digest != hex.EncodeToString(sum[:]):
		return &FormatError{d.what, start, "its bytes are not the ones that were written: the SHA-256 at the end is another"}
	case d.at != len(d.raw):
		return &FormatError{d.what, d.at, "something follows after its end"}
	}
	return nil
}

// isPlain accepts paths that lead nowhere but down, in characters that print.
// What may be at a path, metadata.Read decides.
func isPlain(p string) bool {
	if p == "" || len(p) > maxPath || p[0] == '/' || path.Clean(p) != p || p == "." || p == ".." || strings.HasPrefix(p, "../") {
		return false
	}
	for i := range len(p) {
		if p[i] <= ' ' || p[i] > '~' || p[i] == '\\' || p[i] == ':' {
			return false
		}
	}
	return true
}
