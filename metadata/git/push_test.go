package git

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestFetchAndPush(t *testing.T) {
	for _, scheme := range []string{"", "file://"} {
		t.Run("remote "+scheme, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			remote := scheme + w.remote("remote.git")
			alice, bob := w.clone(remote, "alice"), w.clone(remote, "bob")
			before := w.snapshot("alice") + w.snapshot("bob")
			base := must[Commit](t)(alice.Fetch(t.Context(), "origin", "main"))

			c := w.commit(alice, base, files{"events/e/signatures/root/aa.json": "{}"})
			if err := alice.Push(t.Context(), "origin", c, "sign/alice", ""); err != nil {
				t.Fatal(err)
			}
			if got := must[Commit](t)(bob.Fetch(t.Context(), "origin", "sign/alice")); got != c {
				t.Errorf("bob fetched %s, want %s", got, c)
			}
			d := w.commit(bob, c, files{"more": "x"})
			if err := bob.Push(t.Context(), "origin", d, "sign/alice", c); err != nil {
				t.Fatal(err)
			}
			if got := must[Commit](t)(alice.Fetch(t.Context(), remote, "sign/alice")); got != d {
				t.Errorf("alice fetched %s, want %s", got, d)
			}
			if err := bob.Push(t.Context(), remote, d, "by/address", ""); err != nil {
				t.Fatal(err)
			}
			if got := must[string](t)(alice.DefaultBranch(t.Context(), "origin")); got != "main" {
				t.Errorf("default branch = %q", got)
			}
			if after := w.snapshot("alice") + w.snapshot("bob"); after != before {
				t.Errorf("a clone changed:\n%s\n---\n%s", before, after)
			}
			for _, r := range []string{"alice", "bob", "remote.git"} {
				w.git(r, "fsck", "--strict")
			}
			// What was fetched survives a collection of garbage.
			w.git("alice", "gc", "-q", "--prune=now")
			must[*Tree](t)(alice.Tree(t.Context(), d))
		})
	}
}

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

// Branches whose names get in each other's way as files do not.
func TestFetchNames(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	remote := w.remote("remote.git")
	r := w.clone(remote, "clone")
	main := must[Commit](t)(r.Fetch(t.Context(), "origin", "main"))
	seen := map[string]string{}
	for _, branch := range []string{"a", "a/b", "a%2Fb", "A", "con", "nul.x", "x.y", "é", "a+b=c", "x.locked", strings.Repeat("long/", 40) + "x"} {
		if prefix, _, ok := strings.Cut(branch, "/"); ok && prefix == "a" {
			w.git("remote.git", "update-ref", "-d", "refs/heads/a")
		}
		w.git("remote.git", "update-ref", "refs/heads/"+branch, string(main))
		if got := must[Commit](t)(r.Fetch(t.Context(), "origin", branch)); got != main {
			t.Errorf("%s = %s", branch, got)
		}
		local := localRef("origin", "refs/heads/"+branch)
		if other, ok := seen[strings.ToLower(local)]; ok {
			t.Errorf("%s and %s share %s", branch, other, local)
		}
		seen[strings.ToLower(local)] = branch
	}
	for ref, want := range map[string]string{
		"refs/heads/main":             "refs/rust-tuf/remotes/origin/main",
		"refs/heads/sign/Root":        "refs/rust-tuf/remotes/origin/sign%2F%52oot",
		"refs/heads/aux":              "refs/rust-tuf/remotes/origin/%61ux",
		"refs/heads/a.lock":           "refs/rust-tuf/remotes/origin/a%2Elock",
		"refs/pull/7/head":            "refs/rust-tuf/pull/origin/7",
		"refs/merge-requests/12/head": "refs/rust-tuf/merge-requests/origin/12",
	} {
		if got := localRef("origin", ref); got != want {
			t.Errorf("%s is kept as %s, want %s", ref, got, want)
		}
	}
	if a := localRef("https://u:secret@example.org/x", "refs/heads/main"); strings.Contains(a, "secret") {
		t.Errorf("a password is in a ref: %s", a)
	}
	_, err := r.Fetch(t.Context(), "origin", "absent")
	if e := wantError[*BranchError](t, err, `origin has no branch "absent"`); e.Branch != "absent" {
		t.Errorf("%+v", e)
	}
	_, err = r.Fetch(t.Context(), "absent", "main")
	wantError[*RemoteError](t, err, "git fetch, remote absent", "does not appear to be a git repository")
	for _, c := range [][2]string{{"origin", "-x"}, {"origin", "a b"}, {"origin", "--upload-pack=id"}, {"-x", "main"}, {"--upload-pack=id", "main"}} {
		_, err := r.Fetch(t.Context(), c[0], c[1])
		wantError[*NameError](t, err)
	}
}

