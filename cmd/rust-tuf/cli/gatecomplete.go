package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/metadata/git"
)

// complete proposes the completion of every event that has its signatures.
func (g *gatekeeper) complete(ctx context.Context) error {
	if err := errors.Join(g.unmoved(ctx), g.refresh(ctx)); err != nil {
		return err
	}
	trusted, _, err := g.workspace.judge()
	if err != nil {
		return err
	}
	var failed error
	for _, e := range g.repo.Open {
		s, err := trusted.Judge(e)
		if err != nil || !s.Complete() || s.CheckOpened(g.now) != nil {
			continue // it cannot be completed, or not yet: `status` says why
		}
		done, err := g.propose(ctx, trusted, e)
		if done != nil {
			g.out.Completed = append(g.out.Completed, &completedRun{Event: e.Name, Branch: done.Branch, pullRequest: done.pullRequest})
		}
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("event %s: %w", e.Name, err))
		}
	}
	return failed
}

// maxCompletions bounds how often the completion of one event is proposed again
// because another signature was merged meanwhile.
const maxCompletions = 9

// propose pushes the completion of an event, or finds it where it was pushed
// before. One that was overtaken by a signature stays where it is, and is closed.
func (g *gatekeeper) propose(ctx context.Context, trusted *metadata.Trusted, e *metadata.Event) (*completeResult, error) {
	var stale []string
	for n := 1; ; n++ {
		branch := completionBranch + e.Name
		if n > 1 {
			branch = fmt.Sprintf("%s-%d", branch, n)
		}
		done, err := g.completeEvent(ctx, trusted, e, branch, g.o.dryRun)
		if is[*BranchTakenError](err) && n < maxCompletions {
			stale = append(stale, branch)
			continue
		}
		if err != nil {
			return nil, err
		}
		if g.o.dryRun {
			return done, nil
		}
		// Nobody looks on who would open it by hand, so an unopened one is an error;
		// what a person has closed is said, not opened anew.
		done.pullRequest, err = g.mustOpen(ctx, branch, done.message, git.Commit(done.Commit))
		if err != nil {
			return done, err
		}
		return done, g.closeStale(ctx, stale, done.Branch)
	}
}

// closeStale closes the pull requests of completions that lack a signature.
func (g *gatekeeper) closeStale(ctx context.Context, branches []string, by string) error {
	if len(branches) == 0 {
		return nil
	}
	pulls, err := g.hub.PullRequests(ctx, g.branch)
	if err != nil {
		return err
	}
	for _, pull := range pulls {
		if !pull.Fork && slices.Contains(branches, pull.Branch) {
			err = errors.Join(err, g.hub.Close(ctx, pull.Number, fmt.Sprintf("Another signature was merged meanwhile; branch %s has all of them.", by)))
		}
	}
	return err
}
