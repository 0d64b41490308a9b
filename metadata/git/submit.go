package git

import (
	"context"
	"fmt"
	"strconv"
	"strings"
)

// Submit hands c in for review, without a branch and without the right to write: it
// is pushed to refs/for/<base>, of which Gitea and Forgejo make a pull request, and
// keep its head as refs/pull/<number>/head. Submit returns the number. A commit that
// is the head of a pull request there already is not pushed again, so that an
// interrupted call can be repeated; options name the topic and the title.
//
// Errors: *NoPullRequestError when the remote took the push for something else,
// *RemoteError when it refuses or cannot be reached, *NameError.
func (r *Repo) Submit(ctx context.Context, remote string, c Commit, base string, options ...string) (int, error) {
	if err := checkOptions(options); err != nil {
		return 0, err
	}
	if err := r.checkPush(ctx, remote, c, base, ""); err != nil {
		return 0, err
	}
	p := r.pushTo(remote, c, "refs/for/"+base, "")
	p.options(options)
	if number, err := p.pullRequest(ctx); number > 0 || err != nil {
		return number, err
	}
	failed := p.send(ctx)
	if failed != nil && ctx.Err() != nil {
		return 0, failed
	}
	// What the remote says is not parsed: which heads it has decides.
	switch number, err := p.pullRequest(ctx); {
	case number > 0:
		return number, nil
	case failed != nil:
		return 0, failed
	case err != nil:
		return 0, err
	}
	return 0, &NoPullRequestError{Remote: withoutSecret(remote), Ref: p.ref, Commit: c}
}

// pullRequest looks for the newest pull request whose head is what is pushed; 0
// when there is none.
func (p *push) pullRequest(ctx context.Context) (newest int, err error) {
	refs, err := p.repo.offers(ctx, p.to, "refs/pull/*/head")
	for _, ref := range refs {
		if number := pullNumber(ref.name); Commit(ref.id) == p.commit && number > newest {
			newest = number
		}
	}
	return newest, err
}

// pullNumber reads the number out of refs/pull/<number>/head; 0 when it is none.
// The remote chose the name.
func pullNumber(ref string) int {
	text, ok := strings.CutPrefix(ref, "refs/pull/")
	text, head := strings.CutSuffix(text, "/head")
	number, err := strconv.Atoi(text)
	if !ok || !head || err != nil || number < 1 {
		return 0
	}
	return number
}

// NoPullRequestError is a remote that took a push for review and made no pull
// request of it.
type NoPullRequestError struct {
	Remote string
	Ref    string // that it may have made instead
	Commit Commit
}

func (e *NoPullRequestError) Error() string {
	return fmt.Sprintf("%s took commit %s at %s and made no pull request of it", e.Remote, e.Commit.Short(), e.Ref)
}

// Hint names the next step.
func (e *NoPullRequestError) Hint() string {
	return fmt.Sprintf("it is no Gitea or Forgejo, or these pushes are turned off there: `git push %s --delete %s`, and correct the kind in the section [forge] of rust-tuf.toml", e.Remote, e.Ref)
}

// TakesNoOptions reports whether a push failed because the remote takes no options
// with it. Like every hint, it rests on words, but on those of git alone.
func (e *RemoteError) TakesNoOptions() bool {
	return strings.Contains(e.Output, "does not support push options")
}
