// Package frame is what surrounds every verb of every program: one result on
// standard output, as text or as one JSON object; one error on standard error;
// help and refusals of the command line in the same words.
package frame

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/words"
	"github.com/spf13/cobra"
)

// Frame is one run of a program.
type Frame struct {
	Program        string // its name, as errors begin with it
	Stdout, Stderr io.Writer
	JSON           bool // --json

	shown bool // the object of --json is out: there is only one
}

// Execute runs the command that args (without the program's name) ask for. A panic
// is a [*DefectError]; one in another goroutine than this (a card, a
// terminal) still ends the program as Go does.
func (f *Frame) Execute(ctx context.Context, root *cobra.Command, args []string) (err error) {
	defer func() {
		if panicked := recover(); panicked != nil {
			err = defect(panicked)
		}
		// What went wrong before --json was read has kept it from being read.
		f.JSON = f.JSON || slices.Contains(args, "--json")
	}()
	root.SetOut(f.Stdout)
	root.SetErr(f.Stderr)
	root.SetArgs(append([]string{}, args...)) // nil would mean this process's own
	err = root.ExecuteContext(ctx)
	if err != nil && ctx.Err() != nil {
		err = errInterrupted
	}
	return err
}

var errInterrupted = exit.With(exit.Interrupted, errors.New("interrupted; nothing is lost: run the same command again"))

// Show prints a verb's result: value as the object of --json, or what text
// writes.
func (f *Frame) Show(value any, text func(*words.Lines)) error {
	if f.JSON {
		f.shown = true
		return f.writeJSON(value)
	}
	var lines words.Lines
	text(&lines)
	return WriteText(f.Stdout, lines.String())
}

// hinted is an error that knows what to do next.
type hinted interface{ Hint() string }

// Failure is the object of --json for a verb that has no result to show. A verb
// that has one (check, and sign where others are missing) shows that, and tells
// by its exit code.
type Failure struct {
	Error string `json:"error"`
	Hint  string `json:"hint,omitempty"`
	Code  int    `json:"code"` // the exit code

	Findings any `json:"findings,omitempty"` // where the rules for a quorum refuse
	Refusal  any `json:"refusal,omitempty"`  // where a document is refused
}

// Explain prints an error for people, and for programs if --json was given. Error
// and Hint of the failure are taken from err.
func (f *Frame) Explain(err error, failure Failure) {
	failure.Error = err.Error()
	var h hinted
	if errors.As(err, &h) {
		failure.Hint = h.Hint()
	}
	if f.JSON && !f.shown {
		_ = f.writeJSON(failure)
	}
	_ = WriteText(f.Stderr, f.Program+": error: "+strings.ReplaceAll(failure.Error, "\n", "\n  ")+"\n")
	if failure.Hint != "" {
		_ = WriteText(f.Stderr, f.Program+": hint: "+failure.Hint+"\n")
	}
}

func (f *Frame) writeJSON(v any) error {
	enc := json.NewEncoder(f.Stdout)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// WriteText prints text, line by line: each is made printable on its own, so that
// none can hide another. That none is faked is for [words.Lines] to see to.
func WriteText(w io.Writer, text string) error {
	var lines words.Lines
	lines.Add(text)
	_, err := io.WriteString(w, lines.String())
	return err
}
