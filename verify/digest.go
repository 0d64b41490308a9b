package verify

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// Digest is the SHA-256 of the canonical form of a document's `signed` value.
// It names one version of one role whatever signatures surround it, and is
// what people compare and read aloud before they sign.
type Digest [sha256.Size]byte

// DigestOf hashes canonical bytes, as [Canonical] or [Document.Signed] return
// them.
func DigestOf(canonical []byte) Digest {
	return sha256.Sum256(canonical)
}

// ParseDigest reads 64 hex digits of either case, as people type and paste
// them: spaces, tabs, line breaks, colons and hyphens are ignored. Anything else,
// and more or fewer digits, is an error of no type that says so.
func ParseDigest(s string) (Digest, error) {
	var d Digest
	n := 0
	for i, c := range []byte(s) {
		v, ok := hexValue(c)
		switch {
		case ok && n < 2*len(d):
			d[n/2] = d[n/2]<<4 | v
			n++
		case ok:
			return Digest{}, fmt.Errorf("a digest has 64 hex digits, found more")
		case c != ' ' && c != '\t' && c != '\n' && c != '\r' && c != ':' && c != '-':
			return Digest{}, fmt.Errorf("a digest has 64 hex digits, found %q at byte %d", s[i:i+1], i)
		}
	}
	if n < 2*len(d) {
		return Digest{}, fmt.Errorf("a digest has 64 hex digits, found %d", n)
	}
	return d, nil
}

// String returns 64 lower-case hex digits.
func (d Digest) String() string {
	return hex.EncodeToString(d[:])
}

// Groups returns the digest as people read it aloud: 16 groups of four
// lower-case hex digits, separated by one space.
func (d Digest) Groups() string {
	s := d.String()
	b := make([]byte, 0, 16*5)
	for i := 0; i < len(s); i += 4 {
		if i > 0 {
			b = append(b, ' ')
		}
		b = append(b, s[i:i+4]...)
	}
	return string(b)
}

// IsZero reports whether d was never set.
func (d Digest) IsZero() bool {
	return d == Digest{}
}

func hexValue(c byte) (byte, bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10, true
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}
