package github_test

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/rust-lang/rust-tuf/tests/forgetest"
)

// hub is a GitHub of one repository, rust-lang/tuf-root, that remembers.
type hub struct {
	forgetest.Faults

	t      *testing.T
	url    string
	self   string // login of whoever holds the token; empty: the runners' own token, which may not ask
	writes string // login that is written as, if another
	trunk  string // default branch

	mu       sync.Mutex
	pulls    []*record
	comments []*record // with the number of what they are about
	issues   []*record
	statuses []fields
	log      []string // "POST pulls"
	tokens   []string
	perPage  int // the most in one page, if not what is asked for

	// example is a body that GitHub's description gives for an answer; nil when
	// that is not at hand.
	example func(r *http.Request, body []byte, status int) any
}

type (
	fields = map[string]any
	record struct {
		fields
		number int
	}
)

func newHub(t *testing.T) *hub {
	t.Helper()
	h := &hub{t: t, self: "alice", trunk: "main"}
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	h.url = s.URL
	return h
}

// pass lets the next requests of a kind through, before what fails after them.
func (h *hub) pass(request string, times int) { h.Fail(request, times, true, nil) }

// says answers with a status and, as GitHub does, a message.
func says(status int, message string, header ...string) http.HandlerFunc {
	return saysOf("https://docs.github.com/rest", status, message, header...)
}

// slower answers as GitHub's secondary limit does where it names no time.
func slower(status int) http.HandlerFunc {
	return saysOf("https://docs.github.com/rest/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits", status,
		"You have exceeded a secondary rate limit. Please wait a few minutes before you try again.")
}

func saysOf(page string, status int, message string, header ...string) http.HandlerFunc {
	return forgetest.Says(status, fields{"message": message, "documentation_url": page}, header...)
}

const place = "/repos/rust-lang/tuf-root/"

// ServeHTTP implements [http.Handler].
func (h *hub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		h.t.Error(err)
	}
	request := r.Method + " " + strings.TrimPrefix(r.URL.Path, place)
	h.log, h.tokens = append(h.log, request), append(h.tokens, r.Header.Get("Authorization"))
	wrong := h.Next(request)
	if wrong != nil && !wrong.Late {
		wrong.Serve(w, r)
		return
	}
	status, answer, header := h.answer(r, body)
	if h.example != nil {
		if base := h.example(r, body, status); answer != nil {
			answer = overlay(base, plain(h.t, answer))
		}
	}
	if wrong != nil && wrong.Serve != nil {
		wrong.Serve(w, r)
		return
	}
	maps.Copy(w.Header(), header)
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	if answer != nil {
		_ = json.NewEncoder(w).Encode(answer)
	}
}

var (
	onePull     = regexp.MustCompile(`^(GET|PATCH) pulls/(\d+)$`)
	oneMerge    = regexp.MustCompile(`^PUT pulls/(\d+)/merge$`)
	hasComments = regexp.MustCompile(`^(GET|POST) issues/(\d+)/comments$`)
	oneComment  = regexp.MustCompile(`^(PATCH|DELETE) issues/comments/(\d+)$`)
	oneIssue    = regexp.MustCompile(`^PATCH issues/(\d+)$`)
	oneStatus   = regexp.MustCompile(`^POST statuses/([0-9a-f]{40})$`)
	allStatuses = regexp.MustCompile(`^GET commits/([0-9a-f]{40})/status$`)
	oneBranch   = regexp.MustCompile(`^GET branches/([^/]+)$`)
)

// answer does what is asked.
func (h *hub) answer(r *http.Request, body []byte) (int, any, http.Header) {
	var in fields
	if len(body) > 0 {
		if err := json.Unmarshal(body, &in); err != nil {
			h.t.Errorf("%s: %v", r.URL, err)
		}
	}
	request := r.Method + " " + strings.TrimPrefix(r.URL.Path, place)
	switch {
	case request == "GET /user":
		if h.self == "" {
			return 403, message("Resource not accessible by integration"), nil
		}
		return 200, user(h.self), nil
	case request == "GET /repos/rust-lang/tuf-root":
		return 200, fields{"default_branch": h.trunk}, nil
	case request == "GET pulls":
		return h.page(r, h.listed(r))
	case request == "POST pulls":
		return h.openPull(in)
	case request == "GET issues":
		return h.page(r, h.listIssues(r.URL.Query().Get("state")))
	case request == "POST issues":
		i := h.addIssue(h.author(), in["title"].(string), in["body"].(string))
		return 201, i.fields, nil
	case oneBranch.MatchString(request):
		if name := oneBranch.FindStringSubmatch(request)[1]; name == h.trunk {
			return 200, fields{"name": name}, nil
		}
		return 404, message("Branch not found"), nil
	case oneStatus.MatchString(request):
		in["sha"] = oneStatus.FindStringSubmatch(request)[1]
		if len(h.statuses) >= 1000 {
			return 422, message("This SHA and context has reached the maximum number of statuses."), nil
		}
		h.statuses = append(h.statuses, in)
		return 201, fields{"state": in["state"], "context": in["context"]}, nil
	case allStatuses.MatchString(request):
		return h.combined(r, allStatuses.FindStringSubmatch(request)[1])
	}
	return h.answerNumbered(request, in, r)
}

