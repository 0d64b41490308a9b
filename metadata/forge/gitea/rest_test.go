package gitea_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/metadata/forge"
	"github.com/rust-lang/rust-tuf/metadata/forge/gitea"
	"github.com/rust-lang/rust-tuf/tests/forgetest"
)

// One comment for each key, which nobody else's is taken for; of two at once the
// older stays.
func TestReport(t *testing.T) {
	s := newServer(t)
	s.addPull("alice", "x")
	forged := "<!-- rust-tuf: check -->\nall nine have signed"
	s.comments = append(s.comments, fields{"id": 1, "number": 1, "body": forged, "user": user("mallory")}, fields{"id": 2, "number": 1, "body": forged, "user": nil})
	c, _ := client(t, s)
	for _, text := range []string{"one", "two", "two"} {
		if err := c.Report(t.Context(), 1, "check", text); err != nil {
			t.Fatal(err)
		}
	}
	if len(s.comments) != 3 || s.comments[0]["body"] != forged || s.comments[2]["body"] != "<!-- rust-tuf: check -->\ntwo" || s.count("PATCH") != 1 || s.count("GET /api/v1/user") != 1 {
		t.Errorf("%v, %q", s.comments, s.sent)
	}
	s.comments = append(s.comments, fields{"id": 900, "number": 1, "body": "<!-- rust-tuf: check -->\ntwo", "user": user("rust")})
	s.Fail("GET issues/1/comments", 1, true, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "[]") })
	if err := c.Report(t.Context(), 1, "check", "three"); err != nil || len(s.comments) != 3 || s.comments[2]["body"] != "<!-- rust-tuf: check -->\nthree" {
		t.Errorf("%v, %v", err, s.comments)
	}
}

// What is written under a name that was not expected is taken back.
func TestReportUnderAnotherName(t *testing.T) {
	s := newServer(t)
	s.self = "gitea-actions"
	c := newClient(t, gitea.Options{API: s.url + gitea.InterfacePath, Login: "gate"})
	forgetest.Refused[*forge.IdentityError](t, c.Report(t.Context(), 1, "check", "text"), "this token writes as gitea-actions, not as gate", "it was taken back", "set RUST_TUF_FORGE_LOGIN to gitea-actions")
	_, err := c.Raise(t.Context(), forge.Issue{Key: "gate", Title: "gate fails"})
	forgetest.Refused[*forge.IdentityError](t, err)
	if len(s.comments) != 0 || s.issues[0]["state"] != "closed" {
		t.Errorf("%v, %v", s.comments, s.issues)
	}
}

// A verdict is a status of exactly one commit, and set once.
func TestJudge(t *testing.T) {
	s := newServer(t)
	c, _ := client(t, s)
	for range 2 {
		if err := c.Judge(t.Context(), judged, forge.Verdict{Name: "rust-tuf/check", State: forge.Failure, Summary: strings.Repeat("ü", 200)}); err != nil {
			t.Fatal(err)
		}
	}
	if want := fmt.Sprintf(`POST statuses/%s {"context":"rust-tuf/check","description":"%s…","state":"failure","target_url":""}`, judged, strings.Repeat("ü", 139)); s.count(want) != 1 {
		t.Errorf("%q", s.sent)
	}
	forgetest.Refused[*forge.InvalidError](t, c.Judge(t.Context(), "main", forge.Verdict{}), "the commit is not named in full")
}

// One issue for each key, closed when it is over; a pull request is none, and neither
// is a stranger's.
func TestIssues(t *testing.T) {
	s := newServer(t)
	s.perPage = 2
	for i, body := range []string{"x", "<!-- rust-tuf: gate -->\nof mallory", "<!-- rust-tuf: gate -->\na pull request"} {
		s.issues = append(s.issues, fields{"number": 10 + i, "state": "open", "title": "gate", "body": body, "user": user("mallory"), "pull_request": nil})
	}
	s.issues[2]["user"], s.issues[2]["pull_request"] = user("rust"), fields{"merged": false}
	c, _ := client(t, s)
	s.Fail("POST issues", 1, true, says(500, ""))
	first, err := c.Raise(t.Context(), forge.Issue{Key: "gate", Title: "gate fails", Body: "once"})
	if err != nil || len(s.issues) != 4 {
		t.Fatal(err, s.issues)
	}
	if n, err := c.Raise(t.Context(), forge.Issue{Key: "gate", Title: "gate fails", Body: "twice"}); err != nil || n != first || s.issues[3]["body"] != "<!-- rust-tuf: gate -->\ntwice" {
		t.Error(n, err)
	}
	for range 2 {
		if err := c.Settle(t.Context(), "gate", "it works again"); err != nil {
			t.Fatal(err)
		}
	}
	if s.issues[3]["state"] != "closed" || len(s.comments) != 1 || s.issues[1]["state"] != "open" || s.issues[2]["state"] != "open" {
		t.Errorf("%v, %v", s.issues, s.comments)
	}
}

// A step is said once, also where somebody has closed the issue since; the keys of
// open issues are read from their markers.
func TestRemind(t *testing.T) {
	s := newServer(t)
	c, _ := client(t, s)
	i := forge.Issue{Key: "event/e", Title: "Signatures are wanted", Body: "5 are missing"}
	for n, step := range []string{"age-3", "age-3", "age-7"} {
		if number, err := c.Remind(t.Context(), i, step, "@alice, sign"); err != nil || number != 1000 {
			t.Fatal(n, number, err)
		}
	}
	if keys, err := c.Raised(t.Context()); err != nil || len(keys) != 1 || keys[0] != "event/e" || len(s.comments) != 2 {
		t.Errorf("%q, %v, %v", keys, err, s.comments)
	}
	s.issues[0]["state"] = "closed"
	if number, err := c.Remind(t.Context(), i, "age-7", "@alice, sign"); err != nil || number != 1000 || len(s.comments) != 2 {
		t.Error(number, err, s.comments)
	}
}

// A pull request is closed with its reason.
func TestClose(t *testing.T) {
	s := newServer(t)
	p := s.addPull("alice", "x")
	c, _ := client(t, s)
	for range 2 {
		if err := c.Close(t.Context(), 1, "superseded"); err != nil {
			t.Fatal(err)
		}
	}
	if p["state"] != "closed" || len(s.comments) != 1 {
		t.Errorf("%v, %v", p, s.comments)
	}
}
