//go:build linux && cgo

package vpcd_test

import (
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/tests/vyubikey/card"
	"github.com/rust-lang/rust-tuf/tests/vyubikey/vpcd"
)

// What is missing is named with its package.
func TestMissing(t *testing.T) {
	err := vpcd.Missing(map[string]string{"no-such-tool": "no-tools", "/no/such/module.so": "a-module"})
	if err == nil || !strings.HasPrefix(err.Error(), "a real pcscd needs the package a-module, the package no-tools") {
		t.Fatal(err)
	}
}

// pcscd has sixteen readers.
func TestTooManyCards(t *testing.T) {
	if _, err := vpcd.Start(make([]*card.Card, 17)...); err == nil || err.Error() != "17 cards: pcscd knows 16 readers" {
		t.Fatal(err)
	}
}
