package bundle

import (
	"bytes"
	"encoding/pem"
	"fmt"
	"strings"

	"github.com/rust-lang/rust-tuf/verify"
)

const (
	blockType  = "TUF METADATA"
	nameHeader = "Name"
	begin      = "-----BEGIN "
)

// FormatError says that a text is no bundle, and at which byte.
type FormatError struct {
	Offset int
	Reason string
}

func (e *FormatError) Error() string {
	return fmt.Sprintf("this is no bundle: byte %d: %s", e.Offset, e.Reason)
}

// Read reads a bundle; none of it is trusted by that. Errors are a
// [*FormatError] and a [*verify.LimitError].
func Read(raw []byte, lim Limits) (*Bundle, error) {
	lim = lim.orDefault()
	if int64(len(raw)) > lim.Bytes {
		return nil, &verify.LimitError{What: "bytes of the bundle", Limit: lim.Bytes, Found: int64(len(raw))}
	}
	b := &Bundle{files: map[string][]byte{}}
	for at := 0; ; {
		skipped, err := comments(raw[at:])
		if err != nil {
			err.Offset += at
			return nil, err
		}
		if at += skipped; at == len(raw) {
			break
		}
		block, rest := pem.Decode(raw[at:])
		end := len(raw) - len(rest)
		// pem.Decode goes past a damaged block to the next one.
		if block == nil || bytes.Count(raw[at:end], []byte(begin)) != 1 {
			return nil, &FormatError{at, "a block is cut or damaged"}
		}
		if reason := b.add(block); reason != "" {
			return nil, &FormatError{at, reason}
		}
		if len(b.files) > lim.Files {
			return nil, &verify.LimitError{What: "files in the bundle", Limit: int64(lim.Files), Found: int64(len(b.files))}
		}
		at = end
	}
	if b.newest == 0 {
		return nil, &FormatError{len(raw), "it holds no root"}
	}
	return b, nil
}

// comments counts the bytes of white space and of lines that begin with "#"
// before the next block.
func comments(text []byte) (int, *FormatError) {
	n := 0
	for line := range bytes.Lines(text) {
		switch trimmed := bytes.TrimSpace(line); {
		case bytes.HasPrefix(line, []byte(begin)):
			return n, nil
		case len(trimmed) > 0 && line[0] != '#':
			return n, &FormatError{n, `a line that neither belongs to a block nor begins with "#"`}
		}
		n += len(line)
	}
	return n, nil
}

// add takes a file, or says why not.
func (b *Bundle) add(block *pem.Block) (reason string) {
	name := block.Headers[nameHeader]
	switch {
	case block.Type != blockType:
		return fmt.Sprintf("a block of type %.40q, wanted %q", block.Type, blockType)
	case len(block.Headers) != 1 || name == "":
		return "a block has the header " + nameHeader + " and no other one"
	case len(name) > maxName || strings.ContainsFunc(name, notInName) || !strings.HasSuffix(name, ".json"):
		return fmt.Sprintf("%.80q is no name of a metadata file", name)
	}
	if _, twice := b.files[name]; twice {
		return fmt.Sprintf("%q stands there twice", name)
	}
	b.files[name] = block.Bytes
	if v, ok := rootVersion(name); ok {
		b.newest = max(b.newest, v)
	}
	return ""
}

// notInName finds what [verify.EscapeRole] never writes.
func notInName(c rune) bool {
	return !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.ContainsRune("-_~.%", c))
}

// Encode writes the bundle. The same files give the same bytes. Lines for
// people come first, each behind "# ".
func (b *Bundle) Encode(comments ...string) []byte {
	var out bytes.Buffer
	for _, text := range comments {
		for line := range strings.Lines(text) {
			fmt.Fprintf(&out, "# %s\n", strings.TrimRight(line, "\r\n"))
		}
	}
	for _, name := range b.Names() {
		// A name that came through add or Make is always a legal header.
		_ = pem.Encode(&out, &pem.Block{Type: blockType, Headers: map[string]string{nameHeader: name}, Bytes: b.files[name]})
	}
	return out.Bytes()
}
