// Package giteatest runs a real Gitea on this machine for a test. Only tests import
// it, and only those that `make test-gitea` runs: tests/run/need.sh has built the
// program.
//
// The server keeps everything in a folder of the test, listens on this machine
// alone, sends nothing anywhere, and is ended by its process. Passwords are made by
// it and thrown away; tokens are handed to git and to clients by environment and
// header, and stand on no command line and in no message.
package giteatest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Variable names the folder that tests/run/need.sh has filled.
const Variable = "RUST_TUF_GITEA"

// patience is how long the server may take to answer for the first time, and one
// command of it to end.
const patience = time.Minute

// Server is a Gitea that runs as long as its test.
type Server struct {
	URL string // without a slash at its end

	program, config string
	environ         []string
}

// Start runs a Gitea without users.
func Start(t *testing.T) *Server {
	t.Helper()
	folder := os.Getenv(Variable)
	if folder == "" {
		t.Fatalf("%s names no folder: run make test-gitea", Variable)
	}
	work := t.TempDir()
	port := freePort(t)
	s := &Server{
		URL: fmt.Sprintf("http://127.0.0.1:%d", port), program: filepath.Join(folder, "gitea"), config: filepath.Join(work, "app.ini"),
		environ: []string{"PATH=" + os.Getenv("PATH"), "HOME=" + work, "TMPDIR=" + work, "USER=" + os.Getenv("USER"), "GITEA_WORK_DIR=" + work, "GIT_CONFIG_NOSYSTEM=1"},
	}
	if err := os.WriteFile(s.config, []byte(configuration(work, filepath.Join(folder, "src"), port)), 0o600); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	s.serve(t)
	t.Logf("Gitea was ready after %s", time.Since(begin).Round(time.Second/10))
	return s
}

// freePort asks the kernel for a port.
func freePort(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}

// configuration is app.ini: a server of one machine that nobody can register at.
func configuration(work, source string, port int) string {
	return fmt.Sprintf(`I_AM_BEING_UNSAFE_RUNNING_AS_ROOT = %t
WORK_PATH = %s
[server]
HTTP_ADDR = 127.0.0.1
HTTP_PORT = %d
ROOT_URL = http://127.0.0.1:%d/
STATIC_ROOT_PATH = %s
OFFLINE_MODE = true
DISABLE_SSH = true
[database]
DB_TYPE = sqlite3
PATH = %s
[security]
INSTALL_LOCK = true
[service]
DISABLE_REGISTRATION = true
[mailer]
ENABLED = false
[cron]
ENABLED = false
[indexer]
ISSUE_INDEXER_TYPE = db
[git.config]
core.fsync = none
[log]
LEVEL = Warn
`, os.Geteuid() == 0, work, port, port, source, filepath.Join(work, "gitea.db"))
}

// serve starts the server and waits until it answers. It ends with the test.
func (s *Server) serve(t *testing.T) {
	t.Helper()
	cmd := exec.Command(s.program, "web", "--config", s.config)
	cmd.Env = s.environ
	var said tail
	cmd.Stdout, cmd.Stderr = &said, &said
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt) // so that it ends what it has started itself
		select {
		case <-ended:
		case <-time.After(patience):
			_ = cmd.Process.Kill()
			<-ended
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for !s.answers(ctx) {
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("Gitea ended: %v\n%s", err, said.String())
		case <-ctx.Done():
			t.Fatalf("Gitea does not answer within %s", patience)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func (s *Server) answers(ctx context.Context) bool {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+"/api/healthz", nil)
	if err != nil {
		return false
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<16))
	return resp.StatusCode == http.StatusOK
}

// admin runs a command of the server and returns what it prints.
func (s *Server) admin(t *testing.T, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, s.program, append(append([]string{"admin"}, args...), "--config", s.config)...)
	cmd.Env = s.environ
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("gitea admin %s: %v", strings.Join(args, " "), err) // what it printed may hold a password
	}
	return string(bytes.TrimSpace(out))
}

// tail keeps the end of what the server says. It is read after the server has
// ended.
type tail struct{ kept []byte }

// Write implements [io.Writer].
func (l *tail) Write(p []byte) (int, error) {
	l.kept = append(l.kept, p...)
	l.kept = l.kept[max(0, len(l.kept)-1<<16):]
	return len(p), nil
}

func (l *tail) String() string { return string(l.kept) }
