package git

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
)

// Git 2.38 (October 2022) is the first with merge-tree --write-tree; everything
// else that is used here is older.
const (
	needMajor = 2
	needMinor = 38
)

// VersionError says that there is no git, or that it is too old.
type VersionError struct {
	Program string // as it was looked for
	Found   string // what it calls itself; empty when there is no such program
	Need    string // the oldest version that will do, such as "2.38"
}

func (e *VersionError) Error() string {
	if e.Found == "" {
		return fmt.Sprintf("program %q not found: install git %s or newer, or put it on PATH", e.Program, e.Need)
	}
	return fmt.Sprintf("%s is %q: git %s or newer is needed", e.Program, e.Found, e.Need)
}

// locate returns the absolute path of the git program.
func locate(program string) (string, error) {
	name := program
	if name == "" {
		name = "git"
	}
	// LookPath refuses a program in the current directory, which may be a
	// clone of somebody else's repository.
	path, err := exec.LookPath(name)
	if err != nil {
		return "", &VersionError{Program: name, Need: fmt.Sprintf("%d.%d", needMajor, needMinor)}
	}
	return path, nil
}

// checkVersion asks git for its version and refuses one that is too old.
func (p *program) checkVersion(ctx context.Context) error {
	out, err := p.run(ctx, command{args: []string{"version"}})
	if failed := new(CommandError); errors.As(err, &failed) {
		out, err = []byte(failed.Output), nil // whatever it is, it is not git
	}
	if err != nil {
		return err
	}
	found := strings.TrimSpace(string(out))
	major, minor, ok := parseVersion(found)
	if ok && (major > needMajor || major == needMajor && minor >= needMinor) {
		return nil
	}
	if found == "" {
		found = "no git"
	}
	return &VersionError{Program: p.path, Found: found, Need: fmt.Sprintf("%d.%d", needMajor, needMinor)}
}

// parseVersion reads "git version 2.39.5", also with the additions of Apple
// ("2.39.5 (Apple Git-154)"), Windows ("2.47.1.windows.2") and candidates
// ("2.50.0-rc1", "2.50-rc1").
func parseVersion(s string) (major, minor int, ok bool) {
	rest, ok := strings.CutPrefix(s, "git version ")
	if !ok {
		return 0, 0, false
	}
	first, rest, ok := strings.Cut(rest, ".")
	if !ok {
		return 0, 0, false
	}
	end := strings.IndexFunc(rest, func(r rune) bool { return r < '0' || r > '9' })
	if end < 0 {
		end = len(rest)
	}
	ma, err1 := strconv.ParseUint(first, 10, 16)
	mi, err2 := strconv.ParseUint(rest[:end], 10, 16)
	if err1 != nil || err2 != nil {
		return 0, 0, false
	}
	return int(ma), int(mi), true
}
