package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/words"
	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/metadata/forge"
	"github.com/rust-lang/rust-tuf/metadata/forge/gitea"
	"github.com/rust-lang/rust-tuf/metadata/forge/github"
	"github.com/rust-lang/rust-tuf/metadata/git"
	"github.com/rust-lang/rust-tuf/roles"
)

// Forges gives a client for a forge, with a token of the person's; nil where the
// forge has no API that is used here, or there is no token.
type Forges func(ctx context.Context, a forge.Address, k forge.Kind) (forge.Opener, error)

// forges looks for tokens where the real world keeps them: in the environment, and
// with the tool of a forge, if one is given.
func forges(getenv func(string) string, tool forge.Tool) Forges {
	return func(ctx context.Context, a forge.Address, k forge.Kind) (forge.Opener, error) {
		token, err := forge.FindToken(ctx, k, a.Host, getenv, tool)
		if err != nil || token.Absent() {
			return nil, err
		}
		login := getenv(forge.LoginVariable)
		if k == forge.GitHub {
			return github.New(a, token, github.Options{Login: login})
		}
		server, err := forge.ServerOf(k, a.Host, getenv)
		if err != nil {
			return nil, err
		}
		return gitea.New(a, token, gitea.Options{Login: login, API: server + gitea.InterfacePath})
	}
}

// pullRequest is how far the pull request of a pushed branch has come.
type pullRequest struct {
	Pull   string `json:"pull_request,omitempty"`      // its page; while it is not open, the page to open it on, or what to ask for
	Opened bool   `json:"pull_request_opened"`         // by this run or before
	Note   string `json:"pull_request_note,omitempty"` // why it is not open, where that was tried
}

// next says what to do with it: one sentence where it is to be opened yet, and one
// where it is open.
func (p pullRequest) next(w *words.Lines, closed, opened string) {
	if p.Opened {
		w.Printf("%s\n    %s\n", opened, p.Pull)
		return
	}
	w.Printf("%s\n    %s\n", closed, p.Pull)
	if p.Note != "" {
		w.Printf("It is not open yet: %s.\n", p.Note)
	}
}

// patience is how long a forge may take to open a pull request. Whoever looks on can
// open it by hand sooner than any outage ends.
const patience = 30 * time.Second

// openPull asks for a branch that was pushed to be merged: by the forge's API where
// there is a token, by a push for review where the forge takes that, and otherwise by
// saying which page to open. What the branch was made for is done by then, so nothing
// that goes wrong here is an error. The message is that of the commit.
func (w *workspace) openPull(ctx context.Context, branch, message string) pullRequest {
	p, err := w.tryOpen(ctx, branch, message, "")
	if err != nil {
		p.Note = strings.Join(reasons([]error{err}), "")
	}
	return p
}

// UnopenedError is a branch that a machine has pushed, and for which no pull
// request is open: nobody looks on who would open one by hand.
type UnopenedError struct {
	Branch string
	Page   string // to open it on
	Err    error  // why it is not open
}

func (e *UnopenedError) Error() string {
	return fmt.Sprintf("branch %s is pushed, and no pull request is open for it: %v", e.Branch, e.Err)
}

// Unwrap returns why it is not open.
func (e *UnopenedError) Unwrap() error { return e.Err }

// Hint names the next step: that of the reason, or the page.
func (e *UnopenedError) Hint() string {
	var h hinted
	if errors.As(e.Err, &h) {
		return h.Hint()
	}
	return "open it by hand: " + e.Page
}

// errNoWay is a forge that cannot be asked to open anything.
var errNoWay = errors.New("the branch is not where the forge could be asked to open one")

// mustOpen is openPull for a machine. A pull request for the same head that
// somebody has closed is not opened again (*forge.ClosedError).
func (w *workspace) mustOpen(ctx context.Context, branch, message string, head git.Commit) (pullRequest, error) {
	p, err := w.tryOpen(ctx, branch, message, head)
	if err == nil && !p.Opened {
		err = errNoWay
	}
	if err != nil {
		p.Note = strings.Join(reasons([]error{err}), "")
		return p, &UnopenedError{branch, p.Pull, err}
	}
	return p, nil
}

