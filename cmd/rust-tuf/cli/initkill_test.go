//go:build unix

package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/roles"
)

// init is interrupted: by a disk that is full after so many blocks, or by a
// kill between its files. Run again, it ends as if nothing had happened; no
// half of a file is ever taken for one.
func TestInitInterrupted(t *testing.T) {
	t.Parallel()
	whole := func(t *testing.T, s *stage, a *actor) {
		t.Helper()
		s.exits(t, a, exit.Done, []string{"init", "--name", "tuf-root"}, "Wrote rust-tuf.toml and .gitattributes")
		policy, err := os.ReadFile(filepath.Join(a.clone, metadata.PolicyFile))
		id := regexp.MustCompile(`repository = "([0-9a-f]{32})"`).FindSubmatch(policy)
		if err != nil || id == nil || string(policy) != roles.Template("tuf-root", string(id[1])) {
			t.Errorf("%v\n%s", err, policy)
		}
		if attributes, err := os.ReadFile(filepath.Join(a.clone, ".gitattributes")); err != nil || string(attributes) != metadata.Attributes {
			t.Errorf("%v\n%s", err, attributes)
		}
	}
	stopped, size := 0, len(roles.Template("tuf-root", strings.Repeat("0", 32)))
	for full := 0; full <= size/512; full++ {
		s := newStage(t.TempDir())
		a := s.actor("maintainer")
		if err := os.MkdirAll(a.clone, 0o755); err != nil {
			t.Fatal(err)
		}
		self := s.child(t, a, "", "init", "--name", "tuf-root")
		limited := exec.Command("sh", append([]string{"-c", fmt.Sprintf(`ulimit -f %d; exec "$0" "$@"`, full), self.Path}, self.Args[1:]...)...)
		limited.Dir, limited.Env = self.Dir, self.Env
		if err := limited.Run(); err == nil { // there are shells whose blocks are larger
			break
		}
		stopped++
		if _, err := os.Lstat(filepath.Join(a.clone, metadata.PolicyFile)); !errors.Is(err, fs.ErrNotExist) {
			t.Fatalf("%d blocks: half of a policy is there: %v", full, err)
		}
		whole(t, s, a)
	}
	if stopped < 2 {
		t.Errorf("stopped %d times", stopped)
	}
	for _, left := range []map[string]string{
		{".rust-tuf.toml.0123.tmp": "format ="},
		{".gitattributes": metadata.Attributes},
		{".gitattributes": metadata.Attributes, ".rust-tuf.toml.0123.tmp": roles.Template("tuf-root", strings.Repeat("1", 32))},
	} {
		s := newStage(t.TempDir())
		a := s.actor("maintainer")
		if err := os.MkdirAll(a.clone, 0o755); err != nil {
			t.Fatal(err)
		}
		for name, text := range left {
			if err := os.WriteFile(filepath.Join(a.clone, name), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		whole(t, s, a)
	}
}

// A link that leads nowhere, or to the right text, is not init's file: git
// ignores attributes behind a link.
func TestInitRefusesLinks(t *testing.T) {
	t.Parallel()
	for _, target := range []string{"nowhere", "attributes"} {
		a := alone(t)
		if err := os.WriteFile(filepath.Join(a.clone, "attributes"), []byte(metadata.Attributes), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(target, filepath.Join(a.clone, ".gitattributes")); err != nil {
			t.Fatal(err)
		}
		if _, words, code := a.types("init"); code != exit.Rejected || !strings.Contains(words, ".gitattributes exists already; init never overwrites") {
			t.Errorf("exit code %d, %s", code, words)
		}
	}
}
