package memstore_test

import (
	"testing"

	"github.com/rust-lang/rust-tuf/tests/importtest"
	"github.com/rust-lang/rust-tuf/tests/storetest"
	"github.com/rust-lang/rust-tuf/verify"
	"github.com/rust-lang/rust-tuf/verify/memstore"
)

func TestStore(t *testing.T) {
	s := new(memstore.Store)
	storetest.Check(t, func(testing.TB) verify.Store { return s })
}

func TestImports(t *testing.T) {
	importtest.Check(t, []string{"verify"}, "net", "net/http", "os", "log", "syscall", "time")
}
