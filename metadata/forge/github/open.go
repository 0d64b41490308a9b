package github

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	api "github.com/google/go-github/v84/github"

	"github.com/rust-lang/rust-tuf/metadata/forge"
	"github.com/rust-lang/rust-tuf/metadata/git"
)

// Open implements [forge.Opener].
func (c *Client) Open(ctx context.Context, p forge.Proposal) (forge.PullRequest, error) {
	op := operation{fmt.Sprintf("open a pull request for branch %s of %s", p.Branch, p.From), "Pull requests: read and write"}
	var found forge.PullRequest
	err := c.take(ctx, op, func() (resp *api.Response, err error) {
		var ok bool
		if found, ok, resp, err = c.find(ctx, p); ok || err != nil {
			return resp, err
		}
		if found, resp, err = c.create(ctx, p); status(resp) != http.StatusUnprocessableEntity {
			return resp, err
		}
		// GitHub refuses a second one, which another process may just have
		// opened, in the same way as what it finds wrong.
		var lost *api.Response
		var ferr error
		if found, ok, lost, ferr = c.find(ctx, p); ok || ferr != nil {
			return lost, ferr
		}
		return c.baseOr(ctx, p.Base, resp, err)
	})
	return found, err
}

// find looks for the open pull request of a branch. GitHub leaves out a filter that
// it does not understand, so what it lists is compared.
func (c *Client) find(ctx context.Context, p forge.Proposal) (forge.PullRequest, bool, *api.Response, error) {
	owner, _, _ := strings.Cut(p.From, "/")
	o := api.PullRequestListOptions{State: "open", Head: owner + ":" + p.Branch, Base: p.Base, Sort: "created", Direction: "asc"}
	var found *forge.PullRequest
	resp, err := pages("open pull requests", func(at api.ListOptions) (*api.Response, error) {
		o.ListOptions = at
		list, resp, err := c.api.PullRequests.List(ctx, c.owner, c.repo, &o)
		for _, one := range list {
			pr, ok := c.pullRequest(one)
			if ok && found == nil && strings.EqualFold(pr.From, p.From) && pr.Branch == p.Branch && pr.Base == p.Base {
				found = &pr
			}
		}
		return resp, err
	})
	if err != nil || found == nil {
		return forge.PullRequest{}, false, resp, err
	}
	return *found, true, resp, nil
}

func (c *Client) create(ctx context.Context, p forge.Proposal) (forge.PullRequest, *api.Response, error) {
	owner, repo, _ := strings.Cut(p.From, "/")
	n := &api.NewPullRequest{Title: api.Ptr(cut(p.Title, maxTitle)), Head: api.Ptr(p.Branch), Base: api.Ptr(p.Base), Body: api.Ptr(p.Body)}
	if !strings.EqualFold(p.From, c.owner+"/"+c.repo) {
		// What is judged is the commit that a member signed: nobody else is
		// invited to change the branch.
		n.Head, n.MaintainerCanModify = api.Ptr(owner+":"+p.Branch), api.Ptr(false)
		if strings.EqualFold(owner, c.owner) {
			n.HeadRepo = api.Ptr(repo) // a fork of the same owner
		}
	}
	made, resp, err := c.api.PullRequests.Create(ctx, c.owner, c.repo, n)
	if err != nil {
		return forge.PullRequest{}, resp, err
	}
	pr, ok := c.pullRequest(made)
	if !ok {
		return pr, resp, errIncomplete
	}
	return pr, resp, nil
}

// baseOr explains a refused pull request by a base branch that is gone, as after
// a change of the default branch, or leaves the refusal as it is.
func (c *Client) baseOr(ctx context.Context, base string, refused *api.Response, err error) (*api.Response, error) {
	branch, resp, berr := c.api.Repositories.GetBranch(ctx, c.owner, c.repo, base, 0)
	switch {
	case unanswered(resp, berr):
		return resp, berr
	case berr == nil && branch.GetName() == base:
		return refused, err
	}
	repo, resp, rerr := c.api.Repositories.Get(ctx, c.owner, c.repo)
	switch {
	case unanswered(resp, rerr):
		return resp, rerr
	case rerr != nil || repo.GetDefaultBranch() == "" || repo.GetDefaultBranch() == base:
		return refused, err
	}
	return refused, &stepError{func(call forge.Call) error {
		return &forge.BaseError{Call: call, Base: base, Default: repo.GetDefaultBranch()}
	}}
}

// PullRequests implements [forge.Reviewer].
func (c *Client) PullRequests(ctx context.Context, base string) ([]forge.PullRequest, error) {
	op := operation{"list the open pull requests for branch " + base, "Pull requests: read"}
	var all []forge.PullRequest
	err := c.take(ctx, op, func() (*api.Response, error) {
		all = nil
		seen := map[int]bool{} // one that is opened meanwhile moves the pages
		o := api.PullRequestListOptions{State: "open", Base: base, Sort: "created", Direction: "asc"}
		return pages("open pull requests", func(at api.ListOptions) (*api.Response, error) {
			o.ListOptions = at
			list, resp, err := c.api.PullRequests.List(ctx, c.owner, c.repo, &o)
			for _, one := range list {
				pr, ok := c.pullRequest(one)
				if !ok {
					return resp, errIncomplete
				}
				if pr.Base == base && !seen[pr.Number] {
					all, seen[pr.Number] = append(all, pr), true
				}
			}
			return resp, err
		})
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

// pullRequest takes from GitHub's answer what this project looks at; ok tells that
// all of it is there. The repository and the author of a head may be gone. Its page is
// where every page of GitHub's is, whatever the answer says.
func (c *Client) pullRequest(p *api.PullRequest) (_ forge.PullRequest, ok bool) {
	pr := forge.PullRequest{
		Number: p.GetNumber(), URL: fmt.Sprintf("https://%s/pull/%d", c.where, p.GetNumber()), Title: p.GetTitle(), Head: git.Commit(p.GetHead().GetSHA()), Branch: p.GetHead().GetRef(),
		From: p.GetHead().GetRepo().GetFullName(), Base: p.GetBase().GetRef(), Author: p.GetUser().GetLogin(), Draft: p.GetDraft(),
	}
	pr.Fork = p.GetHead().GetRepo().GetID() != p.GetBase().GetRepo().GetID() || pr.From == ""
	return pr, pr.Number > 0 && isCommit(pr.Head) && pr.Branch != "" && pr.Base != "" && p.GetBase().GetRepo().GetID() != 0
}

// cut shortens a line to so many characters.
func cut(text string, most int) string {
	runes := []rune(text)
	if len(runes) <= most {
		return text
	}
	return string(runes[:most-1]) + "…"
}
