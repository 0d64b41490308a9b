package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/metadata/git"
	"github.com/rust-lang/rust-tuf/metadata/rehearsal"
)

// NoProposalError is a branch that opens no event, and so holds nothing that
// could be rehearsed.
type NoProposalError struct {
	On   string // the branch, in words
	Kind metadata.Kind
}

func (e *NoProposalError) Error() string {
	return fmt.Sprintf("%s proposes no event: it %s", e.On, kindWords[e.Kind])
}

// Hint tells of the branch that is merged already.
func (e *NoProposalError) Hint() string {
	return "an event that is merged is rehearsed without --branch"
}

// proposedOn is the state that the default branch would have with a branch of
// the remote merged, and the event that this opens. Only what the gate would let
// in is played: the past comes from the same tree.
func (w *workspace) proposedOn(ctx context.Context, branch string) (*metadata.Repository, *metadata.Event, string, error) {
	remote, head, err := w.fetchProposal(ctx, branch)
	if err != nil {
		return nil, nil, "", err
	}
	on := fmt.Sprintf("branch %s of %s", branch, remote)
	after, err := w.git.MergedTree(ctx, w.head, head)
	if isRefusedMerge(err) {
		return nil, nil, "", rejected(err)
	}
	if err != nil {
		return nil, nil, "", err
	}
	verdict, err := metadata.Check(w.repo.Tree(), after, w.judgedNow()...)
	if err != nil {
		return nil, nil, "", rejected(err)
	}
	if !verdict.Accepted() {
		return nil, nil, "", rejected(fmt.Errorf("%s must not be merged, so there is nothing to rehearse: %w", on, errors.Join(verdict.Refusals...)))
	}
	if verdict.Kind != metadata.KindProposal {
		return nil, nil, "", &NoProposalError{on, verdict.Kind}
	}
	repo, err := metadata.Read(after, w.env.judgement()...)
	if err != nil {
		return nil, nil, "", err
	}
	event, err := repo.Event(verdict.Event)
	return repo, event, on, err
}

// fetchProposal fetches a branch from where branches are pushed to, or else from
// where events are read.
func (w *workspace) fetchProposal(ctx context.Context, branch string) (remote string, at git.Commit, err error) {
	at, err = w.git.Fetch(ctx, w.push, branch)
	if is[*git.BranchError](err) && w.remote != w.push {
		at, err = w.git.Fetch(ctx, w.remote, branch)
		return w.remote, at, err
	}
	return w.push, at, err
}

// rehearseProposal plays a proposal of which nobody else knows yet. What comes
// of it is shown where a client would not get through.
func (c *command) rehearseProposal(ctx context.Context, w *workspace, trusted *metadata.Trusted, tree metadata.Tree, event, basis string) (*rehearseResult, error) {
	repo, err := metadata.Read(tree, w.env.judgement()...)
	if err != nil {
		return nil, err
	}
	opened, err := repo.Event(event)
	if err != nil {
		return nil, err
	}
	result, err := c.rehearsed(ctx, repo, trusted.In(repo), opened, w.now, "")
	if result == nil {
		return nil, err
	}
	result.Basis, result.ProposedOn = basis, "the commits of this clone, which are not pushed"
	if is[*rehearsal.FailedError](err) {
		return nil, errors.Join(c.show(result), err)
	}
	return result, err
}
