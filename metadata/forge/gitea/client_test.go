package gitea_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rust-lang/rust-tuf/metadata/forge"
	"github.com/rust-lang/rust-tuf/metadata/forge/gitea"
	"github.com/rust-lang/rust-tuf/metadata/forge/hub"
	"github.com/rust-lang/rust-tuf/tests/forgetest"
	"github.com/rust-lang/rust-tuf/tests/importtest"
)

const secret = forgetest.Secret

var (
	noon    = forgetest.Noon
	root    = forge.Address{Host: "git.example.org", Path: "rust/tuf-root"}
	judged  = forgetest.Judged
	another = forgetest.Another
	made    = forgetest.Made
	branch  = forgetest.Proposal()
)

// client asks a server, with a clock of its own.
func client(t *testing.T, s *server) (*gitea.Client, *forgetest.Clock) {
	t.Helper()
	c := forgetest.NewClock()
	return newClient(t, gitea.Options{API: s.url + gitea.InterfacePath, Now: c.Now, Wait: c.Wait}), c
}

func newClient(t *testing.T, o gitea.Options) *gitea.Client {
	t.Helper()
	token, err := forge.NewToken("GITEA_TOKEN", secret)
	if err != nil {
		t.Fatal(err)
	}
	c, err := gitea.New(root, token, o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Each answer that is not what was hoped for has an error of its own; nothing that
// cannot help is asked twice.
func TestAnswers(t *testing.T) {
	const where = "git.example.org/rust/tuf-root: open a pull request for branch sign/event/root/alice-1234 of alice/tuf-root: "
	outage := func(words string) func(*testing.T, error) {
		return func(t *testing.T, err error) {
			if e := forgetest.Refused[*forge.OutageError](t, err, "the forge does not answer, asked 5 times", words); e.Tries != 5 {
				t.Errorf("%+v", e)
			}
		}
	}
	invalid := func(status int, words string) func(*testing.T, error) {
		return func(t *testing.T, err error) {
			if e := forgetest.Refused[*forge.InvalidError](t, err, where+"refused: "+words, "by hand"); e.Status != status {
				t.Errorf("%+v", e)
			}
		}
	}
	for name, test := range map[string]struct {
		serve http.HandlerFunc
		check func(*testing.T, error)
		tries int
	}{
		"401": {says(401, "invalid username, password or token"), func(t *testing.T, err error) {
			forgetest.Refused[*forge.CredentialError](t, err, where+"the token from GITEA_TOKEN is not accepted: invalid username, password or token", "make a new one", "docs/forges.md")
		}, 1},
		"403": {says(403, "token does not have at least one of required scope(s), required=[write:repository], "+secret), func(t *testing.T, err error) {
			if e := forgetest.Refused[*forge.PermissionError](t, err, where, "may not do this: token does not have", "“write:repository”", "[token]"); e.Needs != "write:repository" {
				t.Errorf("%+v", e)
			}
		}, 1},
		"404": {says(404, "not found"), func(t *testing.T, err error) {
			forgetest.Refused[*forge.AbsentError](t, err, where+"not found, or hidden from the token from GITEA_TOKEN: not found")
		}, 1},
		"405": {says(405, "method"), invalid(405, "method"), 1},
		"409": {says(409, "a conflict"), invalid(409, "a conflict"), 1},
		"422": {says(422, "[Title]: Required"), invalid(422, "[Title]: Required"), 1},
		"423": {says(423, "rust/tuf-root is archived"), invalid(423, "rust/tuf-root is archived"), 1},
		"several": {func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(422)
			_, _ = io.WriteString(w, `{"message":"one","errors":["two","three"]}`)
		}, invalid(422, "one; two; three"), 1},
		"500": {says(500, ""), outage("status 500"), 5},
		"502": {func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(502)
			_, _ = io.WriteString(w, "<html>"+strings.Repeat("x", 1<<20))
		}, outage("status 502"), 5},
		"503":     {says(503, "starting"), outage("status 503"), 5},
		"202":     {says(202, "later"), outage("cut off"), 5},
		"empty":   {func(http.ResponseWriter, *http.Request) {}, outage("the answer was cut off"), 5},
		"dropped": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, outage("EOF"), 5},
		"cut off": {func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `[{"number": 1`) }, outage("the answer was cut off"), 5},
		"another page": {func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>please log in</html>") }, func(t *testing.T, err error) {
			forgetest.Refused[*forge.AnswerError](t, err, where+"the answer is not one of this forge's interface", "a proxy that asks to log in")
		}, 1},
		"another type": {func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"number": "1"}`) }, func(t *testing.T, err error) {
			forgetest.Refused[*forge.AnswerError](t, err, "is not one of this forge's interface")
		}, 1},
		"endless": {forgetest.Endless(200, `["`), func(t *testing.T, err error) {
			forgetest.Refused[*forge.LimitError](t, err, "more than 16777216 bytes in one answer")
		}, 1},
		"an endless refusal": {forgetest.Endless(400, `{"message":"`), func(t *testing.T, err error) {
			forgetest.Refused[*forge.LimitError](t, err, "more than 16777216 bytes in one answer")
		}, 1},
		"a list without an end": {forgetest.Pages("git.example.org"), func(t *testing.T, err error) {
			forgetest.Refused[*forge.LimitError](t, err, "more than 20 pages of open pull requests, which is the limit")
		}, 20},
		"a list in a circle": {forgetest.Circle("git.example.org"), func(t *testing.T, err error) {
			forgetest.Refused[*forge.AnswerError](t, err, "page 2 of open pull requests is followed by page 2")
		}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t)
			s.Fail("GET pulls", 1000, false, test.serve)
			c, _ := client(t, s)
			_, err := c.Open(t.Context(), branch)
			test.check(t, err)
			if n := s.count(""); n != test.tries {
				t.Errorf("%d requests, want %d", n, test.tries)
			}
		})
	}
}

