package giteatest

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"
)

// User is an account of a server, with a token.
type User struct {
	Name string

	server *Server
	token  string
}

// User makes an account with a token of these scopes; the first one of a server is
// its administrator.
func (s *Server) User(t *testing.T, name string, scopes ...string) *User {
	t.Helper()
	s.admin(t, "user", "create", "--username", name, "--email", name+"@example.org", "--random-password", "--must-change-password=false")
	u := &User{Name: name, server: s}
	u.token = u.NewToken(t, "first", scopes...)
	return u
}

// tokenForm is what the server prints of a token.
var tokenForm = regexp.MustCompile(`\b[0-9a-f]{40}\b`)

// NewToken makes another token; without scopes it may do what the account may.
func (u *User) NewToken(t *testing.T, name string, scopes ...string) string {
	t.Helper()
	if len(scopes) == 0 {
		scopes = []string{"all"}
	}
	said := u.server.admin(t, "user", "generate-access-token", "--username", u.Name, "--token-name", name, "--scopes", strings.Join(scopes, ","), "--raw")
	token := tokenForm.FindString(said)
	if token == "" {
		t.Fatalf("no token was made for %s", u.Name)
	}
	return token
}

// Token is what the account was made with, for the environment of a program.
func (u *User) Token() string { return u.token }

// Git is configuration for the environment of git, with which it is this user at
// the server.
func (u *User) Git() []string { return u.server.GitAs(u.Name, u.token) }

// GitAs is configuration for the environment of git, with a token of anybody.
func (s *Server) GitAs(name, token string) []string {
	basic := base64.StdEncoding.EncodeToString([]byte(name + ":" + token))
	return []string{"GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=http." + s.URL + "/.extraHeader", "GIT_CONFIG_VALUE_0=Authorization: Basic " + basic}
}

// Ask asks the server's interface as this user for one object, and wants an answer
// with a status below 300.
func (u *User) Ask(t *testing.T, method, path string, body map[string]any) map[string]any {
	t.Helper()
	out := map[string]any{}
	if answer := u.must(t, method, path, body); len(answer) > 0 {
		if err := json.Unmarshal(answer, &out); err != nil {
			t.Fatalf("%s %s: %v", method, path, err)
		}
	}
	return out
}

// Count asks for a list and returns how long its first page is.
func (u *User) Count(t *testing.T, path string) int {
	t.Helper()
	var list []any
	if err := json.Unmarshal(u.must(t, http.MethodGet, path, nil), &list); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return len(list)
}

func (u *User) must(t *testing.T, method, path string, body map[string]any) []byte {
	t.Helper()
	status, answer := u.Try(t, method, path, body)
	if status >= 300 {
		t.Fatalf("%s %s: status %d\n%s", method, path, status, strings.ReplaceAll(string(answer), u.token, "[token]"))
	}
	return answer
}

// Try asks the server's interface and returns whatever it answers.
func (u *User) Try(t *testing.T, method, path string, body map[string]any) (status int, answer []byte) {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), method, u.server.URL+"/api/v1/"+path, bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "token "+u.token)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err = io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, answer
}

// Repository makes an empty repository that everybody may read, and returns its
// address.
func (u *User) Repository(t *testing.T, name string) string {
	t.Helper()
	u.Ask(t, http.MethodPost, "user/repos", map[string]any{"name": name, "default_branch": "main"})
	return u.server.Address(u.Name, name)
}

// Await waits until the server has taken note of the first push to a repository,
// which it does in its own time.
func (u *User) Await(t *testing.T, name string) {
	t.Helper()
	deadline := time.After(patience)
	for u.Ask(t, http.MethodGet, "repos/"+u.Name+"/"+name, nil)["empty"] != false {
		select {
		case <-deadline:
			t.Fatalf("%s/%s is still empty after %s", u.Name, name, patience)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// Write makes a commit with one file on a branch, a new one if from is a name, and
// returns it.
func (u *User) Write(t *testing.T, repository, from, branch, file, text string) string {
	t.Helper()
	body := map[string]any{"content": base64.StdEncoding.EncodeToString([]byte(text)), "message": "write " + file, "branch": branch}
	if from != "" {
		body["branch"], body["new_branch"] = from, branch
	}
	made := u.Ask(t, http.MethodPost, "repos/"+u.Name+"/"+repository+"/contents/"+file, body)
	commit, _ := made["commit"].(map[string]any)
	id, _ := commit["sha"].(string)
	return id
}

// Fork gives this user a repository of their own, and returns its address.
func (u *User) Fork(t *testing.T, owner, name string) string {
	t.Helper()
	u.Ask(t, http.MethodPost, "repos/"+owner+"/"+name+"/forks", map[string]any{})
	return u.server.Address(u.Name, name)
}

// Address is where git finds a repository.
func (s *Server) Address(owner, name string) string { return s.URL + "/" + owner + "/" + name + ".git" }
