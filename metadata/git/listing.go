package git

import (
	"bytes"
	"encoding/hex"
	"slices"
	"strings"
)

const (
	modeFile      = "100644"
	modeFolder    = "040000"
	modeSubmodule = "160000"
)

// treeEntry is one line of a tree object.
type treeEntry struct {
	mode string // six octal digits
	name string
	id   string
}

func (e treeEntry) isFolder() bool { return e.mode == modeFolder }

// listing is everything a commit says about itself but the contents of its
// files.
type listing struct {
	tree    string
	parents []Commit
	folders map[string][]treeEntry // by path; the root is ""
}

// list reads a commit and all its trees.
func (o *objects) list(c Commit) (*listing, error) {
	var tree string
	var parents []Commit
	err := o.read([]string{string(c)}, func(got object) (err error) {
		if got.kind != "commit" {
			return &ObjectError{ID: got.id, Reason: "is a " + got.kind + ", not a commit"}
		}
		tree, parents, err = o.repo.format.parseCommit(got)
		return err
	})
	if err != nil {
		return nil, err
	}
	l, err := o.listTree(c, tree)
	if err != nil {
		return nil, err
	}
	l.parents = parents
	return l, nil
}

// listTree reads a tree with all below it. c is the commit that errors name;
// empty where no commit has this tree.
func (o *objects) listTree(c Commit, tree string) (*listing, error) {
	l := &listing{tree: tree, folders: map[string][]treeEntry{}}
	w := walk{o: o, commit: c, listing: l, parsed: map[string][]treeEntry{}}
	return l, w.level([]folder{{"", l.tree}}, 0)
}

// files lists the files by path.
func (l *listing) files() map[string]treeEntry {
	files := map[string]treeEntry{}
	for dir, entries := range l.folders {
		for _, e := range entries {
			if !e.isFolder() {
				files[join(dir, e.name)] = e
			}
		}
	}
	return files
}

// join is path.Join for a folder and a name that are clean.
func join(dir, name string) string {
	if dir == "" {
		return name
	}
	return dir + "/" + name
}

// folder is a place in a commit and the tree that is there.
type folder struct{ path, id string }

// walk reads trees level by level, so that a level costs one exchange with git.
type walk struct {
	o       *objects
	commit  Commit
	listing *listing
	parsed  map[string][]treeEntry // trees by id: a commit may name one often
	count   int
}

func (w *walk) level(folders []folder, depth int) error {
	var unread []string
	for _, f := range folders {
		if _, known := w.parsed[f.id]; !known {
			w.parsed[f.id] = nil
			unread = append(unread, f.id)
		}
	}
	err := w.o.read(unread, func(got object) (err error) {
		if got.kind != "tree" {
			return &ObjectError{ID: got.id, Reason: "is a " + got.kind + ", not a tree"}
		}
		w.parsed[got.id], err = w.o.repo.format.parseTree(got)
		return err
	})
	if err != nil {
		return err
	}
	var below []folder
	for _, f := range folders {
		entries := w.parsed[f.id]
		if err := w.check(f.path, entries); err != nil {
			return err
		}
		w.listing.folders[f.path] = entries
		for _, e := range entries {
			if e.isFolder() {
				below = append(below, folder{join(f.path, e.name), e.id})
			}
		}
	}
	if len(below) == 0 {
		return nil
	}
	if most := w.o.repo.limits.depth; depth >= most {
		return &LimitError{What: "folders above a file", Path: below[0].path, Limit: int64(most), Found: int64(depth + 1)}
	}
	return w.level(below, depth+1)
}

// check refuses what must not be in any tree.
func (w *walk) check(dir string, entries []treeEntry) error {
	w.count += len(entries)
	if most := w.o.repo.limits.files; w.count > most {
		return &LimitError{What: "files and folders in one commit", Limit: int64(most), Found: int64(w.count)}
	}
	names := make(map[string]bool, len(entries))
	for _, e := range entries {
		reason := segmentReason(e.name)
		if names[e.name] {
			reason = "appears twice in its folder"
		}
		if reason != "" {
			return &PathError{Commit: w.commit, Path: join(dir, e.name), Reason: reason}
		}
		names[e.name] = true
	}
	return nil
}

// parseTree reads a tree object: mode, space, name, NUL, raw object name.
func (f format) parseTree(o object) ([]treeEntry, error) {
	var entries []treeEntry
	width := f.new().Size()
	for rest := o.data; len(rest) > 0; {
		head, tail, ok := bytes.Cut(rest, []byte{0})
		mode, name, ok2 := strings.Cut(string(head), " ")
		if !ok || !ok2 || len(mode) < 5 || len(mode) > 6 || strings.Trim(mode, "01234567") != "" || len(tail) < width {
			return nil, &ObjectError{ID: o.id, Reason: "is a damaged tree"}
		}
		entries = append(entries, treeEntry{
			mode: strings.Repeat("0", 6-len(mode)) + mode, name: name, id: hex.EncodeToString(tail[:width]),
		})
		rest = tail[width:]
	}
	return entries, nil
}

// encodeTree is the opposite of parseTree. It sorts as git does: folders as if
// their names ended with a slash.
func encodeTree(entries []treeEntry) ([]byte, error) {
	key := func(e treeEntry) string {
		if e.isFolder() {
			return e.name + "/"
		}
		return e.name
	}
	slices.SortFunc(entries, func(a, b treeEntry) int { return strings.Compare(key(a), key(b)) })
	var out []byte
	for _, e := range entries {
		raw, err := hex.DecodeString(e.id)
		if err != nil {
			return nil, err
		}
		out = append(out, strings.TrimPrefix(e.mode, "0")+" "+e.name+"\x00"...)
		out = append(out, raw...)
	}
	return out, nil
}

// parseCommit reads the tree and the parents, which stand first, in this order.
func (f format) parseCommit(o object) (tree string, parents []Commit, err error) {
	for line := range strings.Lines(string(o.data)) {
		key, id, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		switch {
		case key == "tree" && tree == "" && f.isID(id):
			tree = id
		case key == "parent" && tree != "" && f.isID(id):
			parents = append(parents, Commit(id))
		case tree != "" && key == "author":
			return tree, parents, nil
		default:
			return "", nil, &ObjectError{ID: o.id, Reason: "is a damaged commit"}
		}
	}
	return "", nil, &ObjectError{ID: o.id, Reason: "is a damaged commit"}
}
