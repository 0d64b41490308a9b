package card_test

import (
	"bytes"
	"testing"

	"github.com/rust-lang/rust-tuf/tests/vyubikey/card"
)

// A wrong PIN costs a try and a right one gives all back; the last one blocks, and the PUK opens again.
func TestPIN(t *testing.T) {
	c := fresh(t, card.Config{})
	const wrong = "0020008008393939393939FFFF"
	want(t, c, "0020008000", 0x63c3)
	want(t, c, wrong, 0x63c2)
	want(t, c, verify, 0x9000)
	want(t, c, "0020008000", 0x9000)
	want(t, c, wrong, 0x63c2) // and it is no longer verified
	want(t, c, "0020008000", 0x63c2)
	want(t, c, "0024008010 393939393939FFFF 373737373737FFFF", 0x63c1)
	want(t, c, wrong, 0x63c0)
	want(t, c, verify, 0x6983)
	want(t, c, "0020008000", 0x6983)
	want(t, c, "0024008010 313233343536FFFF 373737373737FFFF", 0x6983)
	want(t, c, "002C008010 3939393939393939 373737373737FFFF", 0x63c2)
	want(t, c, "002C008010 3132333435363738 373737373737FFFF", 0x9000)
	want(t, c, "0020008008 373737373737FFFF", 0x9000)
	if pin, puk := c.Tries(); pin != 3 || puk != 3 {
		t.Errorf("tries %d and %d, want three of each", pin, puk)
	}
	n := c.Counters()
	if n.PINAttempts != 8 || n.PINFailures != 6 || n.PUKAttempts != 2 || n.PUKFailures != 1 {
		t.Errorf("counters %+v", n)
	}
}

// New values have six to eight bytes; a bad one costs no try.
func TestNewValues(t *testing.T) {
	c := fresh(t, card.Config{})
	for _, command := range []string{
		"0024008010 313233343536FFFF 3737373737FFFFFF", // five
		"0024008010 313233343536FFFF 37FF373737373737", // a gap
		"002400800F 313233343536FFFF 3737373737FFFF",
		"002C008010 3132333435363738 3737373737FFFFFF",
		"0024008110 3132333435363738 3737373737FFFFFF",
	} {
		want(t, c, command, 0x6a80)
	}
	want(t, c, "0024008210 3132333435363738 3737373737373737", 0x6a88)
	want(t, c, "002C008110 3132333435363738 3737373737373737", 0x6a88)
	want(t, c, "0024008110 3132333435363738 3737373737373737", 0x9000)
	want(t, c, "0024008110 3132333435363738 3737373737373737", 0x63c2)
	if n := c.Counters(); n.PINAttempts != 0 || n.PUKAttempts != 2 {
		t.Errorf("counters %+v", n)
	}
}

// A demanding card wants more than one character repeated; asking costs no try.
func TestDemanding(t *testing.T) {
	c := fresh(t, card.Config{Demanding: true})
	want(t, c, "0024008010 313233343536FFFF 373737373737FFFF", 0x6985)
	want(t, c, "0024008110 3132333435363738 3737373737373737", 0x6985)
	want(t, c, "0024008010 313233343536FFFF 373737373738FFFF", 0x9000)
	if n := c.Counters(); n.PINAttempts != 1 || n.PUKAttempts != 0 {
		t.Errorf("counters %+v", n)
	}
}

// SET RETRIES takes management key and PIN, and puts PIN and PUK back to the factory's.
func TestSetRetries(t *testing.T) {
	c := fresh(t, card.Config{})
	c.Set(card.State{PIN: "777777", PUK: "88888888"})
	want(t, c, "00FA0504", 0x6982)
	asManager(t, c)
	want(t, c, "00FA0504", 0x6982)
	want(t, c, "0020008008 373737373737FFFF", 0x9000)
	want(t, c, "00FA0004", 0x6a86)
	want(t, c, "00FA0504", 0x9000)
	want(t, c, "0020008000", 0x63c5)
	want(t, c, verify, 0x9000)
	want(t, c, "00FAFF04", 0x9000)
	want(t, c, "0020008000", 0x63cf) // one digit tells at most fifteen
}

// Resetting takes a PIN and a PUK that are both blocked, and leaves a card as from the factory.
func TestReset(t *testing.T) {
	c := fresh(t, card.Config{Authority: authority})
	public := c.Generate(card.Signature, card.P256, card.PINAlways, card.TouchAlways)
	c.Set(card.State{PIN: "777777", PUK: "88888888", ManagementAlgorithm: card.AES128, ManagementKey: bytes.Repeat([]byte{7}, 16)})
	want(t, c, "00FB000000", 0x6985)
	c.Set(card.State{PINTries: -1})
	want(t, c, "00FB000000", 0x6985)
	if c.PublicKey(card.Signature) != public {
		t.Fatal("a refused reset changed the slot")
	}
	c.Set(card.State{PUKTries: -1})
	want(t, c, "00FB000000", 0x9000)
	want(t, c, verify, 0x9000)
	asManager(t, c)
	if c.PublicKey(card.Signature) != nil {
		t.Fatal("the key outlived the reset")
	}
	if c.Counters().Resets != 1 {
		t.Fatal("the reset was not counted")
	}
}

// METADATA tells whether PIN, PUK and management key are the factory's, and the tries.
func TestMetadataOfSecrets(t *testing.T) {
	c := fresh(t, card.Config{})
	for _, test := range []struct {
		reference string
		response  string
	}{
		{"80", "0101FF 050101 06020303"},
		{"81", "0101FF 050101 06020303"},
		{"9B", "01010A 02020001 050101"},
	} {
		if got := want(t, c, "00F700"+test.reference+"00", 0x9000); !bytes.Equal(got, unhex(t, test.response)) {
			t.Errorf("%s: % X, want %s", test.reference, got, test.response)
		}
	}
	c.Set(card.State{PIN: "777777", PUK: "88888888", ManagementAlgorithm: card.TripleDES, ManagementKey: bytes.Repeat([]byte{7}, 24), PINTries: 1})
	for _, test := range []struct {
		reference string
		response  string
	}{
		{"80", "0101FF 050100 06020301"},
		{"81", "0101FF 050100 06020303"},
		{"9B", "010103 02020001 050100"},
	} {
		if got := want(t, c, "00F700"+test.reference+"00", 0x9000); !bytes.Equal(got, unhex(t, test.response)) {
			t.Errorf("%s: % X, want %s", test.reference, got, test.response)
		}
	}
	want(t, c, "00F7009C00", 0x6a88)
	want(t, c, "00F7018000", 0x6a86)
}
