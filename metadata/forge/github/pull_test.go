package github_test

import (
	"fmt"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/metadata/forge"
	"github.com/rust-lang/rust-tuf/metadata/git"
	"github.com/rust-lang/rust-tuf/tests/forgetest"
)

// A pull request is opened once, from wherever the branch is.
func TestOpen(t *testing.T) {
	for name, from := range map[string]string{"a fork": "alice/tuf-root", "the repository itself": "rust-lang/tuf-root", "a fork of the same owner": "rust-lang/tuf-root-fork",
		"the repository in other letters": "Rust-Lang/tuf-root"} {
		t.Run(name, func(t *testing.T) {
			h := newHub(t)
			h.addPull("alice/tuf-root", "another", "alice")
			c, _ := client(t, h)
			p := branch
			p.From = from
			if strings.HasPrefix(from, "Rust") {
				h.addPull("rust-lang/tuf-root", p.Branch, "alice") // found, whatever the letters
			}
			first, err := c.Open(t.Context(), p)
			if err != nil {
				t.Fatal(err)
			}
			want := forge.PullRequest{Number: 2, URL: "https://github.com/rust-lang/tuf-root/pull/2", Title: p.Title, Head: judged, Branch: p.Branch,
				From: from, Fork: from != "rust-lang/tuf-root", Base: "main", Author: "alice"}
			if strings.HasPrefix(from, "Rust") {
				want.From, want.Fork, want.Title = "rust-lang/tuf-root", false, "sign: root"
			}
			if first != want {
				t.Errorf("%+v\nwant %+v", first, want)
			}
			again, err := c.Open(t.Context(), p)
			if err != nil || again != first || h.count("POST") > 1 || len(h.pulls) != 2 {
				t.Errorf("%+v, %v; %d creations", again, err, h.count("POST"))
			}
		})
	}
}

// What a machine has proposed and somebody has closed is not proposed again, as long
// as it is the same; what was merged, or is another commit, is no such thing, and a
// person may ask again.
func TestOpenWhatWasClosed(t *testing.T) {
	closed := func(t *testing.T) (*hub, *record) {
		h := newHub(t)
		for range 130 {
			h.addPull("alice/tuf-root", branch.Branch, "alice").fields["state"] = "closed"
		}
		for _, p := range h.pulls[1:] {
			p.fields["head"].(fields)["sha"] = string(another)
		}
		return h, h.pulls[0]
	}
	machine := branch
	machine.Head = judged
	h, _ := closed(t)
	c, _ := client(t, h)
	_, err := c.Open(t.Context(), machine)
	e := forgetest.Refused[*forge.ClosedError](t, err, "the same was proposed before, and somebody closed it without merging it: pull request #1",
		"open https://github.com/rust-lang/tuf-root/pull/1 again", "delete branch "+branch.Branch)
	if e.Number != 1 || e.URL == "" || h.count("POST") != 0 {
		t.Errorf("%+v; %d creations", e, h.count("POST"))
	}
	for name, change := range map[string]func(*record, *forge.Proposal){
		"a person asks":  func(_ *record, p *forge.Proposal) { p.Head = "" },
		"another commit": func(r *record, _ *forge.Proposal) { r.fields["head"].(fields)["sha"] = string(another) },
		"merged":         func(r *record, _ *forge.Proposal) { r.fields["merged_at"] = "2026-11-22T12:00:00Z" },
		"another branch": func(r *record, _ *forge.Proposal) { r.fields["head"].(fields)["ref"] = "x" },
		"opened again":   func(r *record, _ *forge.Proposal) { r.fields["state"] = "open" },
	} {
		h, first := closed(t)
		p := machine
		change(first, &p)
		c, _ := client(t, h)
		if _, err := c.Open(t.Context(), p); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What a forge lists in spite of the filter is not taken for what was asked.
func TestOpenComparesWhatIsListed(t *testing.T) {
	h := newHub(t)
	closed := h.addPull("alice/tuf-root", branch.Branch, "alice")
	closed.fields["state"] = "closed"
	h.addPull("mallory/tuf-root", branch.Branch, "mallory")
	h.addPull("alice/tuf-root", branch.Branch+"0", "alice")
	gone := h.addPull("alice/tuf-root", branch.Branch, "alice")
	gone.fields["head"].(fields)["repo"] = nil
	other := h.addPull("alice/tuf-root", branch.Branch, "alice")
	other.fields["base"].(fields)["ref"] = "release"
	h.Fail("GET pulls", 1, false, func(w http.ResponseWriter, _ *http.Request) {
		_, list, _ := h.page(mustRequest(t, "/?per_page=100"), []fields{h.pulls[1].fields, h.pulls[2].fields, h.pulls[3].fields, h.pulls[4].fields})
		_, _ = io.WriteString(w, jsonText(t, list))
	})
	for _, p := range h.pulls[1:] {
		p.fields["state"] = "closed" // for the hub's own refusal of a second one
	}
	c, _ := client(t, h)
	if pr, err := c.Open(t.Context(), branch); err != nil || pr.Number != 6 || h.count("POST") != 1 {
		t.Errorf("%+v, %v", pr, err)
	}
}

// A creation whose answer is lost has made what the next try finds.
func TestOpenAfterLostAnswer(t *testing.T) {
	for name, serve := range map[string]http.HandlerFunc{
		"500": says(500, "oops"), "429": says(429, "slow down", "Retry-After", "3"),
		"dropped": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"cut off": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(201)
			_, _ = io.WriteString(w, `{"number": 1, "he`)
		},
		"empty": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(201) },
		"half": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(201)
			_, _ = io.WriteString(w, `{"number": 1}`)
		},
	} {
		h := newHub(t)
		h.Fail("POST pulls", 1, true, serve)
		c, clock := client(t, h)
		pr, err := c.Open(t.Context(), branch)
		if err != nil || pr.Number != 1 || len(h.pulls) != 1 || h.count("POST") != 1 || len(clock.Pauses) != 1 {
			t.Errorf("%s: %+v, %v; %d pull requests of %d creations", name, pr, err, len(h.pulls), h.count("POST"))
		}
	}
}

