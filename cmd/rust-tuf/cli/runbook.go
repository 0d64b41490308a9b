package cli

import (
	"fmt"
	"strings"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/frame"
	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/words"
	"github.com/rust-lang/rust-tuf/runbook"
	"github.com/spf13/cobra"
)

func (c *command) runbookCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "runbook [name]",
		Short: "print a ceremony step by step",
		Args:  frame.Args(0, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return c.show(&runbookList{runbook.Names()})
			}
			text, ok := runbook.Text(args[0])
			if !ok {
				return usage(fmt.Errorf("there is no runbook %q; there are: %s", args[0], strings.Join(runbook.Names(), ", ")))
			}
			return c.show(&runbookResult{args[0], text})
		},
	}
}

type runbookList struct {
	Names []string `json:"names"`
}

func (r *runbookList) text(w *words.Lines) {
	for _, n := range r.Names {
		w.Printf("%s\n", n)
	}
	w.Printf("Next: `rust-tuf runbook <name>` prints one.\n")
}

type runbookResult struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

func (r *runbookResult) text(w *words.Lines) { w.Add(r.Text) }
