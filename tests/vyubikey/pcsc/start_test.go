//go:build linux && cgo

package pcsc_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/tests/vyubikey"
	"github.com/rust-lang/rust-tuf/tests/vyubikey/pcsc"
)

// A socket address holds 107 bytes of path: Start says so instead of letting libpcsclite look at half of it.
func TestLongSocketPath(t *testing.T) {
	dir := filepath.Join(t.TempDir(), strings.Repeat("x", 100))
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", dir)
	_, err := pcsc.Start(vyubikey.New())
	if err == nil || !strings.HasSuffix(err.Error(), "a socket address holds 107: set TMPDIR to a shorter one") {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Fatalf("it left %v, %v", left, err)
	}
	if os.Getenv("PCSCLITE_CSOCK_NAME") != server.Path() {
		t.Fatal("it changed the environment")
	}
}
