package file

import (
	"fmt"
	"io/fs"

	"github.com/rust-lang/rust-tuf/verify"
)

// FormatError is a file that is no key file of this package, or no longer one.
type FormatError struct {
	Path   string
	Reason string
	Err    error // what a parser said, or nil
}

func (e *FormatError) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("%s: %s: %v", e.Path, e.Reason, e.Err)
	}
	return e.Path + ": " + e.Reason
}

// Unwrap returns what a parser said.
func (e *FormatError) Unwrap() error { return e.Err }

// Hint says where a good one may be.
func (e *FormatError) Hint() string { return "bring the file back from your backup, or make a new key" }

// MismatchError is a private key whose public half is not the one beside it:
// somebody, or a mix-up of two keys, has put one of the two files in the
// other's place.
type MismatchError struct {
	Path       string        // the key file
	PublicPath string        // the file with the public half
	Want       verify.Digest // fingerprint of the public half in PublicPath
	Found      verify.Digest // fingerprint of the key in Path
}

func (e *MismatchError) Error() string {
	return fmt.Sprintf("%s holds the key %s, but %s says %s", e.Path, e.Found, e.PublicPath, e.Want)
}

// Hint says that nothing may be signed before this is understood.
func (e *MismatchError) Hint() string {
	return "do not use either file before you know who changed them; bring both back from your backup"
}

// ExistsError is a name under which a key exists already.
type ExistsError struct {
	Path string
}

func (e *ExistsError) Error() string { return e.Path + " exists; a key file is never overwritten" }

// Is makes this an fs.ErrExist.
func (e *ExistsError) Is(target error) bool { return target == fs.ErrExist }

// Hint says how to get on.
func (e *ExistsError) Hint() string { return "choose another name" }

// IncompleteError is a key file without its public file: its making was
// interrupted, or the public file got lost.
type IncompleteError struct {
	Path       string // the key file
	PublicPath string // the missing public file
}

func (e *IncompleteError) Error() string { return e.Path + " has no public file beside it" }

// Hint says how to tell the two cases apart, and what to do in each.
func (e *IncompleteError) Hint() string {
	return fmt.Sprintf("if making it was interrupted it was never in use: delete it; if not, bring %s back from your backup", e.PublicPath)
}

// PassphraseError is a new passphrase that is refused.
type PassphraseError struct {
	Reason string
}

func (e *PassphraseError) Error() string { return e.Reason }

// Hint says what a good one is.
func (e *PassphraseError) Hint() string {
	return "five or more random words, or what a password manager proposes"
}
