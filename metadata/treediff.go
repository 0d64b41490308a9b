package metadata

import (
	"bytes"
	"sort"
)

// treeChange is one path in which two trees differ.
type treeChange struct {
	Path string
	Kind changeKind
}

type changeKind string

const (
	added    changeKind = "adds"
	modified changeKind = "changes"
	deleted  changeKind = "deletes"
)

// diffTrees lists the paths in which two trees differ in mode or content,
// ordered by path.
func diffTrees(base, head Tree) ([]treeChange, error) {
	before := map[string]Entry{}
	for _, e := range base.Entries() {
		before[e.Path] = e
	}
	var out []treeChange
	for _, e := range head.Entries() {
		old, existed := before[e.Path]
		delete(before, e.Path)
		if !existed {
			out = append(out, treeChange{e.Path, added})
			continue
		}
		same, err := sameFile(base, head, old, e)
		if err != nil {
			return nil, err
		}
		if !same {
			out = append(out, treeChange{e.Path, modified})
		}
	}
	for p := range before {
		out = append(out, treeChange{p, deleted})
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Path < out[j].Path })
	return out, nil
}

func sameFile(base, head Tree, old, now Entry) (bool, error) {
	if old.Mode != now.Mode || old.Size != now.Size {
		return false, nil
	}
	x, err := base.Read(old.Path)
	if err != nil {
		return false, &FileError{Path: old.Path, Err: err}
	}
	y, err := head.Read(now.Path)
	if err != nil {
		return false, &FileError{Path: now.Path, Err: err}
	}
	return bytes.Equal(x, y), nil
}
