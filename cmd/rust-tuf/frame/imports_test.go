package frame

import (
	"testing"

	"github.com/rust-lang/rust-tuf/tests/importtest"
)

// The frame knows no verb, and nothing that a verb knows.
func TestImports(t *testing.T) {
	importtest.Check(t, []string{"cmd/rust-tuf/exit", "cmd/rust-tuf/words", "github.com/spf13/cobra"}, "net", "net/http", "os/exec")
}
