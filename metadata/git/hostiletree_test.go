package git

import (
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Replace refs and grafts put no other object in the place of one.
func TestNothingIsReplaced(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.git(".", "init", "-q", "repo")
	r := w.open("repo")
	honest := w.commit(r, "", files{"a": "honest"})
	evil := w.commit(r, "", files{"a": "evil!!"})
	next := w.commit(r, honest, files{"b": "1"})
	for _, what := range []string{"", "^{tree}", ":a"} {
		w.git("repo", "replace", "-f", string(honest)+what, w.git("repo", "rev-parse", string(evil)+what))
	}
	w.write("repo/.git/info/grafts", string(next)+" "+string(evil)+"\n")
	if got := w.git("repo", "cat-file", "-p", string(honest)+":a"); got != "evil!!" {
		t.Fatalf("the attack does not work on git itself: %q", got)
	}
	if got := must[[]byte](t)(must[*Tree](t)(r.Tree(t.Context(), honest)).Read("a")); string(got) != "honest" {
		t.Errorf("a = %q", got)
	}
	if !must[bool](t)(r.IsAncestor(t.Context(), honest, next)) || must[bool](t)(r.IsAncestor(t.Context(), evil, next)) {
		t.Error("a graft changed history")
	}
	c := w.commit(r, honest, files{"c": "1"})
	if got := must[[]byte](t)(must[*Tree](t)(r.Tree(t.Context(), c)).Read("a")); string(got) != "honest" {
		t.Errorf("a, committed = %q", got)
	}
}

// An object whose bytes are not those of its name is refused.
func TestDamagedObjects(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.git(".", "init", "-q", "repo")
	r := w.open("repo")
	c := w.commit(r, "", files{"a": "first", "b": "other"})
	object := func(rev string) string {
		id := w.git("repo", "rev-parse", string(c)+rev)
		return w.path("repo/.git/objects/" + id[:2] + "/" + id[2:])
	}
	a, b := object(":a"), object(":b")
	original := must[[]byte](t)(os.ReadFile(a))
	replace := func(path string, data []byte) {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o444); err != nil {
			t.Fatal(err)
		}
	}
	replace(a, must[[]byte](t)(os.ReadFile(b)))
	_, err := r.Tree(t.Context(), c)
	e := wantError[*ObjectError](t, err)
	if !strings.Contains(filepath.ToSlash(a), e.ID[2:]) || e.Hint() == "" {
		t.Errorf("%+v", e)
	}
	replace(a, original[:len(original)/2])
	_, err = r.Tree(t.Context(), c)
	wantError[*ObjectError](t, err)
	if err := os.Remove(a); err != nil {
		t.Fatal(err)
	}
	_, err = r.Tree(t.Context(), c)
	wantError[*ObjectError](t, err, "is not in this clone")
}

// rawTree writes a tree object without git's checks.
func (w *world) rawTree(dir string, entries ...treeEntry) string {
	w.t.Helper()
	var raw []byte
	for _, e := range entries {
		id := must[[]byte](w.t)(hex.DecodeString(e.id))
		raw = append(append(raw, e.mode+" "+e.name+"\x00"...), id...)
	}
	return w.gitIn(dir, string(raw), "hash-object", "-t", "tree", "-w", "--literally", "--stdin")
}

func TestTreeRefusesNames(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.git(".", "init", "-q", "repo")
	r := w.open("repo")
	blob := w.gitIn("repo", "x", "hash-object", "-w", "--stdin")
	for name, words := range map[string]string{
		"..":                     "holds . or ..",
		".":                      "holds . or ..",
		"":                       "empty name",
		".git":                   "git's own folder",
		".GiT":                   "git's own folder",
		"a/b":                    "slash",
		"/etc":                   "slash",
		`..\up`:                  "backslash",
		"a\nb":                   "control character",
		"a\x1b[31m":              "control character",
		"a\x7f":                  "control character",
		"exe\u202efdp":           "control character",
		"\xff":                   "not UTF-8",
		strings.Repeat("x", 256): "longer than 255",
	} {
		inner := w.rawTree("repo", treeEntry{"100644", name, blob})
		outer := w.rawTree("repo", treeEntry{"40000", "dir", inner})
		c := Commit(w.git("repo", "commit-tree", "-m", "hostile", outer))
		_, err := r.Tree(t.Context(), c)
		e := wantError[*PathError](t, err, words, "commit "+c.Short())
		if e.Path != "dir/"+name || e.Commit != c {
			t.Errorf("%q: %+v", name, e)
		}
		if strings.ContainsAny(err.Error(), "\x1b\n\x7f") {
			t.Errorf("the error carries control characters: %q", err)
		}
		_, err = r.Commit(t.Context(), c, files{"a": "1"}.change(), "on top", time.Time{})
		wantError[*PathError](t, err, words)
	}
	twice := w.rawTree("repo", treeEntry{"100644", "a", blob}, treeEntry{"100644", "a", blob})
	_, err := r.Tree(t.Context(), Commit(w.git("repo", "commit-tree", "-m", "twice", twice)))
	wantError[*PathError](t, err, `"a"`, "appears twice")
	both := w.rawTree("repo", treeEntry{"100644", "a", blob}, treeEntry{"40000", "a", w.rawTree("repo")})
	_, err = r.Tree(t.Context(), Commit(w.git("repo", "commit-tree", "-m", "twice", both)))
	wantError[*PathError](t, err, "appears twice")
	cross := w.rawTree("repo", treeEntry{"40000", "a", blob})
	_, err = r.Tree(t.Context(), Commit(w.git("repo", "commit-tree", "-m", "cross", cross)))
	wantError[*ObjectError](t, err, "is a blob, not a tree")
	cross = w.rawTree("repo", treeEntry{"100644", "a", w.rawTree("repo")})
	_, err = r.Tree(t.Context(), Commit(w.git("repo", "commit-tree", "-m", "cross", cross)))
	wantError[*ObjectError](t, err, "is a tree, not a file")
	raw := w.gitIn("repo", "100644 a\x00short", "hash-object", "-t", "tree", "-w", "--literally", "--stdin")
	damaged := w.gitIn("repo", "tree "+raw+"\nauthor a <a> 1 +0000\ncommitter a <a> 1 +0000\n\nx\n", "hash-object", "-t", "commit", "-w", "--literally", "--stdin")
	_, err = r.Tree(t.Context(), Commit(damaged))
	wantError[*ObjectError](t, err, "damaged tree")
	damaged = w.gitIn("repo", "author a <a> 1 +0000\ntree "+raw+"\n", "hash-object", "-t", "commit", "-w", "--literally", "--stdin")
	_, err = r.Tree(t.Context(), Commit(damaged))
	wantError[*ObjectError](t, err, "damaged commit")
}

