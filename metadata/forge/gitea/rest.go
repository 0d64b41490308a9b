package gitea

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"github.com/rust-lang/rust-tuf/metadata/forge"
	"github.com/rust-lang/rust-tuf/metadata/forge/hub"
	"github.com/rust-lang/rust-tuf/metadata/git"
)

// comment is a comment as it is answered.
type comment struct {
	ID   int64  `json:"id"`
	Body string `json:"body"`
	User user   `json:"user"`
}

func (c comment) said() hub.Comment { return hub.Comment{ID: c.ID, Author: c.User.Login, Body: c.Body} }

// Comments implements [hub.Comments]. Both forges give all of them at once.
func (r *repository) Comments(ctx context.Context, number, page int) (out []hub.Comment, next int, err error) {
	var list []comment
	next, err = r.list(ctx, fmt.Sprintf("/issues/%d/comments", number), url.Values{}, page, &list)
	for _, one := range list {
		out = append(out, one.said())
	}
	return out, next, err
}

// AddComment implements [hub.Comments].
func (r *repository) AddComment(ctx context.Context, number int, text string) (hub.Comment, error) {
	var made comment
	err := r.ask(ctx, http.MethodPost, fmt.Sprintf("/issues/%d/comments", number), fields{"body": text}, &made)
	return made.said(), err
}

// EditComment implements [hub.Comments].
func (r *repository) EditComment(ctx context.Context, id int64, text string) error {
	return r.ask(ctx, http.MethodPatch, fmt.Sprintf("/issues/comments/%d", id), fields{"body": text}, nil)
}

// DeleteComment implements [hub.Comments].
func (r *repository) DeleteComment(ctx context.Context, id int64) error {
	return r.ask(ctx, http.MethodDelete, fmt.Sprintf("/issues/comments/%d", id), nil, nil)
}

// issue is an issue as it is answered.
type issue struct {
	Number int    `json:"number"`
	Title  string `json:"title"`
	Body   string `json:"body"`
	User   user   `json:"user"`
	Pull   any    `json:"pull_request"`
}

func (i issue) raised() hub.Issue {
	return hub.Issue{Number: i.Number, Author: i.User.Login, Title: i.Title, Body: i.Body}
}

// OpenIssues implements [hub.Issues].
func (r *repository) OpenIssues(ctx context.Context, page int) ([]hub.Issue, int, error) {
	return r.issues(ctx, "open", page)
}

// ClosedIssues implements [hub.Issues]. The newest come first: the forges offer no
// other order.
func (r *repository) ClosedIssues(ctx context.Context, page int) ([]hub.Issue, int, error) {
	return r.issues(ctx, "closed", page)
}

func (r *repository) issues(ctx context.Context, state string, page int) (out []hub.Issue, next int, err error) {
	var list []issue
	next, err = r.list(ctx, "/issues", url.Values{"state": {state}, "type": {"issues"}}, page, &list)
	for _, one := range list {
		if one.Pull == nil {
			out = append(out, one.raised())
		}
	}
	return out, next, err
}

// OpenIssue implements [hub.Issues].
func (r *repository) OpenIssue(ctx context.Context, title, text string) (hub.Issue, error) {
	var made issue
	err := r.ask(ctx, http.MethodPost, "/issues", fields{"title": title, "body": text}, &made)
	return made.raised(), err
}

// EditIssue implements [hub.Issues].
func (r *repository) EditIssue(ctx context.Context, number int, title, text string) error {
	return r.ask(ctx, http.MethodPatch, fmt.Sprintf("/issues/%d", number), fields{"title": title, "body": text}, nil)
}

// CloseIssue implements [hub.Issues].
func (r *repository) CloseIssue(ctx context.Context, number int, _ hub.Ending) error {
	return r.ask(ctx, http.MethodPatch, fmt.Sprintf("/issues/%d", number), fields{"state": "closed"}, nil)
}

// Self implements [hub.Repository].
func (r *repository) Self(ctx context.Context) (string, error) {
	var self user
	_, err := r.send(ctx, http.MethodGet, "user", nil, nil, &self)
	return self.Login, err
}

// Branch implements [hub.Repository].
func (r *repository) Branch(ctx context.Context, name string) (string, error) {
	var branch struct {
		Name string `json:"name"`
	}
	err := r.ask(ctx, http.MethodGet, "/branches/"+name, nil, &branch)
	return branch.Name, err
}

// DefaultBranch implements [hub.Repository].
func (r *repository) DefaultBranch(ctx context.Context) (string, error) {
	var repo struct {
		DefaultBranch string `json:"default_branch"`
	}
	err := r.ask(ctx, http.MethodGet, "", nil, &repo)
	return repo.DefaultBranch, err
}

// Statuses implements [hub.Repository].
func (r *repository) Statuses(ctx context.Context, commit git.Commit, page int) (out []forge.Verdict, next int, err error) {
	var all struct {
		Statuses []struct {
			Name    string      `json:"context"`
			State   forge.State `json:"status"`
			Summary string      `json:"description"`
			URL     string      `json:"target_url"`
		} `json:"statuses"`
	}
	next, err = r.list(ctx, "/commits/"+string(commit)+"/status", url.Values{}, page, &all)
	for _, s := range all.Statuses {
		out = append(out, forge.Verdict{Name: s.Name, State: s.State, Summary: s.Summary, URL: s.URL})
	}
	return out, next, err
}

// SetStatus implements [hub.Repository].
func (r *repository) SetStatus(ctx context.Context, commit git.Commit, v forge.Verdict) error {
	return r.ask(ctx, http.MethodPost, "/statuses/"+string(commit), fields{
		"state": v.State, "context": v.Name, "description": v.Summary, "target_url": v.URL,
	}, nil)
}
