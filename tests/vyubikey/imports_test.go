package vyubikey_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// A world has no I/O: it may import the standard library without these, cards and authorities.
func TestImports(t *testing.T) {
	const own = "github.com/rust-lang/rust-tuf/tests/vyubikey"
	names, err := filepath.Glob("*.go")
	if err != nil || len(names) == 0 {
		t.Fatalf("found %d files, error %v", len(names), err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range parsed.Imports {
			path := strings.Trim(spec.Path.Value, `"`)
			first, _, _ := strings.Cut(path, "/")
			if path != own+"/card" && path != own+"/ca" && (strings.Contains(first, ".") || first == "net" || first == "os" || first == "log" || first == "C") {
				t.Errorf("%s imports %s", name, path)
			}
		}
	}
}

// No package of the product imports virtual cards: sources outside of tests, test files left out.
func TestNotInTheProduct(t *testing.T) {
	const root = "../.."
	read := 0
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (path == filepath.Join(root, "tests") || strings.HasPrefix(entry.Name(), ".") && path != root):
			return fs.SkipDir
		case !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		read++
		for _, spec := range parsed.Imports {
			if strings.Contains(spec.Path.Value, "/tests/") {
				t.Errorf("%s imports %s", path, spec.Path.Value)
			}
		}
		return nil
	})
	if err != nil || read < 20 {
		t.Fatalf("read %d files, error %v", read, err)
	}
}
