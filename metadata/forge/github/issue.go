package github

import (
	"context"
	"fmt"
	"slices"
	"strings"

	api "github.com/google/go-github/v84/github"

	"github.com/rust-lang/rust-tuf/metadata/forge"
)

// Raise implements [forge.Caretaker].
func (c *Client) Raise(ctx context.Context, i forge.Issue) (int, error) {
	if err := forge.CheckKey(i.Key); err != nil {
		return 0, err
	}
	op := operation{"open or update the issue for " + i.Key, "Issues: read and write"}
	title, text := cut(i.Title, maxTitle), forge.Marked(i.Key, i.Body)
	number := 0
	err := c.take(ctx, op, func() (*api.Response, error) {
		mine, self, resp, err := c.issues(ctx, i.Key)
		if err != nil {
			return resp, err
		}
		if len(mine) == 0 {
			if resp, err = c.openIssue(ctx, title, text, self); err != nil {
				return resp, err
			}
			if mine, _, resp, err = c.issues(ctx, i.Key); err != nil {
				return resp, err
			}
		}
		if len(mine) == 0 {
			return nil, errIncomplete // it was made and is not listed yet
		}
		number = mine[0].GetNumber()
		if mine[0].GetTitle() != title || mine[0].GetBody() != text {
			if resp, err := c.editIssue(ctx, number, &api.IssueRequest{Title: api.Ptr(title), Body: api.Ptr(text)}); err != nil {
				return resp, err
			}
		}
		return c.closeIssues(ctx, mine[1:], "not_planned") // of another run at the same time
	})
	return number, err
}

// Settle implements [forge.Caretaker].
func (c *Client) Settle(ctx context.Context, key, reason string) error {
	if err := forge.CheckKey(key); err != nil {
		return err
	}
	op := operation{"close the issue for " + key, "Issues: read and write"}
	var open []*api.Issue
	err := c.take(ctx, op, func() (resp *api.Response, err error) {
		open, _, resp, err = c.issues(ctx, key)
		return resp, err
	})
	if err != nil {
		return err
	}
	for _, i := range open {
		if err := c.Report(ctx, i.GetNumber(), "settled", reason); err != nil {
			return err
		}
	}
	return c.take(ctx, op, func() (*api.Response, error) { return c.closeIssues(ctx, open, "completed") })
}

// issues are those by this token's user that are open and bear a marker, the oldest
// first, and that user.
func (c *Client) issues(ctx context.Context, key string) ([]*api.Issue, string, *api.Response, error) {
	self, resp, err := c.login(ctx)
	if err != nil {
		return nil, "", resp, err
	}
	var mine []*api.Issue
	o := api.IssueListByRepoOptions{State: "open", Sort: "created", Direction: "asc"}
	resp, err = pages("open issues", func(at api.ListOptions) (*api.Response, error) {
		o.ListOptions = at
		list, resp, err := c.api.Issues.ListByRepo(ctx, c.owner, c.repo, &o)
		for _, one := range list {
			if !one.IsPullRequest() && one.GetNumber() > 0 && strings.EqualFold(one.GetUser().GetLogin(), self) && forge.IsMarked(one.GetBody(), key) {
				mine = append(mine, one)
			}
		}
		return resp, err
	})
	slices.SortFunc(mine, func(a, b *api.Issue) int { return a.GetNumber() - b.GetNumber() })
	mine = slices.CompactFunc(mine, func(a, b *api.Issue) bool { return a.GetNumber() == b.GetNumber() })
	return mine, self, resp, err
}

// openIssue opens an issue that must be found again, or takes it back.
func (c *Client) openIssue(ctx context.Context, title, text, self string) (*api.Response, error) {
	made, resp, err := c.api.Issues.Create(ctx, c.owner, c.repo, &api.IssueRequest{Title: api.Ptr(title), Body: api.Ptr(text)})
	author := made.GetUser().GetLogin()
	if err != nil || strings.EqualFold(author, self) {
		return resp, err
	}
	if made.GetNumber() == 0 || author == "" {
		return resp, errIncomplete
	}
	if resp, err := c.closeIssues(ctx, []*api.Issue{made}, "not_planned"); err != nil {
		return resp, err
	}
	return resp, &stepError{func(call forge.Call) error { return &forge.IdentityError{Call: call, Want: self, Found: author} }}
}

func (c *Client) closeIssues(ctx context.Context, list []*api.Issue, reason string) (*api.Response, error) {
	for _, i := range list {
		if resp, err := c.editIssue(ctx, i.GetNumber(), &api.IssueRequest{State: api.Ptr("closed"), StateReason: api.Ptr(reason)}); err != nil {
			return resp, err
		}
	}
	return nil, nil
}

func (c *Client) editIssue(ctx context.Context, number int, r *api.IssueRequest) (*api.Response, error) {
	_, resp, err := c.api.Issues.Edit(ctx, c.owner, c.repo, number, r)
	return resp, err
}

// Dispatch implements [forge.Caretaker]. The workflow is named by its file.
func (c *Client) Dispatch(ctx context.Context, workflow, branch string, inputs map[string]string) error {
	op := operation{fmt.Sprintf("start workflow %s on branch %s", workflow, branch), "Actions: read and write"}
	event := api.CreateWorkflowDispatchEventRequest{Ref: branch}
	for name, value := range inputs {
		if event.Inputs == nil {
			event.Inputs = map[string]any{}
		}
		event.Inputs[name] = value
	}
	return c.take(ctx, op, func() (*api.Response, error) {
		if !isName(workflow) {
			return nil, invalid("the workflow is named by its file, such as publish.yml")
		}
		_, resp, err := c.api.Actions.CreateWorkflowDispatchEventByFileName(ctx, c.owner, c.repo, workflow, event)
		return resp, err
	})
}
