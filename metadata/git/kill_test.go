//go:build unix

package git

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestMain lets the tests start this program again, as a signer who is killed, and
// git start it, as the hook of a forge.
func TestMain(m *testing.M) {
	if os.Getenv("RUST_TUF_TEST_FORGE") != "" {
		if err := procReceive(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	if dir := os.Getenv("RUST_TUF_TEST_SIGN_IN"); dir != "" {
		if err := sign(context.Background(), dir, os.Getenv("RUST_TUF_TEST_GIT")); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// sign does what a signer does: fetch, commit, push.
func sign(ctx context.Context, dir, program string) error {
	r, err := Open(ctx, dir, Program(program))
	if err != nil {
		return err
	}
	base, err := r.Fetch(ctx, "origin", "main")
	if err != nil {
		return err
	}
	// The same instant gives the same commit, so a push that got through
	// before a kill is recognised.
	c, err := r.Commit(ctx, base, files{"events/e/signatures/root/a.json": "{}", "x/y/z": strings.Repeat("z", 10_000)}.change(), "sign", time.Unix(1_800_000_000, 0))
	if err != nil {
		return err
	}
	return r.Push(ctx, "origin", c, "sign", "")
}

// A signer is killed before each run of git, and git itself is killed at each
// run: nothing breaks, and running it again does the work.
func TestKilledAnywhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.remote("start/remote.git")
	w.clone("start/remote.git", "start/clone")
	w.git("start/clone", "remote", "set-url", "origin", "../remote.git")
	if err := os.Mkdir(w.path("tmp"), 0o755); err != nil {
		t.Fatal(err)
	}
	real := must[string](t)(exec.LookPath("git"))
	program := w.script("fatal-git", `
n=0; read n <"$RUST_TUF_TEST_COUNT"; n=$((n + 1)); echo $n >"$RUST_TUF_TEST_COUNT"
case $n$RUST_TUF_TEST_KILL in
"$RUST_TUF_TEST_KILL_AT"signer) kill -9 $PPID; exit 137;;
"$RUST_TUF_TEST_KILL_AT"git) kill -9 $$;;
esac
exec "`+real+`" "$@"
`)
	// signer runs the signer in a copy of the start and returns how often it
	// ran git.
	signer := func(dir, program, kill string, at int) (int, error) {
		count := w.write(dir+"/count", "0\n")
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(slices.Clone(w.environ), "RUST_TUF_TEST_SIGN_IN="+w.path(dir+"/clone"), "RUST_TUF_TEST_GIT="+program,
			"RUST_TUF_TEST_KILL="+kill, fmt.Sprint("RUST_TUF_TEST_KILL_AT=", at), "RUST_TUF_TEST_COUNT="+count, "TMPDIR="+w.path("tmp"))
		out, err := cmd.CombinedOutput()
		if err != nil {
			err = fmt.Errorf("%w: %s", err, out)
		}
		n, _ := strconv.Atoi(strings.TrimSpace(string(must[[]byte](t)(os.ReadFile(count)))))
		return n, err
	}
	start := func(name string) {
		if err := os.CopyFS(w.path(name), os.DirFS(w.path("start"))); err != nil {
			t.Fatal(err)
		}
	}
	start("whole")
	runs, err := signer("whole", program, "", 0)
	if err != nil || runs == 0 {
		t.Fatal(runs, err)
	}
	want := w.git("whole/remote.git", "rev-parse", "sign^{tree}")
	for _, kill := range []string{"signer", "git"} {
		for at := 1; at <= runs; at++ {
			name := fmt.Sprint(kill, at)
			start(name)
			before := w.snapshot(name + "/clone")
			if _, err := signer(name, program, kill, at); err == nil && kill == "signer" {
				t.Errorf("%s: the signer was not killed", name)
			}
			w.git(name+"/clone", "fsck", "--strict")
			w.git(name+"/remote.git", "fsck", "--strict")
			if _, err := signer(name, real, "", 0); err != nil {
				t.Errorf("%s: again: %v", name, err)
			}
			if got := w.git(name+"/remote.git", "rev-parse", "sign^{tree}"); got != want {
				t.Errorf("%s: the remote has %s, want %s", name, got, want)
			}
			if after := w.snapshot(name + "/clone"); after != before {
				t.Errorf("%s: the clone changed:\n%s\n---\n%s", name, before, after)
			}
		}
	}
	if left, _ := os.ReadDir(w.path("tmp")); len(left) > 0 {
		t.Errorf("temporary files: %v", left)
	}
}

// A cancelled context ends git and everything that it started.
func TestCancelEndsAll(t *testing.T) {
	t.Parallel()
	for _, verb := range []string{"fetch", "push", "unpack-objects", "cat-file", "commit-tree", "merge-tree"} {
		t.Run(verb, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.clone(w.remote("remote.git"), "clone")
			real := must[string](t)(exec.LookPath("git"))
			fifo := w.path("started")
			w.run("mkfifo", fifo)
			// A git that ignores the request to end, with a child that does.
			stuck := w.script("stuck-git", `
case " $* " in *" `+verb+` "*)
	trap '' TERM
	exec 3>"`+fifo+`"
	sh -c 'trap "" TERM; echo started >&3; exec sleep 600' &
	wait; wait;;
esac
exec "`+real+`" "$@"
`)
			r := w.open("clone", Program(stuck))
			r.limits.grace = 100 * time.Millisecond
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			go func() {
				f, err := os.Open(fifo)
				if err == nil {
					_, err = f.Read(make([]byte, 1))
					cancel()
					// The child holds the other end open as long as it lives.
					_, readErr := io.Copy(io.Discard, f)
					err = errors.Join(err, readErr)
				}
				ended <- err
			}()
			if err := cancelVerb(ctx, r, verb); !errors.Is(err, context.Canceled) {
				t.Errorf("error = %v, want that of the context", err)
			}
			select {
			case err := <-ended:
				if err != nil {
					t.Error(err)
				}
			case <-time.After(30 * time.Second):
				t.Fatal("the child lives on")
			}
			if left := must[[]string](t)(filepath.Glob(w.path("clone/.git/*.lock"))); len(left) > 0 {
				t.Errorf("locks: %q", left)
			}
			w.git("clone", "fsck", "--strict")
		})
	}
}

// cancelVerb runs an operation that needs the given verb of git.
func cancelVerb(ctx context.Context, r *Repo, verb string) error {
	plain := *r
	plain.path = "git"
	head, err := plain.Resolve(context.Background(), "HEAD")
	if err != nil {
		return err
	}
	one, err1 := plain.Commit(context.Background(), head, files{"1": "1"}.change(), "m", time.Time{})
	two, err2 := plain.Commit(context.Background(), head, files{"2": "2"}.change(), "m", time.Time{})
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	switch verb {
	case "fetch":
		_, err = r.Fetch(ctx, "origin", "main")
	case "push":
		err = r.Push(ctx, "origin", one, "b", "")
	case "merge-tree":
		_, err = r.MergedTree(ctx, one, two)
	default:
		_, err = r.Commit(ctx, one, files{"3": "3"}.change(), "m", time.Time{})
	}
	return err
}

// Someone who pressed Ctrl-C finds no lock in the way.
func TestCancelRemovesLocks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.clone(w.remote("remote.git"), "clone")
	// The remote stops in the middle of a push, and in the middle of a fetch.
	fifo := w.path("started")
	w.run("mkfifo", fifo)
	w.script("remote.git/hooks/pre-receive", `echo x >"`+fifo+`"; exec sleep 600`)
	r := w.open("clone")
	c := w.commit(r, must[Commit](t)(r.Resolve(t.Context(), "HEAD")), files{"x": "1"})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		_, _ = os.ReadFile(fifo)
		cancel()
	}()
	if err := r.Push(ctx, "origin", c, "b", ""); !errors.Is(err, context.Canceled) {
		t.Fatalf("error = %v", err)
	}
	if err := os.Remove(w.path("remote.git/hooks/pre-receive")); err != nil {
		t.Fatal(err)
	}
	if err := r.Push(t.Context(), "origin", c, "b", ""); err != nil {
		t.Errorf("again: %v", err)
	}
	w.git("clone", "fsck", "--strict")
	w.git("remote.git", "fsck", "--strict")
}

