// Package exit is how the programs of this project end: the codes that scripts
// may rely on, and the errors that carry one.
package exit

import "errors"

// The codes; docs/architecture.md lists them.
const (
	Done        = 0   // everything that was asked for is done
	Other       = 1   // anything that has no code of its own
	Usage       = 2   // the command line is wrong
	Rejected    = 3   // something was judged and refused
	Pending     = 4   // your part is done, signatures are missing
	Card        = 5   // card, PIN, passphrase or touch
	Expired     = 10  // verify, status --at, due: past its expiry
	Threshold   = 11  // verify: below a threshold
	Rollback    = 12  // verify: older than what is trusted, or not the next version
	Format      = 13  // verify: malformed or over a limit
	Unknown     = 14  // verify: no such target
	Hash        = 15  // verify: wrong hash or length
	Internal    = 20  // a defect in this program
	Interrupted = 130 // interrupted from the keyboard
)

// Error is an error for which a verb has chosen the code.
type Error struct {
	Code int
	Err  error
}

func (e *Error) Error() string { return e.Err.Error() }

// Unwrap returns what went wrong.
func (e *Error) Unwrap() error { return e.Err }

// With gives an error a code.
func With(code int, err error) error { return &Error{code, err} }

// CodeOf is the code that a verb chose, if any did.
func CodeOf(err error) (int, bool) {
	var chosen *Error
	if !errors.As(err, &chosen) {
		return 0, false
	}
	return chosen.Code, true
}
