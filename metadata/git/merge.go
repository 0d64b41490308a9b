package git

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Merge merges theirs into ours as a forge does and returns the commit with
// both as parents; no ref or checkout changes. When ours contains theirs
// already, it is ours. Merging is git's own, by lines where both sides changed
// a file; attributes and merge drivers do not apply, and a file that one side
// added does not follow folders that the other side renamed. The commit is
// signed when the user's commit.gpgsign says so.
//
// Errors: *ConflictError, ErrUnrelated, *ShallowError, *NameError,
// *CommandError.
func (r *Repo) Merge(ctx context.Context, ours, theirs Commit, message string) (Commit, error) {
	if err := checkMessage(message); err != nil {
		return "", err
	}
	base, err := r.MergeBase(ctx, ours, theirs)
	if err != nil {
		return "", err
	}
	if base == theirs {
		return ours, nil
	}
	tree, err := r.mergeTree(ctx, ours, theirs)
	if err != nil {
		return "", err
	}
	return r.commitTree(ctx, tree, []Commit{ours, theirs}, message, time.Time{})
}

// mergeTree returns the tree that a merge results in.
func (r *Repo) mergeTree(ctx context.Context, ours, theirs Commit) (string, error) {
	c := command{
		args: []string{"merge-tree", "--write-tree", "-z", "--name-only", "--no-messages", string(ours), string(theirs)},
		// Newer versions of git read attributes from HEAD where there is no
		// checkout; the empty tree has none.
		env: []string{"GIT_ATTR_SOURCE=" + r.format.id("tree", nil)},
	}
	for _, name := range r.drivers {
		// Only .git/info/attributes could still name one; it reports a conflict.
		c.set = append(c.set, "merge."+name+".driver=false")
	}
	out, err := r.run(ctx, c)
	var failed *CommandError
	conflict := exitCode(err, 1) && errors.As(err, &failed)
	if conflict {
		out = failed.stdout
	} else if err != nil {
		return "", err
	}
	tree, rest, _ := strings.Cut(string(out), "\x00")
	if !r.format.isID(tree) {
		return "", fmt.Errorf("git merge-tree: answered %q instead of a tree", clean(tree))
	}
	if !conflict {
		return tree, nil
	}
	paths := strings.FieldsFunc(rest, func(c rune) bool { return c == 0 })
	slices.Sort(paths)
	return "", &ConflictError{Ours: ours, Theirs: theirs, Paths: slices.Compact(paths)}
}