// A git that was killed while it held a lock leaves it; the error names the
// file and says what to do, and nothing is lost.
func TestStaleLock(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.clone(w.remote("remote.git"), "clone")
	lock := w.write("clone/.git/refs/rust-tuf/remotes/origin/main.lock", "")
	_, err := r.Fetch(t.Context(), "origin", "main")
	e := wantError[*RemoteError](t, err, "refs/rust-tuf/remotes/origin/main.lock")
	if !strings.Contains(e.Hint(), "remove the .lock file") {
		t.Errorf("hint = %q", e.Hint())
	}
	if err := os.Remove(lock); err != nil {
		t.Fatal(err)
	}
	must[Commit](t)(r.Fetch(t.Context(), "origin", "main"))
}

// With a person at the terminal, ssh shares this session and may ask; without
// one it has a session of its own, and git asks nothing.
func TestTerminal(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		t.Skip("needs /proc")
	}
	session := func(stat []byte) string { return strings.Fields(string(stat))[5] }
	own := session(must[[]byte](t)(os.ReadFile("/proc/self/stat")))
	w := newWorld(t)
	w.clone(w.remote("remote.git"), "clone")
	w.git("clone", "remote", "add", "far", "ssh://host.example.org/x")
	w.git("clone", "config", "ssh.variant", "ssh")
	w.git("clone", "config", "core.sshCommand", w.script("ssh", `cat /proc/$$/stat >"`+w.path("stat")+`"; echo "prompt=$GIT_TERMINAL_PROMPT" >>"`+w.path("stat")+`"; exit 1`))
	for _, opts := range [][]Option{nil, {Terminal()}} {
		_, err := w.open("clone", opts...).Fetch(t.Context(), "far", "main")
		wantError[*RemoteError](t, err)
		stat := must[[]byte](t)(os.ReadFile(w.path("stat")))
		if shared := session(stat) == own; shared != (opts != nil) {
			t.Errorf("options %d: ssh shares this session: %t", len(opts), shared)
		}
		if silent := strings.Contains(string(stat), "prompt=0"); silent != (opts == nil) {
			t.Errorf("options %d: git may not prompt: %t", len(opts), silent)
		}
	}
	// Ctrl-C at a prompt of ssh or git is an interruption, not a failure.
	r := w.open("clone", Terminal(), Program(w.script("interrupted-git", `case " $* " in *" fetch "*) kill -INT $$;; esac; exec git "$@"`)))
	if _, err := r.Fetch(t.Context(), "origin", "main"); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
}
