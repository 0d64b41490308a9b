package github_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/rust-lang/rust-tuf/metadata/forge"
	"github.com/rust-lang/rust-tuf/metadata/forge/github"
	"github.com/rust-lang/rust-tuf/tests/forgetest"
	"github.com/rust-lang/rust-tuf/tests/importtest"
)

const secret = forgetest.Secret

var (
	noon    = forgetest.Noon
	root    = forge.Address{Host: "github.com", Path: "rust-lang/tuf-root"}
	judged  = forgetest.Judged
	another = forgetest.Another
	branch  = forgetest.Proposal()
)

func token(t *testing.T) forge.Token {
	t.Helper()
	token, err := forge.NewToken("GH_TOKEN", secret)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// client asks a hub, with a clock of its own.
func client(t *testing.T, h *hub) (*github.Client, *forgetest.Clock) {
	t.Helper()
	c := forgetest.NewClock()
	return newClient(t, github.Options{API: h.url, Now: c.Now, Wait: c.Wait}), c
}

func newClient(t *testing.T, o github.Options) *github.Client {
	t.Helper()
	c, err := github.New(root, token(t), o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Each answer that is not what was hoped for has an error of its own, which says
// where, what and what next; nothing that cannot help is asked twice.
func TestAnswers(t *testing.T) {
	const where = "github.com/rust-lang/tuf-root: open a pull request for branch sign/event/root/alice-1234 of alice/tuf-root: "
	for name, test := range map[string]struct {
		serve http.HandlerFunc
		check func(*testing.T, error)
		tries int
	}{
		"401": {says(401, "Bad credentials"), func(t *testing.T, err error) {
			forgetest.Refused[*forge.CredentialError](t, err, where+"the token from GH_TOKEN is not accepted: Bad credentials", "make a new one")
		}, 1},
		"403": {says(403, "Resource not accessible by personal access token"), func(t *testing.T, err error) {
			e := forgetest.Refused[*forge.PermissionError](t, err, "may not do this: Resource not accessible", "“Pull requests: read and write”")
			if e.Needs != "Pull requests: read and write" || e.Token.Source() != "GH_TOKEN" {
				t.Errorf("%+v", e)
			}
		}, 1},
		"404": {says(404, "Not Found"), func(t *testing.T, err error) {
			forgetest.Refused[*forge.AbsentError](t, err, where+"not found, or hidden from the token from GH_TOKEN: Not Found", "look at it in a browser")
		}, 1},
		"410": {says(410, "Issues are disabled"), func(t *testing.T, err error) {
			forgetest.Refused[*forge.AbsentError](t, err, "Issues are disabled")
		}, 1},
		"409": {says(409, "a conflict"), func(t *testing.T, err error) {
			if e := forgetest.Refused[*forge.InvalidError](t, err, where+"refused: a conflict", "by hand"); e.Status != 409 {
				t.Errorf("%+v", e)
			}
		}, 1},
		"451": {says(451, "Repository access blocked"), func(t *testing.T, err error) {
			forgetest.Refused[*forge.InvalidError](t, err, "refused: Repository access blocked")
		}, 1},
		"500": {says(500, "oops"), outage("status 500"), 5},
		"502": {func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(502)
			_, _ = io.WriteString(w, "<html>"+strings.Repeat("x", 1<<20))
		}, outage("status 502"), 5},
		"503":     {says(503, "Service unavailable"), outage("status 503"), 5},
		"504":     {says(504, "timeout"), outage("status 504"), 5},
		"202":     {says(202, "later"), outage(""), 5},
		"dropped": {func(w http.ResponseWriter, _ *http.Request) { panic(http.ErrAbortHandler) }, outage("EOF"), 5},
		"cut off": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, `[{"number": 1`)
		}, outage("the answer was cut off"), 5},
		"cut off between": {func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `[{"number": 1`) }, outage("the answer was cut off"), 5},
		"another page": {func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>please log in</html>") }, func(t *testing.T, err error) {
			forgetest.Refused[*forge.AnswerError](t, err, where+"the answer is not one of this forge's interface", "a proxy that asks to log in")
		}, 1},
		"another type": {func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"number": "1"}`) }, func(t *testing.T, err error) {
			forgetest.Refused[*forge.AnswerError](t, err, "is not one of this forge's interface")
		}, 1},
		"endless": {forgetest.Endless(200, `["`), func(t *testing.T, err error) {
			forgetest.Refused[*forge.LimitError](t, err, "more than 16777216 bytes in one answer")
		}, 1},
		"a list without an end": {forgetest.Pages("api.github.com"), func(t *testing.T, err error) {
			if e := forgetest.Refused[*forge.LimitError](t, err, "more than 20 pages of open pull requests, which is the limit"); e.Limit != 20 {
				t.Errorf("%+v", e)
			}
		}, 20},
		"a list in a circle": {forgetest.Circle("api.github.com"), func(t *testing.T, err error) {
			forgetest.Refused[*forge.AnswerError](t, err, "page 2 of open pull requests is followed by page 2")
		}, 2},
		"words of a stranger": {says(422, "\x1b[2Jno\r\n"+strings.Repeat("x", 1000)+" "+secret), func(t *testing.T, err error) {
			e := forgetest.Refused[*forge.InvalidError](t, err, "refused: �[2Jno  xxx")
			if text := err.Error(); strings.ContainsAny(text, "\x1b\r\n") || len(text) > 600 || strings.Contains(e.Reason, secret) {
				t.Errorf("%q", text)
			}
		}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHub(t)
			h.Fail("GET pulls", 1000, false, test.serve)
			c, clock := client(t, h)
			_, err := c.Open(t.Context(), branch)
			test.check(t, err)
			if n := h.count(""); n != test.tries {
				t.Errorf("%d requests, want %d", n, test.tries)
			}
			if want := []time.Duration{2 * time.Second, 4 * time.Second, 8 * time.Second, 16 * time.Second}; test.tries == 5 && !reflect.DeepEqual(clock.Pauses, want) {
				t.Errorf("pauses %v, want %v", clock.Pauses, want)
			}
		})
	}
}

