package durable

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/rust-lang/rust-tuf/tests/importtest"
)

func TestImports(t *testing.T) {
	importtest.Check(t, []string{"golang.org/x/sys/windows"}, "net", "log", "time")
}

func TestCreateIsExclusive(t *testing.T) {
	path := filepath.Join(t.TempDir(), "1.json")
	const racers = 16
	var won []string
	var mu sync.Mutex
	var wg sync.WaitGroup
	for i := range racers {
		wg.Go(func() {
			data := fmt.Sprintf("writer %d", i)
			err := Disk{}.Create(path, []byte(data))
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				won = append(won, data)
			case !errors.Is(err, fs.ErrExist):
				t.Errorf("loser's error %v, want fs.ErrExist", err)
			}
		})
	}
	wg.Wait()
	if len(won) != 1 {
		t.Fatalf("%d writers were told that they created the file: %v", len(won), won)
	}
	got, mode, err := Read(path, 100)
	if err != nil || string(got) != won[0] {
		t.Errorf("read %q, %v; want %q", got, err, won[0])
	}
	if runtime.GOOS != "windows" && mode.Perm() != 0o600 {
		t.Errorf("mode %v, want 0600", mode)
	}
	if names := listing(t, filepath.Dir(path)); !slices.Equal(names, []string{"1.json"}) {
		t.Errorf("folder holds %v", names)
	}
}

func TestCreateRefusesAnythingThatExists(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "folder"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("nowhere", filepath.Join(dir, "dangling")); err != nil {
		t.Skip(err)
	}
	for _, name := range []string{"folder", "dangling"} {
		if err := (Disk{}).Create(filepath.Join(dir, name), []byte("x")); !errors.Is(err, fs.ErrExist) {
			t.Errorf("%s: error %v, want fs.ErrExist", name, err)
		}
	}
	if _, err := os.Lstat(filepath.Join(dir, "nowhere")); !errors.Is(err, fs.ErrNotExist) {
		t.Error("a symbolic link was followed")
	}
}

// An error at any system call leaves the file absent or whole, and no other
// file; calling again gives the right answer.
func TestCreateFailsWhole(t *testing.T) {
	fault := errors.New("input/output error")
	want := bytes.Repeat([]byte("x"), 100_000)
	for step := 1; ; step++ {
		path := filepath.Join(t.TempDir(), "1.json")
		count, last := 0, ""
		disk := Disk{Before: func(call string) error {
			if count++; count == step {
				last = call
				return fault
			}
			return nil
		}}
		err := disk.Create(path, want)
		if last == "" {
			if err != nil || step != 7 {
				t.Errorf("without a fault after %d steps: %v", step, err)
			}
			return
		}
		if !errors.Is(err, fault) {
			t.Errorf("fault at %s: error %v", last, err)
		}
		got, _, readErr := Read(path, 1<<20)
		again := Disk{}.Create(path, want)
		switch {
		case errors.Is(readErr, fs.ErrNotExist):
			if again != nil {
				t.Errorf("fault at %s: creating again: %v", last, again)
			}
		case readErr != nil || !bytes.Equal(got, want):
			t.Errorf("fault at %s: half a file: %d bytes, %v", last, len(got), readErr)
		case !errors.Is(again, fs.ErrExist):
			t.Errorf("fault at %s: creating again: %v, want fs.ErrExist", last, again)
		}
		if names := listing(t, filepath.Dir(path)); !slices.Equal(names, []string{"1.json"}) {
			t.Errorf("fault at %s: folder holds %v", last, names)
		}
	}
}

func TestMakeFolder(t *testing.T) {
	base := t.TempDir()
	path := filepath.Join(base, "a", "b", "c")
	var calls []string
	disk := Disk{Before: func(call string) error { calls = append(calls, call); return nil }}
	for range 2 { // the second time there is nothing to make, and the name is synced again
		if err := disk.MakeFolder(path); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := strings.Join(calls, ","), strings.Repeat("mkdir,fsync folder,", 4); got+"," != want {
		t.Errorf("calls %s", got)
	}
	info, err := os.Stat(path)
	if err != nil || !info.IsDir() {
		t.Fatalf("no folder: %v", err)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm() != 0o700 {
		t.Errorf("mode %v, want 0700", info.Mode())
	}
	file := filepath.Join(base, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := disk.MakeFolder(file); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a file in the folder's place: %v", err)
	}
}

func TestRead(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "1.json")
	if err := (Disk{}).Create(path, []byte("0123456789")); err != nil {
		t.Fatal(err)
	}
	if got, _, err := Read(path, 10); err != nil || string(got) != "0123456789" {
		t.Errorf("at the limit: %q, %v", got, err)
	}
	var size *SizeError
	if _, _, err := Read(path, 9); !errors.As(err, &size) || size.Limit != 9 ||
		!strings.Contains(err.Error(), "is larger than 9 bytes") {
		t.Errorf("beyond the limit: %v", err)
	}
	var kind *NotRegularError
	if _, _, err := Read(dir, 10); !errors.As(err, &kind) || !strings.Contains(err.Error(), "is not a regular file") {
		t.Errorf("a folder: %v", err)
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink(path, link); err != nil {
		t.Skip(err)
	}
	if _, _, err := Read(link, 10); !errors.As(err, &kind) || !strings.Contains(err.Error(), "a symbolic link, which is not followed") {
		t.Errorf("a link: %v", err)
	}
}

func listing(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}
