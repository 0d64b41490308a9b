package cli

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// githubWeb is GitHub's interface for one repository, at its own name behind a
// proxy on this machine. Its pull requests are refs of the stage's remote, and its
// merges are git's.
type githubWeb struct {
	t *testing.T
	s *stage

	mu       sync.Mutex
	pulls    []webFields
	issues   []webFields
	comments []webFields // with the number of what they are about
	statuses map[string]webFields
}

type webFields = map[string]any

// newGithubWeb starts it, and returns the variables that lead a program there.
func newGithubWeb(t *testing.T, s *stage) (*githubWeb, []string) {
	t.Helper()
	h := &githubWeb{t: t, s: s, statuses: map[string]webFields{}}
	certificate, file := h.certificate()
	inside := &handedListener{conns: make(chan net.Conn), closed: make(chan struct{})}
	api := &http.Server{Handler: h.handler()}
	var served sync.WaitGroup
	served.Go(func() {
		_ = api.Serve(tls.NewListener(inside, &tls.Config{Certificates: []tls.Certificate{certificate}}))
	})
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect || r.Host != "api.github.com:443" {
			t.Errorf("somebody asked for %s %s", r.Method, r.Host)
			http.Error(w, "nothing else is here", http.StatusForbidden)
			return
		}
		conn, buffered, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = conn.Write([]byte("HTTP/1.1 200 OK\r\n\r\n"))
		select {
		case inside.conns <- &handedConn{conn, buffered.Reader}:
		case <-inside.closed:
			conn.Close()
		}
	}))
	t.Cleanup(func() {
		proxy.Close()
		api.Close()
		served.Wait()
	})
	return h, []string{"HTTPS_PROXY=" + proxy.URL, "SSL_CERT_FILE=" + file}
}

// handedListener accepts what a proxy hands it.
type handedListener struct {
	conns  chan net.Conn
	once   sync.Once
	closed chan struct{}
}

func (l *handedListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *handedListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *handedListener) Addr() net.Addr { return &net.TCPAddr{} }

// handedConn is a connection of which something may have been read already.
type handedConn struct {
	net.Conn
	reader *bufio.Reader
}

func (c *handedConn) Read(b []byte) (int, error) { return c.reader.Read(b) }

// certificate is one for GitHub's interface, and the file in which a program finds it
// among those that it believes.
func (h *githubWeb) certificate() (tls.Certificate, string) {
	h.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		h.t.Fatal(err)
	}
	form := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "api.github.com"}, DNSNames: []string{"api.github.com"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	raw, err := x509.CreateCertificate(rand.Reader, form, form, key.Public(), key)
	if err != nil {
		h.t.Fatal(err)
	}
	file := filepath.Join(h.t.TempDir(), "certificate.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw}), 0o644); err != nil {
		h.t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{raw}, PrivateKey: key}, file
}

// webRequest is one request, and what its body says.
type webRequest struct {
	*http.Request
	in webFields
}

func (r webRequest) number(t *testing.T) int {
	n, err := strconv.Atoi(r.PathValue("n"))
	if err != nil {
		t.Error(err)
	}
	return n
}

// handler answers what the gate and due ask for, and fails the test at anything else.
func (h *githubWeb) handler() http.Handler {
	mux := http.NewServeMux()
	at := func(pattern string, answer func(webRequest) (int, any)) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			h.mu.Lock()
			defer h.mu.Unlock()
			if got := r.Header.Get("Authorization"); got != "Bearer "+runnerToken {
				h.t.Errorf("%s %s: the token is %q", r.Method, r.URL, got)
			}
			in := webFields{}
			if r.Body != nil && r.Method != http.MethodGet {
				_ = json.NewDecoder(r.Body).Decode(&in)
			}
			status, out := answer(webRequest{r, in})
			w.Header().Set("Content-Type", "application/json; charset=utf-8")
			w.WriteHeader(status)
			_ = json.NewEncoder(w).Encode(out)
		})
	}
	repo := "/repos/" + hubAddress.Path
	at("GET /user", func(webRequest) (int, any) {
		return 403, webFields{"message": "Resource not accessible by integration"}
	})
	at("GET "+repo, func(webRequest) (int, any) { return 200, webFields{"default_branch": "main"} })
	at("GET "+repo+"/branches/{name}", func(r webRequest) (int, any) { return 200, webFields{"name": r.PathValue("name")} })
	at("GET "+repo+"/pulls", func(r webRequest) (int, any) { return 200, h.listed(r) })
	at("POST "+repo+"/pulls", h.openPull)
	at("GET "+repo+"/pulls/{n}", func(r webRequest) (int, any) { return 200, find(h.pulls, r.number(h.t)) })
	at("PATCH "+repo+"/pulls/{n}", func(r webRequest) (int, any) { return 200, change(find(h.pulls, r.number(h.t)), r.in) })
	at("PUT "+repo+"/pulls/{n}/merge", h.merge)
	at("GET "+repo+"/issues", func(r webRequest) (int, any) { return 200, inState(h.issues, r.URL.Query().Get("state")) })
	at("POST "+repo+"/issues", func(r webRequest) (int, any) {
		i := change(webFields{"number": 1000 + len(h.issues), "state": "open", "user": runnerUser}, r.in)
		h.issues = append(h.issues, i)
		return 201, i
	})
	at("PATCH "+repo+"/issues/{n}", func(r webRequest) (int, any) { return 200, change(find(h.issues, r.number(h.t)), r.in) })
	at("GET "+repo+"/issues/{n}/comments", func(r webRequest) (int, any) {
		return 200, slices.DeleteFunc(slices.Clone(h.comments), func(c webFields) bool { return c["about"] != r.number(h.t) })
	})
	at("POST "+repo+"/issues/{n}/comments", func(r webRequest) (int, any) {
		c := change(webFields{"id": 1 + len(h.comments), "number": 1 + len(h.comments), "about": r.number(h.t), "user": runnerUser}, r.in)
		h.comments = append(h.comments, c)
		return 201, c
	})
	at("PATCH "+repo+"/issues/comments/{n}", func(r webRequest) (int, any) { return 200, change(find(h.comments, r.number(h.t)), r.in) })
	at("GET "+repo+"/commits/{sha}/status", func(r webRequest) (int, any) {
		list := []webFields{}
		if s := h.statuses[r.PathValue("sha")]; s != nil {
			list = append(list, s)
		}
		return 200, webFields{"state": "pending", "statuses": list}
	})
	at("POST "+repo+"/statuses/{sha}", func(r webRequest) (int, any) {
		h.statuses[r.PathValue("sha")] = r.in
		return 201, r.in
	})
	at("/", func(r webRequest) (int, any) {
		h.t.Errorf("nobody foresaw %s %s", r.Method, r.URL)
		return 404, webFields{"message": "Not Found"}
	})
	return mux
}

