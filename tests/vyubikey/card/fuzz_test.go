package card_test

import (
	"encoding/hex"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/tests/vyubikey/card"
)

// Whatever comes in, a status word goes out, and no PIN is verified by accident.
func FuzzTransmit(f *testing.F) {
	for _, seed := range []string{
		"00FD000000", verify, "0087119C04 7C028200", "00870A9B04 7C028000", "00CB3FFF05 5C035FC10A", "00CB3FFF0000055C035FC10A0000",
		"10DB3FFF02 5C03", "0047009C0B AC09 800111 AA0103 AB0102", "00F6FF9C", "00F7008000", "00FE119C02 0600",
	} {
		b, err := hex.DecodeString(strings.ReplaceAll(seed, " ", ""))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, command []byte) {
		c := card.New(card.Config{})
		c.Set(card.State{PIN: "84637291"})
		c.Generate(card.Signature, card.P256, card.PINAlways, card.TouchAlways)
		for _, b := range [][]byte{unhex(t, selectPIV), command, command} {
			response, err := c.Transmit(b)
			if err != nil || len(response) < 2 {
				t.Fatalf("% X: % X, %v", b, response, err)
			}
		}
		if n := c.Counters(); n.Signatures > 0 {
			t.Fatalf("% X signed without the PIN", command)
		}
	})
}
