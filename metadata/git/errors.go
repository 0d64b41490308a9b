package git

import (
	"errors"
	"fmt"
	"os/exec"
	"strings"
)

var (
	// ErrNoChange says that a change leaves the tree as it is, so there is
	// nothing to commit.
	ErrNoChange = errors.New("the files are already as wanted: nothing to commit")
	// ErrUnrelated says that two commits have no ancestor in common.
	ErrUnrelated = errors.New("the two commits have no history in common")
	// ErrDetached says that HEAD names a commit, not a branch.
	ErrDetached = errors.New("HEAD is on no branch")
)

// CommandError is a run of git that ended with a failure which has no type of
// its own.
type CommandError struct {
	Command string // git's verb, such as "commit-tree"
	Output  string // what git said, safe to show on a terminal

	stdout []byte
	err    error
}

func (e *CommandError) Error() string {
	return "git " + e.Command + ": " + summary(e.Output, e.err)
}

// Unwrap returns the error of the process, an [exec.ExitError] if it ran.
func (e *CommandError) Unwrap() error { return e.err }

// Hint names the next step, or is empty.
func (e *CommandError) Hint() string { return hint(e.Output) }

// exitCode tells whether err is a run of git that ended with this code.
func exitCode(err error, code int) bool {
	var exit *exec.ExitError
	return errors.As(err, &exit) && exit.ExitCode() == code
}

// IdentityError is a commit that git refused because nobody has told it whose
// it is. Nothing was written but unreferenced objects.
type IdentityError struct {
	Reason string // what git said, safe to show on a terminal

	err error
}

func (e *IdentityError) Error() string {
	return "git knows no name and no address for the commit that is to be pushed: " + e.Reason
}

// Unwrap returns the error of the run of git.
func (e *IdentityError) Unwrap() error { return e.err }

// Hint names the next step, for a person and for a machine.
func (e *IdentityError) Hint() string {
	return "set `git config --global user.name` and `user.email`; on a machine, the variables GIT_AUTHOR_NAME, GIT_AUTHOR_EMAIL, GIT_COMMITTER_NAME and GIT_COMMITTER_EMAIL"
}

// NotARepositoryError is a folder from which no repository can be used.
type NotARepositoryError struct {
	Dir    string
	Reason string
}

func (e *NotARepositoryError) Error() string {
	return fmt.Sprintf("%s: no git repository here: %s", e.Dir, e.Reason)
}

// Hint names the next step.
func (e *NotARepositoryError) Hint() string {
	if h := hint(e.Reason); h != "" {
		return h
	}
	return "change to a clone of the metadata repository"
}

// NameError is a name that must not reach git's command line, or cannot be
// what it is given for.
type NameError struct {
	Kind   string // "branch", "remote", "revision", "commit", "configuration key", "push option"
	Name   string
	Reason string
}

func (e *NameError) Error() string {
	return fmt.Sprintf("%s %q: %s", e.Kind, e.Name, e.Reason)
}

// PathError is a file name that is refused, in a commit that is read or in a
// change that is to be committed.
type PathError struct {
	Commit Commit // that has the file; empty for a change, and for what a merge would make
	Path   string
	Reason string
}

func (e *PathError) Error() string {
	if e.Commit == "" {
		return fmt.Sprintf("file %q: %s", e.Path, e.Reason)
	}
	return fmt.Sprintf("commit %s: file %q: %s", e.Commit.Short(), e.Path, e.Reason)
}

// LimitError is more than a bound of limits.go allows.
type LimitError struct {
	What  string // "files in one commit", "bytes in one file", …
	Path  string // of the file, if it is about one
	Limit int64
	Found int64 // at least; reading stopped there
}

func (e *LimitError) Error() string {
	where := ""
	if e.Path != "" {
		where = fmt.Sprintf("file %q: ", e.Path)
	}
	return fmt.Sprintf("%stoo many %s: %d found, at most %d are read", where, e.What, e.Found, e.Limit)
}

// RevisionError is a revision that names no commit of this repository.
type RevisionError struct {
	Rev string
}

func (e *RevisionError) Error() string {
	return fmt.Sprintf("revision %q names no commit in this clone", e.Rev)
}

// ObjectError is an object that is absent, is of another type than its place
// demands, or does not have the bytes that its name promises.
type ObjectError struct {
	ID     string
	Reason string
}