func outage(words string) func(*testing.T, error) {
	return func(t *testing.T, err error) {
		if e := forgetest.Refused[*forge.OutageError](t, err, "the forge does not answer, asked 5 times", words, "run it again later"); e.Tries != 5 {
			t.Errorf("%+v", e)
		}
	}
}

// A forge that asks for fewer requests is waited for as long as it says, unless
// that is too long for the person who looks on.
func TestRates(t *testing.T) {
	at := func(d time.Duration) string { return fmt.Sprint(noon.Add(d).Unix()) }
	for name, test := range map[string]struct {
		serve  http.HandlerFunc
		times  int
		pauses []time.Duration
		until  time.Time // of the error; zero: it succeeds
	}{
		"429":                  {says(429, "slow down", "Retry-After", "7"), 1, []time.Duration{7 * time.Second}, time.Time{}},
		"429, a date":          {says(429, "slow down", "Retry-After", noon.Add(9*time.Second).Format(http.TimeFormat)), 1, []time.Duration{9 * time.Second}, time.Time{}},
		"429, no time":         {says(429, "slow down"), 1, []time.Duration{time.Minute}, time.Time{}},
		"429, in the past":     {says(429, "slow down", "Retry-After", noon.Add(-time.Hour).Format(http.TimeFormat)), 1, []time.Duration{time.Second}, time.Time{}},
		"429, in ten years":    {says(429, "slow down", "Retry-After", noon.AddDate(10, 0, 0).Format(http.TimeFormat)), 1, nil, noon.Add(24 * time.Hour)},
		"secondary":            {says(403, "You have exceeded a secondary rate limit", "Retry-After", "30"), 2, []time.Duration{30 * time.Second, 30 * time.Second}, time.Time{}},
		"secondary, no end":    {says(403, "You have exceeded a secondary rate limit", "Retry-After", "1"), 9, []time.Duration{1e9, 1e9, 1e9, 1e9}, noon.Add(5 * time.Second)},
		"secondary, no time":   {slower(403), 1, []time.Duration{time.Minute}, time.Time{}},
		"secondary as 429":     {slower(429), 1, []time.Duration{time.Minute}, time.Time{}},
		"secondary, again":     {slower(403), 9, []time.Duration{time.Minute}, noon.Add(3 * time.Minute)},
		"primary, soon over":   {says(403, "API rate limit exceeded", "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", at(20*time.Second)), 1, []time.Duration{20 * time.Second}, time.Time{}},
		"primary, much later":  {says(403, "API rate limit exceeded", "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", at(time.Hour)), 1, nil, noon.Add(time.Hour)},
		"too long in all":      {says(429, "slow down", "Retry-After", "100"), 9, []time.Duration{100 * time.Second}, noon.Add(200 * time.Second)},
		"a number without end": {says(429, "slow down", "Retry-After", "2147483647"), 1, nil, noon.Add(24 * time.Hour)},
		"no number":            {says(429, "slow down", "Retry-After", "9223372036854775807"), 1, []time.Duration{time.Minute}, time.Time{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHub(t)
			h.Fail("GET pulls", test.times, false, test.serve)
			c, clock := client(t, h)
			pr, err := c.Open(t.Context(), branch)
			if !reflect.DeepEqual(clock.Pauses, test.pauses) {
				t.Errorf("pauses %v, want %v", clock.Pauses, test.pauses)
			}
			if test.until.IsZero() {
				if err != nil || pr.Number != 1 {
					t.Errorf("%+v, %v", pr, err)
				}
				return
			}
			e := forgetest.Refused[*forge.RateError](t, err, "too many requests; none is answered before "+test.until.Format(time.RFC3339), "run it again then")
			if !e.Until.Equal(test.until) || h.count("POST") != 0 {
				t.Errorf("until %v, want %v; %d creations", e.Until, test.until, h.count("POST"))
			}
		})
	}
}

