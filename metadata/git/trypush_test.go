package git

import (
	"errors"
	"io"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// served is a repository of this world behind git's own HTTP server, which
// lets in whoever has the password.
func (w *world) served(name, password string, reads, writes bool) string {
	w.t.Helper()
	path, err := exec.Command("git", "--exec-path").Output()
	if err != nil {
		w.t.Fatal(err)
	}
	backend := &cgi.Handler{
		Path: filepath.Join(strings.TrimSpace(string(path)), "git-http-backend"), Root: "/", Stderr: io.Discard,
		Env: []string{"GIT_PROJECT_ROOT=" + w.dir, "GIT_HTTP_EXPORT_ALL=1", "HOME=" + w.dir, "GIT_CONFIG_NOSYSTEM=1"},
	}
	w.git(name, "config", "http.receivepack", map[bool]string{true: "true", false: "false"}[writes])
	server := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, in *http.Request) {
		pushes := strings.Contains(in.URL.String(), "git-receive-pack")
		if _, given, _ := in.BasicAuth(); given != password && (pushes || !reads) {
			out.Header().Set("WWW-Authenticate", `Basic realm="git"`)
			http.Error(out, "who are you?", http.StatusUnauthorized)
			return
		}
		backend.ServeHTTP(out, in)
	}))
	w.t.Cleanup(server.Close)
	return server.URL + "/" + name
}

// A push is tried against whatever would take it, and changes nothing.
func TestTryPush(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	remote := w.remote("remote.git")
	r := w.clone(remote, "clone")
	c := must[Commit](t)(r.Resolve(t.Context(), "HEAD"))
	w.remote("open.git")
	w.remote("closed.git")
	ran := w.path("ran")
	w.script("clone/.git/hooks/pre-push", "touch '"+ran+"'")
	w.script("remote.git/hooks/pre-receive", "touch '"+ran+"'")
	refused := w.script("forge", `echo "ERROR: Permission to example/tuf-root.git denied to alice." >&2; exit 1`)
	locked := w.script("locked", `echo "alice@host: Permission denied (publickey)." >&2; exit 255`)
	for _, remote := range []struct{ name, url, push, set string }{
		{"writable", w.path("remote.git"), "", ""},
		{"over-http", w.served("open.git", "", true, true), "", ""},
		{"read-only", w.served("closed.git", "", true, false), "", ""},
		{"fork", w.path("remote.git"), w.served("closed.git", "", true, false), ""},
		{"missing", w.path("absent.git"), "", ""},
		{"asks", w.served("open.git", "the password", true, true), "", ""},
		{"denied", w.path("remote.git"), "", refused},
		{"locked", w.path("remote.git"), "", locked},
	} {
		w.git("clone", "remote", "add", remote.name, remote.url)
		if remote.push != "" {
			w.git("clone", "config", "remote."+remote.name+".pushurl", remote.push)
		}
		if remote.set != "" {
			w.git("clone", "config", "remote."+remote.name+".receivepack", remote.set)
		}
	}
	w.environ = append(w.environ, "GIT_ASKPASS="+w.script("ask", "touch '"+ran+"'; echo x"), "SSH_ASKPASS="+w.path("ask"))
	r = w.open("clone", Terminal())
	before, refs := w.snapshot("clone"), w.git("remote.git", "for-each-ref")
	for _, test := range []struct {
		remote string
		asked  bool
		denied bool
		words  []string // none: it may be pushed to
		hint   string
	}{
		{"writable", false, false, nil, ""},
		{"over-http", false, false, nil, ""},
		{"read-only", false, true, []string{"git push, remote read-only", "403"}, "push to your fork"},
		{"fork", false, true, []string{"git push, remote fork", "403"}, "push to your fork"},
		{"missing", false, false, []string{"git push, remote missing", "does not appear to be a git repository"}, "git remote set-url"},
		{"asks", true, false, []string{"git push, remote asks", "terminal prompts disabled"}, "credential helper"},
		{"denied", false, true, []string{"git push, remote denied", "denied to alice"}, "push to your fork"},
		{"locked", true, false, []string{"git push, remote locked", "Permission denied (publickey)"}, "ssh key"},
	} {
		err := r.TryPush(t.Context(), test.remote, c, "doctor/try")
		if test.words == nil {
			if err != nil {
				t.Errorf("%s: %v", test.remote, err)
			}
			continue
		}
		e := wantError[*RemoteError](t, err, test.words...)
		if e.Unanswered() != test.asked || e.Denied() != test.denied || !strings.Contains(e.Hint(), test.hint) {
			t.Errorf("%s: unanswered %v, denied %v, hint %q, output %q", test.remote, e.Unanswered(), e.Denied(), e.Hint(), e.Output)
		}
	}
	if after := w.snapshot("clone"); after != before {
		t.Errorf("the clone changed:\n%s\n---\n%s", before, after)
	}
	if after := w.git("remote.git", "for-each-ref"); after != refs {
		t.Errorf("the remote changed:\n%s\n---\n%s", refs, after)
	}
	if _, err := os.Stat(ran); err == nil {
		t.Error("a hook ran, or a program was asked for a password")
	}
	for _, branch := range []string{"-x", "a:b", ""} {
		wantError[*NameError](t, r.TryPush(t.Context(), "writable", c, branch))
	}
}

// A program that waits for somebody is not waited for.
func TestTryPushEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.remote("open.git")
	w.clone(w.remote("remote.git"), "clone")
	w.git("clone", "remote", "add", "asks", w.served("open.git", "the password", true, true))
	w.git("clone", "config", "credential.helper", w.script("helper", "exec sleep 600"))
	r := w.open("clone", Terminal())
	r.limits.trial = 200 * time.Millisecond
	err := r.TryPush(t.Context(), "asks", must[Commit](t)(r.Resolve(t.Context(), "HEAD")), "doctor/try")
	e := wantError[*NoAnswerError](t, err, "remote asks", "200ms")
	if e.Remote != "asks" || !strings.Contains(e.Hint(), "git push --dry-run asks") {
		t.Errorf("%+v, hint %q", e, e.Hint())
	}
	if err := r.TryPush(cancelled(), "asks", must[Commit](t)(r.Resolve(t.Context(), "HEAD")), "doctor/try"); err == nil {
		t.Error("a cancelled try succeeded")
	} else {
		var silent *NoAnswerError
		if errors.As(err, &silent) {
			t.Errorf("cancelled: %v", err)
		}
	}
}
