package github

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	api "github.com/google/go-github/v84/github"

	"github.com/rust-lang/rust-tuf/metadata/forge"
	"github.com/rust-lang/rust-tuf/metadata/git"
)

// runner is who the token of GitHub's own runners writes as. That token may not ask.
const runner = "github-actions[bot]"

// login is who the token writes as.
func (c *Client) login(ctx context.Context) (string, *api.Response, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.self != "" {
		return c.self, nil, nil
	}
	user, resp, err := c.api.Users.Get(ctx, "")
	switch {
	case status(resp) == http.StatusForbidden && !limited(resp):
		c.self = runner
	case err != nil:
		return "", resp, err
	case user.GetLogin() == "":
		return "", resp, errIncomplete
	default:
		c.self = user.GetLogin()
	}
	return c.self, nil, nil
}

// Report implements [forge.Reviewer].
func (c *Client) Report(ctx context.Context, number int, key, markdown string) error {
	if err := forge.CheckKey(key); err != nil {
		return err
	}
	op := operation{fmt.Sprintf("write the report %s on pull request #%d", key, number), "Pull requests: read and write"}
	text := forge.Marked(key, markdown)
	return c.take(ctx, op, func() (*api.Response, error) {
		self, resp, err := c.login(ctx)
		if err != nil {
			return resp, err
		}
		mine, resp, err := c.comments(ctx, number, key, self)
		if err != nil {
			return resp, err
		}
		if len(mine) == 0 {
			if resp, err = c.comment(ctx, number, text, self); err != nil {
				return resp, err
			}
			// Another run may have done the same at the same time.
			if mine, resp, err = c.comments(ctx, number, key, self); err != nil {
				return resp, err
			}
		}
		return c.keepOne(ctx, mine, text)
	})
}

// comments are those by this token's user that bear a marker, the oldest first.
func (c *Client) comments(ctx context.Context, number int, key, self string) ([]*api.IssueComment, *api.Response, error) {
	var mine []*api.IssueComment
	resp, err := pages("comments", func(at api.ListOptions) (*api.Response, error) {
		list, resp, err := c.api.Issues.ListComments(ctx, c.owner, c.repo, number, &api.IssueListCommentsOptions{ListOptions: at})
		for _, one := range list {
			if one.GetID() != 0 && strings.EqualFold(one.GetUser().GetLogin(), self) && forge.IsMarked(one.GetBody(), key) {
				mine = append(mine, one)
			}
		}
		return resp, err
	})
	slices.SortFunc(mine, func(a, b *api.IssueComment) int { return int(min(max(a.GetID()-b.GetID(), -1), 1)) })
	return slices.CompactFunc(mine, func(a, b *api.IssueComment) bool { return a.GetID() == b.GetID() }), resp, err
}

// comment writes a comment that must be found again, or takes it back.
func (c *Client) comment(ctx context.Context, number int, text, self string) (*api.Response, error) {
	made, resp, err := c.api.Issues.CreateComment(ctx, c.owner, c.repo, number, &api.IssueComment{Body: api.Ptr(text)})
	author := made.GetUser().GetLogin()
	if err != nil || strings.EqualFold(author, self) {
		return resp, err
	}
	if made.GetID() == 0 || author == "" {
		return resp, errIncomplete
	}
	if resp, err := c.api.Issues.DeleteComment(ctx, c.owner, c.repo, made.GetID()); err != nil {
		return resp, err
	}
	return resp, &stepError{func(call forge.Call) error { return &forge.IdentityError{Call: call, Want: self, Found: author} }}
}

// keepOne brings the oldest comment up to date and removes the others, which
// another run made at the same time: both keep the same one.
func (c *Client) keepOne(ctx context.Context, mine []*api.IssueComment, text string) (*api.Response, error) {
	if len(mine) == 0 {
		return nil, errIncomplete // it was made and is not listed yet
	}
	if mine[0].GetBody() != text {
		if _, resp, err := c.api.Issues.EditComment(ctx, c.owner, c.repo, mine[0].GetID(), &api.IssueComment{Body: api.Ptr(text)}); err != nil {
			return resp, err
		}
	}
	for _, surplus := range mine[1:] {
		resp, err := c.api.Issues.DeleteComment(ctx, c.owner, c.repo, surplus.GetID())
		if err != nil && status(resp) != http.StatusNotFound { // the other run removed it
			return resp, err
		}
	}
	return nil, nil
}

// Judge implements [forge.Reviewer], as a commit status: unlike a check run, every
// kind of token can set one.
func (c *Client) Judge(ctx context.Context, commit git.Commit, v forge.Verdict) error {
	op := operation{fmt.Sprintf("set status %s of commit %s", v.Name, commit.Short()), "Commit statuses: read and write"}
	return c.take(ctx, op, func() (*api.Response, error) {
		if !isCommit(commit) {
			return nil, invalid("the commit is not named in full")
		}
		s := api.RepoStatus{State: api.Ptr(string(v.State)), Context: api.Ptr(v.Name), Description: api.Ptr(cut(v.Summary, maxSummary))}
		if v.URL != "" {
			s.TargetURL = api.Ptr(v.URL)
		}
		_, resp, err := c.api.Repositories.CreateStatus(ctx, c.owner, c.repo, string(commit), s)
		return resp, err
	})
}

// invalid is a request that is not sent.
func invalid(reason string) error {
	return &stepError{func(call forge.Call) error { return &forge.InvalidError{Call: call, Reason: reason} }}
}
