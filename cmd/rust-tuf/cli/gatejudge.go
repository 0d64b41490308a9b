package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/metadata/forge"
	"github.com/rust-lang/rust-tuf/metadata/git"
)

// judge judges one pull request against the default branch as it was last read, says
// so, and merges it if a machine may.
func (g *gatekeeper) judge(ctx context.Context, pull forge.PullRequest, out *judgedPull) error {
	v, before, after, err := g.wouldChange(ctx, g.head, pull.Head)
	if reason := g.refusesMerge(ctx, pull.Head, err); reason != nil {
		return g.unreadable(ctx, pull, out, reason)
	}
	if err != nil {
		return err
	}
	page, err := g.gateReportOf(ctx, v, before, after)
	if err != nil {
		return err
	}
	out.judgedAs(page.gate)
	if err := g.say(ctx, pull, out, page.file()); err != nil {
		return err
	}
	switch {
	case g.o.dryRun || !g.o.merge || pull.Draft:
		return nil
	case v.Surplus:
		return g.closeSurplus(ctx, pull, out, v)
	case out.Machine:
		return g.merge(ctx, pull, out, v, after)
	}
	return nil
}

// closeSurplus closes a signature that came when the rules of its event were met: it
// would only change what a person is about to publish.
func (g *gatekeeper) closeSurplus(ctx context.Context, pull forge.PullRequest, out *judgedPull, v *metadata.Verdict) error {
	reason := fmt.Sprintf("event %s has all the signatures that it needs", v.Event)
	if err := g.hub.Close(ctx, pull.Number, fmt.Sprintf("The signature is valid, thank you. It is not needed any more: %s. There is nothing left to do for you here.", reason)); err != nil {
		return err
	}
	out.Closed = reason
	return nil
}

// unreadable refuses a pull request that cannot be judged because of what it holds:
// whoever opened it can do something about it, and nobody else waits for that.
func (g *gatekeeper) unreadable(ctx context.Context, pull forge.PullRequest, out *judgedPull, reason error) error {
	page := gateReport{gate: gateOf(metadata.Unmergeable(reason))}
	out.judgedAs(page.gate)
	return g.say(ctx, pull, out, page.file())
}

// refusesMerge tells whether it is the fault of a head that nothing can be judged:
// git cannot make one tree of two, or what came of it is more than is read, or holds
// what no tree may. It returns the reason.
func (w *workspace) refusesMerge(ctx context.Context, head git.Commit, err error) error {
	if isRefusedMerge(err) {
		return err
	}
	if is[*git.CommandError](err) { // git itself could not merge it
		if _, own := w.git.Tree(ctx, head); isRefusedMerge(own) {
			return own
		}
	}
	return nil
}

// isRefusedMerge tells whether an error is about what is to be merged. The base was
// read before.
func isRefusedMerge(err error) bool {
	return is[*git.ConflictError](err) || errors.Is(err, git.ErrUnrelated) ||
		is[*git.LimitError](err) || is[*git.PathError](err) || is[*git.ObjectError](err)
}

// BaseUnreadError is a target branch that cannot be read, which is no fault of
// whatever is to be merged into it.
type BaseUnreadError struct {
	Base   git.Commit
	Reason error
}

func (e *BaseUnreadError) Error() string {
	return fmt.Sprintf("the target branch itself, at %s, cannot be read: %v", e.Base.Short(), e.Reason)
}

// wouldChange judges what merging head into base would change, and gives both
// trees. No commit is made for it, so no name is needed, and no signature.
func (w *workspace) wouldChange(ctx context.Context, base, head git.Commit) (v *metadata.Verdict, before, after metadata.Tree, err error) {
	if before, err = w.git.Tree(ctx, base); err != nil {
		return nil, nil, nil, &BaseUnreadError{base, err}
	}
	if after, err = w.git.MergedTree(ctx, base, head); err != nil {
		return nil, nil, nil, err
	}
	if v, err = metadata.Check(before, after, w.judgedNow()...); err != nil {
		return nil, nil, nil, rejected(err)
	}
	return v, before, after, nil
}

// verdictName is what a rule of the default branch can demand.
const verdictName = "rust-tuf/gate"

// say writes the verdict at the commit, and the report on the page. The verdict names
// what it was judged against: a merge later it may be another one.
func (g *gatekeeper) say(ctx context.Context, pull forge.PullRequest, judged *judgedPull, report string) error {
	if g.o.dryRun {
		return nil
	}
	v := forge.Verdict{Name: verdictName, State: forge.Success, Summary: "nothing speaks against it; a person decides"}
	switch {
	case !judged.Accepted:
		v.State, v.Summary = forge.Failure, "not to be merged: see the report"
	case judged.Machine:
		v.Summary = "one valid signature and nothing else: a machine may merge it"
	case judged.Surplus:
		v.Summary = "a valid signature, which its event does not need any more"
	case judged.Blocks > 0:
		v.Summary = "it may be merged, but no event can be proposed from it: see the report"
	}
	v.Summary += fmt.Sprintf("; judged against %s at %s", g.branch, g.head.Short())
	return errors.Join(g.hub.Report(ctx, pull.Number, "gate", report), g.hub.Judge(ctx, pull.Head, v))
}
