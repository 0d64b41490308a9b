package verify_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
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
				if x, ok := n.X.(*ast.Ident); ok && x.Name == "time" && slices.Contains([]string{"Now", "Since", "Until", "After", "Tick", "Sleep", "NewTimer", "NewTicker", "AfterFunc"}, n.Sel.Name) {
					t.Errorf("%s uses time.%s", f.Name(), n.Sel.Name)
				}
				if x, ok := n.X.(*ast.Ident); ok && x.Name == "context" && !slices.Contains([]string{"Context", "Cause", "WithCancel"}, n.Sel.Name) {
					t.Errorf("%s uses context.%s", f.Name(), n.Sel.Name)
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

// Nothing changes behind anybody's back: no variable of a package is assigned to
// or pointed at, none is there to be changed, and nothing runs before it is called.
func TestNoGlobalState(t *testing.T) {
	globals := map[string]bool{}
	var files []*ast.File
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" {
				t.Errorf("%s has an init", name)
			}
			if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.VAR {
				ast.Inspect(g, func(n ast.Node) bool {
					switch n := n.(type) {
					case *ast.ValueSpec:
						for _, v := range n.Names {
							globals[v.Name] = true
						}
					case *ast.MapType, *ast.ChanType, *ast.FuncLit:
						t.Errorf("%s has a global %T", name, n)
					case *ast.SelectorExpr:
						if x, ok := n.X.(*ast.Ident); ok && (x.Name == "sync" || x.Name == "atomic") {
							t.Errorf("%s has a global %s.%s", name, x.Name, n.Sel.Name)
						}
					}
					return true
				})
			}
		}
	}
	changed := func(e ast.Expr) {
		for {
			switch x := e.(type) {
			case *ast.IndexExpr:
				e = x.X
			case *ast.SelectorExpr:
				e = x.X
			case *ast.StarExpr:
				e = x.X
			case *ast.Ident:
				if globals[x.Name] {
					t.Errorf("%s of the package is changed", x.Name)
				}
				return
			default:
				return
			}
		}
	}
	for _, file := range files {
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.AssignStmt:
				if n.Tok != token.DEFINE {
					for _, e := range n.Lhs {
						changed(e)
					}
				}
			case *ast.IncDecStmt:
				changed(n.X)
			case *ast.UnaryExpr:
				if n.Op == token.AND {
					changed(n.X)
				}
			}
			return true
		})
	}
	if !globals["ErrNotFound"] {
		t.Error("nothing was looked at")
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
