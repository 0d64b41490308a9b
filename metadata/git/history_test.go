package git

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestRemotes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.git(".", "init", "-q", "repo")
	r := w.open("repo")
	if got := r.Remotes(); len(got) != 0 {
		t.Errorf("remotes = %q", got)
	}
	w.git("repo", "remote", "add", "upstream", "https://example.org/tuf-root")
	w.git("repo", "remote", "add", "team/alice.x", "https://alice:secret@example.org/fork")
	w.git("repo", "config", "remote.pushDefault", "upstream")
	w.git("repo", "config", "remote.ghost.proxy", "http://proxy.example.org")
	r = w.open("repo")
	if got, want := r.Remotes(), "team/alice.x upstream"; strings.Join(got, " ") != want {
		t.Errorf("remotes = %q, want %q", got, want)
	}
	if got := must[string](t)(r.RemoteURL("team/alice.x")); got != "https://example.org/fork" {
		t.Errorf("URL = %q; it must show no password", got)
	}
	_, err := r.RemoteURL("ghost")
	wantError[*NameError](t, err, `remote "ghost"`, "is not configured")
}

func TestConfig(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.git(".", "init", "-q", "repo")
	w.git("repo", "config", "user.email", "alice@example.org")
	w.git("repo", "config", "--add", "rust-tuf.Some Thing.lines", "one\ntwo")
	r := w.open("repo")
	for key, want := range map[string]string{"user.email": "alice@example.org", "rust-tuf.Some Thing.lines": "one\ntwo"} {
		got, ok, err := r.Config(t.Context(), key)
		if got != want || !ok || err != nil {
			t.Errorf("%s = %q, %t, %v", key, got, ok, err)
		}
	}
	if got, ok, err := r.Config(t.Context(), "user.absent"); got != "" || ok || err != nil {
		t.Errorf("absent: %q, %t, %v", got, ok, err)
	}
	for _, key := range []string{"", "user", "--list", "-l.x", "user.na me", "user.x\n", "a..", "a.b.\n.c"} {
		_, _, err := r.Config(t.Context(), key)
		wantError[*NameError](t, err, "configuration key", "section.name")
	}
}

func TestResolve(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.clone(w.remote("remote.git"), "clone")
	head := must[Commit](t)(r.Resolve(t.Context(), "HEAD"))
	w.git("clone", "tag", "-a", "-m", "x", "v1")
	for _, rev := range []string{"main", "origin/main", "v1", string(head), head.Short(), "refs/heads/main", "HEAD^{commit}"} {
		if got := must[Commit](t)(r.Resolve(t.Context(), rev)); got != head {
			t.Errorf("%s = %s", rev, got)
		}
	}
	for _, rev := range []string{"absent", "HEAD~7", "HEAD:rust-tuf.toml", "main..v1", "HEAD^{tree}", "a b", strings.Repeat("0", 40)} {
		_, err := r.Resolve(t.Context(), rev)
		if e := wantError[*RevisionError](t, err, "names no commit"); e.Rev != rev {
			t.Errorf("error names %q", e.Rev)
		}
	}
	for rev, words := range map[string]string{"": "is empty", "--all": "starts with a dash", "-x": "starts with a dash", "a\nb": "control character", strings.Repeat("x", 2000): "longer than 1024"} {
		_, err := r.Resolve(t.Context(), rev)
		wantError[*NameError](t, err, "revision", words)
	}
	w.git("clone", "checkout", "-q", "--detach")
	if _, err := r.CurrentBranch(t.Context()); !errors.Is(err, ErrDetached) {
		t.Errorf("detached: %v", err)
	}
}

