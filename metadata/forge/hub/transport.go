package hub

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/rust-lang/rust-tuf/metadata/forge"
)

// Base reads the address of an interface: https, or an address of this machine, and
// without a name or a password in it. A token is sent nowhere else.
func Base(address string) (*url.URL, bool) {
	base, err := url.Parse(address)
	if err != nil || base.Host == "" || base.User != nil || base.Scheme != "https" && !onThisMachine(base) {
		return nil, false
	}
	if !strings.HasSuffix(base.Path, "/") {
		base.Path += "/"
	}
	return base, true
}

// onThisMachine tells whether an address cannot leave this machine.
func onThisMachine(u *url.URL) bool {
	ip := net.ParseIP(u.Hostname())
	return u.Scheme == "http" && ip != nil && ip.IsLoopback()
}

// NewHTTP is a client for one origin, that of base. It sends the token and asks for
// answers of a media type; a timeout of 0 is half a minute for one request with its
// whole answer.
func NewHTTP(base *url.URL, t forge.Token, accept string, timeout time.Duration) *http.Client {
	if timeout == 0 {
		timeout = answerTimeout
	}
	dialer := &net.Dialer{Timeout: connectTimeout}
	return &http.Client{
		Timeout:       timeout,
		CheckRedirect: checkRedirect,
		Transport: &transport{base: base, token: t, accept: accept, next: &http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			DialContext:            dialer.DialContext,
			TLSHandshakeTimeout:    connectTimeout,
			MaxResponseHeaderBytes: maxHeader,
			IdleConnTimeout:        time.Minute,
			ForceAttemptHTTP2:      true,
		}},
	}
}

// transport sends requests to one origin, with the token, and to no other.
type transport struct {
	base   *url.URL
	token  forge.Token
	accept string
	next   http.RoundTripper
}

// RoundTrip implements [http.RoundTripper].
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if !sameOrigin(r.URL, t.base) {
		return nil, &elsewhereError{origin(r.URL)}
	}
	r = r.Clone(r.Context())
	t.token.Authorize(r)
	r.Header.Set("Accept", t.accept)
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
