package github_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/metadata/forge"
	"github.com/rust-lang/rust-tuf/metadata/forge/github"
	"github.com/rust-lang/rust-tuf/tests/forgetest"
)

// operation is something that a client can be asked for, on a hub that is ready for
// it, so that it makes every request that it ever makes.
type operation struct {
	name  string
	ready func(*hub)
	do    func(context.Context, *github.Client) error
}

func operations() []operation {
	onePull := func(h *hub) { h.addPull("alice/tuf-root", "x", "alice") }
	return []operation{
		{"open", func(*hub) {}, func(ctx context.Context, c *github.Client) error { _, err := c.Open(ctx, branch); return err }},
		{"open within the repository", func(*hub) {}, func(ctx context.Context, c *github.Client) error {
			p := branch
			p.From = "rust-lang/tuf-root"
			_, err := c.Open(ctx, p)
			return err
		}},
		{"open what nobody has closed", func(h *hub) { h.addPull("alice/tuf-root", branch.Branch, "alice").fields["state"] = "closed" }, func(ctx context.Context, c *github.Client) error {
			p := branch
			p.Head = another
			_, err := c.Open(ctx, p)
			return err
		}},
		{"open from a fork of the same owner", func(*hub) {}, func(ctx context.Context, c *github.Client) error {
			p := branch
			p.From = "rust-lang/tuf-root-fork"
			_, err := c.Open(ctx, p)
			return err
		}},
		{"open for a branch that is gone", func(h *hub) { h.trunk = "trunk" }, func(ctx context.Context, c *github.Client) error {
			_, err := c.Open(ctx, branch)
			var moved *forge.BaseError
			if errors.As(err, &moved) {
				return nil
			}
			return err
		}},
		{"list", func(h *hub) {
			for range 250 {
				onePull(h)
			}
		}, func(ctx context.Context, c *github.Client) error { _, err := c.PullRequests(ctx, "main"); return err }},
		{"report", onePull, func(ctx context.Context, c *github.Client) error {
			if err := c.Report(ctx, 1, "check", "2 more of: bob, carol"); err != nil {
				return err
			}
			return c.Report(ctx, 1, "check", "1 more of: carol")
		}},
		{"report by two at once", func(h *hub) {
			onePull(h)
			for range 2 {
				h.addComment(1, "alice", "<!-- rust-tuf: check -->\ntext")
			}
		}, func(ctx context.Context, c *github.Client) error { return c.Report(ctx, 1, "check", "text") }},
		{"judge", func(*hub) {}, func(ctx context.Context, c *github.Client) error {
			return c.Judge(ctx, judged, forge.Verdict{Name: "rust-tuf/check", State: forge.Success, Summary: "signature of alice", URL: "https://github.com/rust-lang/tuf-root/actions/runs/1"})
		}},
		{"merge", onePull, func(ctx context.Context, c *github.Client) error {
			_, err := c.Merge(ctx, forgetest.Merge())
			return err
		}},
		{"close", onePull, func(ctx context.Context, c *github.Client) error { return c.Close(ctx, 1, "superseded") }},
		{"raise", func(*hub) {}, func(ctx context.Context, c *github.Client) error {
			for _, body := range []string{"since noon", "since yesterday"} {
				if _, err := c.Raise(ctx, forge.Issue{Key: "publish", Title: "publish fails", Body: body}); err != nil {
					return err
				}
			}
			return nil
		}},
		{"settle", func(h *hub) { h.addIssue("alice", "publish fails", "<!-- rust-tuf: publish -->\n") }, func(ctx context.Context, c *github.Client) error {
			return c.Settle(ctx, "publish", "it works again")
		}},
	}
}

// requests are those that an operation makes, each once.
func (o operation) requests(t *testing.T) []string {
	t.Helper()
	h := newHub(t)
	o.ready(h)
	c, _ := client(t, h)
	if err := o.do(t.Context(), c); err != nil {
		t.Fatalf("%s: %v", o.name, err)
	}
	slices.Sort(h.log)
	return slices.Compact(h.log)
}

var ours = regexp.MustCompile(`^\*forge\.[A-Z][a-z]+Error$`)

// sound asserts that an operation ended well, or with an error for people.
func sound(t *testing.T, name string, err error) {
	t.Helper()
	if err == nil {
		return
	}
	h, ok := err.(interface{ Hint() string })
	if text := err.Error(); !ok || !ours.MatchString(fmt.Sprintf("%T", err)) || h.Hint() == "" || strings.Contains(text, secret) ||
		!strings.HasPrefix(text, "github.com/rust-lang/tuf-root: ") || strings.Contains(text, "127.0.0.1") {
		t.Errorf("%s: %T: %v", name, err, err)
	}
}

// Each request of each operation may be refused in each way: it is said, with what
// to do, or it is waited for.
func TestEveryRequestRefused(t *testing.T) {
	for _, o := range operations() {
		for _, request := range o.requests(t) {
			for _, code := range []int{301, 304, 400, 401, 403, 404, 405, 406, 409, 410, 412, 418, 422, 429, 451, 500, 502, 503, 504} {
				for _, times := range []int{1, 1000} {
					h := newHub(t)
					o.ready(h)
					h.Fail(request, times, false, says(code, "no"))
					c, clock := client(t, h)
					name := fmt.Sprintf("%s: %s answers %d, %d times", o.name, request, code, times)
					err := o.do(t.Context(), c)
					if transient := code == http.StatusTooManyRequests || code >= 500; transient && times == 1 && (err != nil || len(clock.Pauses) != 1) {
						t.Errorf("%s: %v after %v", name, err, clock.Pauses)
					}
					sound(t, name, err)
				}
			}
		}
	}
}
