package main

import (
	"errors"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// repository makes a git repository of these files, none committed, and returns its folder.
func repository(t *testing.T, files map[string]string) string {
	t.Helper()
	root := filepath.Join(t.TempDir(), "repository")
	for name, text := range files {
		write(t, filepath.Join(root, filepath.FromSlash(name)), text, 0o644)
	}
	if out, err := exec.Command("git", "init", "-q", root).CombinedOutput(); err != nil {
		t.Fatalf("git init: %v: %s", err, out)
	}
	return root
}

func TestFilesAreWhatGitWouldTrack(t *testing.T) {
	root := repository(t, map[string]string{
		".gitignore": "/bin/\n", "bin/tool": "text", "a.md": "a", "b/ü c.md": "b", "binary": "a\x00b",
	})
	all, err := files(root)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range all {
		names = append(names, f.path+"="+string(f.data))
	}
	slices.Sort(names)
	if want := []string{".gitignore=/bin/\n", "a.md=a", "b/ü c.md=b"}; !slices.Equal(names, want) {
		t.Errorf("files %q, want %q", names, want)
	}
}

func TestFilesOutsideOfARepository(t *testing.T) {
	t.Setenv("LC_ALL", "C")
	_, err := files(t.TempDir())
	var exit *exec.ExitError
	if !errors.As(err, &exit) || !strings.Contains(err.Error(), "not a git repository") {
		t.Errorf("error %v, want git's own words", err)
	}
}
