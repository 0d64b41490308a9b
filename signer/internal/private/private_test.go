package private

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/signer"
	"github.com/rust-lang/rust-tuf/tests/importtest"
)

func TestImports(t *testing.T) { importtest.Check(t, []string{"signer"}, "net", "log") }

func TestFileAndFolder(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("modes say nothing on Windows")
	}
	dir := filepath.Join(t.TempDir(), "x")
	for _, test := range []struct {
		mode         fs.FileMode
		file, folder string // words of the refusal, or none
	}{
		{0o600, "", ""},
		{0o700, "", ""},
		{0o400, "", ""},
		{0o644, "its mode is 0644, at most 0600 is allowed", ""},
		{0o755, "its mode is 0755, at most 0600 is allowed", ""},
		{0o770, "its mode is 0770, at most 0600 is allowed", "its mode is 0770, at most 0700 is allowed"},
		{0o602, "its mode is 0602, at most 0600 is allowed", "its mode is 0602, at most 0700 is allowed"},
	} {
		if err := errors.Join(os.MkdirAll(dir, 0o700), os.Chmod(dir, test.mode)); err != nil {
			t.Fatal(err)
		}
		for words, err := range map[*string]error{&test.file: File(dir, test.mode), &test.folder: Folder(dir)} {
			var permission *signer.PermissionError
			switch {
			case *words == "" && err != nil:
				t.Errorf("mode %v: %v", test.mode, err)
			case *words != "" && (!errors.As(err, &permission) || !strings.Contains(err.Error(), *words)):
				t.Errorf("mode %v: %v, want %s", test.mode, err, *words)
			}
		}
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Folder(file); err == nil || !strings.Contains(err.Error(), file+" is not a folder") {
		t.Errorf("a file: %v", err)
	}
	if err := Folder(file + "x"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("nothing: %v", err)
	}
}
