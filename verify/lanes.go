package verify

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

// Bytes are looked at eight at a time, each in a lane of a word. Sums and
// differences are made so that a lane answers with its highest bit.
const (
	ones  = 0x0101010101010101
	highs = 0x80 * ones
)

// plainRun returns how many bytes at the beginning of b stand for themselves
// in a string: ASCII but control characters, `"` and `\`.
func plainRun(b []byte) int {
	n := 0
	for ; n+8 <= len(b); n += 8 {
		// A high bit comes up from the byte itself, or by borrowing where a
		// difference is below zero. A lane can borrow from the next one, but
		// the first that answers does so for itself.
		w := binary.LittleEndian.Uint64(b[n:])
		if stop := (w | (w - ' '*ones) | ((w ^ '"'*ones) - ones) | ((w ^ '\\'*ones) - ones)) & highs; stop != 0 {
			return n + bits.TrailingZeros64(stop)/8
		}
	}
	for n < len(b) && ' ' <= b[n] && b[n] < utf8.RuneSelf && b[n] != '"' && b[n] != '\\' {
		n++
	}
	return n
}

// commonRun returns how many bytes at the beginning of a and b are the same.
func commonRun(a, b []byte) int {
	n, end := 0, min(len(a), len(b))
	for ; n+8 <= end; n += 8 {
		if difference := binary.LittleEndian.Uint64(a[n:]) ^ binary.LittleEndian.Uint64(b[n:]); difference != 0 {
			return n + bits.TrailingZeros64(difference)/8
		}
	}
	for n < end && a[n] == b[n] {
		n++
	}
	return n
}

// spaces returns how many bytes at the beginning of b are white space.
func spaces(b []byte) int {
	n := 0
	for n < len(b) && (b[n] == ' ' || b[n] == '\n' || b[n] == '\r' || b[n] == '\t') {
		n++
		for n+8 <= len(b) && binary.LittleEndian.Uint64(b[n:]) == ' '*ones { // indented
			n += 8
		}
	}
	return n
}

// isHex reports whether all of s are hex digits, of either case.
func isHex(s []byte) bool {
	i := 0
	for ; i+8 <= len(s); i += 8 {
		w := binary.LittleEndian.Uint64(s[i:])
		// Without high bits no sum is carried into the next lane.
		digit := (w + (0x80-'0')*ones) &^ (w + (0x7f-'9')*ones)
		lower := w | 0x20*ones
		letter := (lower + (0x80-'a')*ones) &^ (lower + (0x7f-'f')*ones)
		if w&highs != 0 || (digit|letter)&highs != highs {
			return false
		}
	}
	for ; i < len(s); i++ {
		if _, ok := hexValue(s[i]); !ok {
			return false
		}
	}
	return true
}