// Another process opens the same pull request between the look and the creation.
func TestOpenRace(t *testing.T) {
	h := newHub(t)
	h.Fail("GET pulls", 1, true, func(w http.ResponseWriter, _ *http.Request) {
		h.addPull("alice/tuf-root", branch.Branch, "alice")
		_, _ = io.WriteString(w, "[]")
	})
	c, clock := client(t, h)
	if pr, err := c.Open(t.Context(), branch); err != nil || pr.Number != 1 || len(h.pulls) != 1 || len(clock.Pauses) != 0 {
		t.Errorf("%+v, %v", pr, err)
	}
}

func TestOpenRefused(t *testing.T) {
	h := newHub(t)
	h.Fail("POST pulls", 1, false, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(422)
		_, _ = io.WriteString(w, `{"message": "Validation Failed", "errors": [{"resource": "PullRequest", "code": "custom", "message": "No commits between main and alice:x"}, {"field": "head", "code": "invalid"}]}`)
	})
	c, _ := client(t, h)
	_, err := c.Open(t.Context(), branch)
	if e := forgetest.Refused[*forge.InvalidError](t, err, "refused: Validation Failed; No commits between main and alice:x; head: invalid"); e.Status != 422 {
		t.Errorf("%+v", e)
	}
}

// The default branch of the remote has another name than when it was looked up.
func TestOpenAfterDefaultBranchMoved(t *testing.T) {
	h := newHub(t)
	h.trunk = "trunk"
	c, _ := client(t, h)
	_, err := c.Open(t.Context(), branch)
	if e := forgetest.Refused[*forge.BaseError](t, err, "there is no branch main; the default branch is trunk now", "run it again"); e.Base != "main" || e.Default != "trunk" {
		t.Errorf("%+v", e)
	}
	if len(h.pulls) != 0 {
		t.Error("a pull request was made")
	}
}

// What a forge names in an answer reaches no terminal as it is.
func TestNamesOfTheForgeAreShownSafely(t *testing.T) {
	const evil = "release\x1b[2J\r\n"
	h := newHub(t)
	p := h.addPull("alice/tuf-root", branch.Branch, "alice")
	p.fields["html_url"] = "https://example.org/\x1b[2J"
	c, _ := client(t, h)
	pr, err := c.Open(t.Context(), branch)
	if err != nil || pr.URL != "https://github.com/rust-lang/tuf-root/pull/1" {
		t.Errorf("%q, %v", pr.URL, err)
	}
	p.fields["base"].(fields)["ref"] = evil
	_, moved := c.Merge(t.Context(), forgetest.Merge())
	forgetest.Refused[*forge.MovedError](t, moved, "for release�[2J now; nothing was merged")
	h.merge(1, fields{"sha": string(judged), "merge_method": "squash"})
	_, stray := c.Merge(t.Context(), forgetest.Merge())
	forgetest.Refused[*forge.StrayError](t, stray, "into release�[2J; judged")
	h.trunk = evil
	_, gone := c.Open(t.Context(), branch)
	forgetest.Refused[*forge.BaseError](t, gone, "the default branch is release�[2J now")
	for _, err := range []error{moved, stray, gone} {
		if strings.ContainsAny(err.Error(), "\x1b\r\n") {
			t.Errorf("%q", err)
		}
	}
}

