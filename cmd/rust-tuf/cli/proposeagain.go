package cli

import (
	"context"

	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/metadata/git"
)

// proposedBefore tells whether a branch that is there already makes the same
// proposal as p on the same parent: an earlier run that ended after its push.
// Only the instant of opening differs then, and with it every digest; the
// earlier one is taken. What judges it is the parent, as the gate does.
func (w *workspace) proposedBefore(ctx context.Context, parent, there git.Commit, p *metadata.Proposal) (*metadata.Proposal, error) {
	on, err := w.git.IsAncestor(ctx, parent, there)
	if err != nil || !on {
		return nil, err
	}
	before, err := w.git.Tree(ctx, w.head)
	if err != nil {
		return nil, err
	}
	after, err := w.git.Tree(ctx, there)
	if err != nil {
		return nil, err
	}
	verdict, err := metadata.Check(before, after, w.judgedNow()...)
	if err != nil || !verdict.Accepted() || verdict.Kind != metadata.KindProposal {
		return nil, err
	}
	event := verdict.Standing.Event
	if event.Name != p.Event.Name || event.Why != p.Event.Why || len(event.Payloads) != len(p.Event.Payloads) {
		return nil, nil
	}
	for _, want := range p.Event.Payloads {
		got := event.Payload(want.Role)
		if got == nil || got.Version != want.Version || got.Base != want.Base || got.Policy != want.Policy {
			return nil, nil
		}
	}
	return &metadata.Proposal{Event: event, Standing: verdict.Standing, Findings: verdict.Findings, Replaces: p.Replaces, Discards: p.Discards}, nil
}
