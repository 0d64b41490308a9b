package vpcd_test

import (
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
)

// The harness knows nothing of its clients: it may import the standard library, cards, and x/sys/unix for
// namespaces and sockets.
func TestImports(t *testing.T) {
	const own = "github.com/rust-lang/rust-tuf/tests/vyubikey/card"
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
			if path != own && path != "golang.org/x/sys/unix" && (strings.Contains(first, ".") || first == "log" || first == "C") {
				t.Errorf("%s imports %s", name, path)
			}
		}
	}
}
