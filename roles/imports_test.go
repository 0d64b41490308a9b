package roles

import (
	"go/parser"
	"go/token"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestImports holds the package to what decides: no files, no network, no
// environment, no clock of its own, and of the rooms verify alone.
func TestImports(t *testing.T) {
	outside := []string{
		"github.com/pelletier/go-toml/v2",
		"github.com/pelletier/go-toml/v2/unstable",
		"github.com/rust-lang/rust-tuf/roles/attest",
		"github.com/rust-lang/rust-tuf/verify",
		"github.com/theupdateframework/go-tuf/v2/metadata",
	}
	inside := []string{
		"bytes", "cmp", "crypto/ed25519", "crypto/sha256", "crypto/x509", "encoding", "encoding/asn1", "encoding/hex", "encoding/json", "encoding/pem",
		"errors", "fmt", "io", "iter", "maps", "path", "reflect", "regexp", "slices", "sort", "strconv", "strings",
		"time", "unicode", "unicode/utf8",
	}
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		name := file.Name()
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			continue
		}
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), name, source, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range parsed.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Contains(outside, imported) && !slices.Contains(inside, imported) {
				t.Errorf("%s imports %s", name, imported)
			}
		}
		if strings.Contains(string(source), "time.Now") {
			t.Errorf("%s reads the clock", name)
		}
	}
}
