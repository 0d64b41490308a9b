package cli

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
	"github.com/rust-lang/rust-tuf/metadata"
)

// What is published is what git's objects hold, whatever a .gitattributes made of
// the checkout.
func TestPublishFromObjects(t *testing.T) {
	t.Parallel()
	s := play(t, "second-done", "alice")
	m := s.maintainer
	s.branchWith(t, "attributes", "origin/main", entry{"100644", ".gitattributes", "metadata/*.json text eol=crlf\n"})
	for _, args := range [][]string{{"fetch", "--quiet", "origin"}, {"checkout", "--quiet", "--detach", "origin/attributes"}, {"rm", "-r", "--quiet", "--cached", "."}, {"reset", "--quiet", "--hard"}} {
		if _, err := s.git(m.name, m.clone, args...); err != nil {
			t.Fatal(err)
		}
	}
	folder := filepath.Join(s.dir, "site")
	out := s.exits(t, m, exit.Done, []string{"publish", folder})
	shown := strings.ReplaceAll(sizes.ReplaceAllString(out, "<N> bytes"), folder, "<FOLDER>")
	shown = regexp.MustCompile(`\b[0-9a-f]{64}\b`).ReplaceAllString(shown, "<SHA-256>")
	s.golden(t, "publish.golden", regexp.MustCompile(`\b[0-9a-f]{12}\b`).ReplaceAllString(shown, "<COMMIT>"))
	tree, changed := s.head(t).Tree(), 0
	var names []string
	for _, e := range tree.Entries() {
		name, ok := strings.CutPrefix(e.Path, metadata.PublishedDir+"/")
		if !ok {
			continue
		}
		names = append(names, name)
		want, err := tree.Read(e.Path)
		if err != nil {
			t.Fatal(err)
		}
		if got := readText(t, filepath.Join(folder, name)); got != string(want) {
			t.Errorf("%s was published with other bytes", name)
		}
		if sum := sha256.Sum256(want); !strings.Contains(out, hex.EncodeToString(sum[:])) {
			t.Errorf("the digest of %s is not said", name)
		}
		if readText(t, filepath.Join(m.clone, e.Path)) != string(want) {
			changed++
		}
	}
	if changed == 0 {
		t.Error("the attributes change no file of the checkout, so this shows nothing")
	}
	if there, err := os.ReadDir(folder); err != nil || len(there) != len(names) || len(names) != 3 {
		t.Errorf("%v, %v; want %v", there, err, names)
	}
	if info, err := os.Stat(folder); err != nil || info.Mode().Perm()&0o055 != 0o055 {
		t.Errorf("who serves it cannot read it: %v, %v", info, err)
	}
	// A second time goes to another place, and changes nothing in the first.
	s.fails(t, m, exit.Rejected, is[*FolderExistsError], []string{"publish", folder}, "is there already", "name another one")
	if left, err := filepath.Glob(filepath.Join(s.dir, ".site-*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// Nothing of a commit is published of which one version does not follow from its
// log. What is only declared does not count.
func TestPublishRefused(t *testing.T) {
	t.Parallel()
	s := play(t, "second-open", "alice")
	m := s.maintainer
	folder := filepath.Join(s.dir, "site")
	head := func(branch string) {
		t.Helper()
		for _, args := range [][]string{{"fetch", "--quiet", "origin"}, {"checkout", "--quiet", "--force", "--detach", "origin/" + branch}} {
			if _, err := s.git(m.name, m.clone, args...); err != nil {
				t.Fatal(err)
			}
		}
	}
	raw, err := s.head(t).Tree().Read("metadata/1.targets.json")
	if err != nil {
		t.Fatal(err)
	}
	s.branchWith(t, "edited", "origin/main", entry{"100644", "metadata/1.targets.json", strings.Replace(string(raw), "\n", "\n\n", 1)})
	head("edited")
	s.fails(t, m, exit.Rejected, is[*UnprovenError], []string{"publish", folder}, " is not published, for 1 reason: ", "1.targets.json", "`rust-tuf log verify` shows what holds")
	s.branchWith(t, "unfinished", "origin/main", entry{"100644", "rust-tuf.toml", "format = 1\n"})
	head("unfinished")
	s.exits(t, m, exit.Rejected, []string{"check"}, "wrong: ")
	s.exits(t, m, exit.Done, []string{"publish", folder}, "1.root.json", "1.targets.json")

	early := play(t, "genesis-open", "alice")
	early.fails(t, early.maintainer, exit.Other, isNot[*UnprovenError], []string{"publish", folder + "-2"}, "nothing is published yet", "`rust-tuf status` says who is missing")
	if _, err := os.Lstat(folder + "-2"); err == nil {
		t.Error("a folder was made")
	}
}

func isNot[E error](err error) bool { return !is[E](err) }
