package git

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rust-lang/rust-tuf/metadata"
)

// Commit writes a commit: the files of parent with the change applied. No ref,
// index or checkout changes; the commit is reachable once it is pushed. An
// empty parent makes the first commit of a history. The message is UTF-8. when
// is the instant for author and committer; zero lets git decide. The commit is
// signed when the user's commit.gpgsign says so.
//
// Before it returns, the commit is read back and compared with what was asked,
// every file of it (*ChangedBytesError). Further errors: ErrNoChange,
// *IdentityError, *NameError, *PathError, *LimitError, *ObjectError,
// *CommandError.
func (r *Repo) Commit(ctx context.Context, parent Commit, ch metadata.Change, message string, when time.Time) (Commit, error) {
	if err := checkMessage(message); err != nil {
		return "", err
	}
	o, err := r.objects(ctx)
	if err != nil {
		return "", err
	}
	defer o.close()
	before := &listing{folders: map[string][]treeEntry{}}
	if parent != "" {
		if err := r.format.checkCommit(parent); err != nil {
			return "", err
		}
		if before, err = o.list(parent); err != nil {
			return "", err
		}
	}
	tree, written, err := r.format.apply(before, ch)
	if err != nil {
		return "", err
	}
	if tree == before.tree || parent == "" && len(ch.Put) == 0 {
		return "", ErrNoChange
	}
	if err := r.write(ctx, written); err != nil {
		return "", err
	}
	var parents []Commit
	if parent != "" {
		parents = []Commit{parent}
	}
	c, err := r.commitTree(ctx, tree, parents, message, when)
	if err != nil {
		return "", err
	}
	if err := o.verify(c, parents, before, ch); err != nil {
		return "", err
	}
	return c, nil
}

// checkMessage refuses messages that git would cut or refuse.
func checkMessage(message string) error {
	switch {
	case strings.TrimSpace(message) == "":
		return &NameError{Kind: "commit message", Name: message, Reason: "is empty"}
	case strings.ContainsRune(message, 0):
		return &NameError{Kind: "commit message", Name: message, Reason: "holds a NUL"}
	}
	return nil
}

// commitTree gives a tree a commit.
func (r *Repo) commitTree(ctx context.Context, tree string, parents []Commit, message string, when time.Time) (Commit, error) {
	c := command{args: []string{"commit-tree"}, stdin: []byte(message)}
	if r.sign {
		c.args, c.asks = append(c.args, "-S"), true
	}
	for _, p := range parents {
		c.args = append(c.args, "-p", string(p))
	}
	c.args = append(c.args, tree)
	if !when.IsZero() {
		date := "@" + strconv.FormatInt(when.Unix(), 10) + " +0000"
		c.env = []string{"GIT_AUTHOR_DATE=" + date, "GIT_COMMITTER_DATE=" + date}
	}
	id, err := r.line(ctx, c)
	if err != nil {
		return "", r.unnamed(ctx, err)
	}
	return Commit(id), r.format.checkCommit(Commit(id))
}

// verify reads a commit back: it has the given parents, each file of the
// change is as it was asked for, and no other file differs from before.
func (o *objects) verify(c Commit, parents []Commit, before *listing, ch metadata.Change) error {
	after, err := o.list(c)
	if err != nil {
		return err
	}
	if !slices.Equal(after.parents, parents) {
		return &ChangedBytesError{Commit: c, Reason: fmt.Sprintf("its parents are %q, not %q", after.parents, parents)}
	}
	was, is := before.files(), after.files()
	for _, path := range ch.Delete {
		delete(was, path)
	}
	var paths, ids []string
	for path := range ch.Put {
		delete(was, path)
		e, ok := is[path]
		if !ok {
			return &ChangedBytesError{Commit: c, Path: path, Reason: "is missing"}
		}
		if e.mode != modeFile {
			return &ChangedBytesError{Commit: c, Path: path, Reason: "has mode " + e.mode + ", not " + modeFile}
		}
		delete(is, path)
		paths, ids = append(paths, path), append(ids, e.id)
	}
	for path, e := range is {
		if was[path] != e {
			return &ChangedBytesError{Commit: c, Path: path, Reason: "changed without being asked to"}
		}
		delete(was, path)
	}
	for path := range was {
		return &ChangedBytesError{Commit: c, Path: path, Reason: "is missing"}
	}
	next := 0
	return o.read(ids, func(got object) error {
		path := paths[next]
		next++
		if got.kind != "blob" || !bytes.Equal(got.data, ch.Put[path]) {
			return &ChangedBytesError{Commit: c, Path: path, Reason: "has other bytes"}
		}
		return nil
	})
}