// A reset at the end of time is nothing to wait for, also after another wait.
func TestRateWithoutEnd(t *testing.T) {
	for _, reset := range []string{"9223372036854775807", "99999999999", "-9223372036854775808"} {
		h := newHub(t)
		h.Fail("GET pulls", 1, false, says(503, "down"))
		h.Fail("GET pulls", 100, false, says(403, "API rate limit exceeded", "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", reset))
		c, clock := client(t, h)
		_, err := c.Open(t.Context(), branch)
		forgetest.Refused[*forge.RateError](t, err, "too many requests")
		for _, pause := range clock.Pauses {
			if pause < time.Second || pause > 2*time.Minute {
				t.Errorf("%s: it waited %s", reset, pause)
			}
		}
	}
}

// A server that says nothing is left after a while, and so is one that says half.
func TestSlow(t *testing.T) {
	end := make(chan struct{})
	stall := func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/pulls") {
			_, _ = io.WriteString(w, "[")
			w.(http.Flusher).Flush()
		}
		<-end
	}
	s := httptest.NewServer(http.HandlerFunc(stall))
	defer s.Close()
	defer close(end)
	clock := forgetest.NewClock()
	c := newClient(t, github.Options{API: s.URL, Timeout: 30 * time.Millisecond, Wait: clock.Wait})
	_, err := c.Open(t.Context(), branch)
	e := forgetest.Refused[*forge.OutageError](t, err, "the forge does not answer, asked 5 times: no answer in time")
	if e.Status != 0 || e.Err == nil {
		t.Errorf("%+v", e)
	}
	err = c.Judge(t.Context(), judged, forge.Verdict{Name: "rust-tuf/gate", State: forge.Success})
	forgetest.Refused[*forge.OutageError](t, err, "no answer in time")
}

// Whoever interrupts is not told of an outage.
func TestInterrupted(t *testing.T) {
	h := newHub(t)
	h.Fail("GET pulls", 9, false, says(503, "down"))
	ctx, cancel := context.WithCancel(t.Context())
	c := newClient(t, github.Options{API: h.url, Wait: func(context.Context, time.Duration) error { cancel(); return ctx.Err() }})
	if _, err := c.Open(ctx, branch); !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "open a pull request") {
		t.Error(err)
	}
	if _, err := c.Open(ctx, branch); !errors.Is(err, context.Canceled) || h.count("") != 1 {
		t.Error(err)
	}
}

