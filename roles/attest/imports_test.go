package attest_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/tests/importtest"
)

// Verdicts need no card, no network, no file and no clock.
func TestImports(t *testing.T) {
	importtest.Check(t, []string{"verify"}, "os", "io/fs", "net", "net/http", "log", "syscall", "unsafe", "C")
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".go") || strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		source, err := os.ReadFile(f.Name())
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range []string{"time.Now", "panic(", "SystemCertPool"} {
			if strings.Contains(string(source), word) {
				t.Errorf("%s uses %s", f.Name(), word)
			}
		}
	}
}

// Not even behind other packages is there a way to a card.
func TestDependencies(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	want := importtest.Module + "/verify\n" + importtest.Module + "/roles/attest"
	if got := strings.TrimSpace(string(out)); got != want {
		t.Errorf("depends on %s", got)
	}
}
