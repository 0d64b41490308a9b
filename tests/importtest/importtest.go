// Package importtest checks, in the test of a package, what
// that package imports. Only tests import it.
package importtest

import (
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Module is the path of this module.
const Module = "github.com/rust-lang/rust-tuf"

// Check fails t unless every file of the package in the current folder, its
// tests left aside, imports only the standard library and what is allowed, and
// nothing that is forbidden. Packages of the module are given without its path.
func Check(t *testing.T, allowed []string, forbidden ...string) {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files to check: %v", err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range parsed.Imports {
			path, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			path = strings.TrimPrefix(path, Module+"/")
			first, _, _ := strings.Cut(path, "/")
			own := strings.Contains(first, ".") || strings.HasPrefix(spec.Path.Value[1:], Module)
			if own && !slices.Contains(allowed, path) || slices.Contains(forbidden, path) {
				t.Errorf("%s imports %s", file, path)
			}
		}
	}
}
