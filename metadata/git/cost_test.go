package git

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// What an operation costs is told in runs of git: each is some milliseconds.
func TestRunsOfGit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	remote := w.remote("remote.git")
	w.clone(remote, "clone")
	option, calls := w.counted()
	r := w.open("clone", option)
	step := func(name, want string) {
		t.Helper()
		if got := strings.Join(calls(), " "); got != want {
			t.Errorf("%s runs git %s; want %s", name, got, want)
		}
	}
	ctx := t.Context()
	step("Open", "version rev-parse config")
	base := must[Commit](t)(r.Fetch(ctx, "origin", "main"))
	step("Fetch", "fetch rev-parse")
	must[*Tree](t)(r.Tree(ctx, base))
	step("Tree", "cat-file")
	one := w.commit(r, base, files{"a/b/c": "1", "a/b/d": "2", "e": "3"})
	step("Commit", "cat-file unpack-objects commit-tree")
	if err := r.Push(ctx, "origin", one, "b", ""); err != nil {
		t.Fatal(err)
	}
	step("Push of a new branch", "push")
	if err := r.Push(ctx, "origin", w.commit(r, one, files{"x": "1"}), "b", one); err != nil {
		t.Fatal(err)
	}
	calls()
	two := w.commit(r, base, files{"two": "2"})
	calls()
	must[*Tree](t)(r.MergedTree(ctx, one, two))
	step("MergedTree", "merge-base merge-tree cat-file")
	must[[]Ref](t)(r.FetchAll(ctx, "origin"))
	step("FetchAll", "ls-remote fetch for-each-ref")
	must[string](t)(r.DefaultBranch(ctx, "origin"))
	step("DefaultBranch", "ls-remote")
}

func BenchmarkOperations(b *testing.B) {
	w := newWorld(b)
	remote := w.remote("remote.git")
	r := w.clone(remote, "clone")
	ctx := b.Context()
	base := must[Commit](b)(r.Fetch(ctx, "origin", "main"))
	many := files{}
	for i := range 200 {
		many[fmt.Sprintf("log/event-%d/signatures/root/%064d.json", i/10, i)] = strings.Repeat("x", 500)
	}
	base = w.commit(r, base, many)
	if err := r.Push(ctx, "origin", base, "many", ""); err != nil {
		b.Fatal(err)
	}
	n := 0
	signature := func() Commit {
		n++
		return w.commit(r, base, files{fmt.Sprintf("events/e/signatures/root/%064d.json", n): "{}"})
	}
	b.Run("Open", func(b *testing.B) {
		for b.Loop() {
			w.open("clone")
		}
	})
	b.Run("Tree", func(b *testing.B) {
		for b.Loop() {
			must[*Tree](b)(r.Tree(ctx, base))
		}
	})
	b.Run("Commit", func(b *testing.B) {
		for b.Loop() {
			signature()
		}
	})
	b.Run("Fetch", func(b *testing.B) {
		for b.Loop() {
			must[Commit](b)(r.Fetch(ctx, "origin", "many"))
		}
	})
	b.Run("Push", func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			c := signature()
			b.StartTimer()
			if err := r.Push(ctx, "origin", c, fmt.Sprintf("b%d-%d", n, time.Now().UnixNano()), ""); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("MergedTree", func(b *testing.B) {
		one, two := signature(), signature()
		for b.Loop() {
			must[*Tree](b)(r.MergedTree(ctx, one, two))
		}
	})
}
