package tests_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// No variable of the environment switches a rule off: outside of these files nothing
// of the product reads one.
func TestEnvironmentSwitchesNothingOff(t *testing.T) {
	readers := []string{
		"cmd/rust-tuf/cli/env.go",       // the folder of a machine's trust, and where tokens are looked for
		"cmd/rust-tuf/cli/demostage.go", // the demo's own people
		"metadata/git/repo.go",          // handed on to git, which is the user's own
	}
	reads := regexp.MustCompile(`\b(os\.(Getenv|LookupEnv|Environ|ExpandEnv)|syscall\.(Getenv|Environ))\b`)
	var found []string
	for _, room := range []string{"cmd", "metadata", "roles", "runbook", "signer", "verify"} {
		err := filepath.WalkDir(filepath.Join("..", room), func(name string, d fs.DirEntry, err error) error {
			if err != nil || filepath.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") {
				return err
			}
			text, err := os.ReadFile(name)
			if reads.Match(text) {
				found = append(found, strings.TrimPrefix(filepath.ToSlash(name), "../"))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(readers)
	if !slices.Equal(found, readers) {
		t.Errorf("the environment is read in %q, want %q", found, readers)
	}
}
