package verify

import (
	"errors"
	"fmt"
	"time"
)

// ErrNotFound is what a source returns, wrapped or bare, when it has no
// document under that name or version. It ends [Root.Walk] without an error;
// any other error does not (SPEC 5.3.3).
var ErrNotFound = errors.New("not found")

// FormatError says that bytes are no document of the kind asked for.
type FormatError struct {
	Role    string // "" while it is unknown
	Version int64  // 0 while it is unknown
	Path    string // the JSON path, for instance signed.roles.root.threshold; "" when Offset says where
	Offset  int    // in bytes from the start of what was given; -1 when Path says where
	Reason  string
}

func (e *FormatError) Error() string {
	where := ""
	switch {
	case e.Path != "":
		where = e.Path + ": "
	case e.Offset >= 0:
		where = fmt.Sprintf("byte %d: ", e.Offset)
	}
	return prefix(e.Role, e.Version) + where + e.Reason
}

// NotFoundError says that no role vouches for a target. It Is [ErrNotFound].
type NotFoundError struct {
	Path  string
	Asked []string // roles, in the order in which they were asked
}

func (e *NotFoundError) Error() string {
	return fmt.Sprintf("no role vouches for %s; asked: %s", shownName(e.Path), shownNames(e.Asked))
}

// Is makes the error one for [errors.Is] with [ErrNotFound].
func (e *NotFoundError) Is(target error) bool { return target == ErrNotFound }

// LimitError says that something is larger than the [Limits] allow.
type LimitError struct {
	What         string
	Limit, Found int64 // Found may be a lower bound: counting stops behind the limit
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("%s: %d, above the limit of %d", e.What, e.Found, e.Limit)
}

// ThresholdError says that too few distinct keys signed a document. By names
// the document that demanded them, for instance "root 1".
type ThresholdError struct {
	Tally
	By string
}

func (e *ThresholdError) Error() string {
	return fmt.Sprintf("%sthreshold of %s not met: %s", prefix(e.Role, e.Version), e.By, e.Tally)
}

// ExpiredError says that a document's time is over: it is valid strictly
// before Expires.
type ExpiredError struct {
	Role        string
	Version     int64
	Expires, At time.Time
}

func (e *ExpiredError) Error() string {
	return fmt.Sprintf("%sexpired at %s, judged at %s; a newer version is needed", prefix(e.Role, e.Version),
		e.Expires.UTC().Format(time.RFC3339), e.At.UTC().Format(time.RFC3339))
}

// VersionError says that a document is not the version that must come now: a
// rollback when Found is below Trusted, otherwise a gap, or another version
// than a timestamp or snapshot promises.
type VersionError struct {
	Role           string
	Trusted, Found int64 // Found is 0 where a snapshot does not list a role any more
	promised       bool  // Trusted is what must be met exactly
}

func (e *VersionError) Error() string {
	switch {
	case e.promised:
		return fmt.Sprintf("%s %d is not the version %d that is promised", shownName(e.Role), e.Found, e.Trusted)
	case e.Found == 0:
		return fmt.Sprintf("%s is gone from the snapshot, where version %d was trusted", shownName(e.Role), e.Trusted)
	case e.Found <= e.Trusted:
		return fmt.Sprintf("%s %d is not newer than the trusted version %d", shownName(e.Role), e.Found, e.Trusted)
	default:
		return fmt.Sprintf("%s %d does not follow the trusted version %d; give the versions between first", shownName(e.Role), e.Found, e.Trusted)
	}
}

// ForkError is the proof that somebody signed two documents of one role and
// version: each of the two carries the threshold. Show both files to the
// repository's members; one of the two was not meant for you.
type ForkError struct {
	Role           string
	Version        int64
	Trusted, Found []byte // whole documents
}

func (e *ForkError) Error() string {
	return fmt.Sprintf("%s %d was signed twice, with different content; keep both files as proof and show them to the repository's members", shownName(e.Role), e.Version)
}

// RepositoryError says that a document belongs to another repository than the
// one trusted. Found is "" when the document names none.
type RepositoryError struct {
	Role        string
	Version     int64
	Want, Found string
}

func (e *RepositoryError) Error() string {
	if e.Found == "" {
		return fmt.Sprintf("%snames no repository, must be of repository %s", prefix(e.Role, e.Version), shownName(e.Want))
	}
	return fmt.Sprintf("%sis of repository %s, must be of repository %s", prefix(e.Role, e.Version), shownName(e.Found), shownName(e.Want))
}

// RoleError says that a document is for another role than the one wanted.
type RoleError struct {
	Want, Found string
}

func (e *RoleError) Error() string {
	return fmt.Sprintf("document of role %s where one of role %s is needed", shownName(e.Found), shownName(e.Want))
}

// PinError says that a root is not the one whose digest was pinned.
type PinError struct {
	Want, Found Digest
}

func (e *PinError) Error() string {
	return fmt.Sprintf("root is not the pinned one: its digest is %s, pinned is %s; compare the digest with one received on another way",
		e.Found.Groups(), e.Want.Groups())
}

// SignatureError says why one signature does not count.
type SignatureError struct {
	Role    string
	Version int64
	KeyID   string
	Owner   string // "" when the key has no known owner
	Reason  string

	cause error
}

func (e *SignatureError) Error() string {
	who := "key " + shownName(e.KeyID)
	if e.Owner != "" {
		who = shownName(e.Owner) + ", " + who
	}
	return fmt.Sprintf("%ssignature by %s: %s", prefix(e.Role, e.Version), who, e.Reason)
}

// Unwrap returns the [*RoleError] or [*RepositoryError] behind the refusal,
// if one is.
func (e *SignatureError) Unwrap() error { return e.cause }

// DelegationError says that a role was asked for that its delegator does not
// know. By names the delegator, for instance "targets 3".
type DelegationError struct {
	Role, By   string
	bySnapshot bool // By is a snapshot
}

func (e *DelegationError) Error() string {
	if e.bySnapshot {
		return fmt.Sprintf("role %s is delegated, but %s lists no file of it", shownName(e.Role), e.By)
	}
	return fmt.Sprintf("role %s is not delegated by %s", shownName(e.Role), e.By)
}

// prefix starts a message with what is known of its document.
func prefix(role string, version int64) string {
	switch {
	case role == "":
		return ""
	case version == 0:
		return shownName(role) + ": "
	}
	return fmt.Sprintf("%s %d: ", shownName(role), version)
}
