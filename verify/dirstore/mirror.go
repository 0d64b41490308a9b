package dirstore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/rust-lang/rust-tuf/verify"
)

// Mirror is a [verify.Fetcher] over a folder: a repository that was copied, for
// a machine without a network. It trusts nothing of what is there. Any number
// of goroutines may use it at once.
type Mirror struct {
	dir  string
	root *os.Root
}

var _ verify.Fetcher = (*Mirror)(nil)

// OpenMirror opens the copy in a folder, which stands for the address that the
// repository has on a server.
func OpenMirror(dir string) (*Mirror, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	return &Mirror{dir, root}, nil
}

// Close releases the folder; files that are being read go on.
func (m *Mirror) Close() error { return m.root.Close() }

// Fetch opens a file of the mirror. A name that holds percent-encodings is
// looked for as it is written, and then decoded, for it depends on the program
// that made the copy which of the two is there; no part of a name ever becomes
// more than one part by that. A file that is missing gives an error that Is
// [verify.ErrNotFound]. Other errors are [*NameError], [*KindError], and those
// of the system, as for a symbolic link out of the folder.
func (m *Mirror) Fetch(ctx context.Context, name string) (io.ReadCloser, error) {
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	f, err := m.open(name)
	if decoded, ok := decode(name); ok && errors.Is(err, fs.ErrNotExist) {
		f, err = m.open(decoded)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s holds no such file: %w", m.dir, verify.ErrNotFound)
	}
	if err != nil {
		return nil, err
	}
	return f, nil
}

func (m *Mirror) open(name string) (*os.File, error) {
	local, err := filepath.Localize(name)
	if err != nil || name == "." || strings.Contains(name, `\`) {
		return nil, &NameError{name}
	}
	info, err := m.root.Stat(local) // a pipe would be waited for
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &KindError{filepath.Join(m.dir, local), "a plain file", info.Mode()}
	}
	return m.root.Open(local)
}

// decode decodes each part of a name. It says no if that changes nothing, or
// if the result could be understood otherwise than as the same parts.
func decode(name string) (string, bool) {
	parts := strings.Split(name, "/")
	for i, part := range parts {
		decoded, err := url.PathUnescape(part)
		if err != nil || strings.ContainsAny(decoded, "/\\\x00") || decoded == "." || decoded == ".." || decoded == "" {
			return "", false
		}
		parts[i] = decoded
	}
	decoded := strings.Join(parts, "/")
	return decoded, decoded != name
}
