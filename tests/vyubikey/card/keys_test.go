package card_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"testing"
	"time"

	"github.com/rust-lang/rust-tuf/tests/vyubikey/card"
)

// sign asks a slot for a signature over input, with the rest of a long response, and returns the status.
func sign(t *testing.T, c *card.Card, slot card.Slot, a card.Algorithm, input []byte) ([]byte, uint16) {
	t.Helper()
	inner := append([]byte{0x82, 0}, field(0x81, input)...)
	data := field(0x7c, inner)
	for ; len(data) > 255; data = data[255:] {
		if _, status := transmit(t, c, append([]byte{0x10, 0x87, byte(a), byte(slot), 255}, data[:255]...)); status != 0x9000 {
			return nil, status
		}
	}
	response, status := transmit(t, c, append([]byte{0, 0x87, byte(a), byte(slot), byte(len(data))}, data...))
	for status>>8 == 0x61 {
		var more []byte
		more, status = send(t, c, "00C0000000")
		response = append(response, more...)
	}
	if status != 0x9000 {
		return nil, status
	}
	return content(t, content(t, response)), status
}

// field writes a tag with its value.
func field(tag byte, value []byte) []byte {
	switch n := len(value); {
	case n < 0x80:
		return append([]byte{tag, byte(n)}, value...)
	case n < 0x100:
		return append([]byte{tag, 0x81, byte(n)}, value...)
	default:
		return append([]byte{tag, 0x82, byte(n >> 8), byte(n)}, value...)
	}
}

// content returns the value of the one field that b is.
func content(t *testing.T, b []byte) []byte {
	t.Helper()
	head := 2
	if b[1] >= 0x80 {
		head += int(b[1] & 0x7f)
	}
	return b[head:]
}

// Every algorithm: generated on the card, its signature verified with what the card says is its key.
func TestAlgorithms(t *testing.T) {
	digest := sha256.Sum256([]byte("root"))
	for _, test := range []struct {
		name      string
		algorithm card.Algorithm
		input     []byte
		verify    func(public crypto.PublicKey, signature []byte) bool
	}{
		{"P-256", card.P256, digest[:], func(p crypto.PublicKey, s []byte) bool {
			return ecdsa.VerifyASN1(p.(*ecdsa.PublicKey), digest[:], s)
		}},
		{"P-384", card.P384, digest[:], func(p crypto.PublicKey, s []byte) bool {
			return ecdsa.VerifyASN1(p.(*ecdsa.PublicKey), digest[:], s)
		}},
		{"Ed25519", card.Ed25519, []byte("root"), func(p crypto.PublicKey, s []byte) bool {
			return ed25519.Verify(p.(ed25519.PublicKey), []byte("root"), s)
		}},
		{"RSA 2048", card.RSA2048, bytes.Repeat([]byte{1}, 256), rsaRaw},
		{"RSA 3072", card.RSA3072, bytes.Repeat([]byte{1}, 384), rsaRaw},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := fresh(t, card.Config{})
			asManager(t, c)
			command := fmt.Sprintf("0047009C0B AC09 8001%02X AA0102 AB0101", byte(test.algorithm))
			generated, status := send(t, c, command)
			for status>>8 == 0x61 {
				var more []byte
				more, status = send(t, c, "00C0000000")
				generated = append(generated, more...)
			}
			if status != 0x9000 || !bytes.HasPrefix(generated, []byte{0x7f, 0x49}) {
				t.Fatalf("generate: % X %04X", generated, status)
			}
			want(t, c, verify, 0x9000)
			signature, status := sign(t, c, card.Signature, test.algorithm, test.input)
			if status != 0x9000 {
				t.Fatalf("sign: %04X", status)
			}
			if !test.verify(c.PublicKey(card.Signature), signature) {
				t.Fatal("the signature does not verify")
			}
		})
	}
}

// rsaRaw inverts the private operation over a block of ones.
func rsaRaw(p crypto.PublicKey, signature []byte) bool {
	public := p.(*rsa.PublicKey)
	s := new(big.Int).SetBytes(signature)
	block := s.Exp(s, big.NewInt(int64(public.E)), public.N).FillBytes(make([]byte, public.Size()))
	return bytes.Equal(block, bytes.Repeat([]byte{1}, public.Size()))
}

// What GENERATE refuses.
func TestGenerateRefusals(t *testing.T) {
	c := fresh(t, card.Config{})
	const good = "0047009C0B AC09 800111 AA0103 AB0102"
	want(t, c, good, 0x6982)
	asManager(t, c)
	for _, test := range []struct {
		command string
		status  uint16
	}{
		{"0047019C0B AC09 800111 AA0103 AB0102", 0x6a86},
		{"0047009B0B AC09 800111 AA0103 AB0102", 0x6a86},
		{"0047009C0B AD09 800111 AA0103 AB0102", 0x6a80},
		{"0047009C0B AC09 800199 AA0103 AB0102", 0x6a80},
		{"0047009C0B AC09 800111 AA0104 AB0102", 0x6a80},
		{"0047009C0B AC09 800111 AA0103 AB0104", 0x6a80},
		{"0047009C08 AC06 AA0103 AB0102", 0x6a80},
	} {
		want(t, c, test.command, test.status)
	}
	if c.PublicKey(card.Signature) != nil || c.Counters().Generated != 0 {
		t.Fatal("a refusal made a key")
	}
	want(t, c, good, 0x9000)
}

