package hub

import (
	"context"
	"slices"
	"strings"

	"github.com/rust-lang/rust-tuf/metadata/forge"
)

// Remind implements [forge.Caretaker].
func (h *Hub) Remind(ctx context.Context, i forge.Issue, step, comment string) (int, error) {
	said := "remind/" + step
	for _, key := range []string{i.Key, said} {
		if err := forge.CheckKey(key); err != nil {
			return 0, err
		}
	}
	op := operation{"look for what was said for " + i.Key, h.c.Needs.Raise}
	settled, self := 0, ""
	err := h.take(ctx, op, func() error {
		open, who, err := h.issues(ctx, i.Key)
		if self = who; err != nil || len(open) > 0 {
			return err
		}
		settled, err = h.closedAfter(ctx, i.Key, said, self)
		return err
	})
	if err != nil || settled > 0 {
		return settled, err
	}
	number, err := h.Raise(ctx, i)
	if err != nil {
		return number, err
	}
	before := false
	err = h.take(ctx, op, func() error {
		mine, err := h.comments(ctx, number, said, self)
		before = len(mine) > 0
		return err
	})
	if err != nil || before {
		return number, err
	}
	return number, h.Report(ctx, number, said, comment)
}

// closedAfter is the issue of a key that somebody closed after a step was said in
// it; 0 for none.
func (h *Hub) closedAfter(ctx context.Context, key, said, self string) (int, error) {
	for page, looked := 1, 0; page > 0 && looked < maxLookBack; looked++ {
		list, next, err := h.api.ClosedIssues(ctx, page)
		if err != nil {
			return 0, err
		}
		for _, one := range list {
			if one.Number == 0 || !strings.EqualFold(one.Author, self) || !forge.IsMarked(one.Body, key) {
				continue
			}
			if mine, err := h.comments(ctx, one.Number, said, self); err != nil || len(mine) > 0 {
				return one.Number, err
			}
		}
		page = next
	}
	return 0, nil
}

// Raised implements [forge.Caretaker].
func (h *Hub) Raised(ctx context.Context) ([]string, error) {
	op := operation{"list the open issues", h.c.Needs.Raise}
	var keys []string
	err := h.take(ctx, op, func() error {
		self, err := h.login(ctx)
		if err != nil {
			return err
		}
		keys = nil
		return pages("open issues", func(page int) (int, error) {
			list, next, err := h.api.OpenIssues(ctx, page)
			for _, one := range list {
				if key := forge.KeyOf(one.Body); key != "" && one.Number > 0 && strings.EqualFold(one.Author, self) {
					keys = append(keys, key)
				}
			}
			return next, err
		})
	})
	slices.Sort(keys)
	return slices.Compact(keys), err
}
