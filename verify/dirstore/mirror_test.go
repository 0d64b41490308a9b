package dirstore

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/verify"
)

// copied is a mirror with one file for each of these names, which holds its
// own name, in a folder beside which there is a secret.
func copied(t *testing.T, names ...string) (*Mirror, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "mirror")
	for _, name := range append(names, "../secret") {
		path := filepath.Join(dir, filepath.FromSlash(name))
		must(t, os.MkdirAll(filepath.Dir(path), 0o755))
		must(t, os.WriteFile(path, []byte(name), 0o644))
	}
	must(t, os.MkdirAll(dir, 0o755))
	m, err := OpenMirror(dir)
	must(t, err)
	t.Cleanup(func() { m.Close() })
	return m, dir
}

func (m *Mirror) whole(name string) (string, error) {
	body, err := m.Fetch(context.Background(), name)
	if err != nil {
		return "", err
	}
	raw, err := io.ReadAll(body)
	return string(raw), errors.Join(err, body.Close())
}

func TestMirror(t *testing.T) {
	m, _ := copied(t, "1.root.json", "targets/a/b", "a b", "a%2Fb", "x/y", "%2E%2E", "50%", "both", "%62oth")
	for name, want := range map[string]string{
		"1.root.json": "1.root.json", "targets/a/b": "targets/a/b",
		"a b": "a b", "a%20b": "a b", // as it is written, and decoded
		"a%2Fb": "a%2Fb", "%2E%2E": "%2E%2E", "50%": "50%", "50%25": "50%", "%62oth": "%62oth", "bot%68": "both",
	} {
		if got, err := m.whole(name); got != want || err != nil {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	// What is not there; above all not in another part of the path, or outside.
	for _, name := range []string{"2.root.json", "targets/c", "none/x", "x%2Fy", "%2E%2E%2Fsecret", "%2e%2e", "%2E%2E%2F%2E%2E/secret", "%5C", "a%00b", "%zz", "", "x%2f..%2fx%2fy"} {
		_, err := m.whole(name)
		var bad *NameError
		if !errors.Is(err, verify.ErrNotFound) && !(name == "" && errors.As(err, &bad)) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, name := range []string{"", ".", "..", "../secret", "/etc/hostname", "a/../b", "a//b", "./a", "a/", `..\secret`, "a\x00b"} {
		_, err := m.whole(name)
		if refused[*NameError](t, err, "is no name of a file below a folder"); errors.Is(err, verify.ErrNotFound) {
			t.Error(err)
		}
	}
	_, err := m.whole("targets")
	if refused[*KindError](t, err, "targets is a folder, must be a plain file"); errors.Is(err, verify.ErrNotFound) {
		t.Error(err)
	}
	if _, err := OpenMirror(filepath.Join(t.TempDir(), "nowhere")); err == nil || errors.Is(err, verify.ErrNotFound) {
		t.Error(err)
	}
}

// Links inside are part of many mirrors; links out of it lead nowhere
// (CVE-2026-6968: a parent that is a link).
func TestMirrorLinks(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("links need a privilege on Windows")
	}
	m, dir := copied(t, "deep/1.root.json")
	for name, to := range map[string]string{
		"inside": "deep/1.root.json", "deep/inside": "../deep/1.root.json", "out": "../secret", "far": "/etc/hostname", "up": "..",
		"there": filepath.Join(dir, "deep", "1.root.json"), "gone": "nowhere", "loop": "loop",
	} {
		must(t, os.Symlink(to, filepath.Join(dir, name)))
	}
	for _, name := range []string{"inside", "deep/inside"} {
		if got, err := m.whole(name); got != "deep/1.root.json" || err != nil {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	for _, name := range []string{"out", "far", "up/secret", "there"} {
		if _, err := m.whole(name); err == nil || errors.Is(err, verify.ErrNotFound) || !strings.Contains(err.Error(), "escapes") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := m.whole("loop"); err == nil || errors.Is(err, verify.ErrNotFound) {
		t.Error(err)
	}
	if _, err := m.whole("gone"); !errors.Is(err, verify.ErrNotFound) || !strings.Contains(err.Error(), "holds no such file") {
		t.Error(err)
	}
}

func TestMirrorCanceled(t *testing.T) {
	m, _ := copied(t, "a")
	mine := errors.New("judy pressed a key")
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(mine)
	if _, err := m.Fetch(ctx, "a"); !errors.Is(err, mine) {
		t.Error(err)
	}
}
