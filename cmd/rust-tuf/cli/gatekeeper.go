package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/rust-lang/rust-tuf/metadata/forge"
	"github.com/rust-lang/rust-tuf/metadata/git"
)

// gatekeeper is one run of the gate.
type gatekeeper struct {
	*workspace
	hub  hub
	o    gateOptions
	out  *gateRun
	seen map[int]*seenPull // by number
}

// seenPull is what this run knows of a pull request.
type seenPull struct {
	at     int        // place in out.Judged
	base   git.Commit // that it was judged against; empty until it was
	branch string     // of base
	err    error      // why it was not judged, or not all of it was done
	gone   bool       // it is not open any more
}

// maxGateRounds bounds how often everything is judged again because something
// moved meanwhile that this run did not move itself.
const maxGateRounds = 3

func (g *gatekeeper) run(ctx context.Context) error {
	g.seen = map[int]*seenPull{}
	err := g.rounds(ctx)
	if err == nil && g.o.merge {
		err = g.complete(ctx)
		if len(g.out.Completed) > 0 && !g.o.dryRun { // nothing else would judge what this machine has just opened
			err = errors.Join(err, g.rounds(ctx))
		}
	}
	return errors.Join(err, g.unjudged(ctx))
}

// rounds judges every open pull request, and again what was judged against a default
// branch that has moved since: by the merges of this run, of which each ends a pull
// request, or by others, in at most so many rounds. So no verdict that it leaves
// behind is about another state than the one that it names.
func (g *gatekeeper) rounds(ctx context.Context) error {
	for left := maxGateRounds; left > 0; {
		merged := len(g.out.merged())
		again, err := g.round(ctx)
		if moved := isMoved(err); err != nil && (!moved || left == 1) {
			return err
		} else if !moved && !again {
			return nil
		}
		if len(g.out.merged()) == merged {
			left--
		}
	}
	return nil
}

// round judges every open pull request once, and tells whether something moved
// meanwhile.
func (g *gatekeeper) round(ctx context.Context) (again bool, err error) {
	if err := g.follow(ctx); err != nil {
		return false, err
	}
	if err := g.refresh(ctx); err != nil {
		return false, err
	}
	pulls, err := g.hub.PullRequests(ctx, g.branch)
	if err != nil {
		return false, err
	}
	g.forget(pulls)
	pulls = slices.DeleteFunc(pulls, g.known)
	heads, err := g.heads(ctx, pulls)
	if err != nil {
		return false, err
	}
	for _, pull := range pulls {
		judged, err := &judgedPull{Number: pull.Number, Title: pull.Title, Head: string(pull.Head)}, error(nil)
		base := g.head
		switch ref := heads[pull.Number]; {
		case is[*git.SlowError](ref.Err):
			err = g.unreadable(ctx, pull, judged, ref.Err)
		case ref.Commit != pull.Head:
			err = &UnfetchedError{Number: pull.Number, Want: pull.Head, Found: ref.Commit, Err: ref.Err}
		default:
			err = g.judge(ctx, pull, judged)
		}
		if ctx.Err() != nil {
			return false, errors.Join(err, ctx.Err())
		}
		again = again || isMoved(err)
		if g.note(judged, base, err); g.repo == nil { // nothing can be judged any more
			g.seen[pull.Number].err = nil
			return again, err
		}
		if is[*DefaultMovedError](err) { // the others are for another branch, or will be
			return true, nil
		}
		if is[*MadeOtherwiseError](err) || is[*forge.StrayError](err) { // a person has to look before anything else is merged
			g.o.merge = false
		}
	}
	err = g.refresh(ctx)
	return again || g.stale(), err
}

// known tells whether nothing is to be judged: it was judged as it is now, or is
// done with.
func (g *gatekeeper) known(pull forge.PullRequest) bool {
	s, ok := g.seen[pull.Number]
	if !ok {
		return false
	}
	was := g.out.Judged[s.at]
	return was.Merged != "" || was.Closed != "" || s.err == nil && s.base == g.head && s.branch == g.branch && was.Head == string(pull.Head)
}

// stale tells whether something was judged before the default branch moved.
func (g *gatekeeper) stale() bool {
	for _, s := range g.seen {
		if was := g.out.Judged[s.at]; was.Merged == "" && was.Closed == "" && !s.gone && s.base != g.head {
			return true
		}
	}
	return false
}