// Titles have an end, texts too, and both are whole characters.
func TestOpenLongTitle(t *testing.T) {
	h := newHub(t)
	c, _ := client(t, h)
	p := branch
	p.Title = strings.Repeat("é", 1000)
	pr, err := c.Open(t.Context(), p)
	if want := strings.Repeat("é", 254) + "…"; err != nil || pr.Title != want {
		t.Errorf("%q, %v", pr.Title, err)
	}
}

// All open pull requests for one branch are listed, page after page, each once.
func TestPullRequests(t *testing.T) {
	h := newHub(t)
	h.perPage = 10
	for i := range 35 {
		h.addPull([]string{"alice/tuf-root", "rust-lang/tuf-root"}[i%2], fmt.Sprint("b", i), "alice")
	}
	h.pulls[3].fields["state"] = "closed"
	h.pulls[5].fields["base"].(fields)["ref"] = "release"
	h.pulls[7].fields["head"].(fields)["repo"] = nil // the fork was deleted
	h.pulls[7].fields["user"] = nil                  // and the account
	h.pulls[9].fields["draft"] = true
	c, _ := client(t, h)
	list, err := c.PullRequests(t.Context(), "main")
	if err != nil || len(list) != 33 || h.count("GET pulls") != 4 {
		t.Fatalf("%d, %v", len(list), err)
	}
	if !slices.IsSortedFunc(list, func(a, b forge.PullRequest) int { return a.Number - b.Number }) {
		t.Error("not in order")
	}
	for _, pr := range list {
		orphan := pr.Number == 8
		if pr.Base != "main" || pr.Head != judged || pr.Fork != (pr.Number%2 == 1 || orphan) || (pr.From == "") != orphan || (pr.Author == "") != orphan || pr.Draft != (pr.Number == 10) {
			t.Errorf("%+v", pr)
		}
	}
	// One is closed while the list is read, so that the last of a page is listed
	// again on the next.
	h.Fail("GET pulls", 1, true, func(w http.ResponseWriter, r *http.Request) {
		_, first, header := h.page(r, h.listed(r))
		w.Header().Set("Link", header.Get("Link"))
		h.addPull("alice/tuf-root", "late", "alice")
		h.pulls = append([]*record{h.pulls[len(h.pulls)-1]}, h.pulls[:len(h.pulls)-1]...)
		_, _ = io.WriteString(w, jsonText(t, first))
	})
	list, err = c.PullRequests(t.Context(), "main")
	seen := map[int]bool{}
	for _, pr := range list {
		if seen[pr.Number] {
			t.Errorf("#%d is listed twice", pr.Number)
		}
		seen[pr.Number] = true
	}
	if err != nil || len(list) != 33 {
		t.Error(len(list), err)
	}
}

// A list that is read again after a page failed begins anew, and holds what was asked
// for, whatever the forge makes of the filter.
func TestPullRequestsAgain(t *testing.T) {
	h := newHub(t)
	h.perPage = 10
	for i := range 15 {
		h.addPull("alice/tuf-root", fmt.Sprint("b", i), "alice")
	}
	c, _ := client(t, h)
	h.pass("GET pulls", 1)
	h.Fail("GET pulls", 1, false, says(502, "oops"))
	if list, err := c.PullRequests(t.Context(), "main"); err != nil || len(list) != 15 || h.count("GET pulls") != 4 {
		t.Error(len(list), err)
	}
	h.pulls[3].fields["base"].(fields)["ref"] = "release"
	h.Fail("GET pulls", 1, false, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, jsonText(t, []fields{h.pulls[2].fields, h.pulls[3].fields}))
	})
	if list, err := c.PullRequests(t.Context(), "main"); err != nil || len(list) != 1 || list[0].Number != 3 {
		t.Error(list, err)
	}
}

