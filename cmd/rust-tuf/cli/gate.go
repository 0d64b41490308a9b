package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/frame"
	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/words"
	"github.com/rust-lang/rust-tuf/metadata/git"
	"github.com/spf13/cobra"
)

func (c *command) gateCommand() *cobra.Command {
	var o gateOptions
	cmd := &cobra.Command{
		Use:   "gate",
		Short: "keep the gate: judge every open pull request, merge what a machine may merge",
		Long: `gate is for a machine. It judges each open pull request as ` + "`rust-tuf check`" + ` does, by
what merging it into the default branch would change; it writes the verdict at the
commit and the report on the page. Nothing of a branch is run, or even checked out.

With --merge it merges those that add one valid signature that its event still needs,
and nothing else, each if its head is still the one that was judged; looks at what came
of it, and judges again what was judged before. When an event has all its signatures,
it proposes the completion, which a person merges, and closes further signatures with
thanks.

A pull request that cannot be read is refused as any other that must not be merged. One
that could not be judged, or a completion that could not be proposed, is an error.

One run does all that can be done, so no step waits for another one to be started:
where a forge starts nothing for what a machine has pushed, nothing has to be.

With --raise, what went wrong stands in one issue, which the next good run closes.`,
		Args: frame.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.runGate(cmd.Context(), o) },
	}
	f := cmd.Flags()
	f.BoolVar(&o.merge, "merge", false, "merge signatures, and propose completions")
	f.BoolVar(&o.raise, "raise", false, "keep one issue while this job fails")
	f.BoolVar(&o.dryRun, "dry-run", false, "say what would be done, and do nothing")
	return cmd
}

type gateOptions struct{ merge, raise, dryRun bool }

// gateRun is what one run of the gate has done.
type gateRun struct {
	Source    string          `json:"source"`
	Judged    []judgedPull    `json:"judged"`
	Completed []*completedRun `json:"completed"` // events of which the completion was proposed
	DryRun    bool            `json:"dry_run"`
}

// judgedPull is one open pull request.
type judgedPull struct {
	Number   int      `json:"number"`
	Title    string   `json:"title"`
	Head     string   `json:"head"`
	Kind     string   `json:"kind,omitempty"`
	Accepted bool     `json:"accepted"`
	Machine  bool     `json:"machine_may_merge"`
	Surplus  bool     `json:"not_needed,omitempty"` // a signature that its event does not need any more
	Blocks   int      `json:"blocks_next_proposal,omitempty"`
	Who      string   `json:"who_must_act,omitempty"`
	Next     string   `json:"next,omitempty"`   // what they do
	Merged   string   `json:"merged,omitempty"` // the commit that came of it
	Closed   string   `json:"closed,omitempty"` // why this run has closed it
	Problems []string `json:"problems,omitempty"`
	Undone   string   `json:"undone,omitempty"` // why it was not judged, or not all of it was done
}

// completedRun is an event of which the completion was proposed, or would be.
type completedRun struct {
	Event  string `json:"event"`
	Branch string `json:"branch,omitempty"`
	pullRequest
}

// merged are those that this run has merged or closed.
func (r *gateRun) merged() []judgedPull {
	return slices.DeleteFunc(slices.Clone(r.Judged), func(p judgedPull) bool { return p.Merged == "" && p.Closed == "" })
}

// what became of it, or who decides.
func (p *judgedPull) what() string {
	switch {
	case p.Merged != "":
		return "merged as " + git.Commit(p.Merged).Short()
	case p.Closed != "":
		return "closed: " + p.Closed
	case p.Undone != "" && p.Kind == "":
		return "not judged"
	case !p.Accepted:
		return "not to be merged"
	case p.Machine:
		return "a machine may merge it"
	case p.Surplus:
		return "its event does not need it any more; a person decides"
	case p.Blocks > 0:
		return "it may be merged, but no event can be proposed from it"
	}
	return "a person decides"
}

// judgedAs takes over what the verdict says.
func (p *judgedPull) judgedAs(v *gateResult) {
	p.Kind, p.Accepted, p.Machine, p.Surplus, p.Blocks = v.Kind, v.Accepted, v.Machine, v.Surplus, v.Blocks
	p.Problems, p.Who, p.Next = v.Refusals, v.Who, v.Next
}

func (r *gateRun) text(w *words.Lines) {
	w.Printf("Read from %s.\n", r.Source)
	for _, p := range r.Judged {
		w.Printf("#%d %s: %s\n", p.Number, p.Title, p.what())
		problems := p.Problems
		if p.Undone != "" {
			problems = append(slices.Clone(problems), p.Undone)
		}
		for _, problem := range problems {
			w.Printf("    %s\n", words.Reason(problem))
		}
		if p.Who == whoAuthor && p.Merged+p.Closed == "" {
			w.Printf("    next, for its author: %s\n", p.Next)
		}
	}
	for _, e := range r.Completed {
		w.Printf("Event %s has all its signatures. ", e.Event)
		if r.DryRun {
			w.Printf("Its completion would be proposed.\n")
			continue
		}
		e.next(w, fmt.Sprintf("Its completion is on branch %s, and no pull request is open for it; open one:", e.Branch), fmt.Sprintf("Its completion is on branch %s; a person merges it:", e.Branch))
	}
	if len(r.Judged)+len(r.Completed) == 0 {
		w.Printf("No pull request is open.\n")
	}
	if r.DryRun {
		w.Printf("Nothing was written or merged (dry run).\n")
	}
}

func (c *command) runGate(ctx context.Context, o gateOptions) error {
	out := &gateRun{Judged: []judgedPull{}, Completed: []*completedRun{}, DryRun: o.dryRun}
	err := c.do(ctx, job{name: "gate", raise: o.raise && !o.dryRun}, func(w *workspace, h hub) error {
		out.Source = w.source()
		g := &gatekeeper{workspace: w, hub: h, o: o, out: out}
		return g.run(ctx)
	})
	if len(out.Judged)+len(out.Completed) > 0 || err == nil {
		err = errors.Join(c.show(out), err)
	}
	return err
}