// A forge that asks for fewer requests, as a proxy before it may, is waited for as
// long as it says, unless that is too long.
func TestRates(t *testing.T) {
	s := newServer(t)
	s.Fail("GET pulls", 1, false, says(429, "slow down", "Retry-After", "7"))
	c, clock := client(t, s)
	if _, err := c.Open(t.Context(), branch); err != nil || !reflect.DeepEqual(clock.Pauses, []time.Duration{7 * time.Second}) {
		t.Errorf("%v after %v", err, clock.Pauses)
	}
	s.Fail("GET pulls", 1, false, says(429, "slow down", "Retry-After", "600"))
	_, err := c.Open(t.Context(), branch)
	if e := forgetest.Refused[*forge.RateError](t, err, "too many requests; none is answered before 2026-11-22T12:10:07Z: slow down"); e.Until.Sub(noon) != 607*time.Second {
		t.Errorf("%+v", e)
	}
}

// A server that says nothing is left after a while; whoever interrupts is not told
// of an outage.
func TestSlowAndInterrupted(t *testing.T) {
	end := make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-end }))
	defer slow.Close()
	defer close(end)
	clock := forgetest.NewClock()
	c := newClient(t, gitea.Options{API: slow.URL, Timeout: 30 * time.Millisecond, Wait: clock.Wait})
	_, err := c.Open(t.Context(), branch)
	forgetest.Refused[*forge.OutageError](t, err, "asked 5 times: no answer in time")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Open(ctx, branch); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// The token goes to one origin and to no other; a page of a list is asked there too,
// wherever the link points.
func TestOneOrigin(t *testing.T) {
	strange := 0
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { strange++ }))
	defer elsewhere.Close()
	for _, request := range []string{"GET pulls", "POST pulls"} {
		s := newServer(t)
		s.Fail(request, 1, false, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", elsewhere.URL+"/x")
			w.WriteHeader(307)
		})
		c, _ := client(t, s)
		_, err := c.Open(t.Context(), branch)
		forgetest.Refused[*forge.RedirectError](t, err, "points to "+elsewhere.URL+", which was not followed")
		for _, got := range s.tokens {
			if got != "Bearer "+secret {
				t.Errorf("authorization %q", got)
			}
		}
	}
	if strange > 0 {
		t.Error("another origin was asked")
	}
}

// An address is taken as far as it can stand in that of the interface; the interface
// is where the pages are, also below a path.
func TestNew(t *testing.T) {
	for _, a := range []forge.Address{{}, {Host: "git.example.org"}, {Host: "git.example.org", Path: "a"}, {Host: "git.example.org", Path: "a/.."},
		{Host: "git.example.org", Path: "a/b?c"}, {Host: "git.example.org", Path: "a%2f/b"}, {Path: "a/b"}, {Host: "git.example.org", Path: "/b"}} {
		_, err := gitea.New(a, forge.Token{}, gitea.Options{})
		forgetest.Refused[*hub.AddressError](t, err, "is no address of a repository on Gitea", "git remote -v")
	}
	for _, remote := range []string{"http://git.example.org/rust/tuf-root", "http://git.example.org:3000/rust/tuf-root"} {
		a, _ := forge.ParseAddress(remote)
		_, err := gitea.New(a, forge.Token{}, gitea.Options{})
		forgetest.Refused[*hub.AddressError](t, err, "https only")
	}
	s := newServer(t)
	s.mux.Handle("/below/", http.StripPrefix("/below", &s.mux))
	a, _ := forge.ParseAddress(s.url + "/below/rust/tuf-root.git")
	c, err := gitea.New(a, forge.Token{}, gitea.Options{})
	if err != nil {
		t.Fatal(err)
	}
	pr, err := c.Open(t.Context(), branch)
	if err != nil || pr.URL != s.url+"/below/rust/tuf-root/pulls/1" {
		t.Errorf("%+v, %v", pr, err)
	}
	if strings.Join(s.tokens, "") != "" {
		t.Errorf("%q", s.tokens)
	}
}

