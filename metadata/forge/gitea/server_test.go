package gitea_test

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/rust-lang/rust-tuf/tests/forgetest"
)

// server is a Gitea of one repository, rust/tuf-root, that remembers: as far as the
// client asks it for anything, it answers as the real one does, which
// `make test-gitea` runs.
type server struct {
	forgetest.Faults

	t   *testing.T
	url string
	mux http.ServeMux

	mu       sync.Mutex
	self     string // login of whoever holds the token
	pulls    []fields
	refs     map[string]string // heads as the repository keeps them
	comments []fields          // with the number of what they are about
	issues   []fields
	statuses []fields // with the commit
	sent     []string // "POST pulls", with the body
	tokens   []string
	perPage  int // the most in one page, if not what is asked for
}

type fields = map[string]any

const place = "/api/v1/repos/rust/tuf-root/"

func newServer(t *testing.T) *server {
	t.Helper()
	s := &server{t: t, self: "rust", refs: map[string]string{}}
	for pattern, answer := range map[string]func(*http.Request, fields) (int, any){
		"GET /api/v1/user":                    func(*http.Request, fields) (int, any) { return 200, user(s.self) },
		"GET /api/v1/repos/rust/tuf-root":     func(*http.Request, fields) (int, any) { return 200, fields{"default_branch": "main"} },
		"GET " + place + "branches/{name...}": s.branch,
		"GET " + place + "pulls":              func(r *http.Request, _ fields) (int, any) { return 200, inState(s.pulls, r) },
		"POST " + place + "pulls":             s.openPull,
		"GET " + place + "pulls/{number}":     func(r *http.Request, _ fields) (int, any) { return found(s.pulls, "number", r.PathValue("number")) },
		"PATCH " + place + "pulls/{number}": func(r *http.Request, in fields) (int, any) {
			return edited(s.pulls, "number", r.PathValue("number"), in)
		},
		"POST " + place + "pulls/{number}/merge":       s.merge,
		"GET " + place + "git/refs/pull/{number}/head": s.ref,
		"GET " + place + "issues":                      func(r *http.Request, _ fields) (int, any) { return 200, inState(s.issues, r) },
		"POST " + place + "issues":                     s.openIssue,
		"PATCH " + place + "issues/{number}": func(r *http.Request, in fields) (int, any) {
			return edited(s.issues, "number", r.PathValue("number"), in)
		},
		"GET " + place + "issues/{number}/comments":  s.listComments,
		"POST " + place + "issues/{number}/comments": s.addComment,
		"PATCH " + place + "issues/comments/{id}":    func(r *http.Request, in fields) (int, any) { return edited(s.comments, "id", r.PathValue("id"), in) },
		"DELETE " + place + "issues/comments/{id}":   s.deleteComment,
		"POST " + place + "statuses/{commit}":        s.setStatus,
		"GET " + place + "commits/{commit}/status":   s.combined,
	} {
		s.mux.HandleFunc(pattern, s.handler(answer))
	}
	listening := httptest.NewServer(&s.mux)
	t.Cleanup(listening.Close)
	s.url = listening.URL
	return s
}

// handler answers with what goes wrong, or with what is asked for.
func (s *server) handler(answer func(*http.Request, fields) (int, any)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		body, err := io.ReadAll(r.Body)
		var in fields
		if err == nil && len(body) > 0 {
			err = json.Unmarshal(body, &in)
		}
		if err != nil {
			s.t.Error(err)
		}
		request := r.Method + " " + strings.TrimPrefix(r.URL.Path, place)
		s.sent, s.tokens = append(s.sent, strings.TrimSpace(request+" "+string(body))), append(s.tokens, r.Header.Get("Authorization"))
		wrong := s.Next(request)
		if wrong != nil && !wrong.Late {
			wrong.Serve(w, r)
			return
		}
		status, out := answer(r, in)
		if wrong != nil {
			wrong.Serve(w, r)
			return
		}
		if list, ok := out.([]fields); ok {
			out = s.page(w, r, list)
		}
		w.WriteHeader(status)
		if out != nil {
			_ = json.NewEncoder(w).Encode(out)
		}
	}
}

// says answers with a status and, as the real one does, a message.
func says(status int, message string, header ...string) http.HandlerFunc {
	return forgetest.Says(status, said(message), header...)
}

func said(message string) fields {
	return fields{"message": message, "url": "https://example.org/api/swagger"}
}

func user(login string) fields { return fields{"login": login} }

// page is one page of a list, with links as the real one writes them. Comments have
// no pages there.
func (s *server) page(w http.ResponseWriter, r *http.Request, list []fields) []fields {
	q := r.URL.Query()
	size, _ := strconv.Atoi(q.Get("limit"))
	at, _ := strconv.Atoi(q.Get("page"))
	if size == 0 || at == 0 {
		s.t.Errorf("%s asks for no page", r.URL)
		return nil
	}
	if s.perPage > 0 {
		size = s.perPage
	}
	if strings.HasSuffix(r.URL.Path, "/comments") || strings.Contains(r.URL.Path, "/git/refs/") {
		return list
	}
	begin, end := min((at-1)*size, len(list)), min(at*size, len(list))
	if end < len(list) {
		q.Set("page", fmt.Sprint(at+1))
		w.Header().Set("Link", fmt.Sprintf(`<https://elsewhere.example.org%s?%s>; rel="next",<https://elsewhere.example.org%s?page=9>; rel="last"`, r.URL.Path, q.Encode(), r.URL.Path))
	}
	return append([]fields{}, list[begin:end]...)
}

