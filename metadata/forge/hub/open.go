package hub

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/rust-lang/rust-tuf/metadata/forge"
)

// Open implements [forge.Opener].
func (h *Hub) Open(ctx context.Context, p forge.Proposal) (forge.PullRequest, error) {
	op := operation{fmt.Sprintf("open a pull request for branch %s of %s", p.Branch, p.From), h.c.Needs.Open}
	p.Title = Cut(p.Title, MaxTitle)
	var found forge.PullRequest
	err := h.take(ctx, op, func() (err error) {
		var ok bool
		if found, ok, err = h.find(ctx, p); ok || err != nil {
			return err
		}
		if err := h.notClosed(ctx, p); err != nil {
			return err
		}
		made, err := h.api.OpenPull(ctx, p)
		if err == nil && !made.whole() {
			err = ErrIncomplete
		}
		if found = h.paged(made); !isAny(err, http.StatusNotFound, http.StatusConflict, http.StatusUnprocessableEntity) {
			return err
		}
		// A second one, which another process may just have opened, is refused in
		// the same way as what the forge finds wrong.
		var again error
		if found, ok, again = h.find(ctx, p); ok || again != nil {
			return again
		}
		return h.baseOr(ctx, p.Base, err)
	})
	return found, err
}

// isAny tells whether an error is a refusal with one of these codes.
func isAny(err error, codes ...int) bool {
	var refused *Refusal
	return errors.As(err, &refused) && slices.Contains(codes, refused.Status)
}

// paged is a pull request with its page.
func (h *Hub) paged(p Pull) forge.PullRequest {
	p.URL = h.c.Page(p.Number)
	return p.PullRequest
}

// find looks for the open pull request of a branch. A forge may leave out a filter
// that it does not understand, so what it lists is compared.
func (h *Hub) find(ctx context.Context, p forge.Proposal) (found forge.PullRequest, ok bool, err error) {
	err = pages("open pull requests", func(page int) (int, error) {
		list, next, err := h.api.OpenPulls(ctx, Search{Base: p.Base, From: p.From, Branch: p.Branch}, page)
		for _, one := range list {
			if !ok && one.whole() && strings.EqualFold(one.From, p.From) && one.Branch == p.Branch && one.Base == p.Base {
				found, ok = h.paged(one), true
			}
		}
		return next, err
	})
	if err != nil || !ok {
		return forge.PullRequest{}, false, err
	}
	return found, true, nil
}

// notClosed refuses to propose anew what somebody has closed. What is listed is
// compared, and a list that is too long is looked at as far as pages go: the newest
// ones come first.
func (h *Hub) notClosed(ctx context.Context, p forge.Proposal) error {
	if p.Head == "" {
		return nil
	}
	for page, n := 1, 0; page > 0 && n < maxPages; n++ {
		list, next, err := h.api.ClosedPulls(ctx, Search{Base: p.Base, From: p.From, Branch: p.Branch}, page)
		if err != nil {
			return err
		}
		for _, one := range list {
			if one.whole() && !one.Merged && one.Head == p.Head && strings.EqualFold(one.From, p.From) && one.Branch == p.Branch && one.Base == p.Base {
				return fail(func(call forge.Call) error {
					return &forge.ClosedError{Call: call, Number: one.Number, URL: h.c.Page(one.Number), Branch: p.Branch}
				})
			}
		}
		page = next
	}
	return nil
}

// baseOr explains a refused pull request by a base branch that is gone, as after
// a change of the default branch, or leaves the refusal as it is.
func (h *Hub) baseOr(ctx context.Context, base string, refused error) error {
	switch name, err := h.api.Branch(ctx, base); {
	case unanswered(err):
		return err
	case err == nil && name == base:
		return refused
	}
	trunk, err := h.api.DefaultBranch(ctx)
	switch {
	case unanswered(err):
		return err
	case err != nil || trunk == "" || trunk == base:
		return refused
	}
	return fail(func(call forge.Call) error { return &forge.BaseError{Call: call, Base: base, Default: trunk} })
}

// PullRequests implements [forge.Reviewer].
func (h *Hub) PullRequests(ctx context.Context, base string) ([]forge.PullRequest, error) {
	op := operation{"list the open pull requests for branch " + base, h.c.Needs.List}
	var all []forge.PullRequest
	err := h.take(ctx, op, func() error {
		all = nil
		seen := map[int]bool{} // one that is opened meanwhile moves the pages
		return pages("open pull requests", func(page int) (int, error) {
			list, next, err := h.api.OpenPulls(ctx, Search{Base: base}, page)
			for _, one := range list {
				if !one.whole() {
					return next, ErrIncomplete
				}
				if one.Base == base && !seen[one.Number] {
					all, seen[one.Number] = append(all, h.paged(one)), true
				}
			}
			return next, err
		})
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}
