package cli

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/metadata/git"
)

// earlierProposal is a branch on which an earlier run has made a proposal.
type earlierProposal struct {
	*metadata.Proposal
	branch string
	head   git.Commit
}

// proposedBefore finds the branch of an earlier run that ended after its push,
// today or on a day before: it makes the same proposal as p on parent. Only the
// instant of opening differs then, and with it every digest and the date in the
// name; the earlier one is taken, so that nobody is told of two. The gate judges
// it as it would be merged now. It is nil where there is none.
func (w *workspace) proposedBefore(ctx context.Context, parent git.Commit, p *metadata.Proposal) (*earlierProposal, error) {
	list, _, err := w.proposals(ctx, w.push)
	if err != nil {
		return nil, err
	}
	for _, there := range list {
		if !sameProposal(there.event, p.Event) {
			continue
		}
		v, _, after, err := w.wouldChange(ctx, w.head, there.head)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil || !v.Accepted() || v.Kind != metadata.KindProposal {
			continue // it cannot be merged as it is, so it is not counted on
		}
		tree, err := w.git.Tree(ctx, parent)
		if err != nil {
			return nil, err
		}
		same, err := sameFiles(tree, after, besideEvents)
		if err != nil {
			return nil, err
		}
		if !same {
			continue
		}
		found := &metadata.Proposal{Event: v.Standing.Event, Standing: v.Standing, Findings: v.Findings, Replaces: p.Replaces, Discards: p.Discards}
		return &earlierProposal{found, there.branch, there.head}, nil
	}
	return nil, nil
}

// sameProposal tells whether two events differ in nothing but when they opened.
func sameProposal(a, b *metadata.Event) bool {
	return undated(a.Name) == undated(b.Name) && a.Why == b.Why && slices.EqualFunc(a.Payloads, b.Payloads, func(x, y *metadata.Payload) bool {
		return x.Role == y.Role && x.Version == y.Version && x.Base == y.Base && x.Policy == y.Policy && slices.Equal(x.Supersedes, y.Supersedes)
	})
}

// undated is the name of an event without the date that propose puts before it.
func undated(name string) string {
	if len(name) > len(time.DateOnly) {
		if _, err := time.Parse(time.DateOnly, name[:len(time.DateOnly)]); err == nil {
			return name[len(time.DateOnly):]
		}
	}
	return name
}

// besideEvents leaves out what a proposal makes: events, open and closed.
func besideEvents(path string) bool {
	return !strings.HasPrefix(path, metadata.EventsDir+"/") && !strings.HasPrefix(path, metadata.LogDir+"/")
}