// forget drops what would have been looked at again, of pull requests that are not
// open any more. That one was merged as something else is never dropped.
func (g *gatekeeper) forget(open []forge.PullRequest) {
	for number, s := range g.seen {
		s.gone = !slices.ContainsFunc(open, func(p forge.PullRequest) bool { return p.Number == number })
		if s.gone && isMoved(s.err) {
			s.err = nil
		}
	}
}

// note keeps what came of one pull request.
func (g *gatekeeper) note(judged *judgedPull, base git.Commit, err error) {
	if err != nil && judged.Merged == "" {
		judged.Undone = err.Error()
	}
	s, ok := g.seen[judged.Number]
	if !ok {
		s = &seenPull{at: len(g.out.Judged)}
		g.seen[judged.Number], g.out.Judged = s, append(g.out.Judged, judgedPull{})
	}
	s.base, s.branch, s.err = base, g.branch, err
	g.out.Judged[s.at] = *judged
}

// unjudged are the errors that are left, by number. A commit that could not be had
// is not left with a verdict of an earlier run.
func (g *gatekeeper) unjudged(ctx context.Context) error {
	var failed error
	for _, number := range slices.Sorted(maps.Keys(g.seen)) {
		s := g.seen[number]
		if s.err == nil {
			continue
		}
		failed = errors.Join(failed, fmt.Errorf("pull request #%d: %w", number, s.err))
		if is[*UnfetchedError](s.err) && !g.o.dryRun {
			v := forge.Verdict{Name: verdictName, State: forge.Broken, Summary: "not judged: its commits could not be fetched"}
			failed = errors.Join(failed, g.hub.Judge(ctx, git.Commit(g.out.Judged[s.at].Head), v))
		}
	}
	return failed
}

// isMoved tells whether the next look may find something else.
func isMoved(err error) bool {
	return is[*forge.MovedError](err) || is[*forge.BaseError](err) || is[*DefaultMovedError](err) || is[*UnfetchedError](err) ||
		is[*git.MovedError](err) || is[*git.BranchError](err)
}

// DefaultMovedError is a default branch that became another one while the gate ran.
type DefaultMovedError struct{ Was, Now string }

func (e *DefaultMovedError) Error() string {
	return fmt.Sprintf("the default branch was %s and is %s now; nothing was merged", e.Was, e.Now)
}

// Hint names the next step.
func (e *DefaultMovedError) Hint() string {
	return "run it again: the default branch is looked up each time"
}

// follow looks up the default branch again, and goes on with the one that it is now.
func (g *gatekeeper) follow(ctx context.Context) error {
	err := g.unmoved(ctx)
	var moved *DefaultMovedError
	if errors.As(err, &moved) {
		g.branch, err = moved.Now, nil
		g.out.Source = g.source()
	}
	return err
}

// unmoved asks whether the default branch is still the one that is judged against.
func (g *gatekeeper) unmoved(ctx context.Context) error {
	now, err := g.git.DefaultBranch(ctx, g.remote)
	if err == nil && now != g.branch {
		err = &DefaultMovedError{Was: g.branch, Now: now}
	}
	return err
}

// heads fetches what these pull requests want to have merged, and nothing else.
func (g *gatekeeper) heads(ctx context.Context, pulls []forge.PullRequest) (map[int]git.Ref, error) {
	names := make([]string, len(pulls))
	for i, pull := range pulls {
		names[i] = fmt.Sprintf("refs/pull/%d/head", pull.Number)
	}
	refs, err := g.git.FetchHeads(ctx, g.remote, names)
	if err != nil {
		return nil, err
	}
	out := map[int]git.Ref{}
	for i, ref := range refs {
		out[pulls[i].Number] = ref
	}
	return out, nil
}

// UnfetchedError is a pull request of which the remote does not give the head that
// the forge names.
type UnfetchedError struct {
	Number      int
	Want, Found git.Commit
	Err         error // why it could not be fetched; nil where another one came
}

func (e *UnfetchedError) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("not judged: its head %s could not be fetched: %v", e.Want.Short(), e.Err)
	}
	return fmt.Sprintf("not judged: its head is %s by the forge's list and %s by its git", e.Want.Short(), e.Found.Short())
}

// Unwrap returns why it could not be fetched.
func (e *UnfetchedError) Unwrap() error { return e.Err }

// Hint names the next step.
func (e *UnfetchedError) Hint() string {
	return fmt.Sprintf("run it again; if it stays so, `git fetch origin refs/pull/%d/head` says more, and closing the pull request lets the others go on", e.Number)
}
