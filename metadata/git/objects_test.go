package git

import (
	"bytes"
	"encoding/hex"
	"slices"
	"strings"
	"testing"
)

// What parseTree reads, encodeTree writes, if it was in git's order.
func FuzzParseTree(f *testing.F) {
	id := string(bytes.Repeat([]byte{7}, 20))
	f.Add([]byte("100644 a\x00" + id))
	f.Add([]byte("100644 a\x00" + id + "40000 a.b\x00" + id + "120000 c\x00" + id))
	f.Add([]byte("40000 x\x00short"))
	f.Fuzz(func(t *testing.T, data []byte) {
		entries, err := formatSHA1.parseTree(object{id: "x", data: data})
		if err != nil {
			wantError[*ObjectError](t, err, "damaged tree")
			return
		}
		again, err := encodeTree(slices.Clone(entries))
		if err != nil {
			t.Fatal(err)
		}
		read, err := formatSHA1.parseTree(object{id: "x", data: again})
		if err != nil || len(read) != len(entries) {
			t.Fatalf("%v became %v, %v", entries, read, err)
		}
		for _, e := range entries {
			if len(e.mode) != 6 || len(e.id) != 40 || !slices.Contains(read, e) {
				t.Fatalf("%+v became %v", e, read)
			}
		}
	})
}

func FuzzParseCommit(f *testing.F) {
	id := strings.Repeat("1", 40)
	f.Add([]byte("tree " + id + "\nauthor x\n"))
	f.Add([]byte("tree " + id + "\nparent " + id + "\nparent " + id + "\nauthor x\ngpgsig y\n z\n\ntree no\n"))
	f.Add([]byte("parent " + id + "\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		tree, parents, err := formatSHA1.parseCommit(object{id: "x", data: data})
		if err != nil {
			wantError[*ObjectError](t, err, "damaged commit")
			return
		}
		start := "tree " + tree + "\n"
		for _, p := range parents {
			start += "parent " + string(p) + "\n"
		}
		if !bytes.HasPrefix(data, []byte(start+"author")) {
			t.Errorf("%q was read as %q", data, start)
		}
	})
}

// The stream and the names are those that git itself computes.
func TestPack(t *testing.T) {
	t.Parallel()
	for _, f := range []format{formatSHA1, formatSHA256} {
		w := newWorld(t)
		w.git(".", "init", "-q", "--object-format="+string(f), "repo")
		r := w.open("repo")
		var objects []newObject
		for _, size := range []int{0, 1, 15, 16, 17, 2047, 2048, 2049, 1 << 18} {
			objects = append(objects, newObject{"blob", bytes.Repeat([]byte("x"), size)})
		}
		var entries []treeEntry
		for i, name := range []string{"a", "a.b", "a-b", "a0", "A", "z"} {
			mode := modeFile
			if name == "a" {
				mode = modeFolder
			}
			entries = append(entries, treeEntry{mode, name, f.id("blob", objects[i].data)})
		}
		tree, err := encodeTree(entries)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.write(t.Context(), append(objects, newObject{"tree", tree})); err != nil {
			t.Fatal(err)
		}
		for _, o := range objects {
			if got := w.gitIn("repo", string(o.data), "hash-object", "--stdin"); got != f.id("blob", o.data) {
				t.Errorf("%s: %d bytes are %s, git says %s", f, len(o.data), f.id("blob", o.data), got)
			}
			w.git("repo", "cat-file", "-e", f.id("blob", o.data))
		}
		if got, want := w.git("repo", "ls-tree", "--name-only", f.id("tree", tree)), "A\na-b\na.b\na\na0\nz"; got != want {
			t.Errorf("%s: git lists %q, want %q", f, got, want)
		}
	}
}

func TestPackHeader(t *testing.T) {
	for size, want := range map[int]string{0: "30", 15: "3f", 16: "b001", 2047: "bf7f", 2048: "b08001"} {
		if got := hex.EncodeToString(packHeader(newObject{"blob", make([]byte, size)})); got != want {
			t.Errorf("%d bytes: %s, want %s", size, got, want)
		}
	}
}
