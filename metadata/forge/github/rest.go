package github

import (
	"context"
	"errors"
	"net/http"

	api "github.com/google/go-github/v84/github"

	"github.com/rust-lang/rust-tuf/metadata/forge"
	"github.com/rust-lang/rust-tuf/metadata/forge/hub"
	"github.com/rust-lang/rust-tuf/metadata/git"
)

// Comments implements [hub.Comments].
func (r *repository) Comments(ctx context.Context, number, page int) ([]hub.Comment, int, error) {
	list, resp, err := r.api.Issues.ListComments(ctx, r.owner, r.repo, number, &api.IssueListCommentsOptions{ListOptions: onPage(page)})
	var out []hub.Comment
	for _, one := range list {
		out = append(out, comment(one))
	}
	return out, next(resp), refusal(resp, err)
}

// AddComment implements [hub.Comments].
func (r *repository) AddComment(ctx context.Context, number int, text string) (hub.Comment, error) {
	made, resp, err := r.api.Issues.CreateComment(ctx, r.owner, r.repo, number, &api.IssueComment{Body: api.Ptr(text)})
	return comment(made), refusal(resp, err)
}

// EditComment implements [hub.Comments].
func (r *repository) EditComment(ctx context.Context, id int64, text string) error {
	_, resp, err := r.api.Issues.EditComment(ctx, r.owner, r.repo, id, &api.IssueComment{Body: api.Ptr(text)})
	return refusal(resp, err)
}

// DeleteComment implements [hub.Comments].
func (r *repository) DeleteComment(ctx context.Context, id int64) error {
	resp, err := r.api.Issues.DeleteComment(ctx, r.owner, r.repo, id)
	return refusal(resp, err)
}

func comment(c *api.IssueComment) hub.Comment {
	return hub.Comment{ID: c.GetID(), Author: c.GetUser().GetLogin(), Body: c.GetBody()}
}

// OpenIssues implements [hub.Issues].
func (r *repository) OpenIssues(ctx context.Context, page int) ([]hub.Issue, int, error) {
	return r.issues(ctx, &api.IssueListByRepoOptions{State: "open", Sort: "created", Direction: "asc", ListOptions: onPage(page)})
}

// ClosedIssues implements [hub.Issues].
func (r *repository) ClosedIssues(ctx context.Context, page int) ([]hub.Issue, int, error) {
	return r.issues(ctx, &api.IssueListByRepoOptions{State: "closed", Sort: "updated", Direction: "desc", ListOptions: onPage(page)})
}

// issues is one page of a list in which GitHub has pull requests too.
func (r *repository) issues(ctx context.Context, which *api.IssueListByRepoOptions) ([]hub.Issue, int, error) {
	list, resp, err := r.api.Issues.ListByRepo(ctx, r.owner, r.repo, which)
	var out []hub.Issue
	for _, one := range list {
		if !one.IsPullRequest() {
			out = append(out, issue(one))
		}
	}
	return out, next(resp), refusal(resp, err)
}

// OpenIssue implements [hub.Issues].
func (r *repository) OpenIssue(ctx context.Context, title, text string) (hub.Issue, error) {
	made, resp, err := r.api.Issues.Create(ctx, r.owner, r.repo, &api.IssueRequest{Title: api.Ptr(title), Body: api.Ptr(text)})
	return issue(made), refusal(resp, err)
}

// EditIssue implements [hub.Issues].
func (r *repository) EditIssue(ctx context.Context, number int, title, text string) error {
	return r.editIssue(ctx, number, &api.IssueRequest{Title: api.Ptr(title), Body: api.Ptr(text)})
}

// CloseIssue implements [hub.Issues].
func (r *repository) CloseIssue(ctx context.Context, number int, why hub.Ending) error {
	return r.editIssue(ctx, number, &api.IssueRequest{State: api.Ptr("closed"), StateReason: api.Ptr(string(why))})
}

func (r *repository) editIssue(ctx context.Context, number int, change *api.IssueRequest) error {
	_, resp, err := r.api.Issues.Edit(ctx, r.owner, r.repo, number, change)
	return refusal(resp, err)
}

func issue(i *api.Issue) hub.Issue {
	return hub.Issue{Number: i.GetNumber(), Author: i.GetUser().GetLogin(), Title: i.GetTitle(), Body: i.GetBody()}
}

// runner is who the token of GitHub's own runners writes as. That token may not ask.
const runner = "github-actions[bot]"

// Self implements [hub.Repository].
func (r *repository) Self(ctx context.Context) (string, error) {
	user, resp, err := r.api.Users.Get(ctx, "")
	err = refusal(resp, err)
	var refused *hub.Refusal
	if errors.As(err, &refused) && refused.Status == http.StatusForbidden && !refused.Limited() {
		return runner, nil
	}
	return user.GetLogin(), err
}

// Branch implements [hub.Repository].
func (r *repository) Branch(ctx context.Context, name string) (string, error) {
	branch, resp, err := r.api.Repositories.GetBranch(ctx, r.owner, r.repo, name, 0)
	return branch.GetName(), refusal(resp, err)
}

// DefaultBranch implements [hub.Repository].
func (r *repository) DefaultBranch(ctx context.Context) (string, error) {
	repo, resp, err := r.api.Repositories.Get(ctx, r.owner, r.repo)
	return repo.GetDefaultBranch(), refusal(resp, err)
}

// Statuses implements [hub.Repository].
func (r *repository) Statuses(ctx context.Context, commit git.Commit, page int) ([]forge.Verdict, int, error) {
	o := onPage(page)
	all, resp, err := r.api.Repositories.GetCombinedStatus(ctx, r.owner, r.repo, string(commit), &o)
	var out []forge.Verdict
	if all != nil {
		for _, s := range all.Statuses {
			out = append(out, forge.Verdict{Name: s.GetContext(), State: forge.State(s.GetState()), Summary: s.GetDescription(), URL: s.GetTargetURL()})
		}
	}
	return out, next(resp), refusal(resp, err)
}

// SetStatus implements [hub.Repository].
func (r *repository) SetStatus(ctx context.Context, commit git.Commit, v forge.Verdict) error {
	s := api.RepoStatus{State: api.Ptr(string(v.State)), Context: api.Ptr(v.Name), Description: api.Ptr(v.Summary)}
	if v.URL != "" {
		s.TargetURL = api.Ptr(v.URL)
	}
	_, resp, err := r.api.Repositories.CreateStatus(ctx, r.owner, r.repo, string(commit), s)
	return refusal(resp, err)
}
