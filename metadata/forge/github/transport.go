package github

import (
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/rust-lang/rust-tuf/metadata/forge"
)

// transport sends requests to one origin, with the token, and to no other.
type transport struct {
	base  *url.URL
	token forge.Token
	next  http.RoundTripper
}

// RoundTrip implements [http.RoundTripper].
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if !sameOrigin(r.URL, t.base) {
		return nil, &elsewhereError{origin(r.URL)}
	}
	r = r.Clone(r.Context())
	t.token.Authorize(r)
	// go-github asks for what GitHub no longer describes: previews, and version 3.
	r.Header.Set("Accept", "application/vnd.github+json, application/json")
	resp, err := t.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	resp.Body = &boundedBody{ReadCloser: resp.Body, room: maxAnswer}
	return resp, nil
}

// checkRedirect follows what stays at the origin and asks for the same thing. A
// client of net/http would turn a POST into a GET at most redirects, whose answer
// would be read as that of the POST.
func checkRedirect(r *http.Request, via []*http.Request) error {
	first := via[0]
	switch {
	case !sameOrigin(r.URL, first.URL):
		return &elsewhereError{origin(r.URL)}
	case r.Method != first.Method || len(via) > maxRedirects:
		return &elsewhereError{r.URL.EscapedPath()}
	}
	return nil
}

func sameOrigin(a, b *url.URL) bool { return a.Scheme == b.Scheme && a.Host == b.Host }

func origin(u *url.URL) string { return u.Scheme + "://" + u.Host }

// elsewhereError is a request that was not sent.
type elsewhereError struct{ to string }

func (e *elsewhereError) Error() string { return "the answer points to " + e.to }

// boundedBody ends an answer that is too long.
type boundedBody struct {
	io.ReadCloser
	room int64
}

// Read implements [io.Reader].
func (b *boundedBody) Read(p []byte) (int, error) {
	if int64(len(p)) > b.room+1 {
		p = p[:b.room+1]
	}
	n, err := b.ReadCloser.Read(p)
	if b.room -= int64(n); b.room < 0 {
		return 0, &tooLongError{}
	}
	return n, err
}

type tooLongError struct{}

func (e *tooLongError) Error() string {
	return fmt.Sprintf("an answer of more than %d bytes", maxAnswer)
}
