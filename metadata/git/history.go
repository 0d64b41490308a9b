package git

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// IsAncestor tells whether a can be reached from b through parents; a commit
// is its own ancestor. Errors: *ShallowError, *NameError, *CommandError.
func (r *Repo) IsAncestor(ctx context.Context, a, b Commit) (bool, error) {
	if err := r.checkCommits(a, b); err != nil {
		return false, err
	}
	_, err := r.run(ctx, command{args: []string{"merge-base", "--is-ancestor", string(a), string(b)}})
	switch {
	case err == nil:
		return true, nil
	case exitCode(err, 1) && r.shallow:
		return false, &ShallowError{Question: fmt.Sprintf("is %s an ancestor of %s", a.Short(), b.Short())}
	case exitCode(err, 1):
		return false, nil
	}
	return false, err
}

// Committed is when a commit says that it was made, in UTC: nobody vouches for
// it. It is the zero time where that is no time that people write. Errors:
// *NameError, *CommandError.
func (r *Repo) Committed(ctx context.Context, c Commit) (time.Time, error) {
	if err := r.checkCommits(c); err != nil {
		return time.Time{}, err
	}
	out, err := r.line(ctx, command{args: []string{"rev-list", "--timestamp", "--max-count=1", string(c)}})
	if err != nil {
		return time.Time{}, err
	}
	text, _, _ := strings.Cut(out, " ")
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil || seconds <= 0 || seconds > lastSecond {
		return time.Time{}, nil
	}
	return time.Unix(seconds, 0).UTC(), nil
}

// lastSecond is the end of the year 9999, beyond which no date has four digits.
const lastSecond = 253402300799

// MergeBase returns a best common ancestor of two commits. Errors: ErrUnrelated
// when there is none, *ShallowError when none is in this clone, *NameError,
// *CommandError.
func (r *Repo) MergeBase(ctx context.Context, a, b Commit) (Commit, error) {
	if err := r.checkCommits(a, b); err != nil {
		return "", err
	}
	out, err := r.line(ctx, command{args: []string{"merge-base", string(a), string(b)}})
	if exitCode(err, 1) {
		return "", r.unrelated(a, b)
	}
	base, _, _ := strings.Cut(out, "\n")
	return Commit(base), err
}

// unrelated is the error for two commits without a common ancestor in this
// clone.
func (r *Repo) unrelated(a, b Commit) error {
	if r.shallow {
		return &ShallowError{Question: fmt.Sprintf("what do %s and %s have in common", a.Short(), b.Short())}
	}
	return ErrUnrelated
}

func (r *Repo) checkCommits(commits ...Commit) error {
	for _, c := range commits {
		if err := r.format.checkCommit(c); err != nil {
			return err
		}
	}
	return nil
}
