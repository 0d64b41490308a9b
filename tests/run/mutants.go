package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// normative marks a check of the verifier: a comment that cites the specification, or the binding to
// a repository and a role, before an if or a case or at the end of its line.
var normative = regexp.MustCompile(`SPEC \d|x-rust-tuf:`)

// A mutant is the verifier without one of its checks.
type mutant struct {
	file string // as given
	line int
	why  string // what the comment says
	text []byte // the whole file without the check
}

func (m mutant) String() string { return fmt.Sprintf("%s:%d: %s", m.file, m.line, m.why) }

// mutants removes the normative checks of ./verify one by one and expects the tests of the package to
// notice each time. Nothing in the folder is changed: the compiler sees another file in its place.
func mutants(out io.Writer, only string) error {
	pick, err := regexp.Compile(only)
	if err != nil {
		return err
	}
	files, err := filepath.Glob("verify/*.go")
	if err != nil {
		return err
	}
	var all []mutant
	for _, f := range files {
		if strings.HasSuffix(f, "_test.go") {
			continue
		}
		found, err := mutantsOf(f)
		if err != nil {
			return err
		}
		all = append(all, found...)
	}
	all = slices.DeleteFunc(all, func(m mutant) bool { return !pick.MatchString(m.String()) })
	if len(all) == 0 {
		return errors.New("make mutants: found no such check")
	}
	dir, err := os.MkdirTemp("", "mutants")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	begin := time.Now()
	var alive []string
	for i, m := range all {
		verdict, err := m.test(dir)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%-8s [%d of %d] %s\n", verdict, i+1, len(all), m)
		if verdict != "noticed" {
			alive = append(alive, m.String())
		}
	}
	fmt.Fprintf(out, "%d checks removed one by one, %d not noticed; this took %s\n", len(all), len(alive), time.Since(begin).Round(time.Second))
	if len(alive) > 0 {
		return fmt.Errorf("make mutants: no test notices that this check is gone:\n%s", strings.Join(alive, "\n"))
	}
	return nil
}

// test runs the package's tests over the mutant: "noticed", "ALIVE", or "BROKEN" if it does not build.
func (m mutant) test(dir string) (string, error) {
	changed, overlay := filepath.Join(dir, "mutant.go"), filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(changed, m.text, 0o600); err != nil {
		return "", err
	}
	original, err := filepath.Abs(m.file)
	if err != nil {
		return "", err
	}
	replace, err := json.Marshal(map[string]map[string]string{"Replace": {original: changed}})
	if err != nil {
		return "", err
	}
	if err := os.WriteFile(overlay, replace, 0o600); err != nil {
		return "", err
	}
	var said bytes.Buffer
	folder := "./" + filepath.ToSlash(filepath.Dir(m.file))
	err = execute("go test -vet=off -count=1 -failfast -timeout 2m -overlay "+overlay+" "+folder, &said, &said)
	switch {
	case err == nil:
		return "ALIVE", nil
	case bytes.Contains(said.Bytes(), []byte("[build failed]")):
		return "BROKEN", nil
	}
	return "noticed", nil
}

// mutantsOf finds the marked checks of one file.
func mutantsOf(file string) ([]mutant, error) {
	src, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	fset := token.NewFileSet()
	parsed, err := parser.ParseFile(fset, file, src, parser.ParseComments)
	if err != nil {
		return nil, err
	}
	marked := map[int]string{} // line of a statement → what its comment says
	for _, group := range parsed.Comments {
		text := strings.Join(strings.Fields(group.Text()), " ")
		if normative.MatchString(text) {
			marked[fset.Position(group.Pos()).Line] = text // at the end of its line
			marked[fset.Position(group.End()).Line+1] = text
		}
	}
	var found []mutant
	ast.Inspect(parsed, func(n ast.Node) bool {
		var condition ast.Expr
		off := "false && "
		switch n := n.(type) {
		case *ast.IfStmt:
			condition = n.Cond
			if accepts(n.Body) {
				off = "true || "
			}
		case *ast.CaseClause:
			if len(n.List) != 1 {
				return true
			}
			condition = n.List[0]
		default:
			return true
		}
		line := fset.Position(n.Pos()).Line
		why, ok := marked[line]
		if !ok {
			return true
		}
		from, to := fset.Position(condition.Pos()).Offset, fset.Position(condition.End()).Offset
		text := slices.Concat(src[:from], []byte(off+"("), src[from:to], []byte(")"), src[to:])
		found = append(found, mutant{file, line, why, text})
		return true
	})
	return found, nil
}

// accepts tells whether a branch does nothing but return without an error: to remove its check is to
// take it always.
func accepts(body *ast.BlockStmt) bool {
	if len(body.List) != 1 {
		return false
	}
	r, ok := body.List[0].(*ast.ReturnStmt)
	if !ok || len(r.Results) == 0 {
		return false
	}
	last, ok := r.Results[len(r.Results)-1].(*ast.Ident)
	return ok && last.Name == "nil"
}