func inState(list []fields, r *http.Request) []fields {
	return slices.DeleteFunc(slices.Clone(list), func(f fields) bool { return f["state"] != r.URL.Query().Get("state") })
}

func found(list []fields, name, value string) (int, any) {
	for _, f := range list {
		if fmt.Sprint(f[name]) == value {
			return 200, f
		}
	}
	return 404, said("not found")
}

func edited(list []fields, name, value string, in fields) (int, any) {
	status, one := found(list, name, value)
	if status == 200 {
		maps.Copy(one.(fields), in)
	}
	return status, one
}

func (s *server) branch(r *http.Request, _ fields) (int, any) {
	if r.PathValue("name") != "main" {
		return 404, said("branch not found")
	}
	return 200, fields{"name": "main"}
}

func (s *server) openPull(_ *http.Request, in fields) (int, any) {
	owner, branch, ok := strings.Cut(in["head"].(string), ":")
	if !ok {
		owner, branch = "rust", owner
	}
	if in["base"] != "main" {
		return 404, said("not found")
	}
	for _, p := range s.pulls {
		if head := p["head"].(fields); p["state"] == "open" && head["ref"] == branch && head["repo"].(fields)["full_name"] == owner+"/tuf-root" {
			return 409, said("pull request already exists for these targets")
		}
	}
	p := s.addPull(owner, branch)
	p["title"], p["body"] = in["title"], in["body"]
	return 201, p
}

// addPull makes a pull request for main at head aaaa….
func (s *server) addPull(owner, branch string) fields {
	n, id := len(s.pulls)+1, 2
	if owner == "rust" {
		id = 1
	}
	head := strings.Repeat("a", 40)
	p := fields{
		"number": n, "state": "open", "title": "sign: root", "user": user(owner), "draft": false, "merged": false, "merge_commit_sha": nil,
		"html_url": "https://elsewhere.example.org/steal",
		"head":     fields{"label": branch, "ref": branch, "sha": head, "repo_id": id, "repo": fields{"full_name": owner + "/tuf-root"}},
		"base":     fields{"label": "main", "ref": "main", "sha": strings.Repeat("0", 40), "repo_id": 1, "repo": fields{"full_name": "rust/tuf-root"}},
	}
	s.refs[fmt.Sprintf("refs/pull/%d/head", n)] = head
	s.pulls = append(s.pulls, p)
	return p
}

func (s *server) merge(r *http.Request, in fields) (int, any) {
	status, one := found(s.pulls, "number", r.PathValue("number"))
	if status != 200 {
		return status, one
	}
	p := one.(fields)
	switch {
	case p["merged"] == true:
		return 405, said("The PR is already merged")
	case p["state"] != "open":
		return 404, said("not found")
	case in["do"] != "squash":
		return 405, said("not an allowed merge style for this repository")
	case in["head_commit_id"] != s.refs["refs/pull/"+r.PathValue("number")+"/head"]:
		return 409, said("head out of date")
	}
	p["state"], p["merged"], p["merge_commit_sha"] = "closed", true, strings.Repeat("c", 40)
	return 200, nil
}

func (s *server) ref(r *http.Request, _ fields) (int, any) {
	name := "refs/pull/" + r.PathValue("number") + "/head"
	return 200, []any{fields{"ref": name + "less", "object": fields{"sha": strings.Repeat("d", 40)}}, fields{"ref": name, "object": fields{"sha": s.refs[name]}}}
}

func (s *server) openIssue(_ *http.Request, in fields) (int, any) {
	i := fields{"number": 1000 + len(s.issues), "state": "open", "title": in["title"], "body": in["body"], "user": user(s.self), "pull_request": nil}
	s.issues = append(s.issues, i)
	return 201, i
}

func (s *server) listComments(r *http.Request, _ fields) (int, any) {
	list := []fields{}
	for _, c := range s.comments {
		if fmt.Sprint(c["number"]) == r.PathValue("number") {
			list = append(list, c)
		}
	}
	return 200, list
}

func (s *server) addComment(r *http.Request, in fields) (int, any) {
	c := fields{"id": 100 + len(s.sent), "number": r.PathValue("number"), "body": in["body"], "user": user(s.self)}
	s.comments = append(s.comments, c)
	return 201, c
}

func (s *server) deleteComment(r *http.Request, _ fields) (int, any) {
	before := len(s.comments)
	s.comments = slices.DeleteFunc(s.comments, func(c fields) bool { return fmt.Sprint(c["id"]) == r.PathValue("id") })
	if len(s.comments) == before {
		return 404, said("not found")
	}
	return 204, nil
}

func (s *server) setStatus(r *http.Request, in fields) (int, any) {
	in["commit"], in["status"] = r.PathValue("commit"), in["state"]
	s.statuses = append(s.statuses, in)
	return 201, in
}

// combined has the newest status of each name.
func (s *server) combined(r *http.Request, _ fields) (int, any) {
	list := []fields{}
	for _, one := range slices.Backward(s.statuses) {
		if one["commit"] == r.PathValue("commit") && !slices.ContainsFunc(list, func(f fields) bool { return f["context"] == one["context"] }) {
			list = append(list, one)
		}
	}
	return 200, fields{"state": "pending", "statuses": list}
}

// count is how many requests began so.
func (s *server) count(request string) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.sent {
		if strings.HasPrefix(r, request) {
			n++
		}
	}
	return n
}