func TestDirty(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.clone(w.remote("remote.git"), "clone")
	if got := must[[]string](t)(r.Dirty(t.Context())); len(got) != 0 {
		t.Errorf("clean clone: %q", got)
	}
	w.write("clone/rust-tuf.toml", "format = 2\n")
	w.write("clone/members/bob/member.toml", "")
	w.write("clone/members/bo*", "")
	w.git("clone", "rm", "-q", "members/alice/member.toml")
	before := w.snapshot("clone")
	want := "members/alice/member.toml members/bo* members/bob/member.toml rust-tuf.toml"
	if got := must[[]string](t)(r.Dirty(t.Context())); strings.Join(got, " ") != want {
		t.Errorf("dirty = %q", got)
	}
	if got := must[[]string](t)(w.open("clone/members").Dirty(t.Context(), "rust-tuf.toml", "members/bo*")); strings.Join(got, " ") != "members/bo* rust-tuf.toml" {
		t.Errorf("dirty = %q; paths are no patterns and start at the top", got)
	}
	if after := w.snapshot("clone"); after != before {
		t.Errorf("looking changed the clone:\n%s\n---\n%s", before, after)
	}
	if got := must[[]string](t)(w.open("remote.git").Dirty(t.Context())); got != nil {
		t.Errorf("bare: %q", got)
	}
}

func TestShallow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	remote := w.remote("remote.git")
	far := w.open("remote.git")
	first := must[Commit](t)(far.Resolve(t.Context(), "main"))
	second := w.commit(far, first, files{"second": "2"})
	other := w.commit(far, first, files{"other": "o"})
	w.git("remote.git", "update-ref", "refs/heads/main", string(second))
	w.git("remote.git", "update-ref", "refs/heads/other", string(other))
	w.git(".", "clone", "-q", "--depth=1", "--no-single-branch", "file://"+remote, "shallow")
	r := w.open("shallow")

	third := w.commit(r, second, files{"third": "3"})
	if err := r.Push(t.Context(), "origin", third, "main", second); err != nil {
		t.Errorf("push from a shallow clone: %v", err)
	}
	if yes := must[bool](t)(r.IsAncestor(t.Context(), second, third)); !yes {
		t.Error("what the clone has, it knows")
	}
	_, err := r.IsAncestor(t.Context(), other, third)
	e := wantError[*ShallowError](t, err, "shallow", "is "+other.Short()+" an ancestor of "+third.Short())
	if !strings.Contains(e.Hint(), "--unshallow") {
		t.Errorf("hint = %q", e.Hint())
	}
	_, err = r.MergeBase(t.Context(), other, third)
	wantError[*ShallowError](t, err, "in common")
	_, err = r.MergedTree(t.Context(), third, other)
	wantError[*ShallowError](t, err, "in common")
	_, err = r.Tree(t.Context(), first)
	wantError[*ObjectError](t, err, "is not in this clone")
}

func TestCommitted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.remote("remote.git")
	far := w.open("remote.git")
	tree := w.git("remote.git", "rev-parse", "main^{tree}")
	when := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	c := must[Commit](t)(far.commitTree(t.Context(), tree, nil, "noon", when))
	if got := must[time.Time](t)(far.Committed(t.Context(), c)); !got.Equal(when) || got.Location() != time.UTC {
		t.Errorf("committed at %s, want %s", got, when)
	}
	_, err := far.Committed(t.Context(), "--output=x")
	wantError[*NameError](t, err, "commit")
	_, err = far.Committed(t.Context(), Commit(tree[:len(tree)-4]+"0000"))
	wantError[*CommandError](t, err)
	// Whoever commits chooses the date.
	for _, date := range []string{"9999999999999999", "99999999999999999999999", "-1"} {
		object := "tree " + tree + "\nauthor m <m> " + date + " +0000\ncommitter m <m> " + date + " +0000\n\nlate\n"
		odd := Commit(w.gitIn("remote.git", object, "hash-object", "-t", "commit", "-w", "--literally", "--stdin"))
		if got := must[time.Time](t)(far.Committed(t.Context(), odd)); !got.IsZero() && got.Year() > 9999 {
			t.Errorf("%s: %s", date, got)
		}
	}
}