// Nothing goes to another origin, neither the token nor a request without it; and a
// redirect makes no other request of the one that was meant.
func TestOneOrigin(t *testing.T) {
	var strange []string
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		strange = append(strange, r.Method+" "+r.URL.Path+" "+r.Header.Get("Authorization"))
	}))
	defer elsewhere.Close()
	to := func(status int, address string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", address)
			w.WriteHeader(status)
		}
	}
	for _, test := range []struct {
		request string
		status  int
		to      string
		words   string // empty: followed
	}{
		{"GET pulls", 301, elsewhere.URL + "/x", "points to " + elsewhere.URL + ", which was not followed"},
		{"GET pulls", 307, elsewhere.URL + "/x", "points to " + elsewhere.URL},
		{"POST pulls", 302, elsewhere.URL + "/x", "points to " + elsewhere.URL},
		{"POST pulls", 308, elsewhere.URL + "/x", "points to " + elsewhere.URL},
		{"GET pulls", 301, "http://alice:" + secret + "@127.0.0.1:1/x", "points to http://127.0.0.1:1,"},
		{"GET pulls", 301, "https://api.github.com/repositories/1/pulls", "points to https://api.github.com"},
		{"POST pulls", 301, place + "pulls?per_page=100", "points to " + place + "pulls, which was not followed"},
		{"POST pulls", 303, place + "pulls?per_page=100", "if the repository was renamed"},
		{"GET pulls", 301, place + "pulls?per_page=100", ""},
		{"POST pulls", 307, place + "pulls?per_page=100", ""},
	} {
		h := newHub(t)
		h.Fail(test.request, 1, false, to(test.status, test.to))
		c, _ := client(t, h)
		_, err := c.Open(t.Context(), branch)
		if test.words != "" {
			forgetest.Refused[*forge.RedirectError](t, err, test.words)
			if len(h.pulls) != 0 {
				t.Errorf("%+v made a pull request", test)
			}
		} else if err != nil || len(h.pulls) != 1 {
			t.Errorf("%+v: %v", test, err)
		}
		for _, got := range h.tokens {
			if got != "Bearer "+secret {
				t.Errorf("%+v: authorization %q", test, got)
			}
		}
	}
	// At the same origin too, not for ever.
	h := newHub(t)
	h.Fail("GET pulls", 100, false, to(302, place+"pulls?per_page=1"))
	c, _ := client(t, h)
	_, err := c.Open(t.Context(), branch)
	forgetest.Refused[*forge.RedirectError](t, err)
	if n := h.count(""); n != 4 {
		t.Errorf("%d requests", n)
	}
	// The page that a list points to is asked at the same origin.
	h = newHub(t)
	h.Fail("GET pulls", 1, false, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Link", "<"+elsewhere.URL+`/steal?page=2>; rel="next"`)
		_, _ = io.WriteString(w, "[]")
	})
	c, _ = client(t, h)
	if _, err := c.PullRequests(t.Context(), "main"); err != nil || h.count("GET pulls") != 2 {
		t.Error(err)
	}
	if len(strange) > 0 {
		t.Errorf("another origin was asked: %q", strange)
	}
}

// However a client or an error is printed, its token is not in it.
func TestTokenIsNotShown(t *testing.T) {
	h := newHub(t)
	h.Fail("GET pulls", 1, false, says(403, "who are you, "+secret+"?"))
	c, _ := client(t, h)
	_, err := c.Open(t.Context(), branch)
	forgetest.HidesToken(t, c, err)
}

// Without a token, what is public is read, and the refusal of the rest says so.
func TestWithoutToken(t *testing.T) {
	h := newHub(t)
	h.addPull("alice/tuf-root", "x", "alice")
	h.Fail("POST", 1, false, says(401, "Requires authentication"))
	c, err := github.New(root, forge.Token{}, github.Options{API: h.url})
	if err != nil {
		t.Fatal(err)
	}
	if list, err := c.PullRequests(t.Context(), "main"); err != nil || len(list) != 1 {
		t.Error(list, err)
	}
	_, err = c.Open(t.Context(), branch)
	forgetest.Refused[*forge.CredentialError](t, err, "this needs a token, and there is none: Requires authentication", "run `gh auth login`, or set GH_TOKEN")
	if strings.Join(h.tokens, "") != "" {
		t.Errorf("%q", h.tokens)
	}
}

// An address is taken as far as it can stand in that of the interface.
func TestNew(t *testing.T) {
	for _, a := range []forge.Address{{}, {Host: "github.com"}, {Host: "github.com", Path: "a"}, {Host: "github.com", Path: "a/b/c"}, {Host: "github.com", Path: "a/.."},
		{Host: "github.com", Path: "a/b?c"}, {Host: "github.com", Path: "a%2f/b"}, {Path: "a/b"}, {Host: "github.com", Path: "/b"}} {
		_, err := github.New(a, forge.Token{}, github.Options{})
		forgetest.Refused[*github.AddressError](t, err, "is no address of a repository on GitHub", "git remote -v")
	}
	for _, api := range []string{"http://github.example.org/api/v3/", "ftp://127.0.0.1", "https://alice:x@github.example.org/", "http://localhost.example.org", "http://192.0.2.1/", "::"} {
		_, err := github.New(root, token(t), github.Options{API: api})
		forgetest.Refused[*github.AddressError](t, err, "https only")
	}
	if _, err := github.New(forge.Address{Host: "github.example.org", Path: "rust-lang/tuf-root"}, forge.Token{}, github.Options{}); err != nil {
		t.Error(err)
	}
}

// TestImports holds go-github and the network to this package.
func TestImports(t *testing.T) {
	importtest.Check(t, []string{"metadata/forge", "metadata/forge/hub", "metadata/git", "github.com/google/go-github/v84/github"}, "log", "os", "os/exec", "syscall", "unsafe")
}
