package cli

import (
	"context"
	"errors"
	"io"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/frame"
	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/verification"
	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/words"
	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/signer"
	"github.com/rust-lang/rust-tuf/signer/file"
	"github.com/rust-lang/rust-tuf/signer/piv"
	"github.com/spf13/cobra"
)

// command is what every verb shares: the world and the persistent flags.
type command struct {
	*frame.Frame
	env    *Env
	dir    string // -C
	remote string // where events are read
	push   string // where branches go
}

// report is the result of a verb. The value itself is the JSON object of
// --json; text is the same for people.
type report interface {
	text(w *words.Lines)
}

// fileReport is a result that is a file by the rules of a format, line ends
// included.
type fileReport interface {
	report
	file() string
}

func newCommand(env *Env) *command {
	return &command{Frame: &frame.Frame{Program: "rust-tuf", Stdout: env.Stdout, Stderr: env.Stderr}, env: env}
}

// Main runs the command with args (without the program's name) and returns
// the exit code. An interruption through ctx ends it with exit.Interrupted.
func Main(ctx context.Context, args []string, env *Env) int { return exitCode(run(ctx, args, env)) }

// run is Main with the error that was told, nil when all is done.
func run(ctx context.Context, args []string, env *Env) error {
	c := newCommand(env)
	err := c.Execute(ctx, c.rootCommand(), args)
	if err != nil {
		c.explain(err)
	}
	return err
}

// hinted is an error that knows what to do next.
type hinted interface{ Hint() string }

// explain prints an error for people, and for programs if --json was given.
func (c *command) explain(err error) {
	failure := frame.Failure{Code: exitCode(err)}
	var refused *metadata.RefusedError
	if errors.As(err, &refused) {
		findings := findingsOf(refused.Findings)
		failure.Findings = findings
		var b words.Lines
		writeFindings(&b, findings)
		_ = frame.WriteText(c.Stderr, b.String())
	}
	if refusal := verification.RefusalOf(err); refusal != nil {
		failure.Refusal = refusal
	}
	c.Explain(err, failure)
}

// show prints a verb's result.
func (c *command) show(r report) error {
	if f, ok := r.(fileReport); ok && !c.JSON {
		_, err := io.WriteString(c.Stdout, f.file())
		return err
	}
	return c.Show(r, r.text)
}

const longHelp = `rust-tuf gathers the signatures of a quorum on what rustup and cargo trust.

Members sign on their own machines. Each signature is one file in one pull
request. Nothing counts that the verifier of the clients would not accept. All
that belongs to one change, from its proposal to its publication, is an event.

Members:      key, member, trust, review, sign, bundle
Maintainers:  init, propose, rehearse, status, check, complete, publish, gate, due, calendar
Everyone:     doctor, verify, log, runbook, demo

A member who signs for the first time, or not for a year, begins with
"rust-tuf runbook root-ceremony".

Exit codes: 0 done; 1 something did not work; 2 wrong command line; 3 refused;
4 your part is done, signatures by others are missing; 5 key, passphrase, PIN or
touch; 20 a defect in rust-tuf; 130 interrupted. "rust-tuf verify" has its own.`

func (c *command) rootCommand() *cobra.Command {
	root := c.Root("threshold signing of TUF metadata, through git", longHelp)
	flags := root.PersistentFlags()
	flags.StringVarP(&c.dir, "dir", "C", "", "work in the clone at this `folder` instead of the current one")
	flags.StringVar(&c.remote, "remote", "", "git `remote` that holds the events (default: upstream if there is one, else origin)")
	flags.StringVar(&c.push, "push-to", "", "git `remote` that branches are pushed to (default: origin); a fork is fine")
	root.AddCommand(c.initCommand(), c.keyCommand(), c.trustCommand(), c.memberCommand(), c.proposeCommand(), c.rehearseCommand(), c.reviewCommand(),
		c.signCommand(), c.bundleCommand(), c.statusCommand(), c.checkCommand(), c.completeCommand(), c.publishCommand(), c.gateCommand(), c.dueCommand(), c.calendarCommand(), c.logCommand(), c.verifyCommand(), c.doctorCommand(), c.runbookCommand(), c.demoCommand())
	return root
}

func (c *command) verifyCommand() *cobra.Command {
	host := verification.Host{Frame: c.Frame, Command: "rust-tuf verify", Now: c.env.Now, Dir: c.env.Dir, Terminal: c.env.Terminal}
	return frame.Group("verify", "verify as clients do", verification.Commands(host)...)
}

// isCard tells whether an error is about a key and the person holding it.
func isCard(err error) bool {
	return is[*signer.KeyError](err) || is[*signer.WrongKeyError](err) || is[*signer.BadSignatureError](err) ||
		is[*signer.NoKeyError](err) || is[*signer.WrongSecretError](err) || is[*file.PassphraseError](err) ||
		errors.Is(err, signer.ErrNoTouch) || errors.Is(err, signer.ErrRemoved) || isYubiKey(err)
}

// isYubiKey tells whether a card, or the way to one, is the reason.
func isYubiKey(err error) bool {
	return isUnasked(err) || is[*NoCardError](err) || is[*KeyGoneError](err) || is[*UnwipedError](err) || is[*DifferentError](err) || is[*piv.BusyError](err) || is[*piv.NoPIVError](err) || is[*piv.CardError](err) ||
		is[*piv.NotThisCardError](err) || is[*piv.NotThisKeyError](err) || is[*piv.EmptyError](err) || is[*piv.UnusableKeyError](err) ||
		is[*piv.BlockedError](err) || is[*piv.FewerTriesError](err) || is[*piv.LengthError](err) || is[*piv.FactoryError](err) ||
		is[*piv.RefusedError](err) || is[*piv.FirmwareError](err) || is[*piv.NotGeneratedError](err) || is[*piv.ManagementKeyError](err)
}
