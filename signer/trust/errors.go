package trust

import (
	"fmt"

	"github.com/rust-lang/rust-tuf/verify"
)

// Every error that a person can do something about has a method Hint() string:
// what to do next, one line, shown beside the error.

type noPin struct{}

func (noPin) Error() string { return "this machine has pinned no root yet" }
func (noPin) Hint() string {
	return "run: rust-tuf trust init, with the root's digest received on another way than the repository itself"
}

// ErrNoPin is a repository that this machine knows nothing of.
var ErrNoPin error = noPin{}

// PinExistsError is a second attempt to make the first pin.
type PinExistsError struct {
	Existing Pin // the newest pin
}

func (e *PinExistsError) Error() string {
	return fmt.Sprintf("this machine already trusts repository %s: root version %d, digest %s, since %s (%s)",
		e.Existing.Repository, e.Existing.Version, e.Existing.Digest.Groups(), instant(e.Existing.Since), e.Existing.How)
}

// Hint says that a pin moves by itself.
func (e *PinExistsError) Hint() string {
	return "there is nothing to do if that digest is right: newer roots are reached from it"
}

// MovedError is a pin that another process has moved meanwhile.
type MovedError struct {
	Repository string
	From       verify.Digest // where the caller believed the pin to be
	Version    int64         // of the newest pin
	Digest     verify.Digest // of the newest pin
}

func (e *MovedError) Error() string {
	return fmt.Sprintf("the pin of repository %s was moved by another process to root version %d, digest %s (it was %s)",
		e.Repository, e.Version, e.Digest, e.From)
}

// Hint says to look again.
func (e *MovedError) Hint() string { return "run the command again" }

// ConflictError is a document that may not be signed because this machine, or
// one of its keys elsewhere, signed or was about to sign another one with the
// same role and version.
type ConflictError struct {
	Earlier Entry
	Wanted  verify.Digest
}

func (e *ConflictError) Error() string {
	what := "was about to sign"
	if len(e.Earlier.File) > 0 {
		what = "signed"
	}
	return fmt.Sprintf("%s version %d: key %s %s another document on %s, digest %s; the one with digest %s does not name it as superseded",
		e.Earlier.Role, e.Earlier.Version, e.Earlier.KeyID, what, instant(e.Earlier.At), e.Earlier.Digest.Groups(), e.Wanted.Groups())
}

// Hint says what has to change before it can be signed.
func (e *ConflictError) Hint() string {
	return "ask whoever proposed it: a second document for this version must be proposed as superseding the first"
}

// SupersededError is a document that may not be signed because one that this
// machine signed, or was about to sign, names it as superseded.
type SupersededError struct {
	Wanted verify.Digest
	By     Entry
}

func (e *SupersededError) Error() string {
	return fmt.Sprintf("%s version %d with digest %s is superseded by the one with digest %s, for key %s on %s",
		e.By.Role, e.By.Version, e.Wanted.Groups(), e.By.Digest.Groups(), e.By.KeyID, instant(e.By.At))
}

// Hint names the document to sign.
func (e *SupersededError) Hint() string { return "sign the one that supersedes it" }

// NotIntendedError is a signature for which there is no entry in the ledger.
type NotIntendedError struct {
	Role    string
	Version int64
	Digest  verify.Digest
	KeyID   string
}

func (e *NotIntendedError) Error() string {
	return fmt.Sprintf("%s version %d, digest %s: the ledger has no entry for a signature by key %s", e.Role, e.Version, e.Digest, e.KeyID)
}

// RecordedError is a second, different signature by the same key on the same
// document. The first is in Earlier.File and is as good.
type RecordedError struct {
	Earlier Entry
}

func (e *RecordedError) Error() string {
	return fmt.Sprintf("%s version %d, digest %s: the ledger already holds a signature by key %s",
		e.Earlier.Role, e.Earlier.Version, e.Earlier.Digest, e.Earlier.KeyID)
}

// Hint says that the first one is used.
func (e *RecordedError) Hint() string {
	return "run the command again: it uses the signature that was made first"
}

// StateError is a file or folder of this home that is not as this package
// writes it. Nothing is signed and nothing is trusted on top of it.
type StateError struct {
	Path   string
	Reason string
	Err    error // what a parser or the verifier said, or nil
}

func (e *StateError) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("%s: %s: %v", e.Path, e.Reason, e.Err)
	}
	return e.Path + ": " + e.Reason
}

// Unwrap returns what a parser or the verifier said.
func (e *StateError) Unwrap() error { return e.Err }

// Hint says where the state can come from.
func (e *StateError) Hint() string {
	return "bring the folder of this repository back from your backup, or move it away and set up this machine anew: rust-tuf trust init"
}
