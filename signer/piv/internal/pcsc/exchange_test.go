//go:build !nopiv && cgo && (linux || darwin || freebsd || openbsd)

package pcsc

import (
	"bytes"
	"errors"
	"testing"

	"github.com/rust-lang/rust-tuf/tests/importtest"
	"github.com/rust-lang/rust-tuf/tests/refusaltest"
)

func TestImports(t *testing.T) { importtest.Check(t, nil, "net", "os", "log") }

// A response in parts is put together, as many as a card can have.
func TestWhole(t *testing.T) {
	unplugged := errors.New("unplugged")
	for name, test := range map[string]struct {
		parts  []string
		want   string
		status Status
		err    error
	}{
		"one part":     {[]string{"abc\x90\x00"}, "abc", OK, nil},
		"no data":      {[]string{"\x6a\x82"}, "", 0x6a82, nil},
		"three parts":  {[]string{"ab\x61\x00", "cd\x61\x01", "e\x90\x00"}, "abcde", OK, nil},
		"bad end":      {[]string{"ab\x61\x00", "\x6f\x00"}, "ab", 0x6f00, nil},
		"no status":    {[]string{"\x90"}, "", 0, errShort},
		"unplugged":    {nil, "", 0, unplugged},
		"without end":  {bytesOf("\x61\x00", 1000), "", 0x6100, nil},
		"endless data": {bytesOf("x\x61\x00", 1000), "xxxxxxxxxxxxxxxx", 0x6100, nil},
	} {
		t.Run(name, func(t *testing.T) {
			var commands [][]byte
			transmit := whole(func(command []byte) ([]byte, error) {
				if len(commands) == len(test.parts) {
					return nil, unplugged
				}
				commands = append(commands, command)
				return []byte(test.parts[len(commands)-1]), nil
			})
			response, status, err := transmit([]byte("command"))
			if string(response) != test.want || status != test.status || !errors.Is(err, test.err) {
				t.Errorf("%q, %04x, %v", response, status, err)
			}
			for i, command := range commands {
				want := []byte("command")
				if i > 0 {
					want = []byte{0, 0xc0, 0, 0, 0}
				}
				if !bytes.Equal(command, want) {
					t.Errorf("command %d is %x", i, command)
				}
			}
		})
	}
}

func bytesOf(part string, n int) []string {
	parts := make([]string, n)
	for i := range parts {
		parts[i] = part
	}
	return parts
}

func TestError(t *testing.T) {
	if check("SCardConnect", 0) != nil {
		t.Error("success is an error")
	}
	err := check("SCardConnect", 0x8010000b)
	var told *Error
	if !errors.As(err, &told) || told.Code != SharingViolation {
		t.Errorf("%#v", err)
	}
	refusaltest.Says(t, err, "SCardConnect: PC/SC error 8010000b")
}
