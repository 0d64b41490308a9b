package roles

import (
	"fmt"
	"strings"
)

// SyntaxError says that a policy, member or charter file is not what it must
// be: where, and why. Line and Column count from 1 in bytes; both are 0 when
// the fault is something that is absent. Path is the dotted path of the key,
// such as roles.root.members[3]; it is empty when the file is no TOML or JSON.
type SyntaxError struct {
	File         string
	Line, Column int
	Path         string
	Reason       string
}

func (e *SyntaxError) Error() string {
	return locate(e.File, e.Line, e.Column, e.Path) + e.Reason
}

// ReferenceError says that a policy names a member or a key that the member
// files do not have, or that cannot be used. File, Line and Column lead to the
// place in the policy.
type ReferenceError struct {
	File         string
	Line, Column int
	Path         string
	Role         string // the role whose declaration holds the reference
	Member       string // the member it names; for an online key its name
	Label        string // the key it names; empty when the reference has none
	Reason       string // what is wrong and what to do
}

func (e *ReferenceError) Error() string {
	return locate(e.File, e.Line, e.Column, e.Path) + e.Reason
}

// RoleError says that a role cannot be asked for what was asked: it is not
// declared, or people do not sign it.
type RoleError struct {
	Role   string
	Reason string
}

func (e *RoleError) Error() string {
	return fmt.Sprintf("role %s: %s", e.Role, e.Reason)
}

// BasisError says that a payload cannot follow its base or its instant.
type BasisError struct {
	Role    string
	Version int64 // of the base; 0 when there is none
	Reason  string
}

func (e *BasisError) Error() string {
	if e.Version == 0 {
		return fmt.Sprintf("payload for %s: %s", e.Role, e.Reason)
	}
	return fmt.Sprintf("payload for %s after version %d: %s", e.Role, e.Version, e.Reason)
}

// DuplicateKeyError says that two holders of one charter have the same public
// key, so that the document could not say whose it is.
type DuplicateKeyError struct {
	Role          string
	KeyID         string
	First, Second string // member/label, or online/name
}

func (e *DuplicateKeyError) Error() string {
	return fmt.Sprintf("role %s: %s and %s have the same public key (key id %s)", e.Role, e.First, e.Second, e.KeyID)
}

// EvidenceError says that a file beside a member's is no evidence for one of
// the member's keys.
type EvidenceError struct {
	Member string
	Serial int64  // of the card whose folder the file is in
	File   string // its name in that folder
	Reason string // what is wrong and what to do
}

func (e *EvidenceError) Error() string {
	return fmt.Sprintf("members/%s/%d/%s: %s", e.Member, e.Serial, e.File, e.Reason)
}

// PossessionError says that it is not proven that a member holds a key.
type PossessionError struct {
	Member, Login string
	Reason        string
}

func (e *PossessionError) Error() string {
	return fmt.Sprintf("possession of the key by %s (login %s) is not proven: %s", e.Member, e.Login, e.Reason)
}

// locate writes "file:line:column: path: " and leaves out what is unknown.
func locate(file string, line, column int, path string) string {
	var b strings.Builder
	b.WriteString(file)
	if line > 0 {
		fmt.Fprintf(&b, ":%d:%d", line, column)
	}
	if b.Len() > 0 {
		b.WriteString(": ")
	}
	if path != "" {
		b.WriteString(path + ": ")
	}
	return b.String()
}
