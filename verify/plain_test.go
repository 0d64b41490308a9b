package verify

import (
	"bytes"
	"testing"
)

// Eight bytes at a time must find what one at a time finds.
func TestPlainRun(t *testing.T) {
	isPlain := func(b byte) bool { return b >= ' ' && b < 0x80 && b != '"' && b != '\\' }
	for _, fill := range []byte{' ', '!', '#', '[', ']', 'a', 0x7f} {
		for n := range 25 {
			for at := range n {
				for v := range 256 {
					b := bytes.Repeat([]byte{fill}, n)
					b[at] = byte(v)
					want := n
					if !isPlain(byte(v)) {
						want = at
					}
					if got := plainRun(b); got != want {
						t.Fatalf("%q: %d, want %d", b, got, want)
					}
				}
			}
		}
	}
}