func (e *ObjectError) Error() string { return fmt.Sprintf("object %s: %s", e.ID, e.Reason) }

// Hint names the next step.
func (e *ObjectError) Hint() string {
	return "fetch again; if it stays, `git fsck` tells what is wrong with this clone"
}

// ChangedBytesError says that a commit, read back, is not what was asked for:
// a file has other bytes, is missing, or changed without being asked to. The
// commit must not be used; nothing refers to it.
type ChangedBytesError struct {
	Commit Commit
	Path   string // empty when it is about the commit itself
	Reason string
}

func (e *ChangedBytesError) Error() string {
	where := ""
	if e.Path != "" {
		where = fmt.Sprintf(" file %q", e.Path)
	}
	return fmt.Sprintf("commit %s was read back and differs from what was asked:%s %s; it was not used", e.Commit.Short(), where, e.Reason)
}

// BranchError is a branch that a remote does not have.
type BranchError struct {
	Remote string
	Branch string // empty: the remote names no default branch
}

func (e *BranchError) Error() string {
	if e.Branch == "" {
		return fmt.Sprintf("%s names no default branch: it is empty, or its HEAD names a branch that is absent", e.Remote)
	}
	return fmt.Sprintf("%s has no branch %q", e.Remote, e.Branch)
}

// Hint names the next step.
func (e *BranchError) Hint() string {
	if e.Branch == "" {
		return "if it is new, push the files that `rust-tuf init` makes; else set its default branch on the forge"
	}
	return fmt.Sprintf("`git ls-remote %s` lists the branches that it has", e.Remote)
}

// RemoteError is a remote that could not be reached or refused what was asked.
type RemoteError struct {
	Remote string
	Action string // "fetch", "push", "ls-remote"
	Output string // what git and the remote said, safe to show on a terminal

	err error
}

func (e *RemoteError) Error() string {
	return fmt.Sprintf("git %s, remote %s: %s", e.Action, e.Remote, summary(e.Output, e.err))
}

// Unwrap returns the error of the process.
func (e *RemoteError) Unwrap() error { return e.err }

// Hint names the next step.
func (e *RemoteError) Hint() string {
	if h := hint(e.Output); h != "" {
		return h
	}
	return fmt.Sprintf("`git ls-remote %s` must work by hand first", e.Remote)
}

// MovedError says that a branch of a remote is not where the caller last saw
// it, so nothing was pushed.
type MovedError struct {
	Remote string
	Branch string
	Want   Commit // empty: it was to be created
	Found  Commit // empty: it is gone
}

func (e *MovedError) Error() string {
	switch {
	case e.Want == "":
		return fmt.Sprintf("branch %q of %s exists already, at %s", e.Branch, e.Remote, e.Found.Short())
	case e.Found == "":
		return fmt.Sprintf("branch %q of %s is gone; it was at %s", e.Branch, e.Remote, e.Want.Short())
	}
	return fmt.Sprintf("branch %q of %s moved from %s to %s meanwhile", e.Branch, e.Remote, e.Want.Short(), e.Found.Short())
}

// Hint names the next step.
func (e *MovedError) Hint() string { return "fetch it and try again on top of what is there" }

// RewindError is a push that would take commits away from a branch.
type RewindError struct {
	Branch string
	From   Commit // where the branch is
	To     Commit // where it was to go; From is not among its ancestors
}

func (e *RewindError) Error() string {
	return fmt.Sprintf("branch %q cannot go from %s to %s, which is not built on it: branches only move forward", e.Branch, e.From.Short(), e.To.Short())
}

// ConflictError says that two commits change the same files differently.
type ConflictError struct {
	Ours, Theirs Commit
	Paths        []string // sorted
}

func (e *ConflictError) Error() string {
	return fmt.Sprintf("commits %s and %s cannot be merged, both change: %s", e.Ours.Short(), e.Theirs.Short(), strings.Join(e.Paths, ", "))
}

// ShallowError says that an answer needs history that this clone was made
// without.
type ShallowError struct {
	Question string // "is 1234567 an ancestor of 89abcde"
}

func (e *ShallowError) Error() string {
	return fmt.Sprintf("%s: this clone is shallow, its history does not reach far enough to tell", e.Question)
}

// Hint names the next step.
func (e *ShallowError) Hint() string { return "get the rest with `git fetch --unshallow`" }
