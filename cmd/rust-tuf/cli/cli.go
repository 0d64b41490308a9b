package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/terminal"
	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/signer"
	"github.com/rust-lang/rust-tuf/signer/file"
	"github.com/rust-lang/rust-tuf/signer/piv"
	"github.com/spf13/cobra"
)

// command is what every verb shares: the world and the persistent flags.
type command struct {
	env    *Env
	json   bool
	shown  bool   // the object of --json is out: there is only one
	dir    string // -C
	remote string // where events are read
	push   string // where branches go
}

// report is the result of a verb. The value itself is the JSON object of
// --json; text is the same for people.
type report interface {
	text(w io.Writer)
}

// fileReport is a result that is a file by the rules of a format, line ends
// included.
type fileReport interface {
	report
	file() string
}

// Main runs the command with args (without the program's name) and returns
// the exit code. An interruption through ctx ends it with ExitInterrupted.
func Main(ctx context.Context, args []string, env *Env) int { return exitCode(run(ctx, args, env)) }

// run is Main with the error that was told, nil when all is done.
func run(ctx context.Context, args []string, env *Env) error {
	c := &command{env: env}
	root := c.rootCommand()
	root.SetArgs(append([]string{}, args...)) // nil would mean this process's own
	err := root.ExecuteContext(ctx)
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		err = errInterrupted
	}
	// A wrong flag before --json has kept it from being read.
	c.json = c.json || slices.Contains(args, "--json")
	c.explain(err)
	return err
}

var errInterrupted = &codedError{ExitInterrupted, errors.New("interrupted; nothing is lost: run the same command again")}

// hinted is an error that knows what to do next.
type hinted interface{ Hint() string }

// explain prints an error for people, and for programs if --json was given.
func (c *command) explain(err error) {
	var hint string
	var h hinted
	if errors.As(err, &h) {
		hint = h.Hint()
	}
	var findings []findingResult
	var refused *metadata.RefusedError
	if errors.As(err, &refused) {
		findings = findingsOf(refused.Findings)
		var b strings.Builder
		writeFindings(&b, findings)
		_ = writeText(c.env.Stderr, b.String())
	}
	if c.json && !c.shown {
		_ = writeJSON(c.env.Stdout, errorResult{err.Error(), hint, exitCode(err), findings, refusalOf(err)})
	}
	_ = writeText(c.env.Stderr, "rust-tuf: error: "+strings.ReplaceAll(err.Error(), "\n", "\n  ")+"\n")
	if hint != "" {
		_ = writeText(c.env.Stderr, "rust-tuf: hint: "+hint+"\n")
	}
}

// errorResult is the object of --json for a verb that has no result to show.
// A verb that has one (check, and sign where others are missing) shows that,
// and tells by its exit code.
type errorResult struct {
	Error string `json:"error"`
	Hint  string `json:"hint,omitempty"`
	Code  int    `json:"code"` // the exit code

	Findings []findingResult `json:"findings,omitempty"` // where the rules for a quorum refuse
	Refusal  *refusalResult  `json:"refusal,omitempty"`  // where a document is refused
}

// show prints a verb's result.
func (c *command) show(r report) error {
	if c.json {
		c.shown = true
		return writeJSON(c.env.Stdout, r)
	}
	if f, ok := r.(fileReport); ok {
		_, err := io.WriteString(c.env.Stdout, f.file())
		return err
	}
	var b strings.Builder
	r.text(&b)
	return writeText(c.env.Stdout, b.String())
}

