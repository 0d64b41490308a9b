package metadata

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"slices"
	"strings"
	"testing"
)

// What decides has no way out of its arguments: no files, no network, no
// clock, nothing in the background. The edge is package metadata/git.
func TestImports(t *testing.T) {
	standard := []string{
		"bytes", "cmp", "crypto/x509", "encoding/base64", "encoding/hex", "encoding/json", "errors", "fmt", "io/fs", "maps", "path", "regexp", "slices", "sort", "strconv", "strings",
		"time", "unicode", "unicode/utf8",
	}
	others := []string{
		"github.com/rust-lang/rust-tuf/roles",
		"github.com/rust-lang/rust-tuf/roles/attest",
		"github.com/rust-lang/rust-tuf/verify",
		"github.com/pelletier/go-toml/v2",
		"github.com/secure-systems-lab/go-securesystemslib/dsse",
		"github.com/theupdateframework/go-tuf/v2/metadata",
	}
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".go") || strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), f.Name(), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range parsed.Imports {
			path := strings.Trim(i.Path.Value, `"`)
			if !slices.Contains(standard, path) && !slices.Contains(others, path) {
				t.Errorf("%s imports %s", f.Name(), path)
			}
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.SelectorExpr:
				if x, ok := n.X.(*ast.Ident); ok && x.Name == "time" && slices.Contains([]string{"Now", "Since", "Until", "After", "AfterFunc", "Tick", "Sleep", "NewTimer", "NewTicker", "Local"}, n.Sel.Name) {
					t.Errorf("%s uses time.%s", f.Name(), n.Sel.Name)
				}
			case *ast.GoStmt:
				t.Errorf("%s starts a goroutine", f.Name())
			case *ast.CallExpr:
				if x, ok := n.Fun.(*ast.Ident); ok && (x.Name == "panic" || x.Name == "print" || x.Name == "println") {
					t.Errorf("%s calls %s", f.Name(), x.Name)
				}
			}
			return true
		})
	}
}