// operations are all that a client can be asked for, on a server that is ready for it.
func operations() map[string]func(context.Context, *gitea.Client) error {
	return map[string]func(context.Context, *gitea.Client) error{
		"open": func(ctx context.Context, c *gitea.Client) error { _, err := c.Open(ctx, branch); return err },
		"list": func(ctx context.Context, c *gitea.Client) error { _, err := c.PullRequests(ctx, "main"); return err },
		"report": func(ctx context.Context, c *gitea.Client) error {
			return errors.Join(c.Report(ctx, 1, "check", "one"), c.Report(ctx, 1, "check", "two"))
		},
		"judge": func(ctx context.Context, c *gitea.Client) error {
			return c.Judge(ctx, judged, forge.Verdict{Name: "x", State: forge.Success})
		},
		"merge": func(ctx context.Context, c *gitea.Client) error {
			_, err := c.Merge(ctx, forgetest.Merge())
			return err
		},
		"close": func(ctx context.Context, c *gitea.Client) error { return c.Close(ctx, 1, "superseded") },
		"raise": func(ctx context.Context, c *gitea.Client) error {
			_, err := c.Raise(ctx, forge.Issue{Key: "gate", Title: "x"})
			return err
		},
		"settle": func(ctx context.Context, c *gitea.Client) error { return c.Settle(ctx, "due", "it works again") },
		"remind": func(ctx context.Context, c *gitea.Client) error {
			_, err := c.Remind(ctx, forge.Issue{Key: "event/e", Title: "x"}, "age-3", "@alice")
			return err
		},
	}
}

// ready is a server with a pull request and an issue.
func ready(t *testing.T) *server {
	s := newServer(t)
	s.addPull("bob", "x")
	s.issues = append(s.issues, fields{"number": 999, "state": "open", "title": "due fails", "body": "<!-- rust-tuf: due -->\n", "user": user("rust"), "pull_request": nil})
	return s
}

var ours = regexp.MustCompile(`^\*forge\.[A-Z][a-z]+Error$`)

// Each request of each operation may be refused in each way: it is said, with what
// to do, or it is waited for.
func TestEveryRequestRefused(t *testing.T) {
	for name, do := range operations() {
		s := ready(t)
		c, _ := client(t, s)
		if err := do(t.Context(), c); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var requests []string
		for _, sent := range s.sent {
			method, rest, _ := strings.Cut(sent, " ")
			path, _, _ := strings.Cut(rest, " ")
			requests = append(requests, method+" "+path)
		}
		slices.Sort(requests)
		for _, request := range slices.Compact(requests) {
			for _, code := range []int{301, 304, 400, 401, 403, 404, 405, 409, 412, 418, 422, 423, 429, 500, 503} {
				for _, times := range []int{1, 1000} {
					s := ready(t)
					s.Fail(request, times, false, says(code, "no"))
					c, clock := client(t, s)
					err := do(t.Context(), c)
					at := fmt.Sprintf("%s: %s answers %d, %d times", name, request, code, times)
					if passes := code == 429 || code >= 500; passes && times == 1 && (err != nil || len(clock.Pauses) != 1) {
						t.Errorf("%s: %v after %v", at, err, clock.Pauses)
					}
					for _, one := range parts(err) {
						h, ok := one.(interface{ Hint() string })
						if text := one.Error(); !ok || !ours.MatchString(fmt.Sprintf("%T", one)) || h.Hint() == "" || strings.Contains(text, secret) ||
							!strings.HasPrefix(text, "git.example.org/rust/tuf-root: ") || strings.Contains(text, "127.0.0.1") {
							t.Errorf("%s: %T: %v", at, one, one)
						}
					}
				}
			}
		}
	}
}

// parts are the errors that were joined.
func parts(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	if err == nil {
		return nil
	}
	return []error{err}
}

// However a client or an error is printed, its token is not in it.
func TestTokenIsNotShown(t *testing.T) {
	s := newServer(t)
	s.Fail("GET pulls", 1, false, says(403, "who are you, "+secret+"?"))
	c, _ := client(t, s)
	_, err := c.Open(t.Context(), branch)
	forgetest.HidesToken(t, c, err)
}

// TestImports holds the network to this package, and the file system out of it.
func TestImports(t *testing.T) {
	importtest.Check(t, []string{"metadata/forge", "metadata/forge/hub", "metadata/git"}, "log", "os", "os/exec", "syscall", "unsafe")
}
