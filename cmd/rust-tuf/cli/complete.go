package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/frame"
	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/words"
	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/spf13/cobra"
)

func (c *command) completeCommand() *cobra.Command {
	var dryRun bool
	cmd := &cobra.Command{
		Use:   "complete [event]",
		Short: "publish an event that has its signatures",
		Long: `complete puts the signatures into the documents of an event, proves that every
client ever shipped reaches the result, and pushes it as a branch for a pull
request. Anyone gets the same bytes from the same repository, so the reviewer
of that pull request can derive them again with ` + "`rust-tuf check`" + `.

An event that can never be completed, because another one published what it
wanted to make or changed who decides about it, is closed instead: it moves into
the log, and nothing is published.`,
		Args: frame.Args(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error { return c.runComplete(cmd.Context(), args, dryRun) },
	}
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "derive and prove everything, push nothing")
	return cmd
}

type completeResult struct {
	Event     string           `json:"event"`
	Published []publishedEntry `json:"published"`
	Overtaken string           `json:"overtaken,omitempty"` // why it is only closed
	Branch    string           `json:"branch,omitempty"`
	Commit    string           `json:"commit,omitempty"`
	pullRequest
	DryRun bool `json:"dry_run"`

	message string // of the commit
}

type publishedEntry struct {
	Role    string   `json:"role"`
	Version int64    `json:"version"`
	Path    string   `json:"path"`
	SHA256  string   `json:"sha256"`
	Signers []string `json:"signers"`
}

// publishedBy are the versions that a completion publishes.
func publishedBy(done *metadata.Completion) []publishedEntry {
	out := []publishedEntry{}
	for _, p := range done.Published {
		out = append(out, publishedEntry{Role: p.Role, Version: p.Version, Path: p.Path, SHA256: done.Event.Payload(p.Role).Digest.String(), Signers: slices.Sorted(slices.Values(p.Signers))})
	}
	return out
}

func (r *completeResult) text(w *words.Lines) {
	for _, p := range r.Published {
		w.Printf("%s version %d, signed by %s: %s\n", p.Role, p.Version, words.Join(p.Signers), p.Path)
	}
	what := "that publishes the event"
	if r.Overtaken != "" {
		what = "that closes the event"
		w.Printf("This event can never be completed, and is only closed; nothing is published.\nWhy: %s\n", r.Overtaken)
	} else {
		w.Printf("Every published root reaches the newest one; go-tuf, asked for a second opinion, agrees.\n")
	}
	if r.DryRun {
		w.Printf("Nothing was pushed (dry run).\n")
		return
	}
	w.Printf("Pushed to branch %s.\n", r.Branch)
	r.next(w, "Next: open a pull request and merge it; "+what+":", "A pull request is open. Next: merge it; "+what+":")
}

func (c *command) runComplete(ctx context.Context, args []string, dryRun bool) error {
	w, err := c.open(ctx)
	if err != nil {
		return err
	}
	trusted, _, err := w.judge()
	if err != nil {
		return err
	}
	event, err := w.chooseEvent(args)
	if err != nil {
		return err
	}
	out, err := w.completeEvent(ctx, trusted, event, completionBranch+event.Name, dryRun)
	if err != nil {
		return err
	}
	if !dryRun {
		out.pullRequest = w.openPull(ctx, out.Branch, out.message)
	}
	return c.show(out)
}

// completionBranch begins the names of branches that publish an event.
const completionBranch = "complete/"

// completeEvent makes an event final, on a branch of this name, and pushes it.
func (w *workspace) completeEvent(ctx context.Context, trusted *metadata.Trusted, event *metadata.Event, branch string, dryRun bool) (*completeResult, error) {
	done, err := trusted.Complete(event)
	if err != nil {
		return nil, err
	}
	out := &completeResult{Event: event.Name, DryRun: dryRun}
	if done.Overtaken != nil {
		out.Overtaken = done.Overtaken.Error()
	} else if err := done.Standing.CheckOpened(w.now); err != nil {
		return nil, rejected(err)
	}
	out.Published = publishedBy(done)
	if dryRun {
		return out, nil
	}
	out.Branch, out.message = branch, fmt.Sprintf("complete: %s\n\n%s\n", event.Name, event.Why)
	pushed, err := w.pushBranch(ctx, w.head, done.Change, out.message, branch, time.Time{})
	if err != nil {
		return nil, err
	}
	out.Commit = string(pushed)
	return out, nil
}

// chooseEvent takes the named event, or the only open one.
func (w *workspace) chooseEvent(args []string) (*metadata.Event, error) {
	if len(args) == 1 {
		e, err := w.repo.Event(args[0])
		if err != nil {
			return nil, rejected(err)
		}
		return e, nil
	}
	switch len(w.repo.Open) {
	case 0:
		return nil, rejected(errors.New("no event is open"))
	case 1:
		return w.repo.Open[0], nil
	}
	var names []string
	for _, e := range w.repo.Open {
		names = append(names, e.Name)
	}
	return nil, usage(fmt.Errorf("several events are open; name one of %s", words.Join(names)))
}
