package gitea

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/rust-lang/rust-tuf/metadata/forge"
	"github.com/rust-lang/rust-tuf/metadata/forge/hub"
	"github.com/rust-lang/rust-tuf/metadata/git"
)

// pull is a pull request as it is answered.
type pull struct {
	Number int    `json:"number"`
	State  string `json:"state"`
	Title  string `json:"title"`
	Draft  bool   `json:"draft"`
	Merged bool   `json:"merged"`
	Made   string `json:"merge_commit_sha"`
	User   user   `json:"user"`
	Base   side   `json:"base"`
	Head   side   `json:"head"`
}

type user struct {
	Login string `json:"login"`
}

// side is one of the two branches of a pull request.
type side struct {
	Ref    string `json:"ref"`
	SHA    string `json:"sha"`
	RepoID int64  `json:"repo_id"`
	Repo   struct {
		Path string `json:"full_name"`
	} `json:"repo"`
}

// pulled takes from an answer what this project looks at. The repository and the
// author of a head may be gone.
func (p pull) pulled() hub.Pull {
	out := hub.Pull{State: p.State, Merged: p.Merged, Made: git.Commit(p.Made), PullRequest: forge.PullRequest{
		Number: p.Number, Title: p.Title, Head: git.Commit(p.Head.SHA), Branch: p.Head.Ref, Author: p.User.Login, Draft: p.Draft,
	}}
	if p.Base.RepoID > 0 { // without it nothing would tell a fork
		out.Base = p.Base.Ref
	}
	if p.Head.Ref != headRef(p.Number) {
		out.From = p.Head.Repo.Path
	}
	out.Fork = p.Head.RepoID != p.Base.RepoID || out.From == ""
	return out
}

// headRef is where a forge keeps what a pull request wants to have merged.
func headRef(number int) string { return fmt.Sprintf("refs/pull/%d/head", number) }

// OpenPulls implements [hub.Pulls].
func (r *repository) OpenPulls(ctx context.Context, s hub.Search, page int) ([]hub.Pull, int, error) {
	return r.pulls(ctx, url.Values{"state": {"open"}, "sort": {"oldest"}, "base_branch": {s.Base}}, page)
}

// ClosedPulls implements [hub.Pulls]. Without a name for the order, the newest come
// first.
func (r *repository) ClosedPulls(ctx context.Context, s hub.Search, page int) ([]hub.Pull, int, error) {
	return r.pulls(ctx, url.Values{"state": {"closed"}, "base_branch": {s.Base}}, page)
}

func (r *repository) pulls(ctx context.Context, filter url.Values, page int) (out []hub.Pull, next int, err error) {
	var list []pull
	next, err = r.list(ctx, "/pulls", filter, page, &list)
	for _, one := range list {
		out = append(out, one.pulled())
	}
	return out, next, err
}

// Pull implements [hub.Pulls].
func (r *repository) Pull(ctx context.Context, number int) (hub.Pull, error) {
	var one pull
	if err := r.ask(ctx, http.MethodGet, fmt.Sprintf("/pulls/%d", number), nil, &one); err != nil {
		return hub.Pull{}, err
	}
	out := one.pulled()
	if !out.Merged {
		return out, nil
	}
	var refs []struct {
		Ref    string `json:"ref"`
		Object struct {
			SHA string `json:"sha"`
		} `json:"object"`
	}
	if err := r.ask(ctx, http.MethodGet, fmt.Sprintf("/git/refs/pull/%d/head", number), nil, &refs); err != nil {
		return hub.Pull{}, err
	}
	out.Head = ""
	for _, ref := range refs {
		if ref.Ref == headRef(number) {
			out.Head = git.Commit(ref.Object.SHA)
		}
	}
	return out, nil
}

// OpenPull implements [hub.Pulls].
func (r *repository) OpenPull(ctx context.Context, p forge.Proposal) (hub.Pull, error) {
	in := fields{"title": p.Title, "body": p.Body, "head": p.Branch, "base": p.Base}
	if !strings.EqualFold(p.From, r.owner+"/"+r.name) {
		// What is judged is the commit that a member signed: nobody else is
		// invited to change the branch.
		owner, _, _ := strings.Cut(p.From, "/")
		in["head"], in["allow_maintainer_edit"] = owner+":"+p.Branch, false
	}
	var made pull
	err := r.ask(ctx, http.MethodPost, "/pulls", in, &made)
	return made.pulled(), err
}

// passing are the beginnings of what a forge says of a pull request that it may merge
// in a moment: it looks at all of them again after each merge.
var passing = []string{"Please try again later", "merge push out of date", "head out of date"}

// notAllowed begins what a forge says, as 405, to whom it does not let merge.
const notAllowed = "User not allowed to merge"

// Squash implements [hub.Pulls]. A forge answers 405 for one that it does not merge,
// 409 where something moved or conflicts, and 404 for one that is closed.
func (r *repository) Squash(ctx context.Context, m forge.Merge) error {
	err := r.ask(ctx, http.MethodPost, fmt.Sprintf("/pulls/%d/merge", m.Number), fields{
		"do": "squash", "head_commit_id": m.Head, "merge_title_field": m.Title, "merge_message_field": m.Message, "delete_branch_after_merge": false,
	}, nil)
	var refused *hub.Refusal
	if errors.As(err, &refused) && strings.HasPrefix(refused.Words, notAllowed) {
		refused.Status = http.StatusForbidden
		return refused
	}
	if errors.As(err, &refused) && slices.Contains([]int{http.StatusMethodNotAllowed, http.StatusConflict, http.StatusNotFound}, refused.Status) {
		return &hub.Unmerged{Refusal: refused, Passing: slices.ContainsFunc(passing, func(words string) bool { return strings.HasPrefix(refused.Words, words) })}
	}
	return err
}

// ClosePull implements [hub.Pulls].
func (r *repository) ClosePull(ctx context.Context, number int) error {
	return r.ask(ctx, http.MethodPatch, fmt.Sprintf("/pulls/%d", number), fields{"state": "closed"}, nil)
}
