package cli

import (
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestImports holds the command to its rooms: it ties edges together and
// decides nothing, so it reads no key, no TOML and no JSON document itself,
// and reaches no network but through git and the fetcher of `verify target`.
func TestImports(t *testing.T) {
	const module = "github.com/rust-lang/rust-tuf/"
	allowed := []string{
		module + "cmd/rust-tuf/terminal",
		module + "metadata", module + "metadata/git",
		module + "roles", module + "roles/attest",
		module + "runbook",
		module + "signer", module + "signer/file", module + "signer/piv", module + "signer/trust",
		module + "verify", module + "verify/dirstore", module + "verify/httpfetch",
		"github.com/spf13/cobra",
	}
	forbidden := []string{"log", "net", "net/http", "os/signal", "syscall", "unsafe"}
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
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
			first, _, _ := strings.Cut(path, "/")
			if strings.Contains(first, ".") && !slices.Contains(allowed, path) || slices.Contains(forbidden, path) {
				t.Errorf("%s imports %s", file, path)
			}
			if path == "os/exec" && !strings.HasPrefix(file, "demo") {
				t.Errorf("%s imports %s; git is called through metadata/git", file, path)
			}
		}
	}
}
