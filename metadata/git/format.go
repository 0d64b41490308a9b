package git

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"strconv"
)

// format is a repository's object format: how objects are named.
type format string

const (
	formatSHA1   format = "sha1"
	formatSHA256 format = "sha256"
)

func (f format) hexLen() int { return 2 * f.new().Size() }

// new returns the hash of this format. SHA-1 is what git's names are made of,
// not what anything is trusted for: signatures are checked over other digests.
func (f format) new() hash.Hash {
	if f == formatSHA256 {
		return sha256.New()
	}
	return sha1.New()
}

// id is the name of an object: the hash of its type, size and bytes.
func (f format) id(kind string, data []byte) string {
	h := f.new()
	h.Write(strconv.AppendInt([]byte(kind+" "), int64(len(data)), 10))
	h.Write([]byte{0})
	h.Write(data)
	return hex.EncodeToString(h.Sum(nil))
}
