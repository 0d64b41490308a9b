package metadata

import (
	"io/fs"
	"maps"
	"slices"
	"strings"
)

// Entry is one file of a [Tree].
type Entry struct {
	// Path is relative to the root of the repository, its segments
	// separated by slashes.
	Path string
	// Mode is written as git writes it, six octal digits: "100644" for a
	// file, "100755" for an executable one, "120000" for a symbolic link,
	// "160000" for a submodule.
	Mode string
	// Size is the number of bytes that Read returns; zero for a submodule.
	Size int64
}

// Tree is one state of a metadata repository: the files of one commit, or
// that state with a [Change] applied. It never changes.
type Tree interface {
	// Entries lists every file, sorted by path. The caller may change the
	// returned slice.
	Entries() []Entry
	// Read returns a file's bytes, which the caller may change. An absent
	// file is an error that Is [fs.ErrNotExist]; a folder is absent.
	Read(path string) ([]byte, error)
}

// MapTree is a Tree of ordinary files ("100644"), given as path → content.
// The tree keeps the contents as they are, so the caller must not change
// them afterwards; the map itself is copied.
func MapTree(files map[string][]byte) Tree {
	return Change{Put: files}.Apply(emptyTree{})
}

// Change is a set of files to write and to delete, applied to a Tree at once.
type Change struct {
	// Put maps a path to the file's new content. The file becomes an
	// ordinary one ("100644"), whatever stood at that path before.
	Put map[string][]byte
	// Delete lists paths that must be gone afterwards. A path that is absent
	// already is no error. A path that is also in Put is put.
	Delete []string
}

// Apply returns the tree after the change; t stays as it is. The contents in
// Put are kept, not copied. Apply judges no names and no modes: whoever turns
// the result into a commit refuses paths that git cannot hold.
func (c Change) Apply(t Tree) Tree {
	put := maps.Clone(c.Put)
	gone := make(map[string]bool, len(c.Delete))
	for _, path := range c.Delete {
		gone[path] = true
	}
	entries := slices.DeleteFunc(t.Entries(), func(e Entry) bool {
		_, replaced := put[e.Path]
		return replaced || gone[e.Path]
	})
	for path, content := range put {
		entries = append(entries, Entry{Path: path, Mode: "100644", Size: int64(len(content))})
	}
	slices.SortFunc(entries, func(a, b Entry) int { return strings.Compare(a.Path, b.Path) })
	return changedTree{base: t, put: put, gone: gone, entries: entries}
}

// changedTree is a tree with one change on top of it.
type changedTree struct {
	base    Tree
	put     map[string][]byte
	gone    map[string]bool
	entries []Entry
}

func (t changedTree) Entries() []Entry { return slices.Clone(t.entries) }

func (t changedTree) Read(path string) ([]byte, error) {
	if content, ok := t.put[path]; ok {
		return append([]byte{}, content...), nil
	}
	if t.gone[path] {
		return nil, absentFile(path)
	}
	return t.base.Read(path)
}

// emptyTree is the tree without files.
type emptyTree struct{}

func (emptyTree) Entries() []Entry { return nil }

func (emptyTree) Read(path string) ([]byte, error) { return nil, absentFile(path) }

func absentFile(path string) error {
	return &fs.PathError{Op: "read", Path: path, Err: fs.ErrNotExist}
}
