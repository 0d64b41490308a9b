package card_test

import (
	"bytes"
	"encoding/hex"
	"testing"

	"github.com/rust-lang/rust-tuf/tests/vyubikey/card"
)

// Objects: written with the management key, read by anybody but for those behind the PIN, deleted when empty.
func TestObjects(t *testing.T) {
	c := fresh(t, card.Config{})
	want(t, c, "00CB3FFF05 5C035FC10A", 0x6a82)
	want(t, c, "00DB3FFF09 5C035FC10A 5302CAFE", 0x6982)
	asManager(t, c)
	want(t, c, "00DB3FFF09 5C035FC10A 5302CAFE", 0x9000)
	want(t, c, "00DB3FFF09 5C035FC109 5302BEEF", 0x9000)
	if got := want(t, c, "00CB3FFF05 5C035FC10A", 0x9000); !bytes.Equal(got, unhex(t, "5302CAFE")) {
		t.Fatalf("% X", got)
	}
	want(t, c, "00CB3FFF05 5C035FC109", 0x6982)
	want(t, c, verify, 0x9000)
	if got := want(t, c, "00CB3FFF05 5C035FC109", 0x9000); !bytes.Equal(got, unhex(t, "5302BEEF")) {
		t.Fatalf("% X", got)
	}
	want(t, c, "00DB3FFF07 5C035FC10A 5300", 0x9000)
	want(t, c, "00CB3FFF05 5C035FC10A", 0x6a82)
	want(t, c, "00DB3FFF07 5C017E 5302CAFE", 0x6a80)
	want(t, c, "00DB000009 5C035FC10A 5302CAFE", 0x6a86)
	if got := want(t, c, "00CB3FFF03 5C017E", 0x9000); !bytes.HasPrefix(got, unhex(t, "7E12 4F0B A000000308")) {
		t.Fatalf("discovery % X", got)
	}
	big := append(unhex(t, "5C035FC10A 53820BED"), make([]byte, 3053)...)
	want(t, c, "00DB3FFF00"+hex.EncodeToString([]byte{byte(len(big) >> 8), byte(len(big))})+hex.EncodeToString(big), 0x6a84)
}

// A card that nobody certified has no attestation key.
func TestWithoutAuthority(t *testing.T) {
	c := fresh(t, card.Config{})
	c.Generate(card.Signature, card.P256, card.PINAlways, card.TouchAlways)
	want(t, c, "00F99C0000", 0x6a80)
	want(t, c, "00CB3FFF05 5C035FFF01", 0x6a82)
	want(t, c, "00F700F900", 0x6a88)
}