// A list that cannot be read to its end is no list.
func TestPullRequestsHalf(t *testing.T) {
	h := newHub(t)
	h.perPage = 10
	for i := range 15 {
		h.addPull("alice/tuf-root", fmt.Sprint("b", i), "alice")
	}
	c, _ := client(t, h)
	h.Fail("GET pulls", 1, false, func(w http.ResponseWriter, r *http.Request) {
		h.page(r, nil)
		_, _ = io.WriteString(w, `[{"number": 1}]`)
	})
	if list, err := c.PullRequests(t.Context(), "main"); err != nil || len(list) != 15 {
		t.Error(len(list), err)
	}
	h.pulls[12].fields["head"].(fields)["sha"] = "HEAD"
	list, err := c.PullRequests(t.Context(), "main")
	forgetest.Refused[*forge.OutageError](t, err, "list the open pull requests for branch main", "the answer was cut off")
	if list != nil {
		t.Errorf("%d are listed all the same", len(list))
	}
}

// A pull request is squashed with a title of ours, once.
func TestMerge(t *testing.T) {
	h := newHub(t)
	p := h.addPull("alice/tuf-root", "x", "alice")
	c, _ := client(t, h)
	for range 2 {
		if made, err := c.Merge(t.Context(), forgetest.Merge()); err != nil || string(made) != strings.Repeat("c", 40) || h.count("PUT") != 1 {
			t.Errorf("%s, %v", made, err)
		}
	}
	if got := p.fields["squashed"]; got != forgetest.Merge().Title+"\n"+forgetest.Merge().Message {
		t.Errorf("squashed as %q", got)
	}
}

// A merge without an answer is looked after: it happened, or is tried again.
func TestMergeAfterLostAnswer(t *testing.T) {
	for _, late := range []bool{false, true} {
		h := newHub(t)
		h.addPull("alice/tuf-root", "x", "alice")
		h.Fail("PUT pulls/1/merge", 1, late, says(502, "oops"))
		c, _ := client(t, h)
		made, err := c.Merge(t.Context(), forgetest.Merge())
		if want := map[bool]int{false: 2, true: 1}[late]; err != nil || string(made) != strings.Repeat("c", 40) || h.count("PUT") != want {
			t.Errorf("%s, %v after %d merges", made, err, h.count("PUT"))
		}
	}
}

// A merge that the forge does not show yet is waited for.
func TestMergeShownLate(t *testing.T) {
	h := newHub(t)
	p := h.addPull("alice/tuf-root", "x", "alice")
	stale := jsonText(t, p.fields)
	h.pass("GET pulls/1", 1)
	h.Fail("GET pulls/1", 2, true, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, stale) })
	c, clock := client(t, h)
	if made, err := c.Merge(t.Context(), forgetest.Merge()); err != nil || string(made) != strings.Repeat("c", 40) || len(clock.Pauses) == 0 {
		t.Error(made, err, clock.Pauses)
	}
}

// Only the head that was judged is merged, into the branch that it was judged for.
func TestMergeOfAnotherHead(t *testing.T) {
	push := func(h *hub) { h.pulls[0].fields["head"].(fields)["sha"] = string(another) }
	retarget := func(h *hub) { h.pulls[0].fields["base"].(fields)["ref"] = "release" }
	for name, test := range map[string]struct {
		change func(*hub)
		when   string // the request after which it happens
		moved  string // words of the refusal
		stray  string // words when it was merged all the same
	}{
		"pushed before":               {push, "", "its head moved from aaaaaaaaaaaa, which was judged, to bbbbbbbbbbbb; nothing was merged", ""},
		"pushed meanwhile":            {push, "GET pulls/1", "its head moved from aaaaaaaaaaaa", ""},
		"for another branch":          {retarget, "", "it was judged for branch main and is for release now; nothing was merged", ""},
		"for another branch, at once": {retarget, "PUT pulls/1/merge", "", "merged as commit cccccccccccc is head aaaaaaaaaaaa into release; judged was head aaaaaaaaaaaa for main"},
		"merged by somebody": {func(h *hub) { push(h); h.merge(1, fields{"sha": string(another), "merge_method": "squash"}) }, "",
			"", "is head bbbbbbbbbbbb into main; judged was head aaaaaaaaaaaa"},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHub(t)
			h.addPull("alice/tuf-root", "x", "alice")
			c, _ := client(t, h)
			if test.when == "" {
				test.change(h)
			} else {
				h.Fail(test.when, 1, true, func(w http.ResponseWriter, r *http.Request) {
					answer := jsonText(t, h.pulls[0].fields)
					test.change(h)
					_, _ = io.WriteString(w, answer)
				})
			}
			made, err := c.Merge(t.Context(), forgetest.Merge())
			if made != "" {
				t.Errorf("commit %s", made)
			}
			if test.moved != "" {
				e := forgetest.Refused[*forge.MovedError](t, err, "merge pull request #1: "+test.moved, "judge it again")
				if e.Want != judged || h.pulls[0].fields["merged"] == true {
					t.Errorf("%+v", e)
				}
				return
			}
			if e := forgetest.Refused[*forge.StrayError](t, err, test.stray, "rust-tuf check"); string(e.Commit) != strings.Repeat("c", 40) {
				t.Errorf("%+v", e)
			}
		})
	}
}