// Each slot has its own policies when GENERATE names none.
func TestDefaultPolicies(t *testing.T) {
	for slot, policies := range map[string]string{"9A": "02020201", "9C": "02020301", "9D": "02020201", "9E": "02020101", "82": "02020201"} {
		c := fresh(t, card.Config{})
		asManager(t, c)
		want(t, c, "004700"+slot+"05 AC03 800111", 0x9000)
		if got := want(t, c, "00F700"+slot+"00", 0x9000); !bytes.Contains(got, unhex(t, policies)) {
			t.Errorf("slot %s: % X has no %s", slot, got, policies)
		}
	}
}

// PIN policies: what a signature takes and how long that lasts.
func TestPINPolicies(t *testing.T) {
	digest := make([]byte, 32)
	again := func(t *testing.T, c *card.Card, status uint16) {
		t.Helper()
		if _, got := sign(t, c, card.Signature, card.P256, digest); got != status {
			t.Fatalf("sign: %04X, want %04X", got, status)
		}
	}
	with := func(t *testing.T, pin card.PINPolicy, strict bool) *card.Card {
		c := fresh(t, card.Config{StrictFreshness: strict})
		c.Generate(card.Signature, card.P256, pin, card.TouchNever)
		return c
	}
	t.Run("never", func(t *testing.T) {
		again(t, with(t, card.PINNever, false), 0x9000)
	})
	t.Run("once", func(t *testing.T) {
		c := with(t, card.PINOnce, false)
		again(t, c, 0x6982)
		want(t, c, verify, 0x9000)
		again(t, c, 0x9000)
		again(t, c, 0x9000)
		want(t, c, "0020FF8000", 0x9000) // log out
		again(t, c, 0x6982)
		want(t, c, verify, 0x9000)
		want(t, c, selectPIV, 0x9000)
		again(t, c, 0x6982)
	})
	t.Run("always", func(t *testing.T) {
		c := with(t, card.PINAlways, false)
		again(t, c, 0x6982)
		want(t, c, verify, 0x9000)
		want(t, c, "00FD000000", 0x9000)
		again(t, c, 0x9000)
		again(t, c, 0x6982)
		want(t, c, "0020008000", 0x9000) // verified, but not fresh
		again(t, c, 0x6982)
	})
	t.Run("always, strictly", func(t *testing.T) {
		c := with(t, card.PINAlways, true)
		want(t, c, verify, 0x9000)
		want(t, c, "00FD000000", 0x9000)
		again(t, c, 0x6982)
		want(t, c, verify, 0x9000)
		again(t, c, 0x9000)
	})
}

// Touch policies, in the card's own time.
func TestTouchPolicies(t *testing.T) {
	digest := make([]byte, 32)
	again := func(t *testing.T, c *card.Card, status uint16, touches int) {
		t.Helper()
		if _, got := sign(t, c, card.Signature, card.P256, digest); got != status {
			t.Fatalf("sign: %04X, want %04X", got, status)
		}
		if n := c.Counters(); n.Touches != touches {
			t.Fatalf("%d touches, want %d", n.Touches, touches)
		}
	}
	c := fresh(t, card.Config{})
	c.Generate(card.Signature, card.P256, card.PINNever, card.TouchCached)
	again(t, c, 0x9000, 1)
	c.Advance(card.TouchTimeout)
	again(t, c, 0x9000, 1)
	c.Advance(time.Nanosecond)
	again(t, c, 0x9000, 2)

	c = fresh(t, card.Config{Touch: card.Always(card.Ignored)})
	c.Generate(card.Signature, card.P256, card.PINNever, card.TouchAlways)
	again(t, c, 0x6982, 1)
	if n := c.Counters(); n.TouchTimeouts != 1 || n.Signatures != 0 || c.Elapsed() != 15*time.Second {
		t.Fatalf("counters %+v after %s", n, c.Elapsed())
	}
	c.OnTouch(nil)
	again(t, c, 0x9000, 2)
	again(t, c, 0x9000, 3)

	// Whoever pulls the card out leaves it without power.
	c.OnTouch(card.Always(card.Pulled))
	want(t, c, verify, 0x9000)
	if b, err := c.Transmit(unhex(t, "0087119C26 7C248200 8120"+hex.EncodeToString(digest))); !errors.Is(err, card.ErrPulled) {
		t.Fatalf("% X, %v", b, err)
	} else if err.Error() != "the card was pulled out during the command" {
		t.Fatal(err)
	}
	want(t, c, "0020008000", 0x6d00)
}

