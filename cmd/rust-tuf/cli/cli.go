package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"strings"

	"github.com/rust-lang/rust-tuf/signer"
	"github.com/spf13/cobra"
)

// command is what every verb shares: the world and the persistent flags.
type command struct {
	env    *Env
	json   bool
	dir    string // -C
	remote string // where events are read
	push   string // where branches go
}

// report is the result of a verb. The value itself is the JSON object of
// --json; text is the same for people.
type report interface {
	text(w io.Writer)
}

// Main runs the command with args (without the program's name) and returns
// the exit code. An interruption through ctx ends it with ExitInterrupted.
func Main(ctx context.Context, args []string, env *Env) int {
	c := &command{env: env}
	root := c.rootCommand()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return ExitDone
	}
	if ctx.Err() != nil {
		fmt.Fprintln(env.Stderr, "\nrust-tuf: interrupted; nothing is lost: run the same command again")
		return ExitInterrupted
	}
	c.explain(err)
	return exitCode(err)
}

// hinted is an error that knows what to do next.
type hinted interface{ Hint() string }

// explain prints an error for people, and for programs if --json was given.
func (c *command) explain(err error) {
	var hint string
	var h hinted
	if errors.As(err, &h) {
		hint = h.Hint()
	}
	if c.json {
		_ = writeJSON(c.env.Stdout, struct {
			Error string `json:"error"`
			Hint  string `json:"hint,omitempty"`
			Code  int    `json:"code"`
		}{err.Error(), hint, exitCode(err)})
	}
	fmt.Fprintf(c.env.Stderr, "rust-tuf: error: %s\n", strings.ReplaceAll(err.Error(), "\n", "\n  "))
	if hint != "" {
		fmt.Fprintf(c.env.Stderr, "rust-tuf: hint: %s\n", hint)
	}
}

// show prints a verb's result.
func (c *command) show(r report) error {
	if c.json {
		return writeJSON(c.env.Stdout, r)
	}
	var b strings.Builder
	r.text(&b)
	_, err := io.WriteString(c.env.Stdout, b.String())
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

Members:      trust init, review, sign
Maintainers:  init, member add, propose, status, check, complete
Everyone:     verify root, runbook, demo`

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
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usage(fmt.Errorf("%w; see `%s --help`", err, cmd.CommandPath()))
	})
	flags := root.PersistentFlags()
	flags.BoolVar(&c.json, "json", false, "print one JSON object and nothing else on standard output")
	flags.StringVarP(&c.dir, "dir", "C", "", "work in the clone at this `folder` instead of the current one")
	flags.StringVar(&c.remote, "remote", "", "git `remote` that holds the events (default: upstream if there is one, else origin)")
	flags.StringVar(&c.push, "push-to", "", "git `remote` that branches are pushed to (default: origin); a fork is fine")
	root.AddCommand(c.initCommand(), c.keyCommand(), c.trustCommand(), c.memberCommand(), c.proposeCommand(), c.reviewCommand(),
		c.signCommand(), c.statusCommand(), c.checkCommand(), c.completeCommand(), c.verifyCommand(), c.runbookCommand(), c.demoCommand())
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
			return usage(fmt.Errorf("there is no command %q; see `%s --help`", args[0], cmd.CommandPath()))
		}
		return usage(fmt.Errorf("`%s` takes no arguments, but %q was given; see `%s --help`", cmd.CommandPath(), args[0], cmd.CommandPath()))
	}
	return nil
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
	var key *signer.KeyError
	var wrong *signer.WrongKeyError
	var bad *signer.BadSignatureError
	var none *signer.NoKeyError
	var secret *signer.WrongSecretError
	return errors.As(err, &key) || errors.As(err, &wrong) || errors.As(err, &bad) || errors.As(err, &none) || errors.As(err, &secret)
}
