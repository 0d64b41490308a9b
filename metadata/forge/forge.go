package forge

import (
	"context"

	"github.com/rust-lang/rust-tuf/metadata/git"
)

// Opener opens pull requests: all that the machine of a person asks for.
type Opener interface {
	// Open asks for a branch that was pushed to be merged. Where an open pull
	// request has the same head and base, that one is returned as it is.
	Open(ctx context.Context, p Proposal) (PullRequest, error)
}

// Reviewer says of pull requests what the gate found.
type Reviewer interface {
	// PullRequests lists those that are open for a base branch, the oldest first.
	// A list that is too long is an error, never a part of it.
	PullRequests(ctx context.Context, base string) ([]PullRequest, error)
	// Report writes the one comment that this token's user keeps under a key on a
	// pull request, or replaces its text.
	Report(ctx context.Context, number int, key, markdown string) error
	// Judge sets the verdict that a rule of the base branch can demand of a commit.
	Judge(ctx context.Context, commit git.Commit, v Verdict) error
}

// Merger ends pull requests.
type Merger interface {
	// Merge squashes a pull request into its base, if its head is still the one
	// that was judged, and returns the commit that this made. A pull request that
	// was merged at that head before is success.
	Merge(ctx context.Context, m Merge) (git.Commit, error)
	// Close closes a pull request without merging it, and says why in a comment.
	Close(ctx context.Context, number int, reason string) error
}

// Caretaker keeps scheduled work going.
type Caretaker interface {
	// Raise opens the one issue of a key, or replaces title and text of the one
	// that is open, and returns its number.
	Raise(ctx context.Context, i Issue) (int, error)
	// Remind keeps the issue of a key as Raise does, and says a step in it, once:
	// the comment is what mentions people, and does not change afterwards. Where somebody has closed the issue
	// after the step was said, it stays closed until the next step. It returns
	// the number of the issue.
	Remind(ctx context.Context, i Issue, step, comment string) (int, error)
	// Raised are the keys of the issues that are open, in the order of the keys.
	Raised(ctx context.Context) ([]string, error)
	// Settle closes the issue of a key, if there is one, and says why in a comment.
	Settle(ctx context.Context, key, reason string) error
}

// Proposal is a branch that shall be merged.
type Proposal struct {
	From   string // path of the repository that has the branch: "alice/tuf-root"
	Branch string // of From
	Base   string // branch of the repository that the client is for
	Title  string
	Body   string // Markdown
	// Head is what the branch holds, where a pull request for the same commit that
	// somebody has closed is not to be opened anew: a machine gets a *ClosedError then.
	// Empty where a person proposes, who may ask again.
	Head git.Commit
}

// PullRequest is an open pull request as the forge tells of it. Only its head can
// be checked: by fetching it.
type PullRequest struct {
	Number int        `json:"number"`
	URL    string     `json:"url"`
	Title  string     `json:"title"`
	Head   git.Commit `json:"head"`
	Branch string     `json:"branch"`
	From   string     `json:"from,omitempty"` // path of the head's repository; empty when that is gone
	Fork   bool       `json:"fork"`           // the head is in another repository than the base
	Base   string     `json:"base"`
	Author string     `json:"author"`
	Draft  bool       `json:"draft,omitempty"`
}

// State is what a verdict says.
type State string

// The states that every forge has.
const (
	Pending State = "pending"
	Success State = "success"
	Failure State = "failure" // judged and refused
	Broken  State = "error"   // not judged
)

// Verdict is a line at a commit.
type Verdict struct {
	Name    string // "rust-tuf/check"; a later verdict of the same name replaces an earlier one
	State   State
	Summary string // one line; more than a forge shows is cut
	URL     string // of the whole report; may be empty
}

// Merge is a pull request to be squashed, and what must still be true of it.
type Merge struct {
	Number  int
	Head    git.Commit // that was judged
	Base    string     // that it was judged against
	Title   string     // of the commit
	Message string
}

// Issue is a report that somebody has to act on, one for each key.
type Issue struct {
	Key   string
	Title string
	Body  string // Markdown
}
