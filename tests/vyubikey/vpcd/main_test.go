//go:build linux && cgo

package vpcd_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/rust-lang/rust-tuf/tests/vyubikey"
	"github.com/rust-lang/rust-tuf/tests/vyubikey/card"
	"github.com/rust-lang/rust-tuf/tests/vyubikey/vpcd"
)

// The daemon of all tests: libpcsclite looks for a socket once a process.
var (
	daemon  *vpcd.Daemon
	missing error
	members [9]*card.Card // firmware 5.7.4
	tools   *card.Card    // firmware 5.4.3, whose 3DES management key every client knows
	pulled  *card.Card    // leaves in the middle of a command
	removed *card.Card    // leaves between two commands
)

func TestMain(m *testing.M) { os.Exit(runAll(m)) }

func runAll(m *testing.M) int {
	if missing = vpcd.Missing(nil); missing != nil {
		return m.Run()
	}
	world := vyubikey.New()
	for i := range members {
		members[i] = world.Make(card.Config{})
	}
	tools = world.Make(card.Config{Firmware: card.Firmware{5, 4, 3}})
	pulled, removed = world.Make(card.Config{}), world.Make(card.Config{})
	var err error
	if daemon, err = vpcd.Start(append(members[:], tools, pulled, removed)...); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer daemon.Stop()
	os.Setenv("PCSCLITE_CSOCK_NAME", daemon.Socket())
	return m.Run()
}

// need skips a test on a machine that lacks something; with CI=true it fails.
func need(t *testing.T, programs map[string]string) {
	t.Helper()
	err := vpcd.Missing(programs)
	switch {
	case err == nil:
	case os.Getenv("CI") == "true":
		t.Fatal(err)
	default:
		t.Skip(err)
	}
}
