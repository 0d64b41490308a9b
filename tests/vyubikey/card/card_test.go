package card_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/tests/vyubikey/ca"
	"github.com/rust-lang/rust-tuf/tests/vyubikey/card"
)

const selectPIV = "00A4040005A000000308"

// verify is VERIFY with the factory's PIN.
const verify = "0020008008313233343536FFFF"

// unhex reads hex with spaces.
func unhex(t *testing.T, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(text, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// send runs one command and returns the response and its status word.
func send(t *testing.T, c *card.Card, command string) ([]byte, uint16) {
	t.Helper()
	return transmit(t, c, unhex(t, command))
}

func transmit(t *testing.T, c *card.Card, command []byte) ([]byte, uint16) {
	t.Helper()
	b, err := c.Transmit(command)
	if err != nil {
		t.Fatalf("% X: %v", command, err)
	}
	if len(b) < 2 {
		t.Fatalf("% X: response % X has no status word", command, b)
	}
	n := len(b) - 2
	return b[:n], uint16(b[n])<<8 | uint16(b[n+1])
}

// want runs one command and asserts its status word.
func want(t *testing.T, c *card.Card, command string, status uint16) []byte {
	t.Helper()
	response, got := send(t, c, command)
	if got != status {
		t.Fatalf("%s: status %04X, want %04X", command, got, status)
	}
	return response
}

// fresh makes a card with PIV selected.
func fresh(t *testing.T, config card.Config) *card.Card {
	t.Helper()
	c := card.New(config)
	want(t, c, selectPIV, 0x9000)
	c.ClearLog()
	return c
}

// authority is one for all tests, as making its keys takes time.
var authority = ca.New(ca.Long)

// authenticate proves the management key mutually and returns the last status word.
func authenticate(t *testing.T, c *card.Card, algorithm card.Algorithm, key []byte) uint16 {
	t.Helper()
	block := blockOf(t, algorithm, key)
	n := block.BlockSize()
	witness, status := transmit(t, c, []byte{0, 0x87, byte(algorithm), 0x9b, 4, 0x7c, 2, 0x80, 0})
	if status != 0x9000 {
		return status
	}
	clear := make([]byte, n)
	block.Decrypt(clear, witness[4:])
	challenge := bytes.Repeat([]byte{0x5a}, n)
	data := append([]byte{0x7c, byte(2*n + 4), 0x80, byte(n)}, clear...)
	data = append(append(data, 0x81, byte(n)), challenge...)
	proof, status := transmit(t, c, append([]byte{0, 0x87, byte(algorithm), 0x9b, byte(len(data))}, data...))
	if status == 0x9000 {
		expected := make([]byte, n)
		block.Encrypt(expected, challenge)
		if !bytes.Equal(proof[4:], expected) {
			t.Fatal("the card does not know the management key itself")
		}
	}
	return status
}

func blockOf(t *testing.T, algorithm card.Algorithm, key []byte) cipher.Block {
	t.Helper()
	newCipher := aes.NewCipher
	if algorithm == card.TripleDES {
		newCipher = des.NewTripleDESCipher
	}
	block, err := newCipher(key)
	if err != nil {
		t.Fatal(err)
	}
	return block
}

// asManager authenticates with the factory's management key.
func asManager(t *testing.T, c *card.Card) {
	t.Helper()
	algorithm := card.AES192
	if !c.Firmware().AtLeast(5, 7, 0) {
		algorithm = card.TripleDES
	}
	if status := authenticate(t, c, algorithm, card.FactoryManagementKey()); status != 0x9000 {
		t.Fatalf("factory management key: %04X", status)
	}
}

// What each firmware knows.
func TestPersonalities(t *testing.T) {
	firmwares := []card.Firmware{{4, 3, 7}, {5, 2, 7}, {5, 4, 3}, {5, 7, 4}}
	tests := []struct {
		name, command string
		status        [4]uint16 // by firmware
	}{
		{"version", "00FD000000", [4]uint16{0x9000, 0x9000, 0x9000, 0x9000}},
		{"serial", "00F8000000", [4]uint16{0x6d00, 0x9000, 0x9000, 0x9000}},
		{"metadata of the PIN", "00F7008000", [4]uint16{0x6d00, 0x6d00, 0x9000, 0x9000}},
		{"attestation of an empty slot", "00F99C0000", [4]uint16{0x6a80, 0x6a80, 0x6a80, 0x6a80}},
		{"RSA 3072", "0047009C05AC03800105", [4]uint16{0x6a80, 0x6a80, 0x6a80, 0x9000}},
		{"Ed25519", "0047009C05AC038001E0", [4]uint16{0x6a80, 0x6a80, 0x6a80, 0x9000}},
		{"P-384", "0047009C05AC03800114", [4]uint16{0x9000, 0x9000, 0x9000, 0x9000}},
		{"AES 128 as management key", "00FFFFFF13089B10 000102030405060708090A0B0C0D0E0F", [4]uint16{0x6a80, 0x6a80, 0x9000, 0x9000}},
		{"deleting a key", "00F6FF9C", [4]uint16{0x6d00, 0x6d00, 0x6d00, 0x9000}},
		{"an unknown instruction", "0099000000", [4]uint16{0x6d00, 0x6d00, 0x6d00, 0x6d00}},
	}
	for i, firmware := range firmwares {
		t.Run(firmware.String(), func(t *testing.T) {
			c := fresh(t, card.Config{Firmware: firmware, Authority: authority, Serial: 20000001})
			asManager(t, c)
			for _, test := range tests {
				response, status := send(t, c, test.command)
				if status>>8 == 0x61 {
					status = 0x9000
				}
				if status != test.status[i] {
					t.Errorf("%s: %04X, want %04X", test.name, status, test.status[i])
				}
				if test.name == "version" && !bytes.Equal(response, firmware[:]) {
					t.Errorf("version %v, want %v", response, firmware)
				}
			}
		})
	}
}

// SELECT by prefix; nothing is there before it, and a failed one changes nothing.
func TestSelect(t *testing.T) {
	c := card.New(card.Config{Serial: 0x01312D01})
	want(t, c, "00FD000000", 0x6d00)
	got := want(t, c, selectPIV, 0x9000)
	if wanted := unhex(t, "6111 4F06 000010000100 7907 4F05 A000000308"); !bytes.Equal(got, wanted) {
		t.Fatalf("select: % X, want % X", got, wanted)
	}
	want(t, c, "00A404000BA000000308000010000100", 0x9000)
	want(t, c, "00A4040004A0000003", 0x6a82)
	want(t, c, "00A4040006A00000030801", 0x6a82)
	want(t, c, "00A4000005A000000308", 0x6a86)
	want(t, c, "00FD000000", 0x9000)
	want(t, c, "00A4040008A000000527200101", 0x9000)
	if serial := want(t, c, "0001100000", 0x9000); !bytes.Equal(serial, unhex(t, "01312D01")) {
		t.Fatalf("serial % X", serial)
	}
	want(t, c, "00FD000000", 0x6d00)
	want(t, c, "00A4040008A000000527471117", 0x9000)
	info := want(t, c, "001D000000", 0x9000)
	if int(info[0]) != len(info)-1 || !bytes.Contains(info, unhex(t, "040103")) || !bytes.Contains(info, unhex(t, "0503050704")) {
		t.Fatalf("device description % X", info)
	}
	c.Reset()
	want(t, c, "001D000000", 0x6d00)

	disabled := card.New(card.Config{PIVDisabled: true})
	want(t, disabled, selectPIV, 0x6a82)
}

// The FIPS series says so in its form factor, and firmware 4 says nothing of it.
func TestDeviceDescription(t *testing.T) {
	for _, test := range []struct {
		config card.Config
		field  string
		is     bool
	}{
		{card.Config{FIPS: true, FormFactor: card.USBANano}, "040182", true},
		{card.Config{FormFactor: card.USBANano}, "040102", true},
		{card.Config{Firmware: card.Firmware{4, 3, 7}}, "0401", false},
	} {
		c := card.New(test.config)
		want(t, c, "00A4040008A000000527471117", 0x9000)
		if info := want(t, c, "001D000000", 0x9000); bytes.Contains(info, unhex(t, test.field)) != test.is {
			t.Errorf("%+v: % X", test.config, info)
		}
	}
}

// Commands come in parts, and long responses go in parts.
func TestChaining(t *testing.T) {
	c := fresh(t, card.Config{})
	asManager(t, c)
	object := bytes.Repeat([]byte{0xab}, 700)
	command := append(unhex(t, "5C035FC10A 538202BC"), object...)
	want(t, c, "10DB3FFFFF"+hex.EncodeToString(command[:255]), 0x9000)
	want(t, c, "10DB3FFFFF"+hex.EncodeToString(command[255:510]), 0x9000)
	want(t, c, "00DB3FFF"+hex.EncodeToString([]byte{byte(len(command) - 510)})+hex.EncodeToString(command[510:]), 0x9000)

	get := "00CB3FFF055C035FC10A"
	first, status := send(t, c, get)
	if len(first) != 256 || status != 0x6100 {
		t.Fatalf("%d bytes, %04X; want 256 and that more than 255 remain", len(first), status)
	}
	second, status := send(t, c, "00C0000000")
	if len(second) != 256 || status != 0x6100|(704-512) {
		t.Fatalf("%d bytes, %04X; want 256 and 192 more", len(second), status)
	}
	third := want(t, c, "00C0000000", 0x9000)
	if whole := append(append(first, second...), third...); !bytes.Equal(whole[4:], object) {
		t.Fatal("the object came back changed")
	}
	want(t, c, "00C0000000", 0x6d00)
	if short, status := send(t, c, get+"10"); len(short) != 16 || status != 0x6100 {
		t.Fatalf("Le 16: %d bytes, %04X", len(short), status)
	}
	if all := want(t, c, "00CB3FFF0000055C035FC10A0000", 0x9000); len(all) != 704 {
		t.Fatalf("extended: %d bytes", len(all))
	}
	// A chain that outgrows the card ends in an error, and the next command is a new one.
	for range 12 {
		want(t, c, "10DB3FFFFF"+hex.EncodeToString(make([]byte, 255)), 0x9000)
	}
	want(t, c, "10DB3FFFFF"+hex.EncodeToString(make([]byte, 255)), 0x6700)
	want(t, c, get, 0x6100)
}

// Bytes that are no command.
func TestMalformedCommands(t *testing.T) {
	c := fresh(t, card.Config{})
	for _, test := range []struct {
		command string
		status  uint16
	}{
		{"00FD00", 0x6700},
		{"", 0x6700},
		{"80FD000000", 0x6e00},
		{"0CFD000000", 0x6e00},
		{"0020008008313233", 0x6700},
		{"00FD00000000", 0x6700},
		{"00CB3FFF0000105C03", 0x6700},
		{"00CB3FFF035C0500", 0x6a80},
		{"00CB0000055C035FC10A", 0x6a86},
		{"0020008108313233343536FFFF", 0x6a88},
		{"0020010008313233343536FFFF", 0x6a88},
		{"0020018008313233343536FFFF", 0x6a86},
		{"0020008006313233343536", 0x6a80},
	} {
		if _, status := send(t, c, test.command); status != test.status {
			t.Errorf("%q: %04X, want %04X", test.command, status, test.status)
		}
	}
	if n := c.Counters(); n != (card.Counters{}) {
		t.Errorf("they cost %+v", n)
	}
}

// The log names what was done and never holds a secret.
func TestLogMasksSecrets(t *testing.T) {
	c := fresh(t, card.Config{})
	want(t, c, verify, 0x9000)
	asManager(t, c)
	want(t, c, "0024008010 313233343536FFFF 373737373737FFFF", 0x9000)
	want(t, c, "002C008010 3132333435363738 383838383838FFFF", 0x9000)
	key := "A1A2A3A4A5A6A7A8A1A2A3A4A5A6A7A8A1A2A3A4A5A6A7A8"
	want(t, c, "00FFFFFF1B0A9B18"+key, 0x9000)
	want(t, c, "00DB3FFF23 5C035FC109 531C 881A8918"+key, 0x9000)
	want(t, c, "00FE119C22 0620"+strings.Repeat("3B", 32), 0x9000)
	var text strings.Builder
	for _, e := range c.Log() {
		text.WriteString(e.String() + "\n")
	}
	for _, secret := range []string{"313233343536", "373737", "383838", "A1A2A3", "3B3B3B"} {
		if strings.Contains(text.String(), secret) {
			t.Errorf("the log shows %s:\n%s", secret, text.String())
		}
	}
	for _, line := range []string{
		"VERIFY 00200080 <8 bytes masked> → 9000", "CHANGE REFERENCE 00240080 <16 bytes masked> → 9000",
		"RESET RETRY 002C0080 <16 bytes masked> → 9000", "SET MANAGEMENT KEY 00FFFFFF <27 bytes masked> → 9000",
		"PUT DATA 00DB3FFF <35 bytes masked> → 9000", "IMPORT 00FE119C <34 bytes masked> → 9000",
	} {
		if !strings.Contains(text.String(), line+"\n") {
			t.Errorf("the log has no line %q:\n%s", line, text.String())
		}
	}
}
