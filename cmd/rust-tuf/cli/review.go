package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/frame"
	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/words"
	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/spf13/cobra"
)

func (c *command) reviewCommand() *cobra.Command {
	var bundle string
	cmd := &cobra.Command{
		Use:   "review [event]",
		Short: "show everything that an open event changes",
		Long: `review shows, for each document that an event wants to have signed, every
change against the newest trusted version, the change of the policy that it is made from, who
signed and who is missing, and the digest of the exact bytes. It needs no key.

Where this machine has a pinned root, that root judges; otherwise the
repository's own first root does, and review says so.`,
		Args: frame.Args(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error { return c.runReview(cmd.Context(), args, bundle) },
	}
	cmd.Flags().StringVar(&bundle, "bundle", "", "`file` of "+"\"rust-tuf bundle export\", on a machine without a network")
	return cmd
}

type reviewResult struct {
	Basis    string           `json:"basis"` // whose trust judged
	Payloads []*payloadReview `json:"payloads"`
	Problems []string         `json:"problems"` // of events that can never complete
	Next     string           `json:"next,omitempty"`
}

func (r *reviewResult) text(w *words.Lines) {
	w.Printf("%s\n", r.Basis)
	if len(r.Payloads)+len(r.Problems) == 0 {
		w.Printf("No event is open.\n")
	}
	for _, p := range r.Problems {
		w.Printf("Not to be signed: %s\n", p)
	}
	for i, p := range r.Payloads {
		w.Printf("\n[%d of %d] ", i+1, len(r.Payloads))
		p.text(w)
	}
	if r.Next != "" {
		w.Printf("\nNext: %s\n", r.Next)
	}
}

func (c *command) runReview(ctx context.Context, args []string, bundle string) error {
	w, err := c.openFrom(ctx, bundle)
	if err != nil {
		return err
	}
	if w.carried != nil {
		event, err := w.carriedEvent(strings.Join(args, ""))
		if err != nil {
			return err
		}
		args = []string{event}
	}
	trusted, basis, err := w.judge()
	if err != nil {
		return err
	}
	events := w.repo.Open
	if len(args) == 1 {
		e, err := w.repo.Event(args[0])
		if err != nil {
			return rejected(err)
		}
		events = []*metadata.Event{e}
	}
	out := &reviewResult{Basis: basis, Payloads: []*payloadReview{}, Problems: []string{}}
	var refused error
	var judged []eventStatus
	for _, e := range events {
		standing, err := trusted.Judge(e)
		if err != nil {
			if !slices.Contains(out.Problems, err.Error()) { // a conflict is one for all its events
				out.Problems = append(out.Problems, err.Error())
				refused = errors.Join(refused, err)
			}
			continue
		}
		judged = append(judged, standingStatus(standing))
		for _, p := range standing.Payloads {
			r, err := reviewOf(trusted, e, p)
			if err != nil {
				return err
			}
			out.Payloads = append(out.Payloads, r)
		}
	}
	if len(judged) == 0 && refused != nil {
		return rejected(refused)
	}
	out.Next = nextOf(judged)
	return c.show(out)
}

// judge gives the best trust that this machine has: its pin, or the
// repository's own word, and says which in a sentence.
func (w *workspace) judge() (*metadata.Trusted, string, error) {
	trusted, pin, err := w.pinned()
	if err == nil && pin != nil {
		return trusted, fmt.Sprintf("Judged from the root that this machine pinned (%s, %s).", pin.How, words.Date(pin.Since)), nil
	}
	if err == nil {
		return trusted, "No root is published yet: there is nothing to judge by but the event itself.", nil
	}
	if !isNoPin(err) {
		return nil, "", err
	}
	if trusted, err = w.believed(); err != nil {
		return nil, "", err
	}
	return trusted, "Judged from the repository's own first root: this machine has no pinned root (`rust-tuf trust init` makes one).", nil
}
