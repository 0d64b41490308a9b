package words

import (
	"testing"

	"github.com/rust-lang/rust-tuf/tests/importtest"
)

// What is said depends on what is given, and on no clock of this machine.
func TestImports(t *testing.T) {
	importtest.Check(t, []string{"cmd/rust-tuf/terminal", "verify"}, "net", "net/http", "os")
}
