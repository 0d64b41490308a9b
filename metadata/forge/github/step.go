package github

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	api "github.com/google/go-github/v84/github"

	"github.com/rust-lang/rust-tuf/metadata/forge"
)

// operation is what is asked for, for errors.
type operation struct {
	action string
	needs  string // permission
}

// answer is how one request ended.
type answer struct {
	resp *api.Response
	err  error
}

// take takes a step until it is done. A step is all that an operation does, looking
// included, so that taking it again makes nothing twice. It returns the error of the
// request that failed, with its response, or one that needs no explanation.
func (c *Client) take(ctx context.Context, op operation, step func() (*api.Response, error)) error {
	var waited time.Duration
	for try := 1; ; try++ {
		resp, err := step()
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return fmt.Errorf("%s: %s: %w", c.where, op.action, ctx.Err())
		}
		pause, failure := c.explain(op, answer{resp, err}, try)
		if pause < 0 || pause > patience-waited {
			return failure
		}
		waited += pause
		if err := c.wait(ctx, pause); err != nil {
			return fmt.Errorf("%s: %s: %w", c.where, op.action, err)
		}
	}
}

// never is the pause before a try that is not made.
const never = -1

// explain makes of a failed request the error for people, and how long to wait
// before the step is taken again.
func (c *Client) explain(op operation, a answer, try int) (time.Duration, error) {
	call := forge.Call{Where: c.where, Action: op.action}
	reason := c.token.Redact(words(a.err))
	var (
		ours      *stepError
		elsewhere *elsewhereError
		tooLong   *tooLongError
		passing   *passingError
	)
	switch {
	case errors.As(a.err, &ours):
		return never, ours.make(call)
	case errors.As(a.err, &passing):
		return again(try), &forge.UnmergeableError{Call: call, Reason: passing.reason}
	case errors.As(a.err, &elsewhere):
		return never, &forge.RedirectError{Call: call, To: elsewhere.to}
	case errors.As(a.err, &tooLong):
		return never, &forge.LimitError{Call: call, What: "bytes in one answer", Limit: maxAnswer}
	case a.resp == nil || a.resp.StatusCode < 300:
		return c.lost(call, a, try)
	}
	switch status := a.resp.StatusCode; {
	case limited(a.resp):
		pause := min(max(c.until(a.resp, try).Sub(c.now()), time.Second), maxAfter)
		until := c.now().Add(pause)
		if try >= maxTries {
			pause = never
		}
		return pause, &forge.RateError{Call: call, Until: until, Reason: reason}
	case status == http.StatusUnauthorized:
		return never, &forge.CredentialError{Call: call, Token: c.token, Reason: reason}
	case status == http.StatusForbidden && c.token.Absent():
		return never, &forge.CredentialError{Call: call, Reason: reason}
	case status == http.StatusForbidden:
		return never, &forge.PermissionError{Call: call, Token: c.token, Needs: op.needs, Reason: reason}
	case status == http.StatusNotFound || status == http.StatusGone:
		return never, &forge.AbsentError{Call: call, Token: c.token, Needs: op.needs, Reason: reason}
	case status >= 500:
		return again(try), &forge.OutageError{Call: call, Tries: try, Status: status, Reason: fmt.Sprintf("status %d", status)}
	default:
		return never, &forge.InvalidError{Call: call, Status: status, Reason: reason}
	}
}

// lost explains a request without an answer, or with half of one: a connection
// that ended, a time-out, JSON that was cut off. JSON that is wrong in another way
// is no answer of GitHub's, and asking again would not help.
func (c *Client) lost(call forge.Call, a answer, try int) (time.Duration, error) {
	err := a.err
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	cut := errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, errIncomplete)
	if a.resp != nil && !cut && (errors.As(err, &syntax) || errors.As(err, &kind)) {
		return never, &forge.AnswerError{Call: call, Reason: c.token.Redact(err.Error())}
	}
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err // without the address, which says the same as the call
	}
	reason := c.token.Redact(err.Error())
	var slow interface{ Timeout() bool }
	switch {
	case cut:
		reason = "the answer was cut off"
	case errors.As(err, &slow) && slow.Timeout():
		reason = "no answer in time"
	}
	return again(try), &forge.OutageError{Call: call, Tries: try, Reason: reason, Err: err}
}

// errIncomplete is an answer without what every answer of its kind has.
var errIncomplete = errors.New("the answer lacks what it must have")

// stepError is a failure that a step has explained itself.
type stepError struct {
	make func(forge.Call) error
}

func (e *stepError) Error() string { return e.make(forge.Call{}).Error() }

// again is the pause before the next try.
func again(try int) time.Duration {
	if try >= maxTries {
		return never
	}
	return firstPause << (try - 1)
}

// limited tells whether an answer is GitHub's way to ask for fewer requests. The
// primary limit says that nothing remains, the secondary one when to come back;
// both may come as 403.
func limited(r *api.Response) bool {
	return r.StatusCode == http.StatusTooManyRequests ||
		r.StatusCode == http.StatusForbidden && (r.Header.Get("Retry-After") != "" || r.Header.Get("X-RateLimit-Remaining") == "0")
}

// until is when the forge will answer again. It may say so in two ways; where it
// does neither, GitHub asks to wait a minute, and longer each time.
func (c *Client) until(r *api.Response, try int) time.Time {
	if after, err := strconv.ParseInt(r.Header.Get("Retry-After"), 10, 32); err == nil && after >= 0 {
		return c.now().Add(time.Duration(after) * time.Second)
	}
	if at, err := http.ParseTime(r.Header.Get("Retry-After")); err == nil {
		return at
	}
	if reset, err := strconv.ParseInt(r.Header.Get("X-RateLimit-Reset"), 10, 64); err == nil && r.Header.Get("X-RateLimit-Remaining") == "0" {
		return time.Unix(reset, 0)
	}
	return c.now().Add(time.Minute << (try - 1))
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

// unanswered tells whether a request may be answered otherwise the next time.
func unanswered(r *api.Response, err error) bool {
	return err != nil && (status(r) < 300 || status(r) >= 500 || limited(r))
}

// status is the code of an answer, 0 when there is none.
func status(r *api.Response) int {
	if r == nil || r.Response == nil {
		return 0
	}
	return r.StatusCode
}

// pages reads a list page by page, as GitHub links them, and no further than
// maxPages.
func pages(what string, page func(api.ListOptions) (*api.Response, error)) (*api.Response, error) {
	o := api.ListOptions{PerPage: perPage}
	for range maxPages {
		resp, err := page(o)
		if err != nil || resp.NextPage == 0 {
			return resp, err
		}
		if resp.NextPage <= o.Page {
			return resp, &stepError{func(call forge.Call) error {
				return &forge.AnswerError{Call: call, Reason: fmt.Sprintf("page %d of %s is followed by page %d", max(o.Page, 1), what, resp.NextPage)}
			}}
		}
		o.Page = resp.NextPage
	}
	return nil, &stepError{func(call forge.Call) error {
		return &forge.LimitError{Call: call, What: "pages of " + what, Limit: maxPages}
	}}
}
