package hub

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

	"github.com/rust-lang/rust-tuf/metadata/forge"
)

// operation is what is asked for, for errors.
type operation struct {
	action string
	needs  string // permission
}

// take takes a step until it is done. A step is all that an operation does, looking
// included, so that taking it again makes nothing twice. It returns the error of the
// request that failed, or one that needs no explanation.
func (h *Hub) take(ctx context.Context, op operation, step func() error) error {
	var waited time.Duration
	for try := 1; ; try++ {
		err := step()
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return fmt.Errorf("%s: %s: %w", h.c.Where, op.action, ctx.Err())
		}
		pause, failure := h.explain(op, err, try)
		if pause < 0 || pause > patience-waited {
			return failure
		}
		waited += pause
		if err := h.c.Wait(ctx, pause); err != nil {
			return fmt.Errorf("%s: %s: %w", h.c.Where, op.action, err)
		}
	}
}

// never is the pause before a try that is not made.
const never = -1

// explain makes of a failed request the error for people, and how long to wait
// before the step is taken again.
func (h *Hub) explain(op operation, err error, try int) (time.Duration, error) {
	call := forge.Call{Where: h.c.Where, Action: op.action}
	var (
		ours      *stepError
		elsewhere *elsewhereError
		tooLong   *tooLongError
		passing   *passingError
		refused   *Refusal
	)
	switch {
	case errors.As(err, &ours):
		return never, ours.make(call)
	case errors.As(err, &passing):
		return soon(try), &forge.UnmergeableError{Call: call, Reason: passing.reason}
	case errors.As(err, &elsewhere):
		return never, &forge.RedirectError{Call: call, To: elsewhere.to}
	case errors.As(err, &tooLong):
		return never, &forge.LimitError{Call: call, What: "bytes in one answer", Limit: maxAnswer}
	case errors.As(err, &refused):
		return h.refused(call, op.needs, refused, try)
	}
	return h.lost(call, err, try)
}

// refused explains an answer by its status.
func (h *Hub) refused(call forge.Call, needs string, r *Refusal, try int) (time.Duration, error) {
	reason := h.c.Token.Redact(r.Words)
	switch {
	case r.Limited():
		pause := min(max(h.until(r, try).Sub(h.c.Now()), time.Second), maxAfter)
		until := h.c.Now().Add(pause)
		if try >= maxTries {
			pause = never
		}
		return pause, &forge.RateError{Call: call, Until: until, Reason: reason}
	case r.Status == http.StatusUnauthorized:
		return never, &forge.CredentialError{Call: call, Token: h.c.Token, Reason: reason, Obtain: h.c.Obtain}
	case r.Status == http.StatusForbidden && h.c.Token.Absent():
		return never, &forge.CredentialError{Call: call, Reason: reason, Obtain: h.c.Obtain}
	case r.Status == http.StatusForbidden:
		return never, &forge.PermissionError{Call: call, Token: h.c.Token, Needs: needs, Reason: reason}
	case r.Status == http.StatusNotFound || r.Status == http.StatusGone:
		return never, &forge.AbsentError{Call: call, Token: h.c.Token, Needs: needs, Reason: reason}
	case r.Status >= 500:
		return again(try), &forge.OutageError{Call: call, Tries: try, Status: r.Status, Reason: fmt.Sprintf("status %d", r.Status)}
	}
	return never, &forge.InvalidError{Call: call, Status: r.Status, Reason: reason}
}

// lost explains a request without an answer, or with half of one: a connection
// that ended, a time-out, JSON that was cut off. JSON that is wrong in another way
// is no answer of a forge's, and asking again would not help.
func (h *Hub) lost(call forge.Call, err error, try int) (time.Duration, error) {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	cut := errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, ErrIncomplete)
	if !cut && (errors.As(err, &syntax) || errors.As(err, &kind)) {
		return never, &forge.AnswerError{Call: call, Reason: h.c.Token.Redact(err.Error())}
	}
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err // without the address, which says the same as the call
	}
	reason := h.c.Token.Redact(err.Error())
	var slow interface{ Timeout() bool }
	switch {
	case cut:
		reason = "the answer was cut off"
	case errors.As(err, &slow) && slow.Timeout():
		reason = "no answer in time"
	}
	return again(try), &forge.OutageError{Call: call, Tries: try, Reason: reason, Err: err}
}

// ErrIncomplete is an answer without what every answer of its kind has.
var ErrIncomplete = errors.New("the answer lacks what it must have")

// stepError is a failure that a step has explained itself.
type stepError struct {
	make func(forge.Call) error
}

func (e *stepError) Error() string { return e.make(forge.Call{}).Error() }

// fail is such a failure.
func fail(explained func(forge.Call) error) error { return &stepError{explained} }

// again is the pause before the next try.
func again(try int) time.Duration {
	if try >= maxTries {
		return never
	}
	return firstPause << (try - 1)
}

// soon is the pause before a merge that is only too early.
func soon(try int) time.Duration {
	if try >= maxEarly {
		return never
	}
	return min(firstEarly<<(try-1), longestEarly)
}

// Limited tells whether a refusal is a forge's way to ask for fewer requests. GitHub's
// primary limit says that nothing remains, its secondary one when to come back, or
// nothing outside the body; both may come as 403.
func (e *Refusal) Limited() bool {
	return e.Slower || e.Status == http.StatusTooManyRequests ||
		e.Status == http.StatusForbidden && (e.Header.Get("Retry-After") != "" || e.Header.Get("X-RateLimit-Remaining") == "0")
}

// until is when the forge will answer again. It may say so in two ways; where it
// does neither, GitHub asks to wait a minute, and longer each time.
func (h *Hub) until(r *Refusal, try int) time.Time {
	if after, err := strconv.ParseInt(r.Header.Get("Retry-After"), 10, 32); err == nil && after >= 0 {
		return h.c.Now().Add(time.Duration(after) * time.Second)
	}
	if at, err := http.ParseTime(r.Header.Get("Retry-After")); err == nil {
		return at
	}
	if reset, err := strconv.ParseInt(r.Header.Get("X-RateLimit-Reset"), 10, 64); err == nil && r.Header.Get("X-RateLimit-Remaining") == "0" {
		return time.Unix(reset, 0)
	}
	return h.c.Now().Add(time.Minute << (try - 1))
}

// unanswered tells whether a request may be answered otherwise the next time.
func unanswered(err error) bool {
	var refused *Refusal
	return err != nil && (!errors.As(err, &refused) || refused.Status >= 500 || refused.Limited())
}

// pages reads a list page by page, as the forge links them, and no further than
// maxPages.
func pages(what string, read func(page int) (next int, err error)) error {
	page := 1
	for range maxPages {
		next, err := read(page)
		if err != nil || next == 0 {
			return err
		}
		if next <= page {
			return fail(func(call forge.Call) error {
				return &forge.AnswerError{Call: call, Reason: fmt.Sprintf("page %d of %s is followed by page %d", page, what, next)}
			})
		}
		page = next
	}
	return fail(func(call forge.Call) error {
		return &forge.LimitError{Call: call, What: "pages of " + what, Limit: maxPages}
	})
}
