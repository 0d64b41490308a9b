package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
	"github.com/rust-lang/rust-tuf/tests/vectors"
)

// codes are the exit codes for what the vectors call the kinds of refusal.
var codes = map[string]int{
	"":            exit.Done,
	"format":      exit.Format,
	"limit":       exit.Format,
	"threshold":   exit.Threshold,
	"version":     exit.Rollback,
	"expired":     exit.Expired,
	"content":     exit.Hash,
	"target":      exit.Unknown,
	"role":        exit.Rejected,
	"delegation":  exit.Rejected,
	"repository":  exit.Rejected,
	"missing":     exit.Other,
	"unavailable": exit.Other,
}

// Each vector, as a user has it: a server, a folder that keeps what is trusted,
// one process for each refresh. The exit code tells what was refused, and the
// refusal of --json its kind, in the vectors' word.
func TestExitCodesOfAllVectors(t *testing.T) {
	all, err := vectors.All()
	if err != nil || len(all) < 200 {
		t.Fatal(len(all), err)
	}
	for _, v := range all {
		t.Run(v.Name, func(t *testing.T) {
			t.Parallel()
			p := newPlayed(t, v)
			for _, e := range v.Events {
				if e.Refresh.IsZero() {
					p.server.apply(e)
					continue
				}
				if code, _, words := p.refresh(t, e.Refresh); (code == exit.Done) != (e.Expect == "accepted") {
					t.Fatalf("at %s: exit code %d, want it %s: %s", e.Refresh, code, e.Expect, words)
				}
			}
			want, wantKind := codes[v.Expect.Refused], v.Expect.Refused
			switch {
			case v.Name == "timestamp-of-the-same-version":
				want, wantKind = exit.Rejected, "fork" // a client goes on; the program shows the fork to a person
			case want == exit.Other:
				wantKind = "" // no document was there to be refused
			}
			if code, kind, words := p.refresh(t, v.At); code != want || kind != wantKind {
				t.Errorf("exit code %d, want %d, kind %q, want %q, for %s: %s", code, want, kind, wantKind, v.Expect, words)
			}
		})
	}
}

// played is a vector with its server and its client.
type played struct {
	target, trusted, store, address string
	server                          *server
}

func newPlayed(t *testing.T, v *vectors.Vector) *played {
	t.Helper()
	dir := t.TempDir()
	p := &played{target: v.Target, trusted: filepath.Join(dir, "trusted.json"), store: filepath.Join(dir, "store"), server: &server{files: map[string][]byte{}}}
	if err := os.WriteFile(p.trusted, v.Trusted, 0o600); err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(p.server)
	t.Cleanup(s.Close)
	p.address = s.URL
	return p
}

func (p *played) refresh(t *testing.T, at time.Time) (code int, kind, words string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = run(t.Context(), []string{"target", "--trusted", p.trusted, "--metadata", p.address, "--store", p.store, "--at", at.Format(time.RFC3339), "--json", "--", p.target}, &stdout, &stderr)
	var said struct{ Refusal struct{ Kind string } }
	if err := json.Unmarshal(stdout.Bytes(), &said); err != nil {
		t.Error(err)
	}
	return code, said.Refusal.Kind, stdout.String() + stderr.String()
}

// server has the files that the events of a vector gave it.
type server struct {
	mu    sync.Mutex
	files map[string][]byte // nil where no answer is given
}

func (s *server) apply(e vectors.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case e.Serve != "":
		s.files[e.Serve] = e.Content
	case e.Remove != "":
		delete(s.files, e.Remove)
	default:
		s.files[e.Fail] = nil
	}
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	content, ok := s.files[strings.TrimPrefix(r.URL.Path, "/")]
	switch {
	case !ok:
		http.NotFound(w, r)
	case content == nil:
		http.Error(w, "no answer", http.StatusServiceUnavailable)
	default:
		_, _ = w.Write(content)
	}
}
