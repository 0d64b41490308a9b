package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/tests/importtest"
)

// TestImports holds the command to its rooms: it ties edges together and
// decides nothing, so it reads no key, no TOML and no JSON document itself,
// and reaches no network but through git, the client of the forge and
// verification.
func TestImports(t *testing.T) {
	importtest.Check(t, []string{
		"cmd/rust-tuf/exit", "cmd/rust-tuf/frame", "cmd/rust-tuf/terminal", "cmd/rust-tuf/verification", "cmd/rust-tuf/words",
		"metadata", "metadata/carried", "metadata/forge", "metadata/forge/gitea", "metadata/forge/github", "metadata/git", "metadata/rehearsal",
		"roles", "roles/attest",
		"runbook",
		"signer", "signer/file", "signer/piv", "signer/trust",
		"verify", "verify/dirstore",
		"github.com/arran4/golang-ical",
		"github.com/spf13/cobra",
	}, "log", "net", "net/http", "os/signal", "syscall", "unsafe")
}

// git is called through metadata/git; the demo alone plays people who type git
// commands.
func TestOnlyTheDemoStartsPrograms(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") || strings.HasPrefix(file, "demo") {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), `"os/exec"`) {
			t.Errorf("%s imports os/exec", file)
		}
	}
}
