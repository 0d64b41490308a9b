package forge

import (
	"fmt"
	"net/url"
	"strings"
)

// Route is how a branch becomes a pull request without an API. At most one of
// Options and For is set; Open and Ask are for the person in any case.
type Route struct {
	// Options go along with the push of the branch, and make its merge request.
	Options []string
	// For is the branch to push for review instead of pushing a branch of one's
	// own, with Options of that push: the remote keeps it as a pull request.
	For string
	// Open is the exact page on which a pull request is opened; empty when there
	// is none, or none is needed.
	Open string
	// Ask says in words what shall be merged into what.
	Ask string
}

// Way is a branch, and where it shall go.
type Way struct {
	Kind   Kind
	Target string // address of the remote that it shall be merged at
	Base   string // branch of Target
	Source string // address of the remote that it is pushed to
	Branch string // of Source
	Title  string
}

// RouteOf finds the route of a branch. It reaches nothing, and looks at no
// password: addresses come without one from package git.
func RouteOf(w Way) Route {
	r := Route{Ask: fmt.Sprintf("from %s of %s into %s of %s", w.Branch, w.Source, w.Base, w.Target)}
	to, ok := ParseAddress(w.Target)
	from, okFrom := ParseAddress(w.Source)
	if !ok || !okFrom || to.Host != from.Host {
		return r
	}
	switch w.Kind {
	case GitHub:
		r.Open = fmt.Sprintf("https://%s/%s/compare/%s...%s:%s?expand=1", to.Host, to.Path, url.PathEscape(w.Base), from.Owner(), url.PathEscape(w.Branch))
	case GitLab:
		r.Open = fmt.Sprintf("https://%s/%s/-/merge_requests/new?merge_request[source_branch]=%s", from.Host, from.Path, url.QueryEscape(w.Branch))
		r.Options = []string{"merge_request.create", "merge_request.target=" + w.Base, "merge_request.title=" + line(w.Title)}
		if to.Path != from.Path {
			r.Options = append(r.Options, "merge_request.target_project="+to.Path)
		}
	case Gitea, Forgejo:
		r.For = w.Base
		r.Options = []string{"topic=" + w.Branch, "title=" + line(w.Title)}
	}
	return r
}

// PullRequestPage is the page of a pull request that was made by a push for
// review.
func PullRequestPage(a Address, number int) string {
	return fmt.Sprintf("%s/%s/pulls/%d", a.Pages(), a.Path, number)
}

// line is a text as one option of a push, which cannot hold a line end.
func line(text string) string { return strings.Join(strings.Fields(text), " ") }
