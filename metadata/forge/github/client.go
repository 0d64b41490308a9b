package github

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"

	api "github.com/google/go-github/v84/github"

	"github.com/rust-lang/rust-tuf/metadata/forge"
	"github.com/rust-lang/rust-tuf/metadata/git"
)

// Client asks one repository. It is safe for use by several goroutines.
type Client struct {
	api         *api.Client
	token       forge.Token
	where       string // for errors
	owner, repo string
	now         func() time.Time
	wait        func(context.Context, time.Duration) error

	mu   sync.Mutex
	self string // login that the token writes as; empty until asked
}

var (
	_ forge.Opener    = (*Client)(nil)
	_ forge.Reviewer  = (*Client)(nil)
	_ forge.Merger    = (*Client)(nil)
	_ forge.Caretaker = (*Client)(nil)
)

// Options are what a client may be told. The zero value is good.
type Options struct {
	// Login is who the token writes as; empty: GitHub is asked.
	Login string
	// API is the address of the interface; empty: it follows from the host. It
	// is https, or an address of this machine.
	API string
	// Timeout is for one request with its whole answer; 0: half a minute.
	Timeout time.Duration
	// Now and Wait are the clock; nil: that of the system.
	Now  func() time.Time
	Wait func(context.Context, time.Duration) error
}

// New makes a client for a repository. Nothing is asked yet. Without a token,
// GitHub shows what is public and changes nothing. Errors: *AddressError.
func New(a forge.Address, t forge.Token, o Options) (*Client, error) {
	owner, repo, ok := strings.Cut(a.Path, "/")
	if !ok || !isName(owner) || !isName(repo) || a.Host == "" {
		return nil, &AddressError{Address: a.String(), Reason: "it has the form host/owner/repository"}
	}
	if o.API == "" {
		o.API = apiOf(a.Host)
	}
	base, err := url.Parse(o.API)
	if err != nil || base.Host == "" || base.User != nil || base.Scheme != "https" && !onThisMachine(base) {
		return nil, &AddressError{Address: a.String(), Reason: "a token is sent over https only"}
	}
	if !strings.HasSuffix(base.Path, "/") {
		base.Path += "/"
	}
	if o.Timeout == 0 {
		o.Timeout = answerTimeout
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Wait == nil {
		o.Wait = wait
	}
	c := &Client{token: t, where: a.String(), owner: owner, repo: repo, now: o.Now, wait: o.Wait, self: o.Login}
	c.api = api.NewClient(newHTTP(base, t, o.Timeout))
	c.api.BaseURL, c.api.UserAgent = base, "rust-tuf"
	c.api.DisableRateLimitCheck = true // it reads the system's clock
	return c, nil
}

// AddressError is an address at which no repository of GitHub can be.
type AddressError struct {
	Address string
	Reason  string
}

func (e *AddressError) Error() string {
	return fmt.Sprintf("%s is no address of a repository on GitHub: %s", e.Address, e.Reason)
}

// Hint names the next step.
func (e *AddressError) Hint() string { return "`git remote -v` shows the address of each remote" }

// apiOf is where the interface of a host is: on a host of its own at GitHub's own
// sites, below a path at everybody else's.
func apiOf(host string) string {
	if host == "github.com" || strings.HasSuffix(host, ".ghe.com") {
		return "https://api." + host + "/"
	}
	return "https://" + host + "/api/v3/"
}

// onThisMachine tells whether an address cannot leave this machine.
func onThisMachine(u *url.URL) bool {
	ip := net.ParseIP(u.Hostname())
	return u.Scheme == "http" && ip != nil && ip.IsLoopback()
}

// nameForm is an owner, a repository or the file of a workflow: what stands
// between two slashes of an address as it is.
var nameForm = regexp.MustCompile(`^[A-Za-z0-9_.-]+$`)

func isName(s string) bool {
	return len(s) <= 100 && nameForm.MatchString(s) && strings.Trim(s, ".") != ""
}

// commitForm is the full name of a commit.
var commitForm = regexp.MustCompile(`^[0-9a-f]+$`)

func isCommit(c git.Commit) bool {
	return (len(c) == 40 || len(c) == 64) && commitForm.MatchString(string(c))
}

// wait waits in real time.
func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// newHTTP is a client for one origin.
func newHTTP(base *url.URL, t forge.Token, timeout time.Duration) *http.Client {
	dialer := &net.Dialer{Timeout: connectTimeout}
	return &http.Client{
		Timeout:       timeout,
		CheckRedirect: checkRedirect,
		Transport: &transport{base: base, token: t, next: &http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			DialContext:            dialer.DialContext,
			TLSHandshakeTimeout:    connectTimeout,
			MaxResponseHeaderBytes: maxHeader,
			IdleConnTimeout:        time.Minute,
			ForceAttemptHTTP2:      true,
		}},
	}
}
