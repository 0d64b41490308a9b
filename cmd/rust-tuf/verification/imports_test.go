package verification

import (
	"testing"

	"github.com/rust-lang/rust-tuf/tests/importtest"
)

// TestImports holds the verb to what a client is: nothing here can sign, speak to
// a card, or run git. Of package signer it has the errors of a terminal.
func TestImports(t *testing.T) {
	importtest.Check(t, []string{"cmd/rust-tuf/exit", "cmd/rust-tuf/frame", "cmd/rust-tuf/terminal", "cmd/rust-tuf/words", "signer", "verify", "verify/bundle", "verify/dirstore", "verify/httpfetch", "verify/memstore", "github.com/spf13/cobra"}, "log", "net", "net/http", "os/exec", "os/signal")
}
