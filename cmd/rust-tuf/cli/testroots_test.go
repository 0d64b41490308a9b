package cli

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// The shipped program trusts Yubico's roots alone: its Env names no others, and
// no source of the product outside of package attest, test files left out, makes
// test roots or sets what is trusted. So there is no flag, variable or file that
// could.
func TestShippedProgramTrustsYubicoAlone(t *testing.T) {
	if System().Attestation != nil || len(System().judgement()) != 0 {
		t.Error("the shipped program is given a verifier")
	}
	const root = "../../.."
	read := 0
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (path == filepath.Join(root, "tests") || path == filepath.Join(root, "roles", "attest") || strings.HasPrefix(entry.Name(), ".") && path != root):
			return fs.SkipDir
		case !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		read++
		ast.Inspect(parsed, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Ident:
				if n.Name == "ParseTestRoots" || n.Name == "WithTestRoots" {
					t.Errorf("%s uses %s", path, n.Name)
				}
			case *ast.KeyValueExpr:
				if key, ok := n.Key.(*ast.Ident); ok && key.Name == "Attestation" && strings.Contains(path, "cmd") {
					t.Errorf("%s sets Attestation", path)
				}
			case *ast.AssignStmt:
				for _, left := range n.Lhs {
					if field, ok := left.(*ast.SelectorExpr); ok && field.Sel.Name == "Attestation" && strings.Contains(path, "cmd") {
						t.Errorf("%s sets Attestation", path)
					}
				}
			}
			return true
		})
		return nil
	})
	if err != nil || read < 100 {
		t.Errorf("%d files read, %v", read, err)
	}
}
