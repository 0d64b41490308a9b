package git

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// All 36 pairs of nine signers, each with one file on a branch of their own,
// merge without a conflict, and so do all nine in turn.
func TestMergeParallelSignatures(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.clone(w.remote("remote.git"), "clone")
	base := w.commit(r, must[Commit](t)(r.Resolve(t.Context(), "HEAD")), files{"events/e/2.root.json": "{}"})
	path := func(i int) string {
		return "events/e/signatures/root/" + strings.Repeat(fmt.Sprintf("%x", i), 64) + ".json"
	}
	var signed []Commit
	for i := range 9 {
		signed = append(signed, w.commit(r, base, files{path(i): fmt.Sprintf("{\"signer\": %d}\n", i)}))
	}
	pairs := 0
	for i := range signed {
		for j := range i {
			pairs++
			tree := must[*Tree](t)(r.MergedTree(t.Context(), signed[i], signed[j]))
			for _, k := range []int{i, j} {
				if got := must[[]byte](t)(tree.Read(path(k))); string(got) != fmt.Sprintf("{\"signer\": %d}\n", k) {
					t.Errorf("%d with %d: file %d = %q", i, j, k, got)
				}
			}
			if n := len(tree.Entries()); n != 5 {
				t.Errorf("%d with %d: %d files", i, j, n)
			}
		}
	}
	if pairs != 36 {
		t.Errorf("%d pairs", pairs)
	}
	all := base
	for _, c := range []int{4, 8, 0, 2, 6, 1, 7, 3, 5} {
		tree := must[*Tree](t)(r.MergedTree(t.Context(), all, signed[c]))
		all = w.merge("clone", all, signed[c])
		if made := must[*Tree](t)(r.Tree(t.Context(), all)); !slices.Equal(made.Entries(), tree.Entries()) {
			t.Errorf("judged was %v, and made %v", tree.Entries(), made.Entries())
		}
	}
	if n := len(must[*Tree](t)(r.Tree(t.Context(), all)).Entries()); n != 12 {
		t.Errorf("%d files after nine merges", n)
	}
	w.git("clone", "fsck", "--strict")
}

func TestMerge(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.clone(w.remote("remote.git"), "clone")
	base := w.commit(r, must[Commit](t)(r.Resolve(t.Context(), "HEAD")), files{"a": "1\n", "b": "1\n", "c": "1\n"})
	before := w.snapshot("clone")
	one := w.commit(r, base, files{"a": "2\n", "b": "2\n", "new": "x\n"})
	two := w.commit(r, base, files{"a": "3\n", "new": "y\n"}, "b")

	_, err := r.MergedTree(t.Context(), one, two)
	e := wantError[*ConflictError](t, err, "both change: a, b, new", one.Short(), two.Short())
	if !slices.Equal(e.Paths, []string{"a", "b", "new"}) || e.Ours != one || e.Theirs != two {
		t.Errorf("%+v", e)
	}
	three := w.commit(r, base, files{"c": "4\n"})
	c := w.merge("clone", one, three)
	merged := must[*Tree](t)(r.MergedTree(t.Context(), one, three))
	if got := must[[]byte](t)(merged.Read("c")); string(got) != "4\n" || len(merged.Entries()) != 6 {
		t.Errorf("c is %q in %v", got, merged.Entries())
	}
	for what, pair := range map[string][2]Commit{"merged already": {c, three}, "ahead": {base, c}} {
		got, want := must[*Tree](t)(r.MergedTree(t.Context(), pair[0], pair[1])), must[*Tree](t)(r.Tree(t.Context(), c))
		if !slices.Equal(got.Entries(), want.Entries()) {
			t.Errorf("merging what is %s gives %v", what, got.Entries())
		}
	}
	if got := must[Commit](t)(r.MergeBase(t.Context(), one, two)); got != base {
		t.Errorf("merge base = %s", got)
	}
	for _, c := range []struct {
		a, b Commit
		want bool
	}{{base, one, true}, {one, base, false}, {one, one, true}, {one, two, false}} {
		if got := must[bool](t)(r.IsAncestor(t.Context(), c.a, c.b)); got != c.want {
			t.Errorf("IsAncestor(%s, %s) = %t", c.a.Short(), c.b.Short(), got)
		}
	}
	alone := w.commit(r, "", files{"z": "1"})
	if _, err := r.MergedTree(t.Context(), one, alone); !errors.Is(err, ErrUnrelated) {
		t.Errorf("unrelated: %v", err)
	}
	if _, err := r.MergeBase(t.Context(), one, alone); !errors.Is(err, ErrUnrelated) {
		t.Errorf("unrelated: %v", err)
	}
	_, err = r.MergedTree(t.Context(), one, "HEAD")
	wantError[*NameError](t, err, "commit")
	absent := Commit(strings.Repeat("1", 40))
	_, err = r.IsAncestor(t.Context(), absent, one)
	wantError[*CommandError](t, err, "git merge-base")
	if after := w.snapshot("clone"); after != before {
		t.Errorf("the clone changed:\n%s\n---\n%s", before, after)
	}
}

// A signature that arrives while an event is closed stays where its signer put
// it: git would move it along with its neighbours.
func TestMergeFollowsNoFolder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.clone(w.remote("remote.git"), "clone")
	open := files{}
	closed := files{}
	var gone []string
	for i := range 5 {
		name := fmt.Sprintf("signatures/root/%d.json", i)
		open["events/e/"+name], closed["log/e/"+name] = "{}", "{}"
		gone = append(gone, "events/e/"+name)
	}
	base := w.commit(r, must[Commit](t)(r.Resolve(t.Context(), "HEAD")), open)
	done := w.commit(r, base, closed, gone...)
	late := w.commit(r, base, files{"events/e/signatures/root/late.json": "{}"})
	for _, pair := range [][2]Commit{{done, late}, {late, done}} {
		tree := must[*Tree](t)(r.MergedTree(t.Context(), pair[0], pair[1]))
		if _, err := tree.Read("events/e/signatures/root/late.json"); err != nil {
			t.Error(err)
		}
		if _, err := tree.Read("log/e/signatures/root/late.json"); err == nil {
			t.Error("the late signature slipped into the log")
		}
	}
}

// Neither attributes nor a merge driver decide a merge.
func TestMergeRunsNoDriver(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.clone(w.remote("remote.git"), "clone")
	marker := w.path("driver-ran")
	attributes := "* merge=evil\nu* merge=union\n"
	w.git("clone", "config", "merge.evil.driver", "touch '"+marker+"'")
	w.git("clone", "config", "merge.evil.name", "evil")
	w.git("clone", "config", "core.attributesFile", w.write("attributes", attributes))
	r := w.open("clone")
	base := w.commit(r, must[Commit](t)(r.Resolve(t.Context(), "HEAD")), files{".gitattributes": attributes, "a": "1\n", "u": "1\n"})
	one, two := w.commit(r, base, files{"a": "2\n", "u": "2\n"}), w.commit(r, base, files{"a": "3\n", "u": "3\n"})
	w.git("clone", "update-ref", "refs/heads/main", string(base))
	w.git("clone", "reset", "-q", "--hard")
	_, err := r.MergedTree(t.Context(), one, two)
	wantError[*ConflictError](t, err, "a, u")
	w.write("clone/.git/info/attributes", "* merge=evil\n")
	_, err = r.MergedTree(t.Context(), one, two)
	wantError[*ConflictError](t, err, "a, u")
	if _, err := os.Stat(marker); err == nil {
		t.Error("the merge driver ran")
	}
}
