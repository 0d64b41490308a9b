package cli

import (
	"context"
	"errors"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/verification"
	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/metadata/carried"
	"github.com/rust-lang/rust-tuf/metadata/git"
	"github.com/rust-lang/rust-tuf/metadata/rehearsal"
	"github.com/rust-lang/rust-tuf/roles"
	"github.com/rust-lang/rust-tuf/signer"
	"github.com/rust-lang/rust-tuf/signer/file"
	"github.com/rust-lang/rust-tuf/signer/trust"
)

func rejected(err error) error { return exit.With(exit.Rejected, err) }

func usage(err error) error { return exit.With(exit.Usage, err) }

// exitCode finds the code for an error: the verb's own choice, else by type.
func exitCode(err error) int {
	var pending *metadata.PendingError
	code, chosen := exit.CodeOf(err)
	switch {
	case err == nil:
		return exit.Done
	case errors.Is(err, context.Canceled), is[*signer.CancelledError](err):
		return exit.Interrupted
	case chosen:
		return code
	case errors.As(err, &pending):
		return exit.Pending
	case isCard(err):
		return exit.Card
	case isRefusal(err):
		return exit.Rejected
	}
	return exit.Other
}

// isRefusal tells whether something was judged and refused, as opposed to not
// having worked.
func isRefusal(err error) bool {
	return is[*metadata.TreeError](err) || is[*metadata.FileError](err) || is[*metadata.StaleError](err) ||
		is[*metadata.ConflictError](err) || is[*metadata.PayloadError](err) || is[*metadata.InstantError](err) || is[*metadata.TestRootsError](err) || is[*metadata.RehearsalError](err) || is[*metadata.HandoverError](err) || is[*metadata.SupersededError](err) || is[*metadata.BelowError](err) ||
		is[*metadata.ClosedError](err) || is[*metadata.SignatureFileError](err) || is[*metadata.HistoryError](err) ||
		is[*metadata.SecondOpinionError](err) || is[*metadata.RefusedError](err) || is[*metadata.UnknownEventError](err) ||
		is[*roles.SyntaxError](err) || is[*roles.ReferenceError](err) || is[*roles.DuplicateKeyError](err) ||
		verification.IsRefusal(err) || is[*NoPinError](err) ||
		is[*trust.ConflictError](err) || is[*trust.PinExistsError](err) || is[*trust.SupersededError](err) ||
		is[*git.PathError](err) || is[*git.LimitError](err) || is[*file.ExistsError](err) || is[*mergedError](err) || is[*MadeOtherwiseError](err) ||
		is[*rehearsal.UnplayableError](err) || is[*rehearsal.FailedError](err) || is[*NoProposalError](err) ||
		is[*carried.FormatError](err) || is[*carried.EmptyError](err) || is[*carried.PlaceError](err) || is[*FileTakenError](err) ||
		is[*UnknownMemberError](err) || is[*LostAlreadyError](err)
}

func is[E error](err error) bool {
	var e E
	return errors.As(err, &e)
}
