package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
	"github.com/rust-lang/rust-tuf/metadata/forge"
	"github.com/rust-lang/rust-tuf/metadata/git"
)

// A default branch that cannot be read, or not even be fetched, is raised as any other
// failure of a job that nobody looks at; when it is well again, the issue is closed.
func TestJobsRaiseADefaultBranchThatCannotBeRead(t *testing.T) {
	t.Parallel()
	s := play(t, "second-open", "alice")
	m := s.maintainer
	h := newHub(t, s, m)
	good := h.git("rev-parse", "main")
	s.branchWith(t, "notes", "origin/main", entry{"100644", "metadata/notes.txt", "x"})
	s.branchWith(t, "deep", "origin/main", entry{"100644", strings.Repeat("d/", 17) + "x", "x"})
	for _, verb := range []string{"gate", "due"} {
		for name, test := range map[string]struct {
			breaks func()
			code   int
			words  string
		}{
			"a file that may not be there": {func() { h.git("update-ref", "refs/heads/main", "refs/heads/notes") }, exit.Rejected, "metadata/notes.txt"},
			"more than is read":            {func() { h.git("update-ref", "refs/heads/main", "refs/heads/deep") }, exit.Rejected, "too many folders above a file"},
			"no default branch":            {func() { h.git("symbolic-ref", "HEAD", "refs/heads/absent") }, exit.Other, "set its default branch on the forge"},
		} {
			test.breaks()
			s.exits(t, m, test.code, []string{verb}, test.words)
			if text, ok := h.issues["job/"+verb]; ok {
				t.Errorf("%s, %s: raised without --raise: %q", verb, name, text)
			}
			s.exits(t, m, test.code, []string{verb, "--raise"}, test.words)
			if text := h.issues["job/"+verb]; !strings.Contains(text, test.words) {
				t.Errorf("%s, %s: the issue says %q", verb, name, text)
			}
			h.git("symbolic-ref", "HEAD", "refs/heads/main")
			h.git("update-ref", "refs/heads/main", good)
			s.exits(t, m, exit.Done, []string{verb, "--raise"})
			if text, ok := h.issues["job/"+verb]; ok {
				t.Errorf("%s, %s: the issue stays: %q", verb, name, text)
			}
		}
	}
}

// The issue says what to do, for each error that was joined, once.
func TestHintsOf(t *testing.T) {
	gone, moved := &git.BranchError{Remote: "origin", Branch: "main"}, &forge.MovedError{}
	err := errors.Join(fmt.Errorf("event x: %w", gone), errors.Join(errors.New("plain"), moved), gone)
	if got := hintsOf(err); !slices.Equal(got, []string{gone.Hint(), moved.Hint()}) {
		t.Errorf("%q", got)
	}
	if got := append(hintsOf(nil), hintsOf(errors.New("plain"))...); len(got) != 0 {
		t.Errorf("%q", got)
	}
}
