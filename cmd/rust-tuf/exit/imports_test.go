package exit

import (
	"testing"

	"github.com/rust-lang/rust-tuf/tests/importtest"
)

// Codes and errors, and nothing else.
func TestImports(t *testing.T) {
	importtest.Check(t, []string{}, "net", "net/http", "os")
}
