package metadata

import (
	"errors"
	"io/fs"
	"slices"
	"strings"
	"testing"
)

func treePaths(t Tree) []string {
	var out []string
	for _, e := range t.Entries() {
		out = append(out, e.Path)
	}
	return out
}

func TestMapTree(t *testing.T) {
	files := map[string][]byte{"b": []byte("two"), "a/c": {}, "a.c": nil}
	tree := MapTree(files)
	delete(files, "b")
	if got, want := treePaths(tree), []string{"a.c", "a/c", "b"}; !slices.Equal(got, want) {
		t.Fatalf("entries = %q, want %q", got, want)
	}
	if got, want := tree.Entries()[2], (Entry{"b", "100644", 3}); got != want {
		t.Errorf("entry = %+v, want %+v", got, want)
	}
	content, err := tree.Read("b")
	if err != nil || string(content) != "two" {
		t.Fatalf("Read(b) = %q, %v", content, err)
	}
	content[0] = 'X'
	if again, _ := tree.Read("b"); string(again) != "two" {
		t.Errorf("a caller changed the tree: %q", again)
	}
	if content, err := tree.Read("a.c"); err != nil || content == nil || len(content) != 0 {
		t.Errorf("Read of an empty file = %#v, %v", content, err)
	}
	for _, path := range []string{"a", "c", "", "b/"} {
		if _, err := tree.Read(path); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("Read(%q): %v, want fs.ErrNotExist", path, err)
		}
	}
}

func TestMapTreeOfNothing(t *testing.T) {
	if got := MapTree(nil).Entries(); len(got) != 0 {
		t.Errorf("entries = %v", got)
	}
}

func TestChangeApply(t *testing.T) {
	before := MapTree(map[string][]byte{"keep": []byte("k"), "gone": []byte("g"), "edit": []byte("old")})
	change := Change{
		Put:    map[string][]byte{"edit": []byte("new!"), "add/ed": []byte("a"), "back": []byte("b")},
		Delete: []string{"gone", "never there", "back"},
	}
	after := change.Apply(before)
	delete(change.Put, "edit")
	if got, want := treePaths(after), []string{"add/ed", "back", "edit", "keep"}; !slices.Equal(got, want) {
		t.Fatalf("entries = %q, want %q", got, want)
	}
	for path, want := range map[string]string{"edit": "new!", "keep": "k", "add/ed": "a", "back": "b"} {
		if got, err := after.Read(path); err != nil || string(got) != want {
			t.Errorf("Read(%q) = %q, %v, want %q", path, got, err, want)
		}
	}
	if got := after.Entries()[2]; got.Size != 4 {
		t.Errorf("size of the edited file = %d, want 4", got.Size)
	}
	if _, err := after.Read("gone"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Read of a deleted file: %v", err)
	}
	if got, want := treePaths(before), []string{"edit", "gone", "keep"}; !slices.Equal(got, want) {
		t.Errorf("the tree before the change became %q", got)
	}
	if got, err := before.Read("edit"); err != nil || string(got) != "old" {
		t.Errorf("the tree before the change reads %q, %v", got, err)
	}
}

// A link that a change replaces is an ordinary file afterwards.
func TestChangeReplacesMode(t *testing.T) {
	after := Change{Put: map[string][]byte{"x": []byte("1")}}.Apply(oneLink{emptyTree{}})
	if got := after.Entries(); len(got) != 1 || got[0].Mode != "100644" {
		t.Errorf("entries = %+v", got)
	}
}

type oneLink struct{ emptyTree }

func (oneLink) Entries() []Entry { return []Entry{{"x", "120000", 4}} }

// Entries may be changed by whoever asked for them.
func TestEntriesAreTheCallers(t *testing.T) {
	tree := MapTree(map[string][]byte{"a": nil, "b": nil})
	tree.Entries()[0].Path = "z"
	if got := treePaths(tree); got[0] != "a" {
		t.Errorf("entries = %q", got)
	}
}

// named is a tree whose files cannot be read.
type named map[string]string

func (t named) Entries() []Entry {
	var entries []Entry
	for p := range t {
		entries = append(entries, Entry{p, "100644", 1})
	}
	slices.SortFunc(entries, func(a, b Entry) int { return strings.Compare(a.Path, b.Path) })
	return entries
}

func (t named) Read(path string) ([]byte, error) { return nil, errors.New("cannot read " + path) }

// A file that cannot be read is no file that did not change.
func TestDiffTreesUnreadable(t *testing.T) {
	base, head := named{"a": "1", "b": "2"}, named{"a": "1", "b": "2"}
	_, err := diffTrees(base, head)
	expect[*FileError](t, err, "a: cannot read a")
}
