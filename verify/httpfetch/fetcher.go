package httpfetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/rust-lang/rust-tuf/verify"
)

// Fetcher gets files below one address. It is a [verify.Fetcher] that any
// number of goroutines may use at once.
type Fetcher struct {
	base   string
	o      Options
	client *http.Client
}

// New makes a fetcher for the files below an address, which is one of https or
// http without query and fragment. Nothing is fetched. [*AddressError]
func New(base string, o Options) (*Fetcher, error) {
	if _, err := parseBase(base); err != nil {
		return nil, err
	}
	o = o.orDefault()
	return &Fetcher{base: base, o: o, client: &http.Client{Transport: transport(o), CheckRedirect: checkRedirect}}, nil
}

// Close closes the connections that are kept for further files.
func (f *Fetcher) Close() error {
	f.client.CloseIdleConnections()
	return nil
}

// checkRedirect follows redirects within the origin only.
func checkRedirect(next *http.Request, before []*http.Request) error {
	first := before[0].URL
	switch {
	case origin(next.URL) != origin(first):
		return &RedirectError{URL: shown(first), To: origin(next.URL)}
	case len(before) > maxRedirects:
		return &RedirectError{URL: shown(first), To: shown(next.URL), tooMany: true}
	}
	return nil
}

// Fetch asks for a file and returns as soon as the server has announced it;
// the body's Read returns the errors of what happens later. Errors are
// [*StatusError], [*RedirectError], [*TimeoutError], [*LengthError],
// [*EncodingError], [*NameError], [*verify.LimitError], and those of the
// network. If ctx ends, it is the cause of that.
func (f *Fetcher) Fetch(ctx context.Context, name string) (io.ReadCloser, error) {
	u, err := join(f.base, name)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	b, err := f.ask(ctx, cancel, u)
	if err != nil {
		cancel(nil)
		return nil, err
	}
	return b, nil
}

func (f *Fetcher) ask(ctx context.Context, cancel context.CancelCauseFunc, u *url.URL) (*body, error) {
	var used atomic.Pointer[conn]
	trace := &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) {
		c, _ := info.Conn.(*conn) // another type behind a proxy
		used.Store(c)
	}}
	request, err := http.NewRequestWithContext(httptrace.WithClientTrace(ctx, trace), http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, &NameError{u.Path, "is no name of a file on a server"}
	}
	request.Header.Set("Accept-Encoding", "identity")
	if f.o.UserAgent != "" {
		request.Header.Set("User-Agent", f.o.UserAgent)
	}
	late := &TimeoutError{URL: shown(u), Reason: "no answer in time", After: f.o.Header}
	timer := time.AfterFunc(f.o.Header, func() { cancel(late) })
	response, err := f.client.Do(request)
	if !timer.Stop() && err == nil {
		err = errors.Join(late, response.Body.Close())
	}
	if err != nil {
		return nil, f.failed(ctx, u, err)
	}
	b := &body{src: response.Body, ctx: ctx, cancel: cancel, url: shown(response.Request.URL), o: f.o, announced: response.ContentLength}
	if err := b.accept(response, used.Load()); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return b, nil
}

// failed is what stands behind an error of the client, whose own text would
// quote the address.
func (f *Fetcher) failed(ctx context.Context, u *url.URL, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	var outer *url.Error
	if errors.As(err, &outer) {
		err = outer.Err
	}
	var late *TimeoutError
	var redirect *RedirectError
	if errors.As(err, &late) || errors.As(err, &redirect) {
		return err
	}
	return fmt.Errorf("%s: %w", shown(u), err)
}

// accept judges the header of an answer.
func (b *body) accept(response *http.Response, c *conn) error {
	if c != nil && b.announced > 0 && c.announce(b.announced) {
		return &LengthError{URL: b.url, Announced: b.announced, Found: b.announced + 1}
	}
	if response.StatusCode != http.StatusOK {
		if response.StatusCode == http.StatusNotFound {
			_, _ = io.CopyN(io.Discard, b, maxNotFoundBytes) // its end, whatever it is, changes nothing
		}
		return &StatusError{URL: b.url, Code: response.StatusCode}
	}
	if encoding := response.Header.Get("Content-Encoding"); encoding != "" && encoding != "identity" {
		return &EncodingError{URL: b.url, Encoding: encoding}
	}
	if b.announced > b.o.Size {
		return &verify.LimitError{What: "bytes of " + b.url, Limit: b.o.Size, Found: b.announced}
	}
	return nil
}
