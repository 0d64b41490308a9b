package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rust-lang/rust-tuf/tests/importtest"
	"github.com/rust-lang/rust-tuf/verify"
)

func TestImports(t *testing.T) {
	importtest.Check(t, []string{"verify", "verify/httpfetch", "verify/dirstore"}, "net", "net/http", "log")
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// program is the client, built once.
var program string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "client")
		if err != nil {
			panic(err)
		}
		defer os.RemoveAll(dir)
		program = filepath.Join(dir, "client.exe")
		if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
			panic(string(out))
		}
		return m.Run()
	}())
}

// client is one that the suite would drive: its folders, and its clock.
type client struct {
	t         *testing.T
	r         *repository
	dir, tdir string
	path      string // of programs; "" for that of this process
}

// fresh is a client that trusts root 1.
func (r *repository) fresh() *client {
	r.t.Helper()
	base := r.t.TempDir()
	c := &client{t: r.t, r: r, dir: filepath.Join(base, "metadata"), tdir: filepath.Join(base, "targets")}
	must(r.t, os.Mkdir(c.dir, 0o755))
	must(r.t, os.Mkdir(c.tdir, 0o755))
	c.ok(c.init(r.files["metadata/1.root.json"]))
	return c
}

// run runs one command in a process of its own. It must end with 0 or 1, and
// say why it is 1.
func (c *client) run(args ...string) (ok bool, stderr string) {
	c.t.Helper()
	command := exec.Command(program, args...)
	var out, problems bytes.Buffer
	command.Stdout, command.Stderr = &out, &problems
	if c.path != "" {
		command.Env = append(os.Environ(), "PATH="+c.path)
	}
	err := command.Run()
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || exit.ExitCode() != 1) {
		c.t.Fatalf("%q: %v: %s", args, err, problems.String())
	}
	if (err != nil) != strings.HasPrefix(problems.String(), "client: ") || out.Len() > 0 || strings.Contains(problems.String(), "a defect") {
		c.t.Errorf("%q: %v, but says %q and %q", args, err, problems.String(), out.String())
	}
	return err == nil, problems.String()
}

func (c *client) init(root []byte) (bool, string) {
	c.t.Helper()
	file := filepath.Join(c.t.TempDir(), "initial_root.json")
	must(c.t, os.WriteFile(file, root, 0o644))
	return c.run("--metadata-dir", c.dir, "init", file)
}

func (c *client) refresh() (bool, string) {
	c.t.Helper()
	return c.run("--metadata-url", c.r.url+"metadata/", "--metadata-dir", c.dir, "refresh")
}

func (c *client) download(names ...string) (bool, string) {
	c.t.Helper()
	args := []string{"--metadata-url", c.r.url + "metadata/", "--metadata-dir", c.dir}
	for _, name := range names {
		args = append(args, "--target-name", name)
	}
	return c.run(append(args, "--target-dir", c.tdir, "--target-base-url", c.r.url+"targets/", "download")...)
}

func (c *client) ok(ok bool, stderr string) {
	c.t.Helper()
	if !ok {
		c.t.Fatalf("failed: %s", stderr)
	}
}

func (c *client) fails(words string, ok bool, stderr string) {
	c.t.Helper()
	if ok || !strings.Contains(stderr, words) {
		c.t.Errorf("ok %v; %q does not say %q", ok, stderr, words)
	}
}

// trusts asserts which files stand directly in DIR, and their versions.
func (c *client) trusts(want ...string) {
	c.t.Helper()
	entries, err := os.ReadDir(c.dir)
	must(c.t, err)
	var got []string
	for _, entry := range entries {
		if role, ok := strings.CutSuffix(entry.Name(), ".json"); ok {
			raw, err := os.ReadFile(filepath.Join(c.dir, entry.Name()))
			must(c.t, err)
			document, err := verify.Read(raw, verify.Limits{})
			must(c.t, err)
			got = append(got, fmt.Sprint(role, " ", document.Version()))
		} else if entry.Name() != "state" {
			c.t.Errorf("%s stands in DIR", entry.Name())
		}
	}
	if slices.Sort(want); !slices.Equal(got, want) {
		c.t.Errorf("trusts %q, want %q", got, want)
	}
}

// holds asserts what TDIR holds, by name.
func (c *client) holds(want map[string]string) {
	c.t.Helper()
	entries, err := os.ReadDir(c.tdir)
	must(c.t, err)
	for _, entry := range entries {
		raw, err := os.ReadFile(filepath.Join(c.tdir, entry.Name()))
		must(c.t, err)
		if content, ok := want[entry.Name()]; !ok || content != string(raw) {
			c.t.Errorf("holds %s with %q", entry.Name(), raw)
		}
	}
	if len(entries) != len(want) {
		c.t.Errorf("holds %d artifacts, want %d", len(entries), len(want))
	}
}

// asked asserts what was asked for, in order.
func (c *client) asked(want ...string) {
	c.t.Helper()
	if got := c.r.requests(); !slices.Equal(got, want) {
		c.t.Errorf("asked for %q\nwant %q", got, want)
	}
}

// clock puts a program date first in the path, as faketime does for programs
// that ask the C library.
func (c *client) clock(says string) {
	c.t.Helper()
	if runtime.GOOS == "windows" {
		c.t.Skip("the stand-in for date is a shell script")
	}
	dir := c.t.TempDir()
	// No process that is started meanwhile may inherit the open file: what is
	// open for writing cannot be run.
	syscall.ForkLock.RLock()
	err := os.WriteFile(filepath.Join(dir, "date"), []byte("#!/bin/sh\ntest \"$1\" = +%s && "+says+"\n"), 0o755)
	syscall.ForkLock.RUnlock()
	must(c.t, err)
	c.path = dir + string(os.PathListSeparator) + os.Getenv("PATH")
}

func (c *client) clockIn(d time.Duration) {
	c.t.Helper()
	c.clock("echo " + strconv.FormatInt(time.Now().Add(d).Unix(), 10))
}
