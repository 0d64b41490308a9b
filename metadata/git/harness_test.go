package git

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rust-lang/rust-tuf/metadata"
)

// world is a machine of its own for git: home folder, configuration, identity.
type world struct {
	t       testing.TB
	dir     string
	environ []string
}

func newWorld(t testing.TB) *world {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, dir: dir, environ: []string{
		"PATH=" + os.Getenv("PATH"),
		"HOME=" + dir,
		"GIT_CONFIG_GLOBAL=" + filepath.Join(dir, "gitconfig"),
		"GIT_CONFIG_NOSYSTEM=1",
		"GIT_CEILING_DIRECTORIES=" + dir,
		"GIT_AUTHOR_NAME=alice", "GIT_AUTHOR_EMAIL=alice@example.org",
		"GIT_COMMITTER_NAME=alice", "GIT_COMMITTER_EMAIL=alice@example.org",
	}}
	if runtime.GOOS == "windows" {
		w.environ = append(w.environ, "SYSTEMROOT="+os.Getenv("SYSTEMROOT"))
	}
	w.write("gitconfig", "[init]\n\tdefaultBranch = main\n[core]\n\tfsync = none\n")
	return w
}

// path is a path in this world.
func (w *world) path(name string) string { return filepath.Join(w.dir, filepath.FromSlash(name)) }

// write writes a file of this world.
func (w *world) write(name, content string) string {
	w.t.Helper()
	p := w.path(name)
	if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(p, []byte(content), 0o644); err != nil {
		w.t.Fatal(err)
	}
	return p
}

// script writes an executable shell script.
func (w *world) script(name, content string) string {
	w.t.Helper()
	if runtime.GOOS == "windows" {
		w.t.Skip("needs shell scripts")
	}
	// A process that a test beside this one starts meanwhile would inherit the
	// open file, and what is open for writing cannot be run.
	syscall.ForkLock.RLock()
	p := w.write(name, "#!/bin/sh\n"+content)
	syscall.ForkLock.RUnlock()
	if err := os.Chmod(p, 0o755); err != nil {
		w.t.Fatal(err)
	}
	return p
}

// git runs git as a user would, hardened by nothing.
func (w *world) git(dir string, args ...string) string {
	w.t.Helper()
	return w.gitIn(dir, "", args...)
}

func (w *world) gitIn(dir, stdin string, args ...string) string {
	w.t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir, cmd.Env = w.path(dir), w.environ
	cmd.Stdin = strings.NewReader(stdin)
	var out, words bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &words
	if err := cmd.Run(); err != nil {
		w.t.Fatalf("git %q: %v\n%s", args, err, words.String())
	}
	return strings.TrimRight(out.String(), "\n")
}

// remote makes a bare repository with one commit and returns its path.
func (w *world) remote(name string) string {
	w.t.Helper()
	w.git(".", "init", "-q", "--bare", name)
	r := w.open(name)
	c := w.commit(r, "", files{"rust-tuf.toml": "format = 1\n", "members/alice/member.toml": "name = \"alice\"\n"})
	w.git(name, "update-ref", "refs/heads/main", string(c))
	return w.path(name)
}

// clone makes a clone with a checkout.
func (w *world) clone(remote, name string) *Repo {
	w.t.Helper()
	if !filepath.IsAbs(remote) && !strings.Contains(remote, ":") {
		remote = w.path(remote)
	}
	w.git(".", "clone", "-q", remote, name)
	return w.open(name)
}

func (w *world) open(name string, opts ...Option) *Repo {
	w.t.Helper()
	r, err := Open(w.t.Context(), w.path(name), append([]Option{Environ(w.environ)}, opts...)...)
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

// files is the content of files by path.
type files map[string]string

func (f files) change(gone ...string) metadata.Change {
	put := map[string][]byte{}
	for path, content := range f {
		put[path] = []byte(content)
	}
	return metadata.Change{Put: put, Delete: gone}
}

// commit commits and fails the test when that is refused.
func (w *world) commit(r *Repo, parent Commit, f files, gone ...string) Commit {
	w.t.Helper()
	c, err := r.Commit(w.t.Context(), parent, f.change(gone...), "change files\n", time.Time{})
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

// merge merges as a forge does, and returns the commit.
func (w *world) merge(dir string, ours, theirs Commit) Commit {
	w.t.Helper()
	tree := w.git(dir, "merge-tree", "--write-tree", string(ours), string(theirs))
	return Commit(w.git(dir, "commit-tree", tree, "-p", string(ours), "-p", string(theirs), "-m", "merge"))
}

// must returns a function that fails the test on an error.
func must[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// wantError checks the type and the words of a refusal and returns it.
func wantError[E error](t testing.TB, err error, words ...string) E {
	t.Helper()
	var e E
	if !errors.As(err, &e) {
		t.Fatalf("error is %T (%v), want %T", err, err, e)
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("error %q does not say %q", err, word)
		}
	}
	return e
}

// snapshot is all that must not change in a clone: HEAD, index, refs outside
// refs/rust-tuf/, configuration, checkout.
func (w *world) snapshot(dir string) string {
	w.t.Helper()
	var out strings.Builder
	for _, name := range []string{"HEAD", "index", "config", "packed-refs", "FETCH_HEAD", "ORIG_HEAD"} {
		data, _ := os.ReadFile(filepath.Join(w.path(dir), ".git", name))
		out.WriteString(name + ": " + string(data) + "\n")
	}
	for _, line := range strings.Split(w.git(dir, "for-each-ref"), "\n") {
		if !strings.Contains(line, "\trefs/rust-tuf/") {
			out.WriteString(line + "\n")
		}
	}
	err := filepath.WalkDir(w.path(dir), func(p string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if d.Name() == ".git" {
				return filepath.SkipDir
			}
			return nil
		}
		info, err := d.Info()
		data, _ := os.ReadFile(p)
		out.WriteString(p + " " + info.ModTime().String() + " " + string(data) + "\n")
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return out.String()
}

// counted returns an option that writes the verb of each run of git to a file,
// and a function that tells and forgets them.
func (w *world) counted() (Option, func() []string) {
	w.t.Helper()
	log := w.path("calls.log")
	real := must[string](w.t)(exec.LookPath("git"))
	script := w.script("counted-git", `
for a; do case "$a" in -c) skip=1;; --*|-C) ;; *) if [ -n "$skip" ]; then skip=; else echo "$a" >>"`+log+`"; break; fi;; esac; done
exec "`+real+`" "$@"
`)
	return Program(script), func() []string {
		data, _ := os.ReadFile(log)
		os.Remove(log)
		return strings.Fields(string(data))
	}
}

// cancelled is a context that ended already.
func cancelled() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

// run runs another program.
func (w *world) run(name string, args ...string) {
	w.t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Env = w.environ
	if out, err := cmd.CombinedOutput(); err != nil {
		w.t.Fatalf("%s: %v\n%s", name, err, out)
	}
}
