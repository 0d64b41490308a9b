package hub

import (
	"context"
	"errors"
	"fmt"

	"github.com/rust-lang/rust-tuf/metadata/forge"
	"github.com/rust-lang/rust-tuf/metadata/git"
)

// Merge implements [forge.Merger]. Whatever the forge answers to the merge, or does
// not answer, the pull request as it is afterwards tells what happened.
func (h *Hub) Merge(ctx context.Context, m forge.Merge) (git.Commit, error) {
	op := operation{fmt.Sprintf("merge pull request #%d", m.Number), h.c.Needs.Merge}
	var made git.Commit
	err := h.take(ctx, op, func() error {
		if !IsCommit(m.Head) {
			return invalid("the commit that was judged is not named in full")
		}
		p, err := h.pull(ctx, m.Number)
		if err != nil {
			return err
		}
		if !p.Merged {
			if err := mergeable(p, m); err != nil {
				return err
			}
			if err := h.api.Squash(ctx, m); err != nil {
				return h.afterRefusal(ctx, m, err)
			}
			if p, err = h.pull(ctx, m.Number); err != nil {
				return err
			}
		}
		made, err = merged(p, m)
		return err
	})
	return made, err
}

func (h *Hub) pull(ctx context.Context, number int) (Pull, error) {
	p, err := h.api.Pull(ctx, number)
	if err == nil && (p.Number != number || !p.whole()) {
		err = ErrIncomplete
	}
	return p, err
}

// mergeable refuses a pull request that is not what was judged. The forge compares
// the head once more while it merges, but no base: an author may change that.
func mergeable(p Pull, m forge.Merge) error {
	switch {
	case p.State != "open":
		return fail(func(call forge.Call) error { return &forge.UnmergeableError{Call: call, Closed: true} })
	case p.Head != m.Head || p.Base != m.Base:
		return fail(func(call forge.Call) error {
			return &forge.MovedError{Call: call, Want: m.Head, Found: p.Head, WantBase: m.Base, FoundBase: p.Base}
		})
	}
	return nil
}

// merged tells which commit a merge made, if it merged what was judged.
func merged(p Pull, m forge.Merge) (git.Commit, error) {
	switch {
	case !p.Merged || !IsCommit(p.Made):
		return "", ErrIncomplete // merged, and not shown as merged yet
	case p.Head != m.Head || p.Base != m.Base:
		return "", fail(func(call forge.Call) error {
			return &forge.StrayError{Call: call, Want: m.Head, Found: p.Head, WantBase: m.Base, FoundBase: p.Base, Commit: p.Made}
		})
	}
	return p.Made, nil
}

// afterRefusal explains a merge that the forge refused.
func (h *Hub) afterRefusal(ctx context.Context, m forge.Merge, err error) error {
	var refused *Unmerged
	if !errors.As(err, &refused) {
		return err
	}
	p, perr := h.pull(ctx, m.Number)
	if perr != nil {
		return perr
	}
	if !p.Merged {
		if err := mergeable(p, m); err != nil {
			return err
		}
	}
	reason := h.c.Token.Redact(refused.Refusal.Words)
	if p.Merged || refused.Passing {
		return &passingError{reason} // the next try sees what happened
	}
	return fail(func(call forge.Call) error { return &forge.UnmergeableError{Call: call, Reason: reason} })
}

// passingError is a refusal that may be gone in a moment.
type passingError struct{ reason string }

func (e *passingError) Error() string { return e.reason }

// Close implements [forge.Merger]. The reason stands there before it is closed, and
// only once, however often this is called.
func (h *Hub) Close(ctx context.Context, number int, reason string) error {
	if err := h.Report(ctx, number, "closed", reason); err != nil {
		return err
	}
	op := operation{fmt.Sprintf("close pull request #%d", number), h.c.Needs.Close}
	return h.take(ctx, op, func() error { return h.api.ClosePull(ctx, number) })
}