func TestDefaultBranch(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	remote := w.remote("remote.git")
	r := w.clone(remote, "clone")
	main := w.git("remote.git", "rev-parse", "main")
	w.git("remote.git", "update-ref", "refs/heads/trunk/1", main)
	w.git("remote.git", "symbolic-ref", "HEAD", "refs/heads/trunk/1")
	if got := must[string](t)(r.DefaultBranch(t.Context(), "origin")); got != "trunk/1" {
		t.Errorf("default branch = %q", got)
	}
	w.git("remote.git", "symbolic-ref", "HEAD", "refs/heads/-x")
	w.git("remote.git", "update-ref", "refs/heads/-x", main)
	_, err := r.DefaultBranch(t.Context(), "origin")
	wantError[*NameError](t, err, `branch "-x"`, "starts with a dash")
	w.git(".", "init", "-q", "--bare", "empty.git")
	_, err = r.DefaultBranch(t.Context(), w.path("empty.git"))
	wantError[*BranchError](t, err, "names no default branch")
	_, err = r.DefaultBranch(t.Context(), w.path("absent.git"))
	wantError[*RemoteError](t, err, "git ls-remote")
}

func TestFetchAll(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	remote := w.remote("remote.git")
	far := w.open("remote.git")
	main := must[Commit](t)(far.Resolve(t.Context(), "main"))
	pull := w.commit(far, main, files{"pull": "7"})
	request := w.commit(far, main, files{"request": "9"})
	blob := w.gitIn("remote.git", "no commit", "hash-object", "-w", "--stdin")
	lost := w.commit(far, main, files{"lost": "its tree is lost"})
	tree := w.git("remote.git", "rev-parse", string(lost)+"^{tree}")
	for ref, id := range map[string]string{
		"refs/heads/side": string(main), "refs/heads/-x": string(main), "refs/heads/sign/alice": string(pull),
		"refs/pull/7/head": string(pull), "refs/pull/7/merge": string(pull), "refs/pull/x/head": string(pull),
		"refs/merge-requests/9/head": string(request), "refs/tags/v1": string(main), "refs/notes/x": string(main),
		"refs/pull/8/head": blob, "refs/pull/9/head": string(lost), "refs/heads/odd": string(lost),
	} {
		w.git("remote.git", "update-ref", ref, id)
	}
	r := w.clone(w.remote("other.git"), "clone")
	if err := os.Remove(w.path("remote.git/objects/" + tree[:2] + "/" + tree[2:])); err != nil {
		t.Fatal(err)
	}
	before := w.snapshot("clone")
	refs, err := r.FetchAll(t.Context(), remote)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, ref := range refs {
		if (ref.Err == nil) == (ref.Commit == "") {
			t.Errorf("%+v", ref)
		}
		if ref.Err == nil {
			must[*Tree](t)(r.Tree(t.Context(), ref.Commit))
		}
		got = append(got, fmt.Sprintf("%s %t", ref.Name, ref.Err == nil))
	}
	want := []string{
		"refs/heads/-x true", "refs/heads/main true", "refs/heads/odd false", "refs/heads/side true", "refs/heads/sign/alice true",
		"refs/merge-requests/9/head true", "refs/pull/7/head true", "refs/pull/8/head false", "refs/pull/9/head false",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("refs:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	wantError[*RemoteError](t, refs[2].Err, "git fetch")
	wantError[*ObjectError](t, refs[7].Err, `is no commit but "blob"`)
	if after := w.snapshot("clone"); after != before {
		t.Errorf("the clone changed:\n%s\n---\n%s", before, after)
	}
	w.git("clone", "fsck", "--strict")

	// Past the last attempt, what is left is named as odd, not left out.
	r.limits.attempts = 1
	for _, ref := range must[[]Ref](t)(r.FetchAll(t.Context(), remote)) {
		if ref.Err == nil {
			t.Errorf("%+v after one attempt", ref)
		}
	}
	r.limits.refs = 3
	_, err = r.FetchAll(t.Context(), remote)
	wantError[*LimitError](t, err, "branches and pull requests")
	_, err = r.FetchAll(t.Context(), w.path("absent"))
	wantError[*RemoteError](t, err, "does not appear to be a git repository")
}

// Several goroutines use one clone while the remote moves.
func TestParallelUse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	remote := w.remote("remote.git")
	mover, r := w.clone(remote, "mover"), w.clone(remote, "clone")
	at := must[Commit](t)(mover.Fetch(t.Context(), "origin", "main"))
	var group sync.WaitGroup
	for i := range 4 {
		group.Go(func() {
			for j := range 3 {
				c, err := r.Fetch(t.Context(), "origin", "main")
				if err != nil {
					t.Error(err)
					continue
				}
				if _, err := r.Tree(t.Context(), c); err != nil {
					t.Error(err)
				}
				if _, err := r.Commit(t.Context(), c, files{fmt.Sprint(i, "/", j): "x"}.change(), "m", time.Time{}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for i := range 5 {
		next := w.commit(mover, at, files{fmt.Sprint("moved", i): "x"})
		if err := mover.Push(t.Context(), "origin", next, "main", at); err != nil {
			t.Error(err)
		}
		at = next
	}
	group.Wait()
	w.git("clone", "fsck", "--strict")
}