// writeText prints text, line by line: each is made printable on its own, so
// that no name or reason from a repository can hide or fake a line.
func writeText(w io.Writer, text string) error {
	var b strings.Builder
	for line := range strings.Lines(text) {
		content, ended := strings.CutSuffix(line, "\n")
		b.WriteString(terminal.Printable(content))
		if ended {
			b.WriteByte('\n')
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

const longHelp = `rust-tuf gathers the signatures of a quorum on what rustup and cargo trust.

Members sign on their own machines. Each signature is one file in one pull
request. Nothing counts that the verifier inside rustup and cargo would not
accept.

Members:      key, member, trust, review, sign, bundle
Maintainers:  init, propose, rehearse, status, check, complete, gate, due, calendar
Everyone:     doctor, verify, log, runbook, demo

A member who signs for the first time, or not for a year, begins with
"rust-tuf runbook root-ceremony".

Exit codes: 0 done; 1 something did not work; 2 wrong command line; 3 refused;
4 your part is done, signatures by others are missing; 5 key, passphrase, PIN or
touch; 20 a defect in rust-tuf; 130 interrupted. "rust-tuf verify" has its own.`

func (c *command) rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:           "rust-tuf",
		Short:         "threshold signing of TUF metadata, through git",
		Long:          longHelp,
		Version:       version(),
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          noArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetOut(c.env.Stdout)
	root.SetErr(c.env.Stderr)
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SetHelpCommand(helpCommand(root))
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usage(fmt.Errorf("%w; see `%s --help`", err, cmd.CommandPath()))
	})
	flags := root.PersistentFlags()
	flags.BoolVar(&c.json, "json", false, "print one JSON object and nothing else on standard output")
	flags.StringVarP(&c.dir, "dir", "C", "", "work in the clone at this `folder` instead of the current one")
	flags.StringVar(&c.remote, "remote", "", "git `remote` that holds the events (default: upstream if there is one, else origin)")
	flags.StringVar(&c.push, "push-to", "", "git `remote` that branches are pushed to (default: origin); a fork is fine")
	root.AddCommand(c.initCommand(), c.keyCommand(), c.trustCommand(), c.memberCommand(), c.proposeCommand(), c.rehearseCommand(), c.reviewCommand(),
		c.signCommand(), c.bundleCommand(), c.statusCommand(), c.checkCommand(), c.completeCommand(), c.gateCommand(), c.dueCommand(), c.calendarCommand(), c.logCommand(), c.verifyCommand(), c.doctorCommand(), c.runbookCommand(), c.demoCommand())
	return root
}

// version is the module's version, as the Go tool recorded it when building.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" || info.Main.Version == "(devel)" {
		return "development"
	}
	return info.Main.Version
}

// noArgs and argsBetween are cobra's, with our exit code and words.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		if cmd.HasSubCommands() {
			return noCommand(cmd, args[0])
		}
		return usage(fmt.Errorf("`%s` takes no arguments, but %q was given; see `%s --help`", cmd.CommandPath(), args[0], cmd.CommandPath()))
	}
	return nil
}

func noCommand(cmd *cobra.Command, name string) error {
	cmd.SuggestionsMinimumDistance = 2 // letters
	if similar := cmd.SuggestionsFor(name); len(similar) > 0 {
		return usage(fmt.Errorf("there is no command %q; did you mean `%s %s`?", name, cmd.CommandPath(), similar[0]))
	}
	return usage(fmt.Errorf("there is no command %q; see `%s --help`", name, cmd.CommandPath()))
}

// helpCommand is cobra's, with our words and exit code.
func helpCommand(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:   "help [command]",
		Short: "help about any command",
		RunE: func(_ *cobra.Command, args []string) error {
			cmd, rest, err := root.Find(args)
			if err != nil || len(rest) > 0 {
				return noCommand(cmd, args[len(args)-len(rest)])
			}
			cmd.InitDefaultHelpFlag()
			return cmd.Help()
		},
	}
}

func argsBetween(least, most int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) < least || len(args) > most {
			return usage(fmt.Errorf("`%s` was given %d arguments; usage: %s", cmd.CommandPath(), len(args), cmd.UseLine()))
		}
		return nil
	}
}

// group is a verb that only holds others.
func group(use, short string, children ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{Use: use, Short: short, Args: noArgs, RunE: func(cmd *cobra.Command, _ []string) error {
		return usage(fmt.Errorf("say which: %s", strings.Join(childNames(children), ", ")))
	}}
	cmd.AddCommand(children...)
	return cmd
}

func childNames(children []*cobra.Command) []string {
	var names []string
	for _, c := range children {
		names = append(names, "`"+c.CommandPath()+"`")
	}
	return names
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
