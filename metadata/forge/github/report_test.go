package github_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/metadata/forge"
	"github.com/rust-lang/rust-tuf/metadata/forge/github"
	"github.com/rust-lang/rust-tuf/tests/forgetest"
)

func jsonText(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func parse(t *testing.T, text []byte) (v fields) {
	t.Helper()
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func mustRequest(t *testing.T, address string) *http.Request {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// bodies are the comments on a pull request.
func (h *hub) bodies(number int) (list []string) {
	for _, c := range h.comments {
		if c.number == number {
			list = append(list, c.fields["body"].(string))
		}
	}
	return list
}

// One report a key, written once and then replaced, and only when it changes.
func TestReport(t *testing.T) {
	h := newHub(t)
	h.addPull("alice/tuf-root", "x", "alice")
	h.perPage = 2
	for range 3 {
		h.addComment(1, "bob", "looks good")
	}
	c, _ := client(t, h)
	for _, text := range []string{"2 more of: bob, carol", "2 more of: bob, carol", "1 more of: carol"} {
		if err := c.Report(t.Context(), 1, "check", text); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Report(t.Context(), 1, "reminder", "by friday"); err != nil {
		t.Fatal(err)
	}
	want := []string{"looks good", "looks good", "looks good", "<!-- rust-tuf: check -->\n1 more of: carol", "<!-- rust-tuf: reminder -->\nby friday"}
	if got := h.bodies(1); !reflect.DeepEqual(got, want) {
		t.Errorf("%q", got)
	}
	if h.count("POST") != 2 || h.count("PATCH") != 1 || h.count("GET /user") != 1 {
		t.Errorf("%q", h.log)
	}
}

// A stranger's comment is never taken for the report, whatever it says.
func TestReportOfAStranger(t *testing.T) {
	h := newHub(t)
	h.addPull("mallory/tuf-root", "x", "mallory")
	forged := "<!-- rust-tuf: check -->\nall nine have signed"
	h.addComment(1, "mallory", forged)
	h.addComment(1, "alice", "look:\n"+forged) // its own, quoting one
	h.addComment(1, "alice", "<!-- rust-tuf: check/2 -->\nanother key")
	gone := h.addComment(1, "", forged)
	gone.fields["user"] = nil
	c, _ := client(t, h)
	if err := c.Report(t.Context(), 1, "check", "below the threshold"); err != nil {
		t.Fatal(err)
	}
	want := []string{forged, "look:\n" + forged, "<!-- rust-tuf: check/2 -->\nanother key", forged, "<!-- rust-tuf: check -->\nbelow the threshold"}
	if got := h.bodies(1); !reflect.DeepEqual(got, want) {
		t.Errorf("%q", got)
	}
}

// A comment whose answer was lost is found by the next try.
func TestReportAfterLostAnswer(t *testing.T) {
	for _, fault := range []string{"POST issues/1/comments", "PATCH issues/comments", "GET issues/1/comments", "GET /user"} {
		h := newHub(t)
		h.addPull("alice/tuf-root", "x", "alice")
		h.Fail(fault, 1, true, says(502, "oops"))
		c, _ := client(t, h)
		for _, text := range []string{"one", "two"} {
			if err := c.Report(t.Context(), 1, "check", text); err != nil {
				t.Errorf("%s: %v", fault, err)
			}
		}
		if got := h.bodies(1); len(got) != 1 || !strings.HasSuffix(got[0], "two") {
			t.Errorf("%s: %q", fault, got)
		}
	}
}

// Two runs write the first report at once: both keep the older one.
func TestReportRace(t *testing.T) {
	h := newHub(t)
	h.addPull("alice/tuf-root", "x", "alice")
	h.Fail("GET issues/1/comments", 1, true, func(w http.ResponseWriter, _ *http.Request) {
		h.addComment(1, "alice", "<!-- rust-tuf: check -->\nof the other run")
		_, _ = io.WriteString(w, "[]")
	})
	c, _ := client(t, h)
	if err := c.Report(t.Context(), 1, "check", "of this run"); err != nil {
		t.Fatal(err)
	}
	if got := h.bodies(1); len(got) != 1 || !strings.HasSuffix(got[0], "of this run") || h.count("DELETE") != 1 {
		t.Errorf("%q", got)
	}
	// The other run was quicker to remove what is too much.
	h.addComment(1, "alice", "<!-- rust-tuf: check -->\nsurplus")
	h.Fail("DELETE", 1, true, says(404, "Not Found"))
	if err := c.Report(t.Context(), 1, "check", "of this run"); err != nil || len(h.bodies(1)) != 1 {
		t.Error(err)
	}
}

// The runners' token may not ask who it is; it writes as github-actions[bot].
func TestReportByARunner(t *testing.T) {
	h := newHub(t)
	h.self = ""
	h.addPull("alice/tuf-root", "x", "alice")
	c, _ := client(t, h)
	for _, text := range []string{"one", "two"} {
		if err := c.Report(t.Context(), 1, "check", text); err != nil {
			t.Fatal(err)
		}
	}
	if got := h.bodies(1); len(got) != 1 || h.count("GET /user") != 1 {
		t.Errorf("%q", got)
	}
}

// Who the token is is asked again where the forge asks for patience.
func TestReportAfterALimit(t *testing.T) {
	h := newHub(t)
	h.addPull("alice/tuf-root", "x", "alice")
	h.Fail("GET /user", 1, false, says(403, "You have exceeded a secondary rate limit", "Retry-After", "3"))
	c, clock := client(t, h)
	if err := c.Report(t.Context(), 1, "check", "text"); err != nil || len(h.bodies(1)) != 1 || len(clock.Pauses) != 1 {
		t.Error(err, h.log)
	}
}

// What is written under a name that was not expected would never be found again, so
// it is taken back, and the name is said.
func TestReportUnderAnotherName(t *testing.T) {
	h := newHub(t)
	h.self, h.writes = "", "rust-tuf-gate[bot]"
	h.addPull("alice/tuf-root", "x", "alice")
	c, _ := client(t, h)
	for range 2 {
		e := forgetest.Refused[*forge.IdentityError](t, c.Report(t.Context(), 1, "check", "text"), "this token writes as rust-tuf-gate[bot], not as github-actions[bot]", "it was taken back", "set RUST_TUF_FORGE_LOGIN to rust-tuf-gate[bot]")
		if e.Found != "rust-tuf-gate[bot]" || len(h.comments) != 0 {
			t.Errorf("%+v, %d comments", e, len(h.comments))
		}
	}
	_, err := c.Raise(t.Context(), forge.Issue{Key: "publish", Title: "publish fails", Body: "since noon"})
	forgetest.Refused[*forge.IdentityError](t, err)
	if h.issues[0].fields["state"] != "closed" {
		t.Error("an issue is left open")
	}
	c = newClient(t, github.Options{API: h.url, Login: h.writes})
	for range 2 {
		if err := c.Report(t.Context(), 1, "check", "text"); err != nil || len(h.comments) != 1 {
			t.Error(err, len(h.comments))
		}
	}
}

// A report that is too long says that it was cut, and stays one report.
func TestReportTooLong(t *testing.T) {
	h := newHub(t)
	h.addPull("alice/tuf-root", "x", "alice")
	c, _ := client(t, h)
	for range 2 {
		if err := c.Report(t.Context(), 1, "check", strings.Repeat("a line of ünicode\n", 100_000)); err != nil {
			t.Fatal(err)
		}
	}
	got := h.bodies(1)
	if len(got) != 1 || len(got[0]) > forge.MaxText || !strings.Contains(got[0], "a line of ünicode\n\n… this report is too long for the forge and was cut here") {
		t.Errorf("%d, …%s", len(got), got[0][len(got[0])-200:])
	}
	forgetest.Refused[*forge.KeyError](t, c.Report(t.Context(), 1, "a -->", "text"), "is no key of a report", "after a job or an event")
}

// A verdict is a status of exactly one commit.
func TestJudge(t *testing.T) {
	h := newHub(t)
	c, _ := client(t, h)
	h.Fail("POST statuses", 1, false, says(500, "oops"))
	v := forge.Verdict{Name: "rust-tuf/check", State: forge.Failure, Summary: strings.Repeat("ü", 200), URL: "https://github.com/rust-lang/tuf-root/actions/runs/1"}
	if err := c.Judge(t.Context(), judged, v); err != nil {
		t.Fatal(err)
	}
	if err := c.Judge(t.Context(), judged, forge.Verdict{Name: "rust-tuf/check", State: forge.Success, Summary: "signature of alice"}); err != nil {
		t.Fatal(err)
	}
	want := []fields{
		{"sha": string(judged), "state": "failure", "context": "rust-tuf/check", "description": strings.Repeat("ü", 139) + "…", "target_url": v.URL},
		{"sha": string(judged), "state": "success", "context": "rust-tuf/check", "description": "signature of alice"},
	}
	if !reflect.DeepEqual(h.statuses, want) {
		t.Errorf("%v", h.statuses)
	}
	forgetest.Refused[*forge.InvalidError](t, c.Judge(t.Context(), "main", v), "the commit is not named in full")
	h.Fail("POST statuses", 1, false, says(403, "Resource not accessible by integration"))
	forgetest.Refused[*forge.PermissionError](t, c.Judge(t.Context(), judged, v), "set status rust-tuf/check of commit aaaaaaaaaaaa", "“Commit statuses: read and write”")
}

// A verdict that stands there already is not written again: GitHub takes a thousand
// for one commit and name. One that differs in anything is.
func TestJudgeAgain(t *testing.T) {
	h := newHub(t)
	c, _ := client(t, h)
	for i := range 120 {
		h.statuses = append(h.statuses, fields{"sha": string(judged), "state": "success", "context": fmt.Sprintf("build/%d", i), "description": "built"})
	}
	others := len(h.statuses)
	v := forge.Verdict{Name: "rust-tuf/gate", State: forge.Success, Summary: strings.Repeat("long ", 50), URL: "https://example.org/1"}
	pending, failing, moved := v, v, v
	pending.State, failing.Summary, moved.URL = forge.Pending, "not to be merged", ""
	for i, next := range []forge.Verdict{v, pending, failing, moved, v} {
		for range 3 {
			if err := c.Judge(t.Context(), judged, next); err != nil {
				t.Fatal(err)
			}
		}
		if n := len(h.statuses) - others; n != i+1 {
			t.Fatalf("%d statuses after %d verdicts", n, i+1)
		}
	}
	if err := c.Judge(t.Context(), another, v); err != nil || len(h.statuses)-others != 6 {
		t.Errorf("%v; the verdict of one commit counts for another", err)
	}
	for len(h.statuses) < 1000 {
		h.statuses = append(h.statuses, h.statuses[others])
	}
	forgetest.Refused[*forge.InvalidError](t, c.Judge(t.Context(), judged, failing), "maximum number of statuses")
}

// A secondary limit on the question who writes is waited for, and nobody is taken
// for the machine's account because of it.
func TestReportAfterASecondaryLimit(t *testing.T) {
	h := newHub(t)
	h.addPull("alice/tuf-root", "x", "alice")
	h.Fail("GET /user", 1, false, slower(403))
	c, clock := client(t, h)
	if err := c.Report(t.Context(), 1, "check", "text"); err != nil || len(clock.Pauses) != 1 || len(h.comments) != 1 {
		t.Errorf("%v after %v; %d comments", err, clock.Pauses, len(h.comments))
	}
}

// A job that keeps failing has one issue, which is closed when it works again; the
// next failure is a new one.
func TestIssue(t *testing.T) {
	h := newHub(t)
	h.perPage = 3
	for range 4 {
		h.addPull("alice/tuf-root", "x", "alice")
	}
	h.pulls[0].fields["body"] = "<!-- rust-tuf: publish -->\na pull request is listed as an issue too"
	h.addIssue("mallory", "publish fails", "<!-- rust-tuf: publish -->\nplease run this script")
	c, _ := client(t, h)
	raise := func(key, body string) int {
		t.Helper()
		n, err := c.Raise(t.Context(), forge.Issue{Key: key, Title: key + " fails", Body: body})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	first, same, other := raise("publish", "once"), raise("publish", "twice"), raise("timestamp", "once")
	if first != same || first == other || len(h.issues) != 3 || h.issues[1].fields["body"] != "<!-- rust-tuf: publish -->\ntwice" {
		t.Errorf("%d, %d, %d: %+v", first, same, other, h.issues)
	}
	for range 2 {
		if err := c.Settle(t.Context(), "publish", "it works again"); err != nil {
			t.Fatal(err)
		}
	}
	closed := h.issues[1].fields
	if closed["state"] != "closed" || closed["state_reason"] != "completed" || len(h.bodies(first)) != 1 || h.issues[0].fields["state"] != "open" || h.issues[2].fields["state"] != "open" {
		t.Errorf("%+v, %q", h.issues, h.bodies(first))
	}
	if again := raise("publish", "once more"); again == first {
		t.Error("a closed issue was taken up")
	}
	_, err := c.Raise(t.Context(), forge.Issue{Key: "Not a key"})
	forgetest.Refused[*forge.KeyError](t, err)
	forgetest.Refused[*forge.KeyError](t, c.Settle(t.Context(), "", ""))
}

// An issue whose answer was lost is found, and of two at once the older stays.
func TestIssueOnce(t *testing.T) {
	h := newHub(t)
	c, _ := client(t, h)
	h.Fail("POST issues", 1, true, says(502, "oops"))
	i := forge.Issue{Key: "publish", Title: "publish fails", Body: "once"}
	if n, err := c.Raise(t.Context(), i); err != nil || n != 1000 || len(h.issues) != 1 {
		t.Error(n, err)
	}
	h.addIssue("alice", i.Title, "<!-- rust-tuf: publish -->\nof another run")
	if n, err := c.Raise(t.Context(), i); err != nil || n != 1000 || h.issues[1].fields["state"] != "closed" || h.issues[1].fields["state_reason"] != "not_planned" {
		t.Error(n, err)
	}
}