var runnerUser = webFields{"login": machineLogin}

func find(list []webFields, number int) webFields {
	for _, f := range list {
		if f["number"] == number {
			return f
		}
	}
	return webFields{"message": "Not Found"}
}

func change(f, in webFields) webFields {
	for name, value := range in {
		f[name] = value
	}
	return f
}

func inState(list []webFields, state string) []webFields {
	return slices.DeleteFunc(slices.Clone(list), func(f webFields) bool { return f["state"] != state })
}

func (h *githubWeb) git(args ...string) string {
	out, err := h.s.git("maintainer", h.s.remote(), args...)
	if err != nil {
		h.t.Errorf("git %s: %v", strings.Join(args, " "), err)
	}
	return out
}

func (h *githubWeb) listed(r webRequest) []webFields {
	q := r.URL.Query()
	list := slices.DeleteFunc(inState(h.pulls, q.Get("state")), func(p webFields) bool {
		return q.Get("head") != "" && q.Get("head") != "rust-lang:"+p["head"].(webFields)["ref"].(string)
	})
	if q.Get("direction") == "desc" {
		slices.Reverse(list)
	}
	return list
}

func (h *githubWeb) openPull(r webRequest) (int, any) {
	return 201, h.open(r.in["head"].(string), r.in["title"].(string))
}

// open opens a pull request for a branch of the stage's remote.
func (h *githubWeb) open(branch, title string) webFields {
	n := len(h.pulls) + 1
	ref := fmt.Sprintf("refs/pull/%d/head", n)
	h.git("update-ref", ref, "refs/heads/"+branch)
	same := webFields{"id": 1, "full_name": hubAddress.Path}
	p := webFields{"number": n, "state": "open", "title": title, "html_url": fmt.Sprintf("https://github.com/%s/pull/%d", hubAddress.Path, n), "user": runnerUser,
		"head": webFields{"ref": branch, "sha": h.git("rev-parse", ref), "repo": same}, "base": webFields{"ref": "main", "repo": same}}
	h.pulls = append(h.pulls, p)
	return p
}

func (h *githubWeb) merge(r webRequest) (int, any) {
	p := find(h.pulls, r.number(h.t))
	if p["head"].(webFields)["sha"] != r.in["sha"] || r.in["merge_method"] != "squash" || p["state"] != "open" {
		h.t.Errorf("merge of %v as %v", p, r.in)
		return 405, webFields{"message": "Pull Request is not mergeable"}
	}
	made := h.squash(p, fmt.Sprint(r.in["commit_title"]))
	return 200, webFields{"sha": made, "merged": true}
}

// squash merges a pull request as a forge does.
func (h *githubWeb) squash(p webFields, title string) string {
	main := h.git("rev-parse", "refs/heads/main")
	made := h.git("commit-tree", h.git("merge-tree", "--write-tree", main, p["head"].(webFields)["sha"].(string)), "-p", main, "-m", title)
	h.git("update-ref", "refs/heads/main", made, main)
	change(p, webFields{"state": "closed", "merged": true, "merged_at": "2026-11-22T12:00:00Z", "merge_commit_sha": made})
	return made
}

// opened are the pull requests in a state, by branch.
func (h *githubWeb) opened(state string) map[string]webFields {
	h.mu.Lock()
	defer h.mu.Unlock()
	out := map[string]webFields{}
	for _, p := range inState(h.pulls, state) {
		out[p["head"].(webFields)["ref"].(string)] = p
	}
	return out
}