// tryOpen is openPull with the error. A head is named where what somebody has
// closed must not be opened again.
func (w *workspace) tryOpen(ctx context.Context, branch, message string, head git.Commit) (pullRequest, error) {
	title, body, _ := strings.Cut(message, "\n")
	way, route := w.route(branch, title)
	p := pullRequest{Pull: route.Ask}
	if route.Open != "" {
		p.Pull = route.Open
	}
	to, ok := forge.ParseAddress(way.Target)
	from, okFrom := forge.ParseAddress(way.Source)
	if !ok || !okFrom || to.Host != from.Host {
		return p, nil
	}
	if len(route.Options) > 0 && route.For == "" {
		p.Note = "the push asked for it, which not every server allows; look at its merge requests first"
		return p, nil
	}
	var page string
	opener, err := w.opener(ctx, to, way.Kind)
	switch {
	case opener != nil && err == nil:
		page, err = w.ask(ctx, opener, to, forge.Proposal{From: from.Path, Branch: branch, Base: w.branch, Title: title, Body: strings.TrimSpace(body), Head: head})
	case route.For != "": // for which no token is needed
		page, err = w.submit(ctx, to, branch, route)
	}
	if page != "" {
		p.Pull, p.Opened = page, true
	}
	return p, err
}

// route is how a branch becomes a pull request without an API.
func (w *workspace) route(branch, title string) (forge.Way, forge.Route) {
	target, _ := w.git.RemoteURL(w.remote)
	source, _ := w.git.RemoteURL(w.push)
	way := forge.Way{Kind: w.kind(target), Target: target, Base: w.branch, Source: source, Branch: branch, Title: title}
	return way, forge.RouteOf(way)
}

// kind is what the repository declares its forge to be, or what the host is known
// for. Who cannot read the declaration opens pull requests by hand.
func (w *workspace) kind(target string) forge.Kind {
	declared := ""
	tree := w.tree
	if w.repo != nil {
		tree = w.repo.Tree()
	}
	if tree != nil {
		if raw, err := tree.Read(metadata.PolicyFile); err == nil {
			if terms, err := roles.ParseTerms(metadata.PolicyFile, raw); err == nil {
				declared = terms.Forge.Kind
			}
		}
	}
	address, _ := forge.ParseAddress(target)
	kind, err := forge.KindOf(address.Host, declared)
	if err != nil {
		return forge.Plain
	}
	return kind
}

// pushOptions go along with the push of a branch.
func (w *workspace) pushOptions(branch, message string) []string {
	title, _, _ := strings.Cut(message, "\n")
	if _, route := w.route(branch, title); route.For == "" {
		return route.Options
	}
	return nil
}

// submit hands the head of a pushed branch in for review.
func (w *workspace) submit(ctx context.Context, to forge.Address, branch string, route forge.Route) (string, error) {
	head, err := w.git.Fetch(ctx, w.push, branch)
	if err != nil {
		return "", err
	}
	number, err := w.git.Submit(ctx, w.remote, head, route.For, route.Options...)
	if err != nil {
		return "", err
	}
	return forge.PullRequestPage(to, number), nil
}

// opener is the API of the forge; nil where there is none, or no token.
func (w *workspace) opener(ctx context.Context, to forge.Address, kind forge.Kind) (forge.Opener, error) {
	if w.env.Forges == nil {
		return nil, nil
	}
	short, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return w.env.Forges(short, to, kind)
}

// ask has the API of the forge open it.
func (w *workspace) ask(ctx context.Context, opener forge.Opener, to forge.Address, p forge.Proposal) (string, error) {
	short, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	pr, err := opener.Open(short, p)
	switch {
	case errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil:
		return "", fmt.Errorf("%s did not answer within %s", to.Host, patience)
	case err != nil:
		return "", err
	}
	return pr.URL, nil
}
