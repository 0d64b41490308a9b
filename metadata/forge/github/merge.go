package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	api "github.com/google/go-github/v84/github"

	"github.com/rust-lang/rust-tuf/metadata/forge"
	"github.com/rust-lang/rust-tuf/metadata/git"
)

// Merge implements [forge.Merger]. Whatever GitHub answers to the merge, or does
// not answer, the pull request as it is afterwards tells what happened.
func (c *Client) Merge(ctx context.Context, m forge.Merge) (git.Commit, error) {
	op := operation{fmt.Sprintf("merge pull request #%d", m.Number), "Contents: read and write"}
	var made git.Commit
	err := c.take(ctx, op, func() (*api.Response, error) {
		if !isCommit(m.Head) {
			return nil, invalid("the commit that was judged is not named in full")
		}
		pr, resp, err := c.pull(ctx, m.Number)
		if err != nil {
			return resp, err
		}
		if !pr.GetMerged() {
			if err := mergeable(pr, m); err != nil {
				return resp, err
			}
			if resp, err := c.squash(ctx, m); err != nil {
				return c.afterRefusal(ctx, m, resp, err)
			}
			if pr, resp, err = c.pull(ctx, m.Number); err != nil {
				return resp, err
			}
		}
		made, err = merged(pr, m)
		return resp, err
	})
	return made, err
}

func (c *Client) squash(ctx context.Context, m forge.Merge) (*api.Response, error) {
	_, resp, err := c.api.PullRequests.Merge(ctx, c.owner, c.repo, m.Number, m.Message, &api.PullRequestOptions{
		CommitTitle: m.Title, SHA: string(m.Head), MergeMethod: "squash", DontDefaultIfBlank: true,
	})
	return resp, err
}

func (c *Client) pull(ctx context.Context, number int) (*api.PullRequest, *api.Response, error) {
	pr, resp, err := c.api.PullRequests.Get(ctx, c.owner, c.repo, number)
	if err == nil && (pr.GetNumber() != number || !isCommit(git.Commit(pr.GetHead().GetSHA())) || pr.GetBase().GetRef() == "" || pr.GetState() == "") {
		err = errIncomplete
	}
	return pr, resp, err
}

// mergeable refuses a pull request that is not what was judged. GitHub compares
// the head once more while it merges, but no base: an author may change that.
func mergeable(pr *api.PullRequest, m forge.Merge) error {
	found, base := git.Commit(pr.GetHead().GetSHA()), pr.GetBase().GetRef()
	switch {
	case pr.GetState() != "open":
		return &stepError{func(call forge.Call) error { return &forge.UnmergeableError{Call: call, Closed: true} }}
	case found != m.Head || base != m.Base:
		return &stepError{func(call forge.Call) error {
			return &forge.MovedError{Call: call, Want: m.Head, Found: found, WantBase: m.Base, FoundBase: base}
		}}
	}
	return nil
}

// merged tells which commit a merge made, if it merged what was judged.
func merged(pr *api.PullRequest, m forge.Merge) (git.Commit, error) {
	head, base, made := git.Commit(pr.GetHead().GetSHA()), pr.GetBase().GetRef(), git.Commit(pr.GetMergeCommitSHA())
	switch {
	case !pr.GetMerged() || !isCommit(made):
		return "", errIncomplete // merged, and not shown as merged yet
	case head != m.Head || base != m.Base:
		return "", &stepError{func(call forge.Call) error {
			return &forge.StrayError{Call: call, Want: m.Head, Found: head, WantBase: m.Base, FoundBase: base, Commit: made}
		}}
	}
	return made, nil
}

// afterRefusal explains a merge that GitHub refused: 409 for a head that moved,
// 405 for everything else. Another merge at the same moment is a 405 too, and the
// one that can be tried again.
func (c *Client) afterRefusal(ctx context.Context, m forge.Merge, resp *api.Response, err error) (*api.Response, error) {
	var refused *api.ErrorResponse
	if code := status(resp); code != http.StatusConflict && code != http.StatusMethodNotAllowed || !errors.As(err, &refused) {
		return resp, err
	}
	pr, now, perr := c.pull(ctx, m.Number)
	if perr != nil {
		return now, perr
	}
	if !pr.GetMerged() {
		if err := mergeable(pr, m); err != nil {
			return now, err
		}
	}
	reason := c.token.Redact(words(err))
	if pr.GetMerged() || status(resp) == http.StatusConflict || strings.HasPrefix(refused.Message, "Base branch was modified") {
		return nil, &passingError{reason} // the next try sees what happened
	}
	return now, &stepError{func(call forge.Call) error { return &forge.UnmergeableError{Call: call, Reason: reason} }}
}

// passingError is a refusal that may be gone in a moment.
type passingError struct{ reason string }

func (e *passingError) Error() string { return e.reason }

// Close implements [forge.Merger]. The reason stands there before it is closed, and
// only once, however often this is called.
func (c *Client) Close(ctx context.Context, number int, reason string) error {
	if err := c.Report(ctx, number, "closed", reason); err != nil {
		return err
	}
	op := operation{fmt.Sprintf("close pull request #%d", number), "Pull requests: read and write"}
	return c.take(ctx, op, func() (*api.Response, error) {
		_, resp, err := c.api.PullRequests.Edit(ctx, c.owner, c.repo, number, &api.PullRequest{State: api.Ptr("closed")})
		return resp, err
	})
}
