// Package terminal speaks with the person at the terminal. The rules are:
//
//   - What needs a person goes to the terminal itself, whatever standard input
//     and output are connected to: prompts, questions, and the answers. Data
//     goes to standard output and everything else to standard error; neither is
//     this package's business.
//
//   - Answers are typed. A secret or a yes is never taken from a pipe or a file;
//     where there is no terminal there is no answer: [ErrNoTerminal].
//
//   - Echo is off before the prompt for a secret appears and on again whatever
//     happens then, short of SIGKILL. What was typed of a secret that is
//     cancelled is discarded, so that no shell reads it.
//
//   - Yes is the whole word "yes". Everything else is no.
//
//   - One prompt is one plain line: no colour, no cursor movement, nothing
//     erased. A screen reader reads it in order.
//
//   - Text from elsewhere (names, reasons, file names) cannot steer the terminal
//     or fake a line: [Printable].
package terminal

import (
	"context"
	"strings"

	"github.com/rust-lang/rust-tuf/signer"
)

// Terminal is where a person reads and types. [Console] is the real one.
type Terminal interface {
	// ReadLine shows prompt and returns the line that is typed, without its
	// end. Errors are ErrNoTerminal, *signer.CancelledError when ctx or the
	// input ends, or the system's.
	ReadLine(ctx context.Context, prompt string) (string, error)

	// Secret is ReadLine for a secret, which is not shown while it is typed.
	// The slice is the caller's, who wipes it after use.
	Secret(ctx context.Context, prompt string) ([]byte, error)

	// Message shows one line.
	Message(text string) error
}

// Confirm asks a question on t. Only the word yes, typed in full, is a yes.
func Confirm(ctx context.Context, t Terminal, question string) (bool, error) {
	answer, err := t.ReadLine(ctx, question+" (type yes to agree)")
	return err == nil && strings.TrimSpace(answer) == "yes", err
}

// UI returns the callbacks through which a key speaks with the person at t.
func UI(t Terminal) signer.UI {
	return signer.UI{
		Message: t.Message,
		Secret:  t.Secret,
		Confirm: func(ctx context.Context, question string) (bool, error) { return Confirm(ctx, t, question) },
		Waiting: signer.Announce(t.Message),
	}
}

// ErrNoTerminal is a question where no terminal is at hand. It is a
// signer.ErrNobody too.
var ErrNoTerminal error = noTerminal{}

type noTerminal struct{}

func (noTerminal) Error() string {
	return "no terminal to ask on: a secret or a yes is never read from a pipe or a file"
}

// Hint says where to run the command.
func (noTerminal) Hint() string { return "run the command in a terminal; with ssh, add -t" }

// Is makes this a signer.ErrNobody.
func (noTerminal) Is(target error) bool { return target == signer.ErrNobody }
