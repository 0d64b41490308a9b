package bundle

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/rust-lang/rust-tuf/verify"
)

// Bundle is a [verify.Fetcher] over one file. Any number of goroutines may use
// it at once.
type Bundle struct {
	files  map[string][]byte
	newest int64 // root
}

var _ verify.Fetcher = (*Bundle)(nil)

// MissingError says that a bundle does not hold a file which a repository has.
// It is no [verify.ErrNotFound]: that a bundle was made for something else says
// nothing about the repository.
type MissingError struct {
	Name   string
	Oldest int64 // root in the bundle
}

func (e *MissingError) Error() string {
	if v, ok := rootVersion(e.Name); ok && v < e.Oldest {
		return fmt.Sprintf("the bundle begins with root %d, and its reader at root %d: make one that begins with that root", e.Oldest, v-1)
	}
	return fmt.Sprintf("the bundle does not hold %q: it was made for other targets; make one for this target too", e.Name)
}

// Fetch returns a file of the bundle. The root after the newest one is
// [verify.ErrNotFound], as on a server; any other file that is not there gives
// a [*MissingError].
func (b *Bundle) Fetch(ctx context.Context, name string) (io.ReadCloser, error) {
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	if raw, ok := b.files[name]; ok {
		return io.NopCloser(bytes.NewReader(raw)), nil
	}
	if v, ok := rootVersion(name); ok && v > b.newest {
		return nil, fmt.Errorf("root %d is the newest in the bundle: %w", b.newest, verify.ErrNotFound)
	}
	return nil, &MissingError{name, b.oldest()}
}

// Names returns what the bundle holds, in the order in which it is written:
// roots first, then by name.
func (b *Bundle) Names() []string {
	names := make([]string, 0, len(b.files))
	for name := range b.files {
		names = append(names, name)
	}
	slices.SortFunc(names, func(x, y string) int {
		v, isRoot := rootVersion(x)
		w, alsoRoot := rootVersion(y)
		switch {
		case isRoot && alsoRoot && v < w, isRoot && !alsoRoot:
			return -1
		case isRoot || alsoRoot:
			return 1
		}
		return strings.Compare(x, y)
	})
	return names
}

func (b *Bundle) oldest() int64 {
	v, _ := rootVersion(b.Names()[0])
	return v
}

// rootVersion is the N of N.root.json.
func rootVersion(name string) (int64, bool) {
	digits, isRoot := strings.CutSuffix(name, ".root.json")
	v, err := strconv.ParseInt(digits, 10, 64)
	return v, isRoot && err == nil && v > 0 && strconv.FormatInt(v, 10) == digits
}
