package hub

import (
	"context"
	"fmt"
	"net/http"

	"github.com/rust-lang/rust-tuf/metadata/forge"
	"github.com/rust-lang/rust-tuf/metadata/git"
)

// API is what one repository of a forge can be asked for. Each method is one request, or
// as many as it takes to read one thing.
// What a forge refuses is a [*Refusal]; any other error is an answer that did not come
// as it should. Pages are counted from 1; the next one is 0 after the last.
type API interface {
	Pulls
	Comments
	Issues
	Repository
}

// Pulls are requests about pull requests.
type Pulls interface {
	// OpenPulls lists those that are open, the oldest first. A forge may list more
	// than was searched for.
	OpenPulls(ctx context.Context, s Search, page int) (list []Pull, next int, err error)
	// ClosedPulls lists those that are closed, merged or not, the newest first. A
	// forge may list more than was searched for.
	ClosedPulls(ctx context.Context, s Search, page int) (list []Pull, next int, err error)
	Pull(ctx context.Context, number int) (Pull, error)
	OpenPull(ctx context.Context, p forge.Proposal) (Pull, error)
	// Squash merges. A refusal that is about the pull request and not about who
	// asks is an [*Unmerged].
	Squash(ctx context.Context, m forge.Merge) error
	ClosePull(ctx context.Context, number int) error
}

// Comments are requests about what is said at pull requests and issues.
type Comments interface {
	Comments(ctx context.Context, number, page int) (list []Comment, next int, err error)
	AddComment(ctx context.Context, number int, text string) (Comment, error)
	EditComment(ctx context.Context, id int64, text string) error
	DeleteComment(ctx context.Context, id int64) error
}

// Issues are requests about issues.
type Issues interface {
	// OpenIssues lists those that are open.
	OpenIssues(ctx context.Context, page int) (list []Issue, next int, err error)
	// ClosedIssues lists those that are closed, the last one to change first.
	ClosedIssues(ctx context.Context, page int) (list []Issue, next int, err error)
	OpenIssue(ctx context.Context, title, text string) (Issue, error)
	EditIssue(ctx context.Context, number int, title, text string) error
	CloseIssue(ctx context.Context, number int, why Ending) error
}

// Repository are requests about everything else.
type Repository interface {
	// Self is who the token writes as.
	Self(ctx context.Context) (login string, err error)
	// Branch returns the name of a branch as the forge has it.
	Branch(ctx context.Context, name string) (string, error)
	DefaultBranch(ctx context.Context) (string, error)
	// Statuses lists the newest status of each name at a commit.
	Statuses(ctx context.Context, commit git.Commit, page int) (list []forge.Verdict, next int, err error)
	SetStatus(ctx context.Context, commit git.Commit, v forge.Verdict) error
}

// Search says which pull requests are meant.
type Search struct {
	Base   string
	From   string // path of the repository of the head; may be empty
	Branch string // of From
}

// Pull is a pull request in any state.
type Pull struct {
	forge.PullRequest // without its page
	State             string
	Merged            bool
	Made              git.Commit // of the merge
}

// whole tells that all is there that every pull request has.
func (p Pull) whole() bool {
	return p.Number > 0 && IsCommit(p.Head) && p.Branch != "" && p.Base != "" && p.State != ""
}

// Comment is what somebody said.
type Comment struct {
	ID     int64
	Author string
	Body   string
}

// Issue is an issue, open or closed.
type Issue struct {
	Number int
	Author string
	Title  string
	Body   string
}

// Ending is why an issue is closed.
type Ending string

// The endings, as GitHub spells them; other forges know none.
const (
	Completed  Ending = "completed"
	NotPlanned Ending = "not_planned" // one too many
)

// Refusal is an answer with a status of 300 or above.
type Refusal struct {
	Status int
	Header http.Header
	Words  string // of the forge
	Slower bool   // the body of the answer asks for fewer requests
	Err    error  // of the client that read it, if it had one
}

func (e *Refusal) Error() string { return fmt.Sprintf("status %d: %s", e.Status, e.Words) }

// Unwrap returns the error of the client: an answer that is too long, or points
// elsewhere, is told from one that was read.
func (e *Refusal) Unwrap() error { return e.Err }

// Unmerged is a pull request that is not merged as it is, or not now.
type Unmerged struct {
	Refusal *Refusal
	Passing bool // it may be gone in a moment
}

func (e *Unmerged) Error() string { return e.Refusal.Error() }

// Unwrap returns the refusal.
func (e *Unmerged) Unwrap() error { return e.Refusal }

// Needs names the permission for each operation, as a forge calls it.
type Needs struct {
	Open, List, Report, Judge, Merge, Close, Raise string
}
