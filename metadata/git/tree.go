package git

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"

	"github.com/rust-lang/rust-tuf/metadata"
)

// Tree is the files of one commit, or those that a merge would make, read from
// git's objects. It implements [metadata.Tree] and never changes.
type Tree struct {
	commit  Commit
	entries []metadata.Entry
	content map[string][]byte
}

var _ metadata.Tree = (*Tree)(nil)

// Tree reads a commit with all its files. Symbolic links and submodules are
// listed with their mode; a link's content is the name of what it points to.
// Errors: *NameError, *PathError, *LimitError, *ObjectError.
func (r *Repo) Tree(ctx context.Context, c Commit) (*Tree, error) {
	if err := r.format.checkCommit(c); err != nil {
		return nil, err
	}
	o, err := r.objects(ctx)
	if err != nil {
		return nil, err
	}
	defer o.close()
	l, err := o.list(c)
	if err != nil {
		return nil, err
	}
	return o.tree(c, l)
}

// tree reads the contents of all files of a listing, equal ones once.
func (o *objects) tree(c Commit, l *listing) (*Tree, error) {
	files := l.files()
	t := &Tree{commit: c, content: make(map[string][]byte, len(files))}
	places := map[string][]string{} // by blob
	for path, e := range files {
		if e.mode == modeSubmodule {
			t.entries = append(t.entries, metadata.Entry{Path: path, Mode: e.mode})
			continue
		}
		places[e.id] = append(places[e.id], path)
	}
	ids := make([]string, 0, len(places))
	for id := range places {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	var total int64
	asked := 0
	err := o.read(ids, func(got object) error {
		asked++
		if got.kind != "blob" {
			return &ObjectError{ID: got.id, Reason: "is a " + got.kind + ", not a file"}
		}
		if total += int64(len(got.data)); total > o.repo.limits.treeBytes {
			return &LimitError{What: "bytes in all files of one commit", Limit: o.repo.limits.treeBytes, Found: total}
		}
		for _, path := range places[got.id] {
			t.content[path] = got.data
			t.entries = append(t.entries, metadata.Entry{Path: path, Mode: files[path].mode, Size: int64(len(got.data))})
		}
		return nil
	})
	if limit := new(LimitError); errors.As(err, &limit) && limit.What == "bytes in one file" {
		limit.Path = slices.Min(places[ids[asked]])
	}
	if err != nil {
		return nil, err
	}
	slices.SortFunc(t.entries, func(a, b metadata.Entry) int { return strings.Compare(a.Path, b.Path) })
	return t, nil
}

// Commit is the commit that the tree was read from, empty for that of a merge.
func (t *Tree) Commit() Commit { return t.commit }

// Entries lists every file, sorted by path.
func (t *Tree) Entries() []metadata.Entry { return slices.Clone(t.entries) }

// Read returns a file's bytes. An absent file is an error that Is
// [fs.ErrNotExist]; a submodule has no bytes and is [fs.ErrInvalid].
func (t *Tree) Read(path string) ([]byte, error) {
	if content, ok := t.content[path]; ok {
		return bytes.Clone(content), nil
	}
	cause := fs.ErrNotExist
	if _, found := slices.BinarySearchFunc(t.entries, path, func(e metadata.Entry, p string) int { return strings.Compare(e.Path, p) }); found {
		cause = fs.ErrInvalid
	}
	return nil, &fs.PathError{Op: "read", Path: path, Err: cause}
}
