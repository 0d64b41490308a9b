package metadata

import (
	"errors"
	"fmt"
	"strings"

	"github.com/rust-lang/rust-tuf/verify"
)

// TreeError is a file that may not be in a metadata repository, or not in
// this form.
type TreeError struct {
	Path   string
	Reason string
}

func (e *TreeError) Error() string { return e.Path + ": " + e.Reason }

// FileError is a file whose content is refused. Unwrap gives the cause, which
// is a typed error of verify or roles wherever one fits.
type FileError struct {
	Path string
	Err  error
}

func (e *FileError) Error() string { return e.Path + ": " + e.Err.Error() }
func (e *FileError) Unwrap() error { return e.Err }

// StaleError is a payload that builds on a version which is not the newest
// trusted one any more (or never was), or that leaves its judgement to such a
// version of its delegator.
type StaleError struct {
	Event   string
	Role    string
	Version int64         // of the payload
	Base    verify.Digest // that the payload builds on; zero for version 1
	By      Delegator     // zero, or the delegator's version that the payload names and that is not the newest
	Newest  int64         // newest trusted version, of By if it is set; 0 if there is none
	Digest  verify.Digest // of the newest trusted version
}

func (e *StaleError) Error() string {
	if e.By.Role != "" {
		newest := fmt.Sprintf("the newest trusted one is version %d", e.Newest)
		if e.Newest == 0 {
			newest = "no version of " + e.By.Role + " is trusted"
		}
		return fmt.Sprintf("event %[1]s: %[2]s version %[3]d is to be judged by %[4]s version %[5]d, but %[6]s; propose again with --supersede %[1]s, or, if it is not wanted any more, `rust-tuf complete %[1]s` closes it",
			e.Event, e.Role, e.Version, e.By.Role, e.By.Version, newest)
	}
	if e.Newest >= e.Version {
		return fmt.Sprintf("event %s: %s version %d is published already (the newest is %d); this event can never complete: `rust-tuf complete %s` closes it",
			e.Event, e.Role, e.Version, e.Newest, e.Event)
	}
	if e.Newest != e.Version-1 {
		return fmt.Sprintf("event %s: %s version %d does not follow the newest trusted version %d; version %d must be published first", e.Event, e.Role, e.Version, e.Newest, e.Newest+1)
	}
	return fmt.Sprintf("event %s: %s version %d builds on %s, but the newest trusted version %d is %s; propose again with --supersede %s",
		e.Event, e.Role, e.Version, short(e.Base), e.Newest, short(e.Digest), e.Event)
}

// ConflictError is two or more open events that want to make the same version.
type ConflictError struct {
	Role    string
	Version int64
	Events  []string // the one that was there first comes first, where that is known
}

func (e *ConflictError) Error() string {
	last := len(e.Events) - 1
	return fmt.Sprintf("events %s and %s both want to make %s version %d, and only one of them may be open: propose the one that came later again with --supersede %s, or, if they are merged, one in the place of all with --supersede %s",
		strings.Join(e.Events[:last], ", "), e.Events[last], e.Role, e.Version, e.Events[0], strings.Join(e.Events, " --supersede "))
}

// LateError is a file that was merged into the folder of an event after that
// had ended: a signature that came too late, or a part of another event that
// was proposed under the same name.
type LateError struct {
	Path      string
	Event     string
	Signature bool
}

func (e *LateError) Error() string {
	if e.Signature {
		return fmt.Sprintf("%s: this signature came after event %s had ended and counts for nothing; delete the file in a pull request", e.Path, e.Event)
	}
	return fmt.Sprintf("%s: event %s has ended, and its name is never used again; this file counts for nothing: delete the folder in a pull request, and propose again under another name", e.Path, e.Event)
}

// PayloadError is a frozen payload that is not what its frozen policy, its
// base and its opening instant yield.
type PayloadError struct {
	Event   string
	Role    string
	Version int64
	Reason  string
}

func (e *PayloadError) Error() string {
	return fmt.Sprintf("event %s: the document %s version %d %s; do not sign it, and ask the maintainers who merged it", e.Event, e.Role, e.Version, e.Reason)
}

// BelowError is a payload that changes who must sign a role, of which the
// current version then has too few of them: no client would accept it any
// more.
type BelowError struct {
	Event   string
	Role    string // of the payload
	Version int64  // of the payload
	Below   string // the role that would be below its threshold
	Newest  int64  // its newest trusted version
	Tally   verify.Tally
}

