package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/metadata/forge"
	"github.com/rust-lang/rust-tuf/metadata/git"
)

// proposalOn is a branch that proposes an event of its own name.
type proposalOn struct {
	branch string
	head   git.Commit
	event  *metadata.Event
}

// proposals are the branches of remotes that propose an event which is not on the
// default branch yet, and the names of all events that branches are named after.
func (w *workspace) proposals(ctx context.Context, remotes ...string) (list []proposalOn, names []string, err error) {
	var refs []git.Ref
	for _, remote := range slices.Compact(remotes) {
		of, err := w.git.FetchBranches(ctx, remote, strings.TrimSuffix(proposalBranch, "/"))
		if err != nil {
			return nil, nil, err
		}
		refs = append(refs, of...)
	}
	for _, ref := range refs {
		name, ok := strings.CutPrefix(ref.Name, "refs/heads/"+proposalBranch)
		if !ok || ref.Err != nil {
			continue
		}
		names = append(names, name)
		var unknown *metadata.UnknownEventError
		if _, err := w.repo.Event(name); !errors.As(err, &unknown) {
			continue // it is merged
		}
		repo, err := w.read(ctx, ref.Commit)
		if err != nil {
			continue // what cannot be read cannot be merged
		}
		if e, err := repo.Event(name); err == nil {
			list = append(list, proposalOn{proposalBranch + name, ref.Commit, e})
		}
	}
	return list, names, nil
}

// waiting tells which of some roles wait for a person to merge what is proposed
// already: where the gate lets it in, and a pull request is open or can be opened.
// It is nil where that is not known. taken are names of events that branches have.
func (k *caretaker) waiting(ctx context.Context, due []string) (waiting map[string]bool, taken []string, err error) {
	list, taken, err := k.proposals(ctx, k.remote, k.push)
	if err != nil {
		return nil, nil, err
	}
	open := map[string]forge.PullRequest{}
	if k.hub != nil {
		pulls, err := k.hub.PullRequests(ctx, k.branch)
		if err != nil {
			return nil, nil, err
		}
		for _, pull := range pulls {
			if !pull.Fork {
				open[pull.Branch] = pull
			}
		}
	}
	waiting = map[string]bool{}
	var failed error
	for _, p := range list {
		wanted := slices.DeleteFunc(rolesOf(p.event, due), func(role string) bool { return p.event.Payload(role).Version <= k.repo.Newest(role) })
		if len(wanted) == 0 {
			continue
		}
		counts, err := k.waitsOn(ctx, p, open, wanted)
		failed = errors.Join(failed, err)
		for _, role := range wanted {
			waiting[role] = waiting[role] || counts
		}
	}
	return waiting, taken, failed
}

// waitsOn tells whether a branch is counted on, and opens its pull request where
// it is one that due itself could have made.
func (k *caretaker) waitsOn(ctx context.Context, p proposalOn, open map[string]forge.PullRequest, wanted []string) (bool, error) {
	aside := func(reason string) (bool, error) {
		k.out.SetAside = append(k.out.SetAside, asideEntry{p.branch, reason})
		return false, nil
	}
	v, _, _, err := k.wouldChange(ctx, k.head, p.head)
	switch {
	case ctx.Err() != nil:
		return false, ctx.Err()
	case err != nil:
		return aside("it cannot be merged: " + err.Error())
	case !v.Accepted():
		return aside("the gate refuses it: " + strings.Join(reasons(v.Refusals), "\n"))
	}
	entry := waitingEntry{Branch: p.branch}
	pull, opened := open[p.branch]
	switch {
	case opened:
		entry.pullRequest = pullRequest{Pull: pull.URL, Opened: true}
	case k.hub != nil && !k.trusted.Renews(p.event):
		return aside("no pull request is open for it, and it is more than a renewal: whoever proposed it opens one")
	case k.says():
		entry.pullRequest, err = k.mustOpen(ctx, p.branch, proposalMessage(p.event), p.head)
	}
	var closed *forge.ClosedError
	if errors.As(err, &closed) {
		err = nil
		for _, role := range wanted {
			e := byHandEntry{Role: role, Version: k.repo.Newest(role), Reason: fmt.Sprintf("it is proposed on branch %s, and somebody closed pull request #%d without merging it", p.branch, closed.Number), Next: closed.Hint()}
			err = errors.Join(err, k.byHand(ctx, e, fmt.Sprintf("closed-%d", closed.Number)))
		}
		return true, err
	}
	k.out.Pending = append(k.out.Pending, entry)
	return true, err
}