// A key that is not there, or not of that kind, is told before PIN and touch.
func TestSignRefusals(t *testing.T) {
	c := fresh(t, card.Config{})
	c.Generate(card.Signature, card.P256, card.PINAlways, card.TouchAlways)
	for _, test := range []struct {
		name   string
		slot   card.Slot
		a      card.Algorithm
		size   int
		status uint16
	}{
		{"empty slot", card.Authentication, card.P256, 32, 0x6a80},
		{"other algorithm", card.Signature, card.P384, 32, 0x6a86},
		{"long digest", card.Signature, card.P256, 33, 0x6a80},
		{"no PIN", card.Signature, card.P256, 32, 0x6982},
	} {
		if _, status := sign(t, c, test.slot, test.a, make([]byte, test.size)); status != test.status {
			t.Errorf("%s: %04X, want %04X", test.name, status, test.status)
		}
	}
	want(t, c, "0087119C04 7C028100", 0x6a80) // nothing asked for
	want(t, c, "0087119C04 7D028100", 0x6a80)
	if n := c.Counters(); n != (card.Counters{}) {
		t.Errorf("they cost %+v", n)
	}
}

// MOVE KEY moves, and deletes.
func TestMoveKey(t *testing.T) {
	c := fresh(t, card.Config{})
	public := c.Generate(card.Signature, card.P256, card.PINAlways, card.TouchAlways)
	want(t, c, "00F6829C", 0x6982)
	asManager(t, c)
	want(t, c, "00F6829C", 0x9000)
	if c.PublicKey(card.Signature) != nil || c.PublicKey(0x82) != public {
		t.Fatal("the key did not move")
	}
	c.Generate(card.Signature, card.P256, card.PINAlways, card.TouchAlways)
	want(t, c, "00F6829C", 0x6985) // occupied
	want(t, c, "00F69A9D", 0x6a88) // nothing to move
	want(t, c, "00F69C9C", 0x6a86)
	want(t, c, "00F6FF82", 0x9000)
	if c.PublicKey(0x82) != nil {
		t.Fatal("the key was not deleted")
	}
}

// An imported key signs, says that it was imported, and is not attested.
func TestImport(t *testing.T) {
	c := fresh(t, card.Config{Authority: authority})
	scalar := "06 20 " + "00000000000000000000000000000000000000000000000000000000000000ff"
	command := "00FE119C28" + scalar + "AA0103 AB0102"
	want(t, c, command, 0x6982)
	asManager(t, c)
	want(t, c, "00FE119C08 0600 AA0103 AB0102", 0x6a80)
	want(t, c, "00FE999C28"+scalar+"AA0103 AB0102", 0x6a86)
	want(t, c, command, 0x9000)
	if got := want(t, c, "00F7009C00", 0x9000); !bytes.Contains(got, unhex(t, "02020302 030102")) {
		t.Fatalf("metadata % X", got)
	}
	want(t, c, "00F99C0000", 0x6a80)
	want(t, c, verify, 0x9000)
	signature, status := sign(t, c, card.Signature, card.P256, make([]byte, 32))
	if status != 0x9000 || !ecdsa.VerifyASN1(c.PublicKey(card.Signature).(*ecdsa.PublicKey), make([]byte, 32), signature) {
		t.Fatalf("sign: %04X", status)
	}
	if n := c.Counters(); n.Imported != 1 || n.Attested != 0 {
		t.Fatalf("counters %+v", n)
	}
}

// Import without a command knows every kind of key.
func TestProvisionedImport(t *testing.T) {
	p256, err256 := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	p384, err384 := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	rsa2048, err2048 := rsa.GenerateKey(rand.Reader, 2048)
	rsa3072, err3072 := rsa.GenerateKey(rand.Reader, 3072)
	_, edwards, errEd := ed25519.GenerateKey(rand.Reader)
	if err := errors.Join(err256, err384, err2048, err3072, errEd); err != nil {
		t.Fatal(err)
	}
	for algorithm, key := range map[card.Algorithm]crypto.Signer{
		card.P256: p256, card.P384: p384, card.RSA2048: rsa2048, card.RSA3072: rsa3072, card.Ed25519: edwards,
	} {
		c := fresh(t, card.Config{Authority: authority})
		c.Import(card.Signature, key, card.PINOnce, card.TouchNever)
		got, _ := send(t, c, "00F7009C00")
		if head := []byte{1, 1, byte(algorithm), 2, 2, 2, 1, 3, 1, 2}; !bytes.HasPrefix(got, head) {
			t.Errorf("%02x: metadata % X, want % X first", byte(algorithm), got, head)
		}
		want(t, c, "00F99C0000", 0x6a80)
	}
}
