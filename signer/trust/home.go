package trust

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"github.com/rust-lang/rust-tuf/signer/internal/durable"
	"github.com/rust-lang/rust-tuf/signer/internal/private"
)

// Home is the folder in which this machine keeps what it trusts and signed, for
// any number of repositories. Several processes may use it at once.
type Home struct {
	dir  string
	disk durable.Disk
}

// Open opens the home at dir and makes the folder, mode 0700, if it is missing.
// One that other people can change is refused: *signer.PermissionError.
func Open(dir string) (*Home, error) {
	return open(dir, durable.Disk{})
}

func open(dir string, disk durable.Disk) (*Home, error) {
	if err := disk.MakeFolder(dir); err != nil {
		return nil, err
	}
	if err := private.Folder(dir); err != nil {
		return nil, err
	}
	return &Home{dir, disk}, nil
}

// Dir returns the folder of this home.
func (h *Home) Dir() string { return h.dir }

var (
	repositoryPattern = form{regexp.MustCompile(`^[0-9a-f]*$`), 32, 32}
	rolePattern       = form{regexp.MustCompile(`^[a-z0-9][a-z0-9-]*$`), 1, 63}
)

// form is a pattern for all of a text, and how many bytes that may have. A
// pattern that counts for itself takes long to compile, each time a command
// starts.
type form struct {
	pattern     *regexp.Regexp
	least, most int
}

// MatchString reports whether s has the form.
func (f form) MatchString(s string) bool {
	return f.least <= len(s) && len(s) <= f.most && f.pattern.MatchString(s)
}

// folder returns a folder of one repository. The id becomes a path, so nothing
// else than an id gets through.
func (h *Home) folder(repository, name string) (string, error) {
	if !repositoryPattern.MatchString(repository) {
		return "", fmt.Errorf("repository id %q is not 32 lower-case hex digits", repository)
	}
	return filepath.Join(h.dir, repository, name), nil
}

// Pins are the newest pins of all repositories that this machine knows, in the
// order of their ids. What stands beside them in the home is left alone.
func (h *Home) Pins() ([]*Pin, error) {
	entries, err := os.ReadDir(h.dir)
	if err != nil {
		return nil, err
	}
	var pins []*Pin
	for _, e := range entries {
		if !e.IsDir() || !repositoryPattern.MatchString(e.Name()) {
			continue
		}
		pin, err := h.Pin(e.Name())
		if errors.Is(err, ErrNoPin) { // only a ledger
			continue
		}
		if err != nil {
			return nil, err
		}
		pins = append(pins, pin)
	}
	return pins, nil
}

// instant is how times are written: in UTC, to the second.
func instant(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// parseInstant reads what instant wrote and nothing else.
func parseInstant(s string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}, err
	}
	if instant(t) != s {
		return time.Time{}, fmt.Errorf("%q is not a time in UTC to the second", s)
	}
	return t.UTC(), nil
}
