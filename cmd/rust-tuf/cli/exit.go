package cli

import (
	"context"
	"errors"
	"io/fs"

	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/metadata/carried"
	"github.com/rust-lang/rust-tuf/metadata/git"
	"github.com/rust-lang/rust-tuf/metadata/rehearsal"
	"github.com/rust-lang/rust-tuf/roles"
	"github.com/rust-lang/rust-tuf/signer"
	"github.com/rust-lang/rust-tuf/signer/file"
	"github.com/rust-lang/rust-tuf/signer/trust"
	"github.com/rust-lang/rust-tuf/verify"
)

// Exit codes. Scripts may rely on them; docs/architecture.md lists them.
const (
	ExitDone        = 0   // everything that was asked for is done
	ExitOther       = 1   // anything that has no code of its own
	ExitUsage       = 2   // the command line is wrong
	ExitRejected    = 3   // something was judged and refused
	ExitPending     = 4   // your part is done, signatures are missing
	ExitCard        = 5   // card, PIN, passphrase or touch
	ExitExpired     = 10  // verify, status --at: past its expiry
	ExitThreshold   = 11  // verify: below a threshold
	ExitRollback    = 12  // verify: older than what is trusted, or not the next version
	ExitFormat      = 13  // verify: malformed or over a limit
	ExitUnknown     = 14  // verify: no such target
	ExitHash        = 15  // verify: wrong hash or length
	ExitInternal    = 20  // a defect in this program
	ExitInterrupted = 130 // interrupted from the keyboard
)

// codedError carries the exit code that a verb chose for an error.
type codedError struct {
	code int
	err  error
}

func (e *codedError) Error() string { return e.err.Error() }
func (e *codedError) Unwrap() error { return e.err }

func rejected(err error) error { return &codedError{ExitRejected, err} }

func usage(err error) error { return &codedError{ExitUsage, err} }

// exitCode finds the code for an error: the verb's own choice, else by type.
func exitCode(err error) int {
	var coded *codedError
	var pending *metadata.PendingError
	switch {
	case err == nil:
		return ExitDone
	case errors.Is(err, context.Canceled), is[*signer.CancelledError](err):
		return ExitInterrupted
	case errors.As(err, &coded):
		return coded.code
	case errors.As(err, &pending):
		return ExitPending
	case isCard(err):
		return ExitCard
	case isRefusal(err):
		return ExitRejected
	}
	return ExitOther
}

// verifyCode splits ExitRejected for `verify`, whose callers are programs.
func verifyCode(err error) int {
	var expired *verify.ExpiredError
	var threshold *verify.ThresholdError
	var version *verify.VersionError
	var format *verify.FormatError
	var limit *verify.LimitError
	var content *verify.ContentError
	var unknown *verify.NotFoundError
	switch {
	case errors.As(err, &expired):
		return ExitExpired
	case errors.As(err, &threshold):
		return ExitThreshold
	case errors.As(err, &version):
		return ExitRollback
	case errors.As(err, &format), errors.As(err, &limit):
		return ExitFormat
	case errors.As(err, &content):
		return ExitHash
	case errors.As(err, &unknown):
		return ExitUnknown
	}
	if code := exitCode(err); code != ExitOther || is[*fs.PathError](err) {
		return code
	}
	return ExitRejected
}

// isRefusal tells whether something was judged and refused, as opposed to not
// having worked.
func isRefusal(err error) bool {
	return is[*metadata.TreeError](err) || is[*metadata.FileError](err) || is[*metadata.StaleError](err) ||
		is[*metadata.ConflictError](err) || is[*metadata.PayloadError](err) || is[*metadata.InstantError](err) || is[*metadata.TestRootsError](err) || is[*metadata.RehearsalError](err) || is[*metadata.HandoverError](err) || is[*metadata.SupersededError](err) || is[*metadata.BelowError](err) ||
		is[*metadata.ClosedError](err) || is[*metadata.SignatureFileError](err) || is[*metadata.HistoryError](err) ||
		is[*metadata.SecondOpinionError](err) || is[*metadata.RefusedError](err) || is[*metadata.UnknownEventError](err) ||
		is[*roles.SyntaxError](err) || is[*roles.ReferenceError](err) || is[*roles.DuplicateKeyError](err) ||
		is[*verify.FormatError](err) || is[*verify.LimitError](err) || is[*verify.RepositoryError](err) || is[*verify.RoleError](err) ||
		is[*verify.PinError](err) || is[*verify.ThresholdError](err) || is[*verify.VersionError](err) || is[*verify.DelegationError](err) || is[*NoPinError](err) ||
		is[*trust.ConflictError](err) || is[*trust.PinExistsError](err) || is[*trust.SupersededError](err) ||
		is[*git.PathError](err) || is[*git.LimitError](err) || is[*file.ExistsError](err) || is[*mergedError](err) || is[*MadeOtherwiseError](err) ||
		is[*rehearsal.UnplayableError](err) || is[*rehearsal.FailedError](err) ||
		is[*carried.FormatError](err) || is[*carried.EmptyError](err) || is[*carried.PlaceError](err) || is[*FileTakenError](err) ||
		is[*UnknownMemberError](err) || is[*LostAlreadyError](err)
}

func is[E error](err error) bool {
	var e E
	return errors.As(err, &e)
}
