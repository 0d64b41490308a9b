//go:build linux && cgo

package vpcd_test

import (
	"strings"
	"testing"

	"github.com/go-piv/piv-go/v2/piv"

	"github.com/rust-lang/rust-tuf/tests/vyubikey/card"
)

// What a client of a real pcscd sees when a card is pulled out while it waits for a touch. This driver takes the
// end of the connection for a response of no bytes; drivers of real readers report an error, which package
// pcsc imitates.
func TestPulled(t *testing.T) {
	need(t, nil)
	pulled.Generate(card.Authentication, card.P256, card.PINNever, card.TouchAlways)
	pulled.OnTouch(card.Always(card.Pulled))
	t.Cleanup(func() { back(t, pulled) })
	yk, err := piv.Open(daemon.Reader(pulled))
	if err != nil {
		t.Fatal(err)
	}
	defer yk.Close()
	private, err := yk.PrivateKey(piv.SlotAuthentication, pulled.PublicKey(card.Authentication), piv.KeyAuth{})
	if err != nil {
		t.Fatal(err)
	}
	if err := sign(private); err == nil || !strings.Contains(err.Error(), "scard response too short: 0") {
		t.Fatalf("pulled: %v", err)
	}
	gone(t, yk)
}

// gone asserts that commands no longer reach a card. What pcscd says depends on whether it has looked in the
// meantime.
func gone(t *testing.T, yk *piv.YubiKey) {
	t.Helper()
	_, err := yk.Serial()
	if err == nil || !strings.Contains(err.Error(), "an attempt was made to end a non-existent transaction") &&
		!strings.Contains(err.Error(), "the smart card has been removed") {
		t.Fatalf("the card is out: %v", err)
	}
}

// back plugs a card in again and finds it usable.
func back(t *testing.T, c *card.Card) {
	t.Helper()
	if err := daemon.Plug(c); err != nil {
		t.Fatal(err)
	}
	yk, err := piv.Open(daemon.Reader(c))
	if err != nil {
		t.Fatal(err)
	}
	defer yk.Close()
	if serial, err := yk.Serial(); err != nil || serial != c.Serial() {
		t.Fatalf("serial %d, %v", serial, err)
	}
}

// Remove takes a card out between two commands.
func TestRemove(t *testing.T) {
	need(t, nil)
	t.Cleanup(func() { back(t, removed) })
	yk, err := piv.Open(daemon.Reader(removed))
	if err != nil {
		t.Fatal(err)
	}
	defer yk.Close()
	if _, err := yk.Serial(); err != nil {
		t.Fatal(err)
	}
	daemon.Remove(removed)
	gone(t, yk)
}
