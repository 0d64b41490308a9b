package signer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"github.com/rust-lang/rust-tuf/verify"
)

// Every error of this room that a person can do something about has a method
// Hint() string: what to do next, one line, shown beside the error.

// refusal is a sentinel with a hint.
type refusal struct{ text, hint string }

func (r *refusal) Error() string { return r.text }
func (r *refusal) Hint() string  { return r.hint }

// What a key or a person answers, when yes or no is all there is to know.
var (
	// ErrDeclined is the person's no.
	ErrDeclined error = &refusal{"declined", "nothing was signed; run the command again when you agree"}

	// ErrNobody is a question where nobody can be asked.
	ErrNobody error = &refusal{"nobody can be asked here", "run the command in a terminal"}

	// ErrNoTouch is a card that gave up waiting for its holder's touch.
	ErrNoTouch error = &refusal{"the card was not touched in time", "sign again and touch the card when it blinks"}

	// ErrRemoved is a card that was pulled out while it was in use.
	ErrRemoved error = &refusal{"the card was removed", "plug the card in and sign again"}
)

// CancelledError is an operation that ended because its context did, or the
// person's input, and not because of an answer.
type CancelledError struct {
	Cause error // context.Canceled, io.EOF, …
}

func (e *CancelledError) Error() string {
	if e.Cause == nil || errors.Is(e.Cause, context.Canceled) {
		return "cancelled"
	}
	if errors.Is(e.Cause, io.EOF) {
		return "cancelled: the input ended"
	}
	return "cancelled: " + e.Cause.Error()
}

// Unwrap returns the cause.
func (e *CancelledError) Unwrap() error { return e.Cause }

// Hint says that the command can be run again.
func (e *CancelledError) Hint() string { return "nothing was signed; run the command again" }

// Cancelled returns err as it is if it tells of a cancellation already, and
// otherwise a *CancelledError whose cause is ctx's, together with err if there
// is one.
func Cancelled(ctx context.Context, err error) error {
	var cancelled *CancelledError
	if errors.As(err, &cancelled) {
		return err
	}
	cause := context.Cause(ctx)
	if err != nil && !errors.Is(err, cause) {
		cause = errors.Join(cause, err)
	}
	return &CancelledError{Cause: cause}
}

// KeyError is what one key answered.
type KeyError struct {
	Key string // as Key.Describe names it
	Err error
}

func (e *KeyError) Error() string { return e.Key + ": " + e.Err.Error() }

// Unwrap returns the key's own error.
func (e *KeyError) Unwrap() error { return e.Err }

// WrongSecretError is a PIN or a passphrase that does not open the key.
type WrongSecretError struct {
	What string // "passphrase", "PIN"
	Left int    // tries left; negative when nothing counts them
}

func (e *WrongSecretError) Error() string {
	switch {
	case e.Left < 0:
		return "wrong " + e.What
	case e.Left == 0:
		return "wrong " + e.What + ", no tries left"
	case e.Left == 1:
		return "wrong " + e.What + ", 1 try left"
	}
	return fmt.Sprintf("wrong %s, %d tries left", e.What, e.Left)
}

// Hint says what another try costs.
func (e *WrongSecretError) Hint() string {
	switch {
	case e.Left < 0:
		return "try again; tries are not counted, and nobody can reset it"
	case e.Left == 0:
		return "its PUK unblocks it; rust-tuf doctor names the command"
	case e.Left == 1:
		return "make sure of the " + e.What + " first: one more wrong try blocks the card"
	}
	return "try again with the right " + e.What + "; it gives back all tries"
}

// WrongKeyError is a key other than the one whose signature is wanted.
type WrongKeyError struct {
	Key         string        // as Key.Describe names it
	Want, Found verify.Digest // fingerprints: SHA-256 of the SubjectPublicKeyInfo
}

func (e *WrongKeyError) Error() string {
	return fmt.Sprintf("%s is the wrong key: its fingerprint is %s, wanted is %s", e.Key, e.Found, e.Want)
}

// Hint says to use the other key.
func (e *WrongKeyError) Hint() string {
	return "use the card or key file that the metadata lists; member add enrols another one"
}

// BadSignatureError is a signature that a key made and that does not verify. It
// is not kept anywhere.
type BadSignatureError struct {
	Key         string        // as Key.Describe names it
	Fingerprint verify.Digest // SHA-256 of the SubjectPublicKeyInfo
	Err         error         // what verification said
}

func (e *BadSignatureError) Error() string {
	return fmt.Sprintf("%s made a signature that does not verify with key %s: %v", e.Key, e.Fingerprint, e.Err)
}

// Unwrap returns what verification said.
func (e *BadSignatureError) Unwrap() error { return e.Err }

// Hint says to try again, and to doubt the key if that does not help.
func (e *BadSignatureError) Hint() string {
	return "nothing was written; sign again, and if it happens twice stop using this key and tell the maintainers"
}

// NoKeyError is a search for keys that found none of those wanted.
type NoKeyError struct {
	Found []string        // the other keys at hand, as Key.Describe names them
	Want  []verify.Digest // fingerprints: SHA-256 of the SubjectPublicKeyInfo
}

func (e *NoKeyError) Error() string {
	wanted := "wanted is " + digests(e.Want)
	if len(e.Found) == 0 {
		return "no key at hand, " + wanted
	}
	return "no key at hand that is asked for: found " + strings.Join(e.Found, "; ") + ", " + wanted
}

// Hint says where keys are looked for.
func (e *NoKeyError) Hint() string {
	return "plug in your card, or put your key file and its .pub file into the key folder"
}

// PermissionError is a file or folder that people other than its owner can read
// or change.
type PermissionError struct {
	Path string
	Mode fs.FileMode // as found
	Want fs.FileMode // at most these permissions
}

func (e *PermissionError) Error() string {
	return fmt.Sprintf("other people can use %s: its mode is %04o, at most %04o is allowed", e.Path, e.Mode.Perm(), e.Want)
}

// Is makes this an fs.ErrPermission.
func (e *PermissionError) Is(target error) bool { return target == fs.ErrPermission }

// Hint is the command that puts it right.
func (e *PermissionError) Hint() string {
	return fmt.Sprintf("run: chmod %o '%s'", e.Want, strings.ReplaceAll(e.Path, "'", `'\''`))
}

func digests(list []verify.Digest) string {
	if len(list) == 0 {
		return "none"
	}
	texts := make([]string, len(list))
	for i, d := range list {
		texts[i] = d.String()
	}
	return strings.Join(texts, " or ")
}
