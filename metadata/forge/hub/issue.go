package hub

import (
	"context"
	"slices"
	"strings"

	"github.com/rust-lang/rust-tuf/metadata/forge"
)

// Raise implements [forge.Caretaker].
func (h *Hub) Raise(ctx context.Context, i forge.Issue) (int, error) {
	if err := forge.CheckKey(i.Key); err != nil {
		return 0, err
	}
	op := operation{"open or update the issue for " + i.Key, h.c.Needs.Raise}
	title, text := Cut(i.Title, MaxTitle), forge.Marked(i.Key, i.Body)
	number := 0
	err := h.take(ctx, op, func() error {
		mine, self, err := h.issues(ctx, i.Key)
		if err != nil {
			return err
		}
		if len(mine) == 0 {
			if err = h.openIssue(ctx, title, text, self); err != nil {
				return err
			}
			if mine, _, err = h.issues(ctx, i.Key); err != nil {
				return err
			}
		}
		if len(mine) == 0 {
			return ErrIncomplete // it was made and is not listed yet
		}
		number = mine[0].Number
		if mine[0].Title != title || mine[0].Body != text {
			if err := h.api.EditIssue(ctx, number, title, text); err != nil {
				return err
			}
		}
		return h.closeIssues(ctx, mine[1:], NotPlanned) // of another run at the same time
	})
	return number, err
}

// Settle implements [forge.Caretaker].
func (h *Hub) Settle(ctx context.Context, key, reason string) error {
	if err := forge.CheckKey(key); err != nil {
		return err
	}
	op := operation{"close the issue for " + key, h.c.Needs.Raise}
	var open []Issue
	err := h.take(ctx, op, func() (err error) {
		open, _, err = h.issues(ctx, key)
		return err
	})
	if err != nil {
		return err
	}
	for _, i := range open {
		if err := h.Report(ctx, i.Number, "settled", reason); err != nil {
			return err
		}
	}
	return h.take(ctx, op, func() error { return h.closeIssues(ctx, open, Completed) })
}

// issues are those by this token's user that are open and bear a marker, the oldest
// first, and that user.
func (h *Hub) issues(ctx context.Context, key string) (mine []Issue, self string, err error) {
	if self, err = h.login(ctx); err != nil {
		return nil, "", err
	}
	err = pages("open issues", func(page int) (int, error) {
		list, next, err := h.api.OpenIssues(ctx, page)
		for _, one := range list {
			if one.Number > 0 && strings.EqualFold(one.Author, self) && forge.IsMarked(one.Body, key) {
				mine = append(mine, one)
			}
		}
		return next, err
	})
	slices.SortFunc(mine, func(a, b Issue) int { return a.Number - b.Number })
	return slices.CompactFunc(mine, func(a, b Issue) bool { return a.Number == b.Number }), self, err
}

// openIssue opens an issue that must be found again, or takes it back.
func (h *Hub) openIssue(ctx context.Context, title, text, self string) error {
	made, err := h.api.OpenIssue(ctx, title, text)
	if err != nil || strings.EqualFold(made.Author, self) {
		return err
	}
	if made.Number == 0 || made.Author == "" {
		return ErrIncomplete
	}
	if err := h.closeIssues(ctx, []Issue{made}, NotPlanned); err != nil {
		return err
	}
	return fail(func(call forge.Call) error {
		return &forge.IdentityError{Call: call, Want: self, Found: made.Author}
	})
}

func (h *Hub) closeIssues(ctx context.Context, list []Issue, why Ending) error {
	for _, i := range list {
		if err := h.api.CloseIssue(ctx, i.Number, why); err != nil {
			return err
		}
	}
	return nil
}