func TestMergeRefused(t *testing.T) {
	h := newHub(t)
	h.addPull("alice/tuf-root", "x", "alice")
	c, clock := client(t, h)
	h.Fail("PUT", 1, false, says(405, "Required status check “rust-tuf/check” is expected."))
	_, err := c.Merge(t.Context(), forgetest.Merge())
	forgetest.Refused[*forge.UnmergeableError](t, err, "the forge does not merge it: Required status check", "which rule of the base branch is not met")
	if len(clock.Pauses) > 0 {
		t.Error("it was tried again")
	}
	// Another merge at the same moment is over at the next try.
	h.Fail("PUT", 2, false, says(405, "Base branch was modified. Review and try the merge again."))
	if made, err := c.Merge(t.Context(), forgetest.Merge()); err != nil || made == "" || len(clock.Pauses) != 2 {
		t.Error(made, err, clock.Pauses)
	}
	// A rule that always says so is not asked for ever.
	h.addPull("alice/tuf-root", "y", "alice")
	h.Fail("PUT", 100, false, says(409, "conflict"))
	m := forgetest.Merge()
	m.Number = 2
	_, err = c.Merge(t.Context(), m)
	forgetest.Refused[*forge.UnmergeableError](t, err, "the forge does not merge it: conflict")
	h.pulls[1].fields["state"] = "closed"
	_, err = c.Merge(t.Context(), m)
	if e := forgetest.Refused[*forge.UnmergeableError](t, err, "merge pull request #2: it is closed", "open it again"); !e.Closed {
		t.Errorf("%+v", e)
	}
	for _, head := range []git.Commit{"", "main", "A" + judged[1:], judged[1:]} {
		m.Head = head
		before := h.count("")
		_, err = c.Merge(t.Context(), m)
		forgetest.Refused[*forge.InvalidError](t, err, "the commit that was judged is not named in full")
		if h.count("") != before {
			t.Error("it was asked for")
		}
	}
	m.Number, m.Head = 7, judged
	_, err = c.Merge(t.Context(), m)
	forgetest.Refused[*forge.AbsentError](t, err, "merge pull request #7")
}

// A pull request is closed with its reason, which is written once.
func TestClose(t *testing.T) {
	h := newHub(t)
	p := h.addPull("alice/tuf-root", "x", "alice")
	c, _ := client(t, h)
	h.Fail("PATCH pulls/1", 1, true, says(500, "oops"))
	for range 2 {
		if err := c.Close(t.Context(), 1, "superseded by event b"); err != nil {
			t.Fatal(err)
		}
	}
	if p.fields["state"] != "closed" || len(h.comments) != 1 || !strings.HasSuffix(h.comments[0].fields["body"].(string), "superseded by event b") {
		t.Errorf("%+v, %+v", p.fields, h.comments)
	}
	// Where the reason cannot be written, nothing is closed.
	h.addPull("alice/tuf-root", "y", "alice")
	h.Fail("POST issues/2", 1, false, says(403, "locked"))
	forgetest.Refused[*forge.PermissionError](t, c.Close(t.Context(), 2, "why"), "write the report closed on pull request #2")
	if h.pulls[1].fields["state"] != "open" {
		t.Error("it was closed without a reason")
	}
}

// What the client asks of a pull request is what its interface names.
func TestProposalIsSentAsItIs(t *testing.T) {
	h := newHub(t)
	var sent map[string]any
	h.example = func(r *http.Request, body []byte, _ int) any {
		if r.Method == "POST" {
			sent = parse(t, body)
		}
		return nil
	}
	c, _ := client(t, h)
	if _, err := c.Open(t.Context(), branch); err != nil {
		t.Fatal(err)
	}
	want := fields{"title": branch.Title, "body": branch.Body, "head": "alice:" + branch.Branch, "base": "main", "maintainer_can_modify": false}
	if !reflect.DeepEqual(sent, want) {
		t.Errorf("%v", sent)
	}
}
