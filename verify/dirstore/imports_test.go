package dirstore

import (
	"testing"

	"github.com/rust-lang/rust-tuf/tests/importtest"
)

func TestImports(t *testing.T) {
	importtest.Check(t, []string{"verify", "golang.org/x/sys/windows"}, "net", "net/http", "log", "os/exec")
}