// answerNumbered does what is asked of one pull request, comment or issue.
func (h *hub) answerNumbered(request string, in fields, r *http.Request) (int, any, http.Header) {
	number := func(form *regexp.Regexp) int {
		found := form.FindStringSubmatch(request)
		if found == nil {
			return 0
		}
		n, _ := strconv.Atoi(found[len(found)-1])
		return n
	}
	if n := number(onePull); n > 0 {
		return edit(h.pulls, n, in)
	}
	if n := number(oneMerge); n > 0 {
		return h.merge(n, in)
	}
	if n := number(hasComments); n > 0 && r.Method == "GET" {
		var list []fields
		for _, c := range h.comments {
			if c.number == n {
				list = append(list, c.fields)
			}
		}
		return h.page(r, list)
	} else if n > 0 {
		return 201, h.addComment(n, h.author(), in["body"].(string)).fields, nil
	}
	if id := number(oneComment); id > 0 {
		at := slices.IndexFunc(h.comments, func(c *record) bool { return c.fields["id"] == id })
		switch {
		case at < 0:
			return 404, message("Not Found"), nil
		case r.Method == "DELETE":
			h.comments = slices.Delete(h.comments, at, at+1)
			return 204, nil, nil
		}
		maps.Copy(h.comments[at].fields, in)
		return 200, h.comments[at].fields, nil
	}
	if n := number(oneIssue); n > 0 {
		return edit(h.issues, n, in)
	}
	h.t.Errorf("the hub knows no request %s", request)
	return 404, message("Not Found"), nil
}

func edit(list []*record, n int, in fields) (int, any, http.Header) {
	for _, r := range list {
		if r.number == n {
			maps.Copy(r.fields, in)
			return 200, r.fields, nil
		}
	}
	return 404, message("Not Found"), nil
}

func message(text string) fields { return fields{"message": text} }

func user(login string) fields { return fields{"login": login} }

func (h *hub) author() string {
	switch {
	case h.writes != "":
		return h.writes
	case h.self == "":
		return "github-actions[bot]"
	}
	return h.self
}

// page is one page of a list, with links as GitHub writes them.
func (h *hub) page(r *http.Request, list []fields) (int, any, http.Header) {
	q := r.URL.Query()
	size, _ := strconv.Atoi(q.Get("per_page"))
	if h.perPage > 0 {
		size = min(size, h.perPage)
	}
	at, _ := strconv.Atoi(q.Get("page"))
	at = max(at, 1)
	if size == 0 {
		h.t.Errorf("%s asks for pages of the default size", r.URL)
		size = 30
	}
	begin, end := min((at-1)*size, len(list)), min(at*size, len(list))
	header := http.Header{}
	if end < len(list) {
		q.Set("page", fmt.Sprint(at+1))
		header.Set("Link", fmt.Sprintf(`<%s%s?%s>; rel="next", <%s%s?page=9>; rel="last"`, h.url, r.URL.Path, q.Encode(), h.url, r.URL.Path))
	}
	return 200, append([]fields{}, list[begin:end]...), header
}

// combined is a page of the newest status of each name.
func (h *hub) combined(r *http.Request, commit string) (int, any, http.Header) {
	var list []fields
	for _, s := range slices.Backward(h.statuses) {
		if s["sha"] == commit && !slices.ContainsFunc(list, func(f fields) bool { return f["context"] == s["context"] }) {
			list = append(list, fields{"state": s["state"], "context": s["context"], "description": s["description"], "target_url": s["target_url"]})
		}
	}
	code, part, header := h.page(r, list)
	return code, fields{"state": "pending", "sha": commit, "total_count": len(list), "statuses": part}, header
}

func (h *hub) listed(r *http.Request) []fields {
	q := r.URL.Query()
	var list []fields
	for _, p := range h.pulls {
		head, base := p.fields["head"].(fields), p.fields["base"].(fields)
		label := head["user"].(fields)["login"].(string) + ":" + head["ref"].(string)
		if p.fields["state"] == q.Get("state") && (q.Get("head") == "" || strings.EqualFold(q.Get("head"), label)) && (q.Get("base") == "" || q.Get("base") == base["ref"]) {
			list = append(list, p.fields)
		}
	}
	if q.Get("direction") == "desc" {
		slices.Reverse(list)
	}
	return list
}

