package card_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"testing"

	"github.com/rust-lang/rust-tuf/tests/vyubikey/card"
)

// Every algorithm of management keys, set and then proven.
func TestManagementKeys(t *testing.T) {
	for _, test := range []struct {
		algorithm card.Algorithm
		length    int
	}{{card.TripleDES, 24}, {card.AES128, 16}, {card.AES192, 24}, {card.AES256, 32}} {
		t.Run(fmt.Sprintf("%02x", byte(test.algorithm)), func(t *testing.T) {
			c := fresh(t, card.Config{})
			key := bytes.Repeat([]byte{0x17}, test.length)
			command := fmt.Sprintf("00FFFFFF%02x %02x9B%02x%s", 3+len(key), byte(test.algorithm), len(key), hex.EncodeToString(key))
			want(t, c, command, 0x6982)
			asManager(t, c)
			want(t, c, "00FFFFFF12 089B0F"+hex.EncodeToString(key[:15]), 0x6a80)
			want(t, c, command, 0x9000)
			want(t, c, selectPIV, 0x9000)
			if status := authenticate(t, c, test.algorithm, key); status != 0x9000 {
				t.Fatalf("the new key: %04X", status)
			}
			// A wrong key is refused and costs nothing but itself.
			key[0] ^= 0x80
			for range 5 {
				if status := authenticate(t, c, test.algorithm, key); status != 0x6982 {
					t.Fatalf("a wrong key: %04X", status)
				}
			}
			want(t, c, command, 0x6982)
			key[0] ^= 0x80
			if status := authenticate(t, c, test.algorithm, key); status != 0x9000 {
				t.Fatalf("the right key after five wrong ones: %04X", status)
			}
			if n := c.Counters(); n.ManagementAttempts != 8 || n.ManagementFailures != 5 {
				t.Errorf("counters %+v", n)
			}
		})
	}
}

// The client alone proves the key, as some do.
func TestManagementKeyOneWay(t *testing.T) {
	c := fresh(t, card.Config{})
	block := blockOf(t, card.AES192, card.FactoryManagementKey())
	challenge := want(t, c, "00870A9B04 7C028100", 0x9000)
	response := make([]byte, 16)
	block.Encrypt(response, challenge[4:])
	proof := "00870A9B14 7C128210" + hex.EncodeToString(response)
	want(t, c, proof, 0x9000)
	want(t, c, "00DB3FFF07 5C035FC10A5300", 0x9000)
	want(t, c, proof, 0x6982) // the same challenge does not serve twice
	want(t, c, "00DB3FFF07 5C035FC10A5300", 0x6982)
}

// A response without a question, and an algorithm that is not the key's.
func TestManagementKeyOutOfOrder(t *testing.T) {
	c := fresh(t, card.Config{})
	zeros := hex.EncodeToString(make([]byte, 16))
	want(t, c, "00870A9B14 7C128210"+zeros, 0x6982)
	want(t, c, "00870A9B26 7C248010"+zeros+"8110"+zeros, 0x6982)
	want(t, c, "0087039B04 7C028000", 0x6a86)
	want(t, c, "00870A9B02 7C00", 0x6a80)
	want(t, c, "00870A9B04 7D028000", 0x6a80)
}