func (e *BelowError) Error() string {
	return fmt.Sprintf("event %s: under %s version %d, the current %s version %d would be below its threshold (%s); propose again with --supersede %s, which makes %s anew in the same event",
		e.Event, e.Role, e.Version, e.Below, e.Newest, e.Tally, e.Event, e.Below)
}

// SupersededError is a payload that a later event replaced.
type SupersededError struct {
	Event   string
	By      string
	Role    string
	Version int64
	Digest  verify.Digest
}

func (e *SupersededError) Error() string {
	return fmt.Sprintf("event %s: %s version %d with digest %s was superseded by event %s and can never complete",
		e.Event, e.Role, e.Version, short(e.Digest), e.By)
}

// ClosedError is a signature for an event that has ended.
type ClosedError struct {
	Event   string
	Outcome Outcome
	By      string // the superseding event, if Outcome is Superseded
}

func (e *ClosedError) Error() string {
	if e.Outcome == Superseded {
		return fmt.Sprintf("event closed: %s was superseded by %s; nothing is left to sign in it", e.Event, e.By)
	}
	if e.Outcome == Overtaken {
		return fmt.Sprintf("event closed: %s was overtaken by versions that were published meanwhile; nothing is left to sign in it", e.Event)
	}
	return fmt.Sprintf("event closed: %s is complete and published; the signature came too late and is not needed", e.Event)
}

// UnknownEventError is a name that no open or closed event has.
type UnknownEventError struct {
	Name string
	Open []string
}

func (e *UnknownEventError) Error() string {
	if len(e.Open) == 0 {
		return fmt.Sprintf("there is no event %q; no event is open", e.Name)
	}
	return fmt.Sprintf("there is no event %q; open events: %s", e.Name, strings.Join(e.Open, ", "))
}

// SignatureFileError is one signature file that does not count, and why.
type SignatureFileError struct {
	Path    string
	Event   string
	Role    string
	Version int64
	KeyID   string
	Owner   string // empty if no rule and no earlier version names this key
	Until   string // the last version that named a former member's key, "root version 1"; empty for all others
	Err     error
}

func (e *SignatureFileError) Error() string {
	who := "key " + shortID(e.KeyID)
	switch {
	case e.Until != "":
		who = fmt.Sprintf("%s, a member until %s, %s", e.Owner, e.Until, who)
	case e.Owner != "":
		who = e.Owner + ", " + who
	}
	why := e.Err.Error()
	var sig *verify.SignatureError
	if errors.As(e.Err, &sig) {
		why = sig.Reason // the rest of it stands in this sentence already
		if e.Owner != "" && e.Until == "" {
			why += "; remove the file and run `rust-tuf sign`"
		}
	}
	return fmt.Sprintf("%s: signature on %s version %d (%s) does not count: %s", e.Path, e.Role, e.Version, who, why)
}
func (e *SignatureFileError) Unwrap() error { return e.Err }

// MismatchError is a signature file that was made for something else than
// the payload it lies beside.
type MismatchError struct {
	What string // "repository", "role", "version", "digest", "key id"
	Want string
	Got  string
}

func (e *MismatchError) Error() string {
	return fmt.Sprintf("it was made for another %s: %s, where this event has %s; remove the file and run `rust-tuf sign`", e.What, e.Got, e.Want)
}

// PendingError is an event that cannot complete yet. Standing tells who is
// missing.
type PendingError struct{ Standing *Standing }

func (e *PendingError) Error() string {
	return fmt.Sprintf("event %s is pending: %s", e.Standing.Event.Name, strings.Join(e.Standing.Wants(), "; "))
}

// HistoryError is a published version that does not follow from the one
// before it, or one that is missing.
type HistoryError struct {
	Role    string
	Version int64
	Err     error
}

func (e *HistoryError) Error() string {
	return fmt.Sprintf("%s version %d (%s) is refused: %v", e.Role, e.Version, PublishedPath(e.Role, e.Version), e.Err)
}
func (e *HistoryError) Unwrap() error { return e.Err }

// SecondOpinionError is a document that our reader accepts and the TUF
// library that wrote it does not, or the reverse. It is never published.
type SecondOpinionError struct {
	Role    string
	Version int64
	Err     error
}

func (e *SecondOpinionError) Error() string {
	return fmt.Sprintf("%s version %d: go-tuf, asked for a second opinion, refuses what this tool accepts: %v; nothing is published", e.Role, e.Version, e.Err)
}
func (e *SecondOpinionError) Unwrap() error { return e.Err }

// short is the first group of a digest, for sentences that name the whole
// digest elsewhere.
func short(d verify.Digest) string { return d.String()[:16] + "…" }

func shortID(id string) string {
	if len(id) > 16 {
		return id[:16] + "…"
	}
	return id
}
