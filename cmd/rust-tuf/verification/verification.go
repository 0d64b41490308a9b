// Package verification is the verb verify, for whoever wants to know what clients
// would say: `rust-tuf verify`, and the small program rust-tuf-verify, which has
// nothing else. Nothing here holds a key, speaks to a card or runs git.
package verification

import (
	"context"
	"errors"
	"io/fs"
	"time"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/frame"
	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/terminal"
	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/words"
	"github.com/rust-lang/rust-tuf/signer"
	"github.com/rust-lang/rust-tuf/verify"
	"github.com/spf13/cobra"
)

// Host is the world around the verb.
type Host struct {
	*frame.Frame
	Command  string           // in front of the verbs, as a person types it: "rust-tuf verify"
	Now      func() time.Time // read once by each verb
	Dir      string           // that file names are relative to
	Terminal terminal.Terminal
}

// Commands are the verbs.
func Commands(h Host) []*cobra.Command {
	v := &verifier{h}
	return []*cobra.Command{v.rootCommand(), v.targetCommand(), v.bundleCommand(), v.replaceCommand()}
}

type verifier struct{ Host }

// report is the result of a verb. The value itself is the JSON object of
// --json; text is the same for people.
type report interface {
	text(w *words.Lines)
}

func (v *verifier) show(r report) error { return v.Show(r, r.text) }

// path is a file name as the user means it.
func (v *verifier) path(name string) string { return frame.Path(v.Dir, name) }

// ExitCode is the code for an error that one of these verbs returned.
func ExitCode(err error) int {
	code, chosen := exit.CodeOf(err)
	switch {
	case err == nil:
		return exit.Done
	case isInterrupted(err):
		return exit.Interrupted
	case chosen:
		return code
	case IsRefusal(err):
		return exit.Rejected
	}
	return exit.Other
}

// codeOf splits exit.Rejected for the callers of these verbs, which are programs:
// it says what was refused.
func codeOf(err error) int {
	switch {
	case is[*verify.ExpiredError](err):
		return exit.Expired
	case is[*verify.ThresholdError](err):
		return exit.Threshold
	case is[*verify.VersionError](err):
		return exit.Rollback
	case is[*verify.FormatError](err), is[*verify.LimitError](err):
		return exit.Format
	case is[*verify.ContentError](err):
		return exit.Hash
	case is[*verify.NotFoundError](err):
		return exit.Unknown
	case isInterrupted(err):
		return exit.Interrupted
	case is[*fs.PathError](err):
		return exit.Other
	}
	return exit.Rejected
}

func isInterrupted(err error) bool {
	return errors.Is(err, context.Canceled) || is[*signer.CancelledError](err)
}

// IsRefusal tells whether a document, or a store, was judged and refused, as opposed to
// something not having worked.
func IsRefusal(err error) bool {
	return is[*verify.FormatError](err) || is[*verify.LimitError](err) || is[*verify.RepositoryError](err) || is[*verify.RoleError](err) ||
		is[*verify.PinError](err) || is[*verify.ThresholdError](err) || is[*verify.VersionError](err) || is[*verify.DelegationError](err) ||
		is[*verify.StoreFormatError](err)
}

func is[E error](err error) bool {
	var e E
	return errors.As(err, &e)
}
