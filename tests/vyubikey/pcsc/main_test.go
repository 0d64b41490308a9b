//go:build linux && cgo

package pcsc_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/go-piv/piv-go/v2/piv"

	"github.com/rust-lang/rust-tuf/tests/vyubikey"
	"github.com/rust-lang/rust-tuf/tests/vyubikey/card"
	"github.com/rust-lang/rust-tuf/tests/vyubikey/pcsc"
)

var (
	world  = vyubikey.New()
	server *pcsc.Server
)

func TestMain(m *testing.M) {
	var err error
	if server, err = pcsc.Start(world); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	if err := server.Close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// insert plugs a card in until the end of the test.
func insert(t *testing.T, config card.Config) *card.Card {
	t.Helper()
	c := world.Insert(config)
	t.Cleanup(func() { world.Remove(c) })
	return c
}

// open opens the card's reader with piv-go until the end of the test.
func open(t *testing.T, c *card.Card) *piv.YubiKey {
	t.Helper()
	r, ok := world.Reader(c)
	if !ok {
		t.Fatalf("card %d is in no reader", c.Serial())
	}
	yk, err := piv.Open(r.Name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { yk.Close() })
	return yk
}
