package github

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	api "github.com/google/go-github/v84/github"

	"github.com/rust-lang/rust-tuf/metadata/forge"
	"github.com/rust-lang/rust-tuf/metadata/forge/hub"
)

// Client asks one repository. It is safe for use by several goroutines.
type Client struct{ *hub.Hub }

// Options are what a client may be told.
type Options = hub.Options

// AddressError is an address at which no repository of GitHub can be.
type AddressError = hub.AddressError

// needs are the permissions of a fine-grained token, as GitHub's pages name them.
var needs = hub.Needs{
	Open: "Pull requests: read and write", List: "Pull requests: read", Report: "Pull requests: read and write", Judge: "Commit statuses: read and write",
	Merge: "Contents: read and write", Close: "Pull requests: read and write", Raise: "Issues: read and write",
}

// New makes a client for a repository. Nothing is asked yet. Without a token,
// GitHub shows what is public and changes nothing. Errors: *AddressError.
func New(a forge.Address, t forge.Token, o Options) (*Client, error) {
	owner, repo, ok := strings.Cut(a.Path, "/")
	if !ok || !hub.IsName(owner) || !hub.IsName(repo) || a.Host == "" {
		return nil, &AddressError{Address: a.String(), Forge: "GitHub", Reason: "it has the form host/owner/repository"}
	}
	if o.API == "" {
		o.API = apiOf(a.Host)
	}
	base, ok := hub.Base(o.API)
	if !ok {
		return nil, &AddressError{Address: a.String(), Forge: "GitHub", Reason: "a token is sent over https only"}
	}
	// go-github asks for what GitHub no longer describes: previews, and version 3.
	r := &repository{owner: owner, repo: repo, api: api.NewClient(hub.NewHTTP(base, t, "application/vnd.github+json, application/json", o.Timeout))}
	r.api.BaseURL, r.api.UserAgent = base, "rust-tuf"
	r.api.DisableRateLimitCheck = true // it reads the system's clock
	return &Client{hub.New(r, hub.Config{
		Where: a.String(), Token: t, Obtain: "run `gh auth login`, or set GH_TOKEN", Needs: needs,
		Page: func(number int) string { return fmt.Sprintf("https://%s/pull/%d", a, number) }, Options: o,
	})}, nil
}

// apiOf is where the interface of a host is: on a host of its own at GitHub's own
// sites, below a path at everybody else's.
func apiOf(host string) string {
	if host == "github.com" || strings.HasSuffix(host, ".ghe.com") {
		return "https://api." + host + "/"
	}
	return "https://" + host + "/api/v3/"
}

// repository is what package hub asks for, by go-github.
type repository struct {
	api         *api.Client
	owner, repo string
}

var _ hub.API = (*repository)(nil)

// perPage is the most that GitHub gives in one page.
const perPage = 100

func onPage(page int) api.ListOptions { return api.ListOptions{PerPage: perPage, Page: page} }

// next is the page that an answer links to.
func next(r *api.Response) int {
	if r == nil {
		return 0
	}
	return r.NextPage
}

// refusal tells an answer that refuses from one that did not come as it should.
func refusal(r *api.Response, err error) error {
	if err == nil || r == nil || r.Response == nil || r.StatusCode < http.StatusMultipleChoices {
		return err
	}
	var abuse *api.AbuseRateLimitError // of the secondary limit, which may have no header at all
	return &hub.Refusal{Status: r.StatusCode, Header: r.Header, Words: words(err), Slower: errors.As(err, &abuse), Err: err}
}

// words are what GitHub says about a refusal, in one line.
func words(err error) string {
	var (
		refused *api.ErrorResponse
		rate    *api.RateLimitError
		abuse   *api.AbuseRateLimitError
	)
	switch {
	case errors.As(err, &rate):
		return rate.Message
	case errors.As(err, &abuse):
		return abuse.Message
	case !errors.As(err, &refused):
		return ""
	}
	text := refused.Message
	for _, e := range refused.Errors {
		switch {
		case e.Message != "":
			text += "; " + e.Message
		case e.Field != "":
			text += "; " + e.Field + ": " + e.Code
		}
	}
	return text
}
