package bundle_test

import (
	"testing"

	"github.com/rust-lang/rust-tuf/tests/importtest"
)

func TestImports(t *testing.T) {
	importtest.Check(t, []string{"verify", "verify/memstore"}, "net", "net/http", "os", "log", "syscall")
}
