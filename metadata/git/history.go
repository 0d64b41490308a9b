package git

import (
	"context"
	"fmt"
	"strings"
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
