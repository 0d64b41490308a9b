package verify_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// verify is embedded in other people's clients: it brings the standard
// library alone, and of it nothing that reaches outside.
func TestImports(t *testing.T) {
	forbidden := []string{"net", "os", "log", "syscall", "unsafe", "embed", "io/fs", "C"}
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
			first, _, _ := strings.Cut(path, "/")
			if slices.Contains(forbidden, path) || slices.Contains(forbidden, first) || strings.Contains(first, ".") {
				t.Errorf("%s imports %s", f.Name(), path)
			}
		}
		// The clock is an argument, and nothing happens in the background.
		ast.Inspect(parsed, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.SelectorExpr:
				if x, ok := n.X.(*ast.Ident); ok && x.Name == "time" && slices.Contains([]string{"Now", "Since", "Until", "After", "Tick", "Sleep", "NewTimer"}, n.Sel.Name) {
					t.Errorf("%s uses time.%s", f.Name(), n.Sel.Name)
				}
			case *ast.GoStmt:
				if f.Name() != "fetching.go" { // the client may fetch in parallel, and nothing else
					t.Errorf("%s starts a goroutine", f.Name())
				}
			case *ast.CallExpr:
				if s, ok := n.Fun.(*ast.SelectorExpr); ok && s.Sel.Name == "Go" && f.Name() != "fetching.go" {
					t.Errorf("%s starts a goroutine", f.Name())
				}
				if x, ok := n.Fun.(*ast.Ident); ok && (x.Name == "panic" || x.Name == "print" || x.Name == "println") {
					t.Errorf("%s calls %s", f.Name(), x.Name)
				}
			}
			return true
		})
	}
}

// Not even behind other packages is there a network.
func TestDependencies(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "-json=ImportPath,Standard", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for dec := json.NewDecoder(strings.NewReader(string(out))); dec.More(); {
		var p struct {
			ImportPath string
			Standard   bool
		}
		if err := dec.Decode(&p); err != nil {
			t.Fatal(err)
		}
		if p.ImportPath == "net" || strings.HasPrefix(p.ImportPath, "net/") || p.ImportPath == "crypto/x509" || p.ImportPath == "log" {
			t.Errorf("depends on %s", p.ImportPath)
		}
		if !p.Standard && !strings.HasSuffix(p.ImportPath, "/verify") {
			t.Errorf("depends on %s", p.ImportPath)
		}
	}
}
