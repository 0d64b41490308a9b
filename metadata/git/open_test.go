package git

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
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
	if got := must[[]string](t)(r.Remotes(t.Context())); len(got) != 1 || got[0] != "origin" {
		t.Errorf("remotes = %q", got)
	}
	if got := must[string](t)(r.RemoteURL(t.Context(), "origin")); got != remote {
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

func TestRemotes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.git(".", "init", "-q", "repo")
	r := w.open("repo")
	if got := must[[]string](t)(r.Remotes(t.Context())); len(got) != 0 {
		t.Errorf("remotes = %q", got)
	}
	w.git("repo", "remote", "add", "upstream", "https://example.org/tuf-root")
	w.git("repo", "remote", "add", "team/alice.x", "https://alice:secret@example.org/fork")
	w.git("repo", "config", "remote.pushDefault", "upstream")
	w.git("repo", "config", "remote.ghost.proxy", "http://proxy.example.org")
	if got, want := must[[]string](t)(r.Remotes(t.Context())), "team/alice.x upstream"; strings.Join(got, " ") != want {
		t.Errorf("remotes = %q, want %q", got, want)
	}
	if got := must[string](t)(r.RemoteURL(t.Context(), "team/alice.x")); got != "https://example.org/fork" {
		t.Errorf("URL = %q; it must show no password", got)
	}
	_, err := r.RemoteURL(t.Context(), "ghost")
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
	_, err = r.Merge(t.Context(), third, other, "merge")
	wantError[*ShallowError](t, err, "in common")
	_, err = r.Tree(t.Context(), first)
	wantError[*ObjectError](t, err, "is not in this clone")
}

func TestCommitSigned(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if _, err := os.Stat("/usr/bin/ssh-keygen"); err != nil {
		t.Skip("needs ssh-keygen")
	}
	key := w.path("key")
	w.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key)
	w.git(".", "init", "-q", "repo")
	w.write("gitconfig", "[commit]\n\tgpgsign\n[gpg]\n\tformat = ssh\n[user]\n\tsigningkey = "+key+"\n")
	r := w.open("repo")
	c := w.commit(r, "", files{"a": "1"})
	if raw := w.git("repo", "cat-file", "commit", string(c)); !strings.Contains(raw, "\ngpgsig -----BEGIN SSH SIGNATURE-----") {
		t.Errorf("commit is not signed:\n%s", raw)
	}
	w.commit(r, c, files{"b": "1"}) // a signed parent is read
	m := must[Commit](t)(r.Merge(t.Context(), w.commit(r, c, files{"x": "1"}), w.commit(r, c, files{"y": "1"}), "merge"))
	if raw := w.git("repo", "cat-file", "commit", string(m)); !strings.Contains(raw, "\ngpgsig ") {
		t.Errorf("merge is not signed:\n%s", raw)
	}
	if err := os.Remove(key); err != nil {
		t.Fatal(err)
	}
	_, err := r.Commit(t.Context(), c, files{"b": "2"}.change(), "m", time.Time{})
	e := wantError[*CommandError](t, err, "git commit-tree")
	if !strings.Contains(e.Hint(), "commit.gpgsign") {
		t.Errorf("hint for %q = %q", e.Output, e.Hint())
	}
	w.write("gitconfig", "[commit]\n\tgpgsign = off\n")
	c = w.commit(w.open("repo"), "", files{"a": "1"})
	if raw := w.git("repo", "cat-file", "commit", string(c)); strings.Contains(raw, "gpgsig") {
		t.Errorf("commit is signed:\n%s", raw)
	}
}

func TestCommitWithoutIdentity(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.git(".", "init", "-q", "repo")
	w.write("gitconfig", "[user]\n\tuseConfigOnly = true\n")
	w.environ = w.environ[:5]
	_, err := w.open("repo").Commit(t.Context(), "", files{"a": "1"}.change(), "m", time.Time{})
	e := wantError[*CommandError](t, err, "git commit-tree")
	if !strings.Contains(e.Hint(), "user.email") {
		t.Errorf("hint for %q = %q", e.Output, e.Hint())
	}
}
