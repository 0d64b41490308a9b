package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A marked check is found wherever its comment stands, and removed in the sense of the branch: one
// that refuses is never taken, one that accepts always.
func TestMutantsOf(t *testing.T) {
	file := filepath.Join(t.TempDir(), "x.go")
	src := `package x

func f(a int, err error) error {
	// SPEC 1.2: small.
	if a > 3 {
		return err
	}
	if b := a; b == 2 { // SPEC 1.3
		return nil
	}
	if a == 9 { // a remark
		return err
	}
	switch {
	case a == 7: // x-rust-tuf: seven
		return err
	// SPEC 1.4: either.
	case a == 5, a == 6:
		return err
	}
	return nil
}
`
	if err := os.WriteFile(file, []byte(src), 0o600); err != nil {
		t.Fatal(err)
	}
	found, err := mutantsOf(file)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"if false && (a > 3) {", "if b := a; true || (b == 2) {", "case false && (a == 7):"}
	if len(found) != len(want) {
		t.Fatalf("%v", found)
	}
	for i, m := range found {
		if !strings.Contains(string(m.text), want[i]) || strings.Count(string(m.text), "\n") != strings.Count(src, "\n") {
			t.Errorf("%s became\n%s", m, m.text)
		}
	}
}

// What the compiler is shown in place of a file decides the verdict.
func TestMutantVerdicts(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod": "module x\n\ngo 1.25\n", "x.go": "package x\n\nfunc Small(a int) bool { return a < 3 }\n",
		"x_test.go": "package x\n\nimport \"testing\"\n\nfunc TestSmall(t *testing.T) {\n\tif Small(3) {\n\t\tt.Error(3)\n\t}\n}\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
	for text, want := range map[string]string{
		"package x\n\nfunc Small(a int) bool { return true }\n":  "noticed",
		"package x\n\nfunc Small(a int) bool { return a < 2 }\n": "ALIVE",
		"package x\n\nfunc Small(a int) bool { return }\n":       "BROKEN",
	} {
		if got, err := (mutant{file: "x.go", text: []byte(text)}).test(t.TempDir()); err != nil || got != want {
			t.Errorf("%q: %s, %v", text, got, err)
		}
	}
}
