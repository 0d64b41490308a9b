package hub

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/rust-lang/rust-tuf/metadata/forge"
	"github.com/rust-lang/rust-tuf/metadata/git"
)

// login is who the token writes as.
func (h *Hub) login(ctx context.Context) (string, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.self != "" {
		return h.self, nil
	}
	self, err := h.api.Self(ctx)
	if err == nil && self == "" {
		err = ErrIncomplete
	}
	if err != nil {
		return "", err
	}
	h.self = self
	return self, nil
}

// Report implements [forge.Reviewer].
func (h *Hub) Report(ctx context.Context, number int, key, markdown string) error {
	if err := forge.CheckKey(key); err != nil {
		return err
	}
	op := operation{fmt.Sprintf("write the report %s on pull request #%d", key, number), h.c.Needs.Report}
	text := forge.Marked(key, markdown)
	return h.take(ctx, op, func() error {
		self, err := h.login(ctx)
		if err != nil {
			return err
		}
		mine, err := h.comments(ctx, number, key, self)
		if err != nil {
			return err
		}
		if len(mine) == 0 {
			if err := h.comment(ctx, number, text, self); err != nil {
				return err
			}
			// Another run may have done the same at the same time.
			if mine, err = h.comments(ctx, number, key, self); err != nil {
				return err
			}
		}
		return h.keepOne(ctx, mine, text)
	})
}

// comments are those by this token's user that bear a marker, the oldest first.
func (h *Hub) comments(ctx context.Context, number int, key, self string) ([]Comment, error) {
	var mine []Comment
	err := pages("comments", func(page int) (int, error) {
		list, next, err := h.api.Comments(ctx, number, page)
		for _, one := range list {
			if one.ID != 0 && strings.EqualFold(one.Author, self) && forge.IsMarked(one.Body, key) {
				mine = append(mine, one)
			}
		}
		return next, err
	})
	slices.SortFunc(mine, func(a, b Comment) int { return cmp.Compare(a.ID, b.ID) })
	return slices.CompactFunc(mine, func(a, b Comment) bool { return a.ID == b.ID }), err
}

// comment writes a comment that must be found again, or takes it back.
func (h *Hub) comment(ctx context.Context, number int, text, self string) error {
	made, err := h.api.AddComment(ctx, number, text)
	if err != nil || strings.EqualFold(made.Author, self) {
		return err
	}
	if made.ID == 0 || made.Author == "" {
		return ErrIncomplete
	}
	if err := h.api.DeleteComment(ctx, made.ID); err != nil {
		return err
	}
	return fail(func(call forge.Call) error {
		return &forge.IdentityError{Call: call, Want: self, Found: made.Author}
	})
}

// keepOne brings the oldest comment up to date and removes the others, which
// another run made at the same time: both keep the same one.
func (h *Hub) keepOne(ctx context.Context, mine []Comment, text string) error {
	if len(mine) == 0 {
		return ErrIncomplete // it was made and is not listed yet
	}
	if mine[0].Body != text {
		if err := h.api.EditComment(ctx, mine[0].ID, text); err != nil {
			return err
		}
	}
	for _, surplus := range mine[1:] {
		// The other run may have removed it.
		if err := h.api.DeleteComment(ctx, surplus.ID); err != nil && !isAny(err, http.StatusNotFound) {
			return err
		}
	}
	return nil
}

// Judge implements [forge.Reviewer], as a commit status: unlike GitHub's check run,
// every kind of token can set one. One that is there already is not set again:
// GitHub takes a thousand for one commit and name, and a gate runs every hour.
func (h *Hub) Judge(ctx context.Context, commit git.Commit, v forge.Verdict) error {
	op := operation{fmt.Sprintf("set status %s of commit %s", v.Name, commit.Short()), h.c.Needs.Judge}
	return h.take(ctx, op, func() error {
		if !IsCommit(commit) {
			return invalid("the commit is not named in full")
		}
		v.Summary = Cut(v.Summary, maxSummary)
		now, err := h.status(ctx, commit, v.Name)
		if err != nil || now == v {
			return err
		}
		return h.api.SetStatus(ctx, commit, v)
	})
}

// status is the newest status of a name, or nothing.
func (h *Hub) status(ctx context.Context, commit git.Commit, name string) (found forge.Verdict, err error) {
	err = pages("statuses", func(page int) (int, error) {
		list, next, err := h.api.Statuses(ctx, commit, page)
		for _, one := range list {
			if one.Name == name {
				found, next = one, 0
				break
			}
		}
		return next, err
	})
	return found, err
}

// invalid is a request that is not sent.
func invalid(reason string) error {
	return fail(func(call forge.Call) error { return &forge.InvalidError{Call: call, Reason: reason} })
}
