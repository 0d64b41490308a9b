package frame

import (
	"fmt"
	"runtime/debug"
	"strings"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
	"github.com/spf13/cobra"
)

// Root is the command of a whole program: cobra's, with our words, our exit codes
// and --json.
func (f *Frame) Root(short, long string) *cobra.Command {
	root := &cobra.Command{
		Use:           f.Program,
		Short:         short,
		Long:          long,
		Version:       Version(),
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          NoArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SetHelpCommand(helpCommand(root))
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return exit.With(exit.Usage, fmt.Errorf("%w; see `%s --help`", err, cmd.CommandPath()))
	})
	root.PersistentFlags().BoolVar(&f.JSON, "json", false, "print one JSON object and nothing else on standard output")
	return root
}

// Version is the module's version, as the Go tool recorded it when building.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" || info.Main.Version == "(devel)" {
		return "development"
	}
	return info.Main.Version
}

// NoArgs and Args are cobra's, with our exit code and words.
func NoArgs(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if cmd.HasSubCommands() {
		return noCommand(cmd, args[0])
	}
	return exit.With(exit.Usage, fmt.Errorf("`%s` takes no arguments, but %q was given; see `%s --help`", cmd.CommandPath(), args[0], cmd.CommandPath()))
}

// Args refuses fewer arguments than least and more than most.
func Args(least, most int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) < least || len(args) > most {
			return exit.With(exit.Usage, fmt.Errorf("`%s` was given %d arguments; usage: %s", cmd.CommandPath(), len(args), cmd.UseLine()))
		}
		return nil
	}
}

func noCommand(cmd *cobra.Command, name string) error {
	cmd.SuggestionsMinimumDistance = 2 // letters
	if similar := cmd.SuggestionsFor(name); len(similar) > 0 {
		return exit.With(exit.Usage, fmt.Errorf("there is no command %q; did you mean `%s %s`?", name, cmd.CommandPath(), similar[0]))
	}
	return exit.With(exit.Usage, fmt.Errorf("there is no command %q; see `%s --help`", name, cmd.CommandPath()))
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

// Group is a verb that only holds others.
func Group(use, short string, children ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{Use: use, Short: short, Args: NoArgs, RunE: func(cmd *cobra.Command, _ []string) error {
		return exit.With(exit.Usage, fmt.Errorf("say which: %s", strings.Join(childNames(children), ", ")))
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
