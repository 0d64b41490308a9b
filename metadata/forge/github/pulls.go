package github

import (
	"context"
	"errors"
	"net/http"
	"strings"

	api "github.com/google/go-github/v84/github"

	"github.com/rust-lang/rust-tuf/metadata/forge"
	"github.com/rust-lang/rust-tuf/metadata/forge/hub"
	"github.com/rust-lang/rust-tuf/metadata/git"
)

// OpenPulls implements [hub.Pulls].
func (r *repository) OpenPulls(ctx context.Context, s hub.Search, page int) ([]hub.Pull, int, error) {
	return r.list(ctx, s, api.PullRequestListOptions{State: "open", Direction: "asc", ListOptions: onPage(page)})
}

// ClosedPulls implements [hub.Pulls].
func (r *repository) ClosedPulls(ctx context.Context, s hub.Search, page int) ([]hub.Pull, int, error) {
	return r.list(ctx, s, api.PullRequestListOptions{State: "closed", Direction: "desc", ListOptions: onPage(page)})
}

func (r *repository) list(ctx context.Context, s hub.Search, o api.PullRequestListOptions) ([]hub.Pull, int, error) {
	o.Base, o.Sort = s.Base, "created"
	if owner, _, _ := strings.Cut(s.From, "/"); owner != "" {
		o.Head = owner + ":" + s.Branch
	}
	list, resp, err := r.api.PullRequests.List(ctx, r.owner, r.repo, &o)
	var out []hub.Pull
	for _, one := range list {
		out = append(out, pull(one))
	}
	return out, next(resp), refusal(resp, err)
}

// Pull implements [hub.Pulls].
func (r *repository) Pull(ctx context.Context, number int) (hub.Pull, error) {
	p, resp, err := r.api.PullRequests.Get(ctx, r.owner, r.repo, number)
	return pull(p), refusal(resp, err)
}

// OpenPull implements [hub.Pulls].
func (r *repository) OpenPull(ctx context.Context, p forge.Proposal) (hub.Pull, error) {
	owner, repo, _ := strings.Cut(p.From, "/")
	n := &api.NewPullRequest{Title: api.Ptr(p.Title), Head: api.Ptr(p.Branch), Base: api.Ptr(p.Base), Body: api.Ptr(p.Body)}
	if !strings.EqualFold(p.From, r.owner+"/"+r.repo) {
		// What is judged is the commit that a member signed: nobody else is
		// invited to change the branch.
		n.Head, n.MaintainerCanModify = api.Ptr(owner+":"+p.Branch), api.Ptr(false)
		if strings.EqualFold(owner, r.owner) {
			n.HeadRepo = api.Ptr(repo) // a fork of the same owner
		}
	}
	made, resp, err := r.api.PullRequests.Create(ctx, r.owner, r.repo, n)
	return pull(made), refusal(resp, err)
}

// Squash implements [hub.Pulls]. GitHub answers 409 for a head that moved, and 405
// for everything else. Another merge at the same moment is a 405 too, and the one
// that can be tried again.
func (r *repository) Squash(ctx context.Context, m forge.Merge) error {
	_, resp, err := r.api.PullRequests.Merge(ctx, r.owner, r.repo, m.Number, m.Message, &api.PullRequestOptions{
		CommitTitle: m.Title, SHA: string(m.Head), MergeMethod: "squash", DontDefaultIfBlank: true,
	})
	err = refusal(resp, err)
	var refused *hub.Refusal
	if errors.As(err, &refused) && (refused.Status == http.StatusConflict || refused.Status == http.StatusMethodNotAllowed) {
		return &hub.Unmerged{Refusal: refused, Passing: refused.Status == http.StatusConflict || strings.HasPrefix(refused.Words, "Base branch was modified")}
	}
	return err
}

// ClosePull implements [hub.Pulls].
func (r *repository) ClosePull(ctx context.Context, number int) error {
	_, resp, err := r.api.PullRequests.Edit(ctx, r.owner, r.repo, number, &api.PullRequest{State: api.Ptr("closed")})
	return refusal(resp, err)
}

// pull takes from GitHub's answer what this project looks at. The repository and the
// author of a head may be gone.
func pull(p *api.PullRequest) hub.Pull {
	out := hub.Pull{State: p.GetState(), Merged: p.GetMerged() || !p.GetMergedAt().IsZero(), Made: git.Commit(p.GetMergeCommitSHA()), PullRequest: forge.PullRequest{
		Number: p.GetNumber(), Title: p.GetTitle(), Head: git.Commit(p.GetHead().GetSHA()), Branch: p.GetHead().GetRef(),
		From: p.GetHead().GetRepo().GetFullName(), Author: p.GetUser().GetLogin(), Draft: p.GetDraft(),
	}}
	if p.GetBase().GetRepo().GetID() != 0 { // without it nothing would tell a fork
		out.Base = p.GetBase().GetRef()
	}
	out.Fork = p.GetHead().GetRepo().GetID() != p.GetBase().GetRepo().GetID() || out.From == ""
	return out
}
