package dirstore

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/rust-lang/rust-tuf/verify"
)

// Folders take names of 255 bytes; 200 leave room for what stands around.
const maxName = 200

// FileName is one file name for whatever a repository calls something: the
// name in the form of [verify.EscapeRole], so that it has no separator, no
// control character and nothing that a shell or a system could understand. It
// is a legal name on Unix, macOS and Windows, where an extension follows. Two
// names have two file names.
//
//   - The first character of a name that Windows reserves (con, com1.x) is
//     percent-encoded too.
//   - So it is for one that differs from a top-level role only in case, since on
//     many systems Root.json is root.json. (With Options.Separate, delegated roles
//     that differ only in case share a file there: a cached copy is lost, and
//     nothing else.)
//   - Above 200 bytes it is "sha256=" and the SHA-256 of the name in hex, and for
//     no name at all "%"; no encoded name looks like these.
func FileName(name string) string {
	if name == "" {
		return "%"
	}
	s := verify.EscapeRole(name)
	if len(s) > maxName {
		sum := sha256.Sum256([]byte(name))
		return "sha256=" + hex.EncodeToString(sum[:])
	}
	stem, _, _ := strings.Cut(s, ".")
	topLevel := slices.Contains([]string{"root", "timestamp", "snapshot", "targets"}, strings.ToLower(s))
	if reserved(strings.ToLower(stem)) || topLevel && s != strings.ToLower(s) {
		return fmt.Sprintf("%%%02X", s[0]) + s[1:]
	}
	return s
}

// reserved names are devices on Windows, whatever extension they have.
func reserved(stem string) bool {
	switch stem {
	case "con", "prn", "aux", "nul":
		return true
	}
	return len(stem) == 4 && (strings.HasPrefix(stem, "com") || strings.HasPrefix(stem, "lpt")) && '0' <= stem[3] && stem[3] <= '9'
}
