package git

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// MergedTree returns the files that a forge would make of ours and theirs by
// merging them. No commit is made, so no name of an author is asked for and
// nothing is signed; no ref or checkout changes. Merging is git's own, by lines
// where both sides changed a file; attributes and merge drivers do not apply,
// and a file that one side added does not follow folders that the other side
// renamed.
//
// Errors: *ConflictError, ErrUnrelated, *ShallowError, *NameError, *CommandError,
// and those of [Repo.Tree].
func (r *Repo) MergedTree(ctx context.Context, ours, theirs Commit) (*Tree, error) {
	// git decides by a word of its own whether two histories are related.
	if _, err := r.MergeBase(ctx, ours, theirs); err != nil {
		return nil, err
	}
	tree, err := r.mergeTree(ctx, ours, theirs)
	if err != nil {
		return nil, err
	}
	o, err := r.objects(ctx)
	if err != nil {
		return nil, err
	}
	defer o.close()
	l, err := o.listTree("", tree)
	if err != nil {
		return nil, err
	}
	return o.tree("", l)
}

// mergeTree returns the name of the tree that a merge results in.
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
