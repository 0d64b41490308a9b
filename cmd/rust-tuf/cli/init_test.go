package cli

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
	"github.com/rust-lang/rust-tuf/metadata"
)

func TestInit(t *testing.T) {
	a := alone(t)
	out, words, code := a.types("init", "new/repository", "--name", "tuf-crates")
	if code != exit.Done || words != "" {
		t.Fatalf("exit code %d, %s", code, words)
	}
	golden(t, "init.golden", strings.ReplaceAll(out, a.clone, "<DIR>"))
	policy, err := os.ReadFile(filepath.Join(a.clone, "new", "repository", metadata.PolicyFile))
	if err != nil || !strings.Contains(string(policy), `name = "tuf-crates"`) {
		t.Errorf("%v:\n%s", err, policy)
	}
	attributes, err := os.ReadFile(filepath.Join(a.clone, "new", "repository", ".gitattributes"))
	if err != nil || !strings.Contains(string(attributes), "* -text\n") {
		t.Errorf("%v:\n%s", err, attributes)
	}
	// Ids are random.
	id := regexp.MustCompile(`repository = "([0-9a-f]{32})"`)
	first := id.FindSubmatch(policy)
	if _, words, code := a.types("init"); code != exit.Done {
		t.Fatalf("exit code %d, %s", code, words)
	}
	policy, err = os.ReadFile(filepath.Join(a.clone, metadata.PolicyFile))
	if second := id.FindSubmatch(policy); err != nil || first == nil || second == nil || string(first[1]) == string(second[1]) {
		t.Errorf("ids %q and %q, %v", first, second, err)
	}
}

// What exists is never overwritten, whatever it is, and then nothing is
// written beside it.
func TestInitNeverOverwrites(t *testing.T) {
	for _, existing := range []string{metadata.PolicyFile, ".gitattributes"} {
		a := alone(t)
		path := filepath.Join(a.clone, existing)
		if err := os.WriteFile(path, []byte("mine\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		_, words, code := a.types("init")
		if code != exit.Rejected || !strings.Contains(words, existing+" exists already; init never overwrites") {
			t.Errorf("exit code %d, %s", code, words)
		}
		if entries, err := os.ReadDir(a.clone); err != nil || len(entries) != 1 {
			t.Errorf("%v, %v", entries, err)
		}
		if data, err := os.ReadFile(path); err != nil || string(data) != "mine\n" {
			t.Errorf("%q, %v", data, err)
		}
	}
}

func TestInitRefuses(t *testing.T) {
	for _, name := range []string{"", "Tuf Root", "../x", "tuf_root", strings.Repeat("x", 64)} {
		a := alone(t)
		_, words, code := a.types("init", "--name", name, "folder")
		if code != exit.Usage || !strings.Contains(words, "cannot be the name of a repository; use lower-case letters, digits and hyphens") {
			t.Errorf("%q: exit code %d, %s", name, code, words)
		}
		if entries, err := os.ReadDir(a.clone); err != nil || len(entries) != 0 {
			t.Errorf("%q: %v, %v", name, entries, err)
		}
	}
	// A file stands where the folder should be.
	a := alone(t)
	if err := os.WriteFile(filepath.Join(a.clone, "file"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, words, code := a.types("init", "file"); code != exit.Other || !strings.Contains(words, "file") {
		t.Errorf("exit code %d, %s", code, words)
	}
}