// Ten trees of ten entries that share their subtrees are ten billion files.
func TestTreeBomb(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.git(".", "init", "-q", "repo")
	r := w.open("repo")
	id, mode := w.gitIn("repo", "bomb", "hash-object", "-w", "--stdin"), "100644"
	for range 10 {
		var entries []treeEntry
		for i := range 10 {
			entries = append(entries, treeEntry{mode, fmt.Sprint("d", i), id})
		}
		id, mode = w.rawTree("repo", entries...), "40000"
	}
	c := Commit(w.git("repo", "commit-tree", "-m", "bomb", id))
	_, err := r.Tree(t.Context(), c)
	wantError[*LimitError](t, err, "files and folders in one commit", "at most 20000")
	_, err = r.Commit(t.Context(), c, files{"a": "1"}.change(), "m", time.Time{})
	wantError[*LimitError](t, err, "files and folders in one commit")
	for range 20 {
		id = w.rawTree("repo", treeEntry{mode, "deep", id})
	}
	_, err = r.Tree(t.Context(), Commit(w.git("repo", "commit-tree", "-m", "deep", id)))
	wantError[*LimitError](t, err, "folders above a file")
}

func TestTreeLimits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.git(".", "init", "-q", "repo")
	r := w.open("repo")
	c := w.commit(r, "", files{"a": "1234", "dir/large": strings.Repeat("x", 5000), "dir/other": strings.Repeat("y", 4000)})
	r.limits.fileBytes = 4999
	_, err := r.Tree(t.Context(), c)
	e := wantError[*LimitError](t, err, `file "dir/large"`, "too many bytes in one file: 5000 found, at most 4999")
	if e.Limit != 4999 || e.Found != 5000 {
		t.Errorf("%+v", e)
	}
	r.limits.fileBytes, r.limits.treeBytes = 5000, 9003
	_, err = r.Tree(t.Context(), c)
	wantError[*LimitError](t, err, "bytes in all files", "9004 found")
	r.limits.treeBytes, r.limits.files = 9004, 4
	must[*Tree](t)(r.Tree(t.Context(), c))
	r.limits.files = 3
	_, err = r.Tree(t.Context(), c)
	wantError[*LimitError](t, err, "files and folders")
	r.limits.output = 10
	w.git("repo", "update-ref", "refs/heads/main", string(c))
	_, err = r.Resolve(t.Context(), "main")
	wantError[*LimitError](t, err, "bytes printed by git rev-parse")
}

// A git that answers with another tree, parent or mode than asked is noticed.
func TestChangedBytes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.git(".", "init", "-q", "repo")
	r := w.open("repo")
	parent := w.commit(r, "", files{"a": "1", "keep": "k"})
	tree := func(f files, gone ...string) string {
		return w.git("repo", "rev-parse", string(w.commit(r, parent, f, gone...))+"^{tree}")
	}
	a := w.git("repo", "rev-parse", string(parent)+":a")
	real := must[string](t)(exec.LookPath("git"))
	for name, c := range map[string]struct{ evil, path, words string }{
		"other bytes":      {tree(files{"a": "evil"}), "a", `file "a" has other bytes`},
		"missing":          {tree(files{"x": "1"}, "a"), "a", `file "a" is missing`},
		"more files":       {tree(files{"a": "2", "more": "1"}), "more", "changed without being asked to"},
		"a file less":      {tree(files{"a": "2"}, "keep"), "keep", `file "keep" is missing`},
		"other file":       {tree(files{"a": "2", "keep": "K"}), "keep", "changed without being asked to"},
		"executable":       {w.rawTree("repo", treeEntry{"100755", "a", a}), "a", "has mode 100755, not 100644"},
		"a link":           {w.rawTree("repo", treeEntry{"120000", "a", a}), "a", "has mode 120000"},
		"another's parent": {"", "", "its parents are"},
	} {
		t.Run(name, func(t *testing.T) {
			body := fmt.Sprintf(`for last; do :; done
case " $* " in *" commit-tree "*) exec %q -C "$PWD" commit-tree -p %s -m evil %s;; esac
exec %q "$@"`, real, parent, c.evil, real)
			if c.evil == "" {
				body = fmt.Sprintf(`case " $* " in *" commit-tree "*) for last; do :; done; exec %q commit-tree -m evil "$last";; esac
exec %q "$@"`, real, real)
			}
			bad := w.open("repo", Program(w.script("evil-git", body)))
			got, err := bad.Commit(t.Context(), parent, files{"a": "2"}.change(), "m", time.Time{})
			e := wantError[*ChangedBytesError](t, err, "was read back and differs from what was asked", c.words)
			if e.Path != c.path || got != "" {
				t.Errorf("commit %s, %+v", got, e)
			}
		})
	}
}
