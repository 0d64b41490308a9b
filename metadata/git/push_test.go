package git

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
)

func TestPushMoved(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	remote := w.remote("remote.git")
	r := w.clone(remote, "clone")
	base := must[Commit](t)(r.Fetch(t.Context(), "origin", "main"))
	one, two := w.commit(r, base, files{"one": "1"}), w.commit(r, base, files{"two": "2"})
	three := w.commit(r, one, files{"three": "3"})
	push := func(c Commit, branch string, expect Commit) error {
		return r.Push(t.Context(), "origin", c, branch, expect)
	}
	if err := push(one, "b", ""); err != nil {
		t.Fatal(err)
	}
	for i, c := range []struct {
		err   error
		want  MovedError
		words string
	}{
		{push(two, "b", ""), MovedError{"origin", "b", "", one}, `branch "b" of origin exists already, at ` + one.Short()},
		{push(two, "b", base), MovedError{"origin", "b", base, one}, "moved from " + base.Short() + " to " + one.Short()},
		{push(three, "absent", one), MovedError{"origin", "absent", one, ""}, `branch "absent" of origin is gone`},
		{push(three, "main", one), MovedError{"origin", "main", one, base}, "moved from"},
	} {
		e := wantError[*MovedError](t, c.err, c.words)
		if *e != c.want || e.Hint() == "" {
			t.Errorf("case %d: %+v, want %+v", i, *e, c.want)
		}
	}
	_ = wantError[*RewindError](t, push(two, "b", one), `branch "b" cannot go from `+one.Short(), "only move forward")
	if got := w.git("remote.git", "rev-parse", "b", "main"); got != string(one)+"\n"+string(base) {
		t.Errorf("the remote has %s", got)
	}

	// Running a push that succeeded again succeeds, whatever was expected.
	if err := push(three, "b", one); err != nil {
		t.Fatal(err)
	}
	for _, expect := range []Commit{"", one, base, three} {
		if err := push(three, "b", expect); err != nil {
			t.Errorf("again, expecting %q: %v", expect.Short(), err)
		}
	}
}

func TestPushRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	remote := w.remote("remote.git")
	r := w.clone(remote, "clone")
	c := w.commit(r, must[Commit](t)(r.Resolve(t.Context(), "HEAD")), files{"x": "1"})

	w.script("remote.git/hooks/pre-receive", "printf 'GH006: Protected branch\\033[2J\\r\\033]0;title\\007\\n' >&2; exit 1\n")
	err := r.Push(t.Context(), "origin", c, "b", "")
	e := wantError[*RemoteError](t, err, "git push, remote origin", "pre-receive hook declined")
	if !strings.Contains(e.Output, "GH006") || strings.ContainsAny(e.Output, "\x1b\x07\r") {
		t.Errorf("output = %q; it must keep the words and no control sequence", e.Output)
	}
	if !strings.Contains(e.Hint(), "fork") {
		t.Errorf("hint = %q", e.Hint())
	}
	if err := os.Remove(w.path("remote.git/hooks/pre-receive")); err != nil {
		t.Fatal(err)
	}
	err = r.Push(t.Context(), w.path("absent.git"), c, "b", "")
	e = wantError[*RemoteError](t, err, "does not appear to be a git repository")
	if e.Remote != w.path("absent.git") || !strings.Contains(e.Hint(), "git remote -v") {
		t.Errorf("%+v, hint %q", e, e.Hint())
	}
	err = r.Push(t.Context(), "https://alice:secret@127.0.0.1:1/x", c, "b", "")
	e = wantError[*RemoteError](t, err, "https://127.0.0.1:1/x")
	if strings.Contains(err.Error()+e.Output, "secret") {
		t.Errorf("the error shows a password: %v", err)
	}
	if err := r.Push(cancelled(), "origin", c, "b", ""); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	for _, c := range []struct {
		remote string
		commit Commit
		branch string
		expect Commit
		kind   string
	}{
		{"--receive-pack=id", c, "b", "", "remote"}, {"", c, "b", "", "remote"}, {"a\nb", c, "b", "", "remote"},
		{"origin", "HEAD", "b", "", "commit"}, {"origin", "", "b", "", "commit"}, {"origin", c, "b", "HEAD", "commit"},
		{"origin", c, "-x", "", "branch"}, {"origin", c, "--mirror", "", "branch"}, {"origin", c, "a..b", "", "branch"},
		{"origin", c, "a:b", "", "branch"}, {"origin", c, "", "", "branch"}, {"origin", c, "refs/heads/b", "", "branch"}, {"origin", c, "HEAD", "", "branch"},
	} {
		err := r.Push(t.Context(), c.remote, c.commit, c.branch, c.expect)
		if e := wantError[*NameError](t, err); e.Kind != c.kind {
			t.Errorf("%+v: %v", c, err)
		}
	}
	if got := w.git("remote.git", "for-each-ref", "--format=%(refname)"); got != "refs/heads/main" {
		t.Errorf("the remote has %q", got)
	}
}

// Two push to one branch at once: one wins, the other learns that it moved.
func TestPushRace(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	remote := w.remote("remote.git")
	const pushers, rounds = 3, 4
	var clones []*Repo
	for i := range pushers {
		clones = append(clones, w.clone(remote, fmt.Sprint("clone", i)))
	}
	at := must[Commit](t)(clones[0].Fetch(t.Context(), "origin", "main"))
	for round := range rounds {
		branch, expect := "main", at
		if round%2 == 1 {
			branch, expect = fmt.Sprint("new", round), ""
		}
		commits, errs := make([]Commit, pushers), make([]error, pushers)
		for i, r := range clones {
			commits[i] = w.commit(r, at, files{fmt.Sprintf("file%d-%d", round, i): "x"})
		}
		var group sync.WaitGroup
		for i, r := range clones {
			group.Go(func() { errs[i] = r.Push(t.Context(), "origin", commits[i], branch, expect) })
		}
		group.Wait()
		won := must[Commit](t)(clones[0].Fetch(t.Context(), "origin", branch))
		for i, err := range errs {
			if err == nil {
				if commits[i] != won {
					t.Errorf("round %d: pusher %d was told that it won, but %s did", round, i, won.Short())
				}
				continue
			}
			if e := wantError[*MovedError](t, err); e.Found != won || e.Want != expect {
				t.Errorf("round %d: %+v, want found %s", round, e, won)
			}
		}
		if won == expect {
			t.Errorf("round %d: nobody won: %v", round, errs)
		}
		if branch == "main" {
			at = won
			for _, r := range clones {
				must[Commit](t)(r.Fetch(t.Context(), "origin", "main"))
			}
		}
	}
	w.git("remote.git", "fsck", "--strict")
}
