package git

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// Only what is named is fetched, in the order in which it is named; what cannot be
// fetched says why, and stops nothing.
func TestFetchHeads(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.remote("remote.git")
	far := w.open("remote.git")
	main := must[Commit](t)(far.Resolve(t.Context(), "main"))
	r := w.clone(w.remote("other.git"), "clone")
	remote := w.path("remote.git")
	heads := map[string]Commit{}
	for n := range 9 {
		ref := fmt.Sprintf("refs/pull/%d/head", n)
		heads[ref] = w.commit(far, main, files{"pull": fmt.Sprint(n)})
		w.git("remote.git", "update-ref", ref, string(heads[ref]))
	}
	before := w.snapshot("clone")
	names := []string{"refs/pull/7/head", "refs/pull/99/head", "refs/pull/2/head", "refs/tags/x", "refs/heads/main"}
	refs := must[[]Ref](t)(r.FetchHeads(t.Context(), remote, names))
	for i, ref := range refs {
		if ref.Name != names[i] || (ref.Err == nil) == (ref.Commit == "") {
			t.Errorf("%+v", ref)
		}
	}
	if refs[0].Commit != heads[names[0]] || refs[2].Commit != heads[names[2]] || refs[4].Commit != main {
		t.Errorf("%+v", refs)
	}
	wantError[*RemoteError](t, refs[1].Err, "couldn't find remote ref refs/pull/99/head")
	wantError[*NameError](t, refs[3].Err, "is no branch and no pull request")
	if _, err := r.Tree(t.Context(), heads["refs/pull/3/head"]); err == nil {
		t.Error("what was not asked for was fetched")
	}
	if after := w.snapshot("clone"); after != before {
		t.Errorf("the clone changed:\n%s\n---\n%s", before, after)
	}
	if refs := must[[]Ref](t)(r.FetchHeads(t.Context(), remote, nil)); len(refs) != 0 {
		t.Errorf("%+v", refs)
	}
	_, err := r.FetchHeads(t.Context(), "-x", names)
	wantError[*NameError](t, err)
	_, err = r.FetchHeads(cancelled(), remote, names)
	if err == nil {
		t.Error("it went on after it was cancelled")
	}
}

// Of a folder of branches, what is in it is fetched and nothing else.
func TestFetchBranches(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.remote("remote.git")
	far := w.open("remote.git")
	main := must[Commit](t)(far.Resolve(t.Context(), "main"))
	event := w.commit(far, main, files{"event": "x"})
	pull := w.commit(far, main, files{"pull": "7"})
	for ref, id := range map[string]Commit{"refs/heads/event/a": event, "refs/heads/event/b/c": event, "refs/heads/events": pull, "refs/heads/x/refs/heads/event/d": pull,
		"refs/heads/sign/a": pull, "refs/pull/7/head": pull} {
		w.git("remote.git", "update-ref", ref, string(id))
	}
	r := w.clone(w.remote("other.git"), "clone")
	refs := must[[]Ref](t)(r.FetchBranches(t.Context(), w.path("remote.git"), "event"))
	if len(refs) != 2 || refs[0].Name != "refs/heads/event/a" || refs[1].Name != "refs/heads/event/b/c" || refs[0].Commit != event || refs[1].Commit != event {
		t.Errorf("%+v", refs)
	}
	if _, err := r.Tree(t.Context(), pull); err == nil {
		t.Error("what is elsewhere was fetched")
	}
	_, err := r.FetchBranches(t.Context(), w.path("remote.git"), "-x")
	wantError[*NameError](t, err)
}

// What takes too long is given up, alone: the others come by themselves.
func TestFetchHeadsInTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.remote("remote.git")
	far := w.open("remote.git")
	main := must[Commit](t)(far.Resolve(t.Context(), "main"))
	var names []string
	for n := range 3 {
		names = append(names, fmt.Sprintf("refs/pull/%d/head", n))
		w.git("remote.git", "update-ref", names[n], string(w.commit(far, main, files{"pull": fmt.Sprint(n)})))
	}
	r := w.clone(w.remote("other.git"), "clone")
	slow := func(refs []Ref) (n int) {
		t.Helper()
		for _, ref := range refs {
			var e *SlowError
			if ref.Err == nil {
				continue
			}
			if n++; !errors.As(ref.Err, &e) || e.Ref != ref.Name || !strings.Contains(ref.Err.Error(), ref.Name+" of "+w.path("remote.git")+" could not be fetched within ") {
				t.Errorf("%s: %v", ref.Name, ref.Err)
			}
		}
		return n
	}
	r.limits.several = time.Nanosecond // together they take too long
	if n := slow(must[[]Ref](t)(r.FetchHeads(t.Context(), w.path("remote.git"), names))); n != 0 {
		t.Errorf("%d are too slow", n)
	}
	r.limits.one = time.Nanosecond
	if n := slow(must[[]Ref](t)(r.FetchHeads(t.Context(), w.path("remote.git"), names))); n != 3 {
		t.Errorf("%d are too slow", n)
	}
	r.limits = defaultLimits()
	r.limits.heads = 0
	if n := slow(must[[]Ref](t)(r.FetchHeads(t.Context(), w.path("remote.git"), names))); n != 3 {
		t.Errorf("%d are too slow", n)
	}
}
