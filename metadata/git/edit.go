package git

import (
	"path"
	"slices"
	"strings"

	"github.com/rust-lang/rust-tuf/metadata"
)

// edit computes the trees of a changed commit.
type edit struct {
	format  format
	folders map[string]map[string]treeEntry // by path, then by name
	touched map[string]bool                 // folders whose tree must be written anew
	written []newObject
	known   map[string]bool // names of the objects in written
}

// apply returns the tree that a change makes of a listing, and the objects to
// write for it. The same rules as those of [metadata.Change] hold. Errors:
// *PathError.
func (f format) apply(l *listing, ch metadata.Change) (tree string, written []newObject, err error) {
	e := &edit{
		format: f, folders: map[string]map[string]treeEntry{"": {}},
		touched: map[string]bool{"": true}, known: map[string]bool{},
	}
	for dir, entries := range l.folders {
		names := make(map[string]treeEntry, len(entries))
		for _, entry := range entries {
			names[entry.name] = entry
		}
		e.folders[dir] = names
	}
	for _, p := range ch.Delete {
		if _, put := ch.Put[p]; !put {
			e.remove(p)
		}
	}
	paths := make([]string, 0, len(ch.Put))
	for p := range ch.Put {
		paths = append(paths, p)
	}
	slices.Sort(paths)
	for _, p := range paths {
		if err := e.put(p, ch.Put[p]); err != nil {
			return "", nil, err
		}
	}
	tree, err = e.tree("")
	return tree, e.written, err
}

// split is path.Split without the slash.
func split(p string) (dir, name string) {
	if i := strings.LastIndexByte(p, '/'); i >= 0 {
		return p[:i], p[i+1:]
	}
	return "", p
}

// remove takes a file away, and the folders that are empty without it.
func (e *edit) remove(p string) {
	dir, name := split(p)
	if entry, ok := e.folders[dir][name]; !ok || entry.isFolder() {
		return
	}
	delete(e.folders[dir], name)
	e.touch(dir)
	for dir != "" && len(e.folders[dir]) == 0 {
		delete(e.folders, dir)
		dir, name = split(dir)
		delete(e.folders[dir], name)
	}
}

// touch marks a folder and all above it.
func (e *edit) touch(dir string) {
	for ; dir != ""; dir, _ = split(dir) {
		e.touched[dir] = true
	}
}

func (e *edit) put(p string, content []byte) error {
	if err := checkNewPath(p); err != nil {
		return err
	}
	dir, name := split(p)
	if err := e.makeFolder(dir); err != nil {
		return err
	}
	if e.folders[dir][name].isFolder() {
		return &PathError{Path: p, Reason: "is a folder with files in it"}
	}
	e.touch(dir)
	e.folders[dir][name] = treeEntry{mode: modeFile, name: name, id: e.add("blob", content)}
	return nil
}

// makeFolder makes sure that a folder is there.
func (e *edit) makeFolder(dir string) error {
	if _, ok := e.folders[dir]; ok {
		return nil
	}
	above, name := split(dir)
	if err := e.makeFolder(above); err != nil {
		return err
	}
	if entry, ok := e.folders[above][name]; ok {
		return &PathError{Path: dir, Reason: "is " + kindOf(entry.mode) + ", not a folder"}
	}
	e.folders[above][name] = treeEntry{mode: modeFolder, name: name}
	e.folders[dir] = map[string]treeEntry{}
	return nil
}

func kindOf(mode string) string {
	switch mode {
	case "120000":
		return "a symbolic link"
	case modeSubmodule:
		return "a submodule"
	}
	return "a file"
}

// tree returns the name of a folder's tree, writing it when it was touched.
func (e *edit) tree(dir string) (string, error) {
	entries := make([]treeEntry, 0, len(e.folders[dir]))
	for name, entry := range e.folders[dir] {
		if sub := path.Join(dir, name); entry.isFolder() && e.touched[sub] {
			id, err := e.tree(sub)
			if err != nil {
				return "", err
			}
			entry.id = id
		}
		entries = append(entries, entry)
	}
	data, err := encodeTree(entries)
	return e.add("tree", data), err
}

// add puts an object on the list of those to write.
func (e *edit) add(kind string, data []byte) string {
	id := e.format.id(kind, data)
	if !e.known[id] {
		e.known[id] = true
		e.written = append(e.written, newObject{kind, data})
	}
	return id
}
