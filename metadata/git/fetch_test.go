package git

import (
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
	if e := wantError[*BranchError](t, err, "names no default branch"); !strings.Contains(e.Hint(), "`rust-tuf init`") {
		t.Errorf("hint %q", e.Hint())
	}
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
