package frame

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// withoutLinks is a file system without second names, as most sticks have.
func withoutLinks(from, to string) error {
	return &os.LinkError{Op: "link", Old: from, New: to, Err: os.ErrPermission}
}

var links = map[string]func(string, string) error{"with second names": os.Link, "without": withoutLinks}

func TestWriteNew(t *testing.T) {
	t.Parallel()
	for name, link := range links {
		dir := t.TempDir()
		write := func(file, text string) error {
			return newFile{filepath.Join(dir, file), []byte(text), 0o600, link}.write()
		}
		for range 2 { // the second time it is there already
			if err := write("f", "one"); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		for _, other := range []string{"two", "on", "one more", ""} {
			if err := write("f", other); !errors.Is(err, fs.ErrExist) || !strings.Contains(err.Error(), "f: file already exists") {
				t.Errorf("%s: %q is written over it: %v", name, other, err)
			}
		}
		if err := os.Symlink("f", filepath.Join(dir, "link")); err != nil {
			t.Fatal(err)
		}
		if err := write("link", "one"); !errors.Is(err, fs.ErrExist) {
			t.Errorf("%s: a link is followed: %v", name, err)
		}
		if err := os.WriteFile(filepath.Join(dir, "empty"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := write("empty", "one"); err != nil {
			t.Errorf("%s: an empty file is in the way: %v", name, err)
		}
		for _, file := range []string{"f", "empty"} {
			if got, err := os.ReadFile(filepath.Join(dir, file)); err != nil || string(got) != "one" {
				t.Errorf("%s: %s: %q, %v", name, file, got, err)
			}
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) != 3 {
			t.Errorf("%s: left: %v, %v", name, left, err)
		}
	}
}

// What a kill leaves at any step is in nobody's way: a hidden beginning under the
// name of that run, a whole with two names, or an empty name.
func TestWriteNewAfterAKill(t *testing.T) {
	t.Parallel()
	for name, link := range links {
		for _, left := range []map[string]string{
			{".f.0123.tmp": ""}, {".f.0123.tmp": "on"}, {".f.0123.tmp": "one"}, {".f.0123.tmp": "one", "f": "one"}, {".f.0123.tmp": "one", "f": ""},
		} {
			dir := t.TempDir()
			for file, text := range left {
				if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			err := newFile{filepath.Join(dir, "f"), []byte("one"), 0o600, link}.write()
			if got, rerr := os.ReadFile(filepath.Join(dir, "f")); err != nil || rerr != nil || string(got) != "one" {
				t.Errorf("%s, %v: %v %q %v", name, left, err, got, rerr)
			}
		}
	}
}

// Several runs at once write the same: each ends well.
func TestWriteNewAtOnce(t *testing.T) {
	t.Parallel()
	for name, link := range links {
		for range 20 {
			dir := t.TempDir()
			var all sync.WaitGroup
			for range 4 {
				all.Go(func() {
					if err := (newFile{filepath.Join(dir, "f"), []byte("one"), 0o600, link}).write(); err != nil {
						t.Errorf("%s: %v", name, err)
					}
				})
			}
			all.Wait()
			if got, err := os.ReadFile(filepath.Join(dir, "f")); err != nil || string(got) != "one" {
				t.Errorf("%s: %q, %v", name, got, err)
			}
		}
	}
}
