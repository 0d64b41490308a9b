package git

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestOpenFrom(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	remote := w.remote("remote.git")
	main := w.clone(remote, "clone")
	w.write("clone/new folder/é/x", "")
	w.git("clone", "worktree", "add", "-q", "-b", "side", "../linked")
	w.git(".", "clone", "-q", "--separate-git-dir=elsewhere", remote, "separate")
	w.git(".", "clone", "-q", "--depth=1", "file://"+remote, "shallow")
	w.git("remote.git", "config", "uploadpack.allowFilter", "true")
	w.git(".", "clone", "-q", "--filter=blob:none", "--no-checkout", "file://"+remote, "partial")
	w.git(".", "init", "-q", "super")
	w.git("super", "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", remote, "sub")
	head := w.git("clone", "rev-parse", "HEAD")
	for dir, checkout := range map[string]string{
		"clone": "clone", "clone/new folder/é": "clone", "clone/members/alice": "clone",
		"remote.git": "", "remote.git/refs": "", "clone/.git": "",
		"linked": "linked", "linked/members": "linked", "separate": "separate", "shallow": "shallow",
		"partial": "partial", "super/sub": "super/sub",
	} {
		r := w.open(dir)
		want := ""
		if checkout != "" {
			want = w.path(checkout)
		}
		if r.Checkout() != want {
			t.Errorf("%s: checkout = %q, want %q", dir, r.Checkout(), want)
		}
		if !filepath.IsAbs(r.GitDir()) {
			t.Errorf("%s: git dir = %q", dir, r.GitDir())
		}
		c := must[Commit](t)(r.Resolve(t.Context(), "HEAD"))
		if string(c) != head {
			t.Errorf("%s: HEAD = %s, want %s", dir, c, head)
		}
		if n := len(must[*Tree](t)(r.Tree(t.Context(), c)).Entries()); n != 2 {
			t.Errorf("%s: %d files", dir, n)
		}
		w.commit(r, c, files{"more": dir})
	}
	if got := must[string](t)(w.open("linked").CurrentBranch(t.Context())); got != "side" {
		t.Errorf("branch of the linked worktree = %q", got)
	}
	if got := must[string](t)(main.CurrentBranch(t.Context())); got != "main" {
		t.Errorf("branch of the clone = %q", got)
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.write("folder/file", "")
	for dir, words := range map[string]string{
		"folder":      "not a git repository",
		"absent":      "no such folder",
		"folder/file": "not a folder",
	} {
		_, err := Open(t.Context(), w.path(dir), Environ(w.environ))
		e := wantError[*NotARepositoryError](t, err, words, "no git repository here")
		if e.Hint() == "" {
			t.Error("no hint")
		}
	}
	if _, err := Open(cancelled(), w.dir, Environ(w.environ)); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// A repository that belongs to somebody else is refused by git itself.
func TestOpenForeignOwner(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.git(".", "init", "-q", "repo")
	env := append([]string{"GIT_TEST_ASSUME_DIFFERENT_OWNER=1"}, w.environ...)
	_, err := Open(t.Context(), w.path("repo"), Environ(env))
	e := wantError[*NotARepositoryError](t, err, "dubious ownership")
	if !strings.Contains(e.Hint(), "safe.directory") {
		t.Errorf("hint = %q", e.Hint())
	}
}

func TestInit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if err := os.Mkdir(w.path("new"), 0o755); err != nil {
		t.Fatal(err)
	}
	r := must[*Repo](t)(Init(t.Context(), w.path("new"), Environ(w.environ)))
	if got := must[string](t)(r.CurrentBranch(t.Context())); got != "main" || r.Checkout() != w.path("new") {
		t.Errorf("branch %q, checkout %q", got, r.Checkout())
	}
	if _, err := r.Resolve(t.Context(), "HEAD"); err == nil {
		t.Error("a new repository has a commit")
	}
	w.git("new", "symbolic-ref", "HEAD", "refs/heads/other")
	again := must[*Repo](t)(Init(t.Context(), w.path("new"), Environ(w.environ)))
	if got := must[string](t)(again.CurrentBranch(t.Context())); got != "other" {
		t.Errorf("Init changed a repository that was there: branch %q", got)
	}
	if err := os.Mkdir(w.path("bare"), 0o755); err != nil {
		t.Fatal(err)
	}
	bare := must[*Repo](t)(InitBare(t.Context(), w.path("bare"), Environ(w.environ)))
	if bare.Checkout() != "" || bare.GitDir() != w.path("bare") {
		t.Errorf("bare: %q %q", bare.Checkout(), bare.GitDir())
	}
	_, err := Init(t.Context(), w.path("absent"), Environ(w.environ))
	wantError[*NotARepositoryError](t, err, "no such folder")
}

func TestClone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	remote := w.remote("remote.git")
	r := must[*Repo](t)(Clone(t.Context(), remote, w.path("clone"), Environ(w.environ)))
	if got := r.Remotes(); len(got) != 1 || got[0] != "origin" {
		t.Errorf("remotes = %q", got)
	}
	if got := must[string](t)(r.RemoteURL("origin")); got != remote {
		t.Errorf("origin = %q", got)
	}
	if _, err := os.Stat(w.path("clone/rust-tuf.toml")); err != nil {
		t.Error(err)
	}
	_, err := Clone(t.Context(), w.path("absent.git"), w.path("other"), Environ(w.environ))
	wantError[*RemoteError](t, err, "git clone", "absent.git")
	_, err = Clone(t.Context(), "--upload-pack=id", w.path("other"), Environ(w.environ))
	wantError[*NameError](t, err, "starts with a dash")
}