func (h *hub) openPull(in fields) (int, any, http.Header) {
	owner, branch, ok := strings.Cut(in["head"].(string), ":")
	if !ok {
		owner, branch = "rust-lang", owner
	}
	repo := "tuf-root"
	if named, ok := in["head_repo"].(string); ok {
		repo = named
	}
	if in["base"] != h.trunk {
		return 422, fields{"message": "Validation Failed", "errors": []fields{{"resource": "PullRequest", "field": "base", "code": "invalid"}}}, nil
	}
	for _, p := range h.pulls {
		if head := p.fields["head"].(fields); head["ref"] == branch && p.fields["state"] == "open" && head["repo"].(fields)["full_name"] == owner+"/"+repo {
			return 422, fields{"message": "Validation Failed", "errors": []fields{{"resource": "PullRequest", "code": "custom",
				"message": "A pull request already exists for " + owner + ":" + branch + "."}}}, nil
		}
	}
	p := h.addPull(owner+"/"+repo, branch, h.author())
	p.fields["title"], p.fields["body"] = in["title"], in["body"]
	return 201, p.fields, nil
}

// addPull makes a pull request for main at head aaaa….
func (h *hub) addPull(from, branch, author string) *record {
	n := len(h.pulls) + 1
	id := 2
	if from == "rust-lang/tuf-root" {
		id = 1
	}
	owner, _, _ := strings.Cut(from, "/")
	p := &record{number: n, fields: fields{
		"number": n, "state": "open", "title": "sign: root", "html_url": fmt.Sprintf("https://github.com/rust-lang/tuf-root/pull/%d", n), "user": user(author),
		"draft": false, "merged": false,
		"head": fields{"ref": branch, "sha": strings.Repeat("a", 40), "user": user(owner), "repo": fields{"id": id, "full_name": from}},
		"base": fields{"ref": "main", "sha": strings.Repeat("0", 40), "repo": fields{"id": 1, "full_name": "rust-lang/tuf-root"}},
	}}
	h.pulls = append(h.pulls, p)
	return p
}

func (h *hub) merge(n int, in fields) (int, any, http.Header) {
	for _, p := range h.pulls {
		if p.number != n {
			continue
		}
		switch head := p.fields["head"].(fields)["sha"]; {
		case p.fields["state"] != "open":
			return 405, message("Pull Request is not mergeable"), nil
		case in["sha"] != head:
			return 409, message("Head branch was modified. Review and try the merge again."), nil
		case in["merge_method"] != "squash":
			return 405, message("This repository allows squash merges only"), nil
		}
		made := strings.Repeat("c", 40)
		p.fields["state"], p.fields["merged"], p.fields["merge_commit_sha"] = "closed", true, made
		p.fields["merged_at"] = "2026-11-22T12:00:00Z"
		p.fields["squashed"] = fmt.Sprintf("%v\n%v", in["commit_title"], in["commit_message"])
		return 200, fields{"sha": made, "merged": true, "message": "Pull Request successfully merged"}, nil
	}
	return 404, message("Not Found"), nil
}

func (h *hub) addComment(number int, author, body string) *record {
	c := &record{number: number, fields: fields{"id": 100 + len(h.log) + len(h.comments), "body": body, "user": user(author)}}
	h.comments = append(h.comments, c)
	return c
}

func (h *hub) addIssue(author, title, body string) *record {
	n := 1000 + len(h.issues)
	i := &record{number: n, fields: fields{"number": n, "title": title, "body": body, "state": "open", "user": user(author), "pull_request": nil}}
	h.issues = append(h.issues, i)
	return i
}

func (h *hub) listIssues(state string) []fields {
	var list []fields
	for _, p := range h.pulls { // GitHub lists both
		list = append(list, fields{"number": p.number, "title": p.fields["title"], "body": p.fields["body"], "user": p.fields["user"],
			"pull_request": fields{"url": "https://api.github.com" + place + "pulls/1"}})
	}
	for _, i := range h.issues {
		if i.fields["state"] == state {
			list = append(list, i.fields)
		}
	}
	return list
}

// count is how many requests began so.
func (h *hub) count(request string) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := 0
	for _, r := range h.log {
		if strings.HasPrefix(r, request) {
			n++
		}
	}
	return n
}

// overlay lays what the hub says over an example of GitHub's.
func overlay(base, over any) any {
	switch over := over.(type) {
	case fields:
		base, ok := base.(fields)
		if !ok {
			return over
		}
		base = maps.Clone(base)
		for name, value := range over {
			base[name] = overlay(base[name], value)
		}
		return base
	case []any:
		var first any
		if list, ok := base.([]any); ok && len(list) > 0 {
			first = list[0]
		}
		for i := range over {
			over[i] = overlay(first, over[i])
		}
	}
	return over
}

// plain is a value as it is in JSON.
func plain(t *testing.T, v any) (out any) {
	text, err := json.Marshal(v)
	if err == nil {
		err = json.Unmarshal(text, &out)
	}
	if err != nil {
		t.Error(err)
	}
	return out
}
