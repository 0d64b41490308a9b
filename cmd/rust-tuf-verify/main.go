// Command rust-tuf-verify is `rust-tuf verify` as a program of its own, for
// machines that only check: it cannot sign, and holds no code for cards or git.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"time"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/frame"
	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/terminal"
	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/verification"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

const (
	program = "rust-tuf-verify"

	long = program + ` says what clients of a TUF repository would trust, and why: which
root is reached from one that you hold, and what is promised of a file.

It is "rust-tuf verify" as a program of its own, for machines that only check.

Exit codes: 0 trusted; 1 something did not work; 2 wrong command line; 10 expired;
11 below a threshold; 12 older than what is trusted; 13 malformed or too large;
14 nobody vouches for it; 15 another length or hash; 3 any other refusal;
20 a defect in ` + program + `; 130 interrupted.`
)

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	f := &frame.Frame{Program: program, Stdout: stdout, Stderr: stderr}
	root := f.Root("what clients of a TUF repository would trust, and why", long)
	root.AddCommand(verification.Commands(verification.Host{
		Frame: f, Command: program, Now: time.Now, Terminal: &terminal.Console{In: os.Stdin, Err: stderr},
	})...)
	err := f.Execute(ctx, root, args)
	if err == nil {
		return exit.Done
	}
	failure := frame.Failure{Code: verification.ExitCode(err)}
	if refusal := verification.RefusalOf(err); refusal != nil {
		failure.Refusal = refusal
	}
	f.Explain(err, failure)
	return failure.Code
}
