package verify

import (
	"fmt"
	"strconv"
	"strings"
)

// memoryFormat is the format of a memory that this package reads and writes. Its
// first line names it, in every format.
const memoryFormat = 1

const (
	formatWord = "format "
	digestWord = "digest "
)

// seal closes a text with a line that is the digest of all before it, in every
// format. Without it a memory that was cut behind a line would look whole, and
// would have forgotten what stood there.
func seal(text string) string {
	return fmt.Sprintf("%s%s%s\n", text, digestWord, DigestOf([]byte(text)))
}

// unseal returns the lines between the first and the last, and the format that
// the first one names. It is not ok unless every byte is as seal left it.
func unseal(text string) (lines string, format int64, ok bool) {
	at := len(text) - len(seal(""))
	if at < 0 || seal(text[:at]) != text {
		return "", 0, false
	}
	first, lines, _ := strings.Cut(text[:at], "\n")
	number, ok := strings.CutPrefix(first, formatWord)
	if !ok {
		return "", 0, false
	}
	format, err := strconv.ParseInt(number, 10, 64)
	return lines, format, err == nil
}

// StoreFormatError says that what a store remembers was written by a newer
// program, in a format that this one does not know. Nothing of it is believed,
// and nothing is overwritten.
type StoreFormatError struct {
	Found, Known int64 // formats
}

func (e *StoreFormatError) Error() string {
	return fmt.Sprintf("what the store remembers is of format %d, and this program knows format %d alone: use a newer program, or give this one a store of its own", e.Found, e.Known)
}
