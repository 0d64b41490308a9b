package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/rust-lang/rust-tuf/metadata/forge"
)

// hub is what the gate needs of a forge.
type hub interface {
	forge.Opener
	forge.Reviewer
	forge.Merger
	forge.Caretaker
}

// job is a verb that a machine runs by itself.
type job struct {
	name  string
	raise bool // keep one issue while it fails
	alone bool // it can do without a forge
}

// do runs a job at the remote's default branch as it is now. What goes wrong is raised
// also where that branch cannot be read: nobody looks on. The hub is nil where there
// is none and the job can do without.
func (c *command) do(ctx context.Context, j job, work func(*workspace, hub) error) error {
	w, err := c.attach(ctx)
	if err != nil {
		return err
	}
	failed := w.enter(ctx)
	h, err := w.hub(ctx)
	if err != nil && (j.raise || !j.alone || !is[*NoHubError](err)) {
		return errors.Join(failed, err)
	}
	if failed == nil {
		failed = work(w, h)
	}
	if j.raise {
		failed = errors.Join(failed, raise(ctx, h, j.name, failed))
	}
	return failed
}

// raise keeps one issue while a job fails.
func raise(ctx context.Context, h forge.Caretaker, job string, failed error) error {
	key := "job/" + job
	if failed == nil {
		return h.Settle(ctx, key, "The job works again.")
	}
	text := failed.Error() + "\n"
	for _, next := range hintsOf(failed) {
		text += "\nWhat to do: " + next + "\n"
	}
	body := fmt.Sprintf("`rust-tuf %s`, which runs by itself, did not get to its end:\n\n%s\nThis issue is updated while it fails, and closed when it works again.\n", job, fenced(text))
	_, err := h.Raise(ctx, forge.Issue{Key: key, Title: fmt.Sprintf("rust-tuf %s fails", job), Body: body})
	return err
}

// hintsOf are the next steps of an error, and of all those that were joined in it,
// each once.
func hintsOf(err error) []string {
	var list []string
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, one := range joined.Unwrap() {
			for _, hint := range hintsOf(one) {
				if !slices.Contains(list, hint) {
					list = append(list, hint)
				}
			}
		}
		return list
	}
	var h hinted
	if errors.As(err, &h) && h.Hint() != "" {
		list = append(list, h.Hint())
	}
	return list
}

// NoHubError says that there is no way to speak with the forge.
type NoHubError struct{ Remote string }

func (e *NoHubError) Error() string {
	return fmt.Sprintf("%s is on no forge whose pull requests can be read and merged from here, or there is no token for it", e.Remote)
}

// Hint names the one next step.
func (e *NoHubError) Hint() string {
	return "docs/forges.md says which token is needed, and where it is looked for; `rust-tuf check` judges a branch without one"
}

// hub is the forge of the remote that holds the events.
func (w *workspace) hub(ctx context.Context) (hub, error) {
	target, err := w.git.RemoteURL(w.remote)
	if err != nil {
		return nil, err
	}
	address, ok := forge.ParseAddress(target)
	if !ok || w.env.Forges == nil {
		return nil, &NoHubError{Remote: w.remote}
	}
	opener, err := w.env.Forges(ctx, address, w.kind(target))
	if err != nil {
		return nil, err
	}
	h, ok := opener.(hub)
	if !ok {
		return nil, &NoHubError{Remote: w.remote}
	}
	return h, nil
}
