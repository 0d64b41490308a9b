package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/metadata/git"
)

// pushBranch commits a change on top of parent and pushes it as a branch. If
// the branch exists already and holds the same change and nothing else, that one
// is taken; otherwise the error is a *BranchTakenError.
func (w *workspace) pushBranch(ctx context.Context, parent git.Commit, ch metadata.Change, message, branch string, when time.Time) (git.Commit, error) {
	commit, err := w.git.Commit(ctx, parent, ch, message, when)
	if err != nil {
		return "", err
	}
	err = w.pushNew(ctx, commit, branch, message)
	var moved *git.MovedError
	if !errors.As(err, &moved) {
		return commit, err
	}
	// The branch is there already: from an earlier run that ended after its
	// push, or from one on an older state of the default branch.
	there, ferr := w.git.Fetch(ctx, w.push, branch)
	if ferr != nil {
		return "", errors.Join(err, ferr)
	}
	holds, herr := w.holds(ctx, parent, there, ch)
	if herr != nil {
		return "", herr
	}
	if holds {
		return there, nil
	}
	return "", &BranchTakenError{Remote: w.push, Branch: branch, Found: there}
}

// pushNew pushes a branch that does not exist yet, and asks the forge for a pull
// request where the push itself can: where the remote takes no such options, without.
func (w *workspace) pushNew(ctx context.Context, commit git.Commit, branch, message string) error {
	options := w.pushOptions(branch, message)
	err := w.git.Push(ctx, w.push, commit, branch, "", options...)
	var refused *git.RemoteError
	if len(options) > 0 && errors.As(err, &refused) && refused.TakesNoOptions() {
		return w.git.Push(ctx, w.push, commit, branch, "")
	}
	return err
}

// BranchTakenError is a branch that this command would make and that holds
// something else already.
type BranchTakenError struct {
	Remote string
	Branch string
	Found  git.Commit
}

func (e *BranchTakenError) Error() string {
	return fmt.Sprintf("branch %s of %s exists already, at %s, and holds something else", e.Branch, e.Remote, e.Found.Short())
}

// Hint names the one next step.
func (e *BranchTakenError) Hint() string {
	return fmt.Sprintf("if it is left from an earlier try, `git push %s --delete %s` and run this again", e.Remote, e.Branch)
}

// holds tells whether a commit is one change on top of some state of the
// branch that parent is on: its whole difference to where the two parted, with
// no file more and none less.
func (w *workspace) holds(ctx context.Context, parent, at git.Commit, ch metadata.Change) (bool, error) {
	base, err := w.git.MergeBase(ctx, parent, at)
	if errors.Is(err, git.ErrUnrelated) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	before, err := w.git.Tree(ctx, base)
	if err != nil {
		return false, err
	}
	after, err := w.git.Tree(ctx, at)
	if err != nil {
		return false, err
	}
	return sameTree(ch.Apply(before), after)
}

// sameTree tells whether two trees hold the same files, with the same modes
// and contents.
func sameTree(a, b metadata.Tree) (bool, error) {
	return sameFiles(a, b, func(string) bool { return true })
}

// sameFiles is sameTree for some paths.
func sameFiles(a, b metadata.Tree, which func(path string) bool) (bool, error) {
	of := func(t metadata.Tree) []metadata.Entry {
		return slices.DeleteFunc(slices.Clone(t.Entries()), func(e metadata.Entry) bool { return !which(e.Path) })
	}
	files := of(a)
	if !slices.Equal(files, of(b)) {
		return false, nil
	}
	for _, e := range files {
		x, err := a.Read(e.Path)
		if err != nil {
			return false, err
		}
		y, err := b.Read(e.Path)
		if err != nil || !bytes.Equal(x, y) {
			return false, err
		}
	}
	return true, nil
}
