package metadata

import (
	"fmt"
	"strings"
)

// FrozenError is a change to a file that nobody may change.
type FrozenError struct {
	Path   string
	Kind   string // "adds", "changes", "deletes"
	Reason string
}

func (e *FrozenError) Error() string {
	return fmt.Sprintf("the pull request %s %s: %s", e.Kind, e.Path, e.Reason)
}

// MixedError is a pull request that adds a signature and does anything else.
type MixedError struct {
	Signature string   // path of the first signature file
	Others    []string // further paths, further signatures among them
}

func (e *MixedError) Error() string {
	return fmt.Sprintf("the pull request adds the signature %s and also touches %s; a signature comes alone: open one pull request for each, with `rust-tuf sign`",
		e.Signature, strings.Join(firstFew(e.Others), ", "))
}

func firstFew(list []string) []string {
	if len(list) <= 3 {
		return list
	}
	return append(append([]string(nil), list[:3]...), fmt.Sprintf("%d more", len(list)-3))
}

// ScopeError is a pull request about events that does more than one thing, or
// does it by halves.
type ScopeError struct {
	Kind   Kind
	Events []string // concerned ones, as far as they are known
	Reason string
}

func (e *ScopeError) Error() string { return "the pull request " + e.Reason }

// UnlikeDeclarationError is a proposal whose frozen event is not what the
// policy and member files of the same pull request say.
type UnlikeDeclarationError struct {
	Event string
	Role  string
	What  string // "policy", "delegator"
}

func (e *UnlikeDeclarationError) Error() string {
	return fmt.Sprintf("event %s: the frozen %s of %s is not what rust-tuf.toml and members/ say in the same pull request; run `rust-tuf propose` again on this branch", e.Event, e.What, e.Role)
}
