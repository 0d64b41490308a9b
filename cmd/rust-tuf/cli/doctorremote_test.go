//go:build cgo && !nopiv && linux

package cli

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
	"github.com/rust-lang/rust-tuf/metadata/git"
)

// pushing is what the doctor says of pushing.
func (s *stage) pushing(t *testing.T, a *actor, code int, args ...string) string {
	t.Helper()
	out := s.exits(t, a, code, append([]string{"doctor"}, args...))
	_, rights, _ := strings.Cut(out, " can be read\n")
	rights, _, found := strings.Cut(rights, "ok: pull requests are opened by hand")
	if !found {
		t.Fatalf("doctor says\n%s", out)
	}
	return rights
}

// doorkeeper answers every request with one status.
func doorkeeper(t *testing.T, status int) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("WWW-Authenticate", `Basic realm="git"`)
		w.WriteHeader(status)
	}))
	t.Cleanup(server.Close)
	return server.URL + "/tuf-root.git"
}

// Rights are tried where a branch would really go, and nothing is left there.
func TestDoctorPushRights(t *testing.T) {
	plugged(t)
	s := play(t, "genesis-done", "alice")
	alice := s.people["alice"].withCards()
	alice.answers(t)
	configure := func(args ...string) {
		t.Helper()
		if _, err := s.git("alice", alice.clone, args...); err != nil {
			t.Fatal(err)
		}
	}
	before := s.remoteState(t)
	// Whoever asks for a password in a window is not started.
	ran := filepath.Join(s.dir, "ran")
	ask := filepath.Join(s.dir, "ask")
	writeProgram(t, ask, "#!/bin/sh\ntouch '"+ran+"'\n")
	alice.env.Git = []git.Option{git.Environ(append(s.environ("alice"), "GIT_ASKPASS="+ask)), git.Terminal()}

	if got := s.pushing(t, alice, exit.Done); got != "ok: remote origin lets you push branches; this was tried without sending anything\n" {
		t.Errorf("writable: %s", got)
	}
	configure("config", "remote.origin.pushurl", doorkeeper(t, http.StatusForbidden))
	if got := s.pushing(t, alice, exit.Other); !strings.HasPrefix(got, "wrong: you cannot push branches to remote origin: git push, remote origin: ") ||
		!strings.HasSuffix(got, "403\n    to mend it: make a fork on the forge, then `git remote rename origin upstream` and `git remote add origin <address of your fork>`\n") {
		t.Errorf("read-only: %s", got)
	}
	configure("config", "remote.origin.pushurl", doorkeeper(t, http.StatusUnauthorized))
	if got := s.pushing(t, alice, exit.Done); !strings.HasPrefix(got, "warning: whether you can push branches to remote origin is not known, because it wants an answer first: git push, remote origin: ") ||
		!strings.HasSuffix(got, "to mend it: the remote asks for a password and nobody can be asked here: set up a credential helper or an ssh key\n") {
		t.Errorf("asks: %s", got)
	}
	configure("config", "remote.origin.pushurl", filepath.Join(s.dir, "gone.git"))
	if got := s.pushing(t, alice, exit.Other); !strings.HasPrefix(got, "wrong: you cannot push branches to remote origin: ") || !strings.Contains(got, "does not appear to be a git repository") ||
		!strings.HasSuffix(got, "to mend it: correct the address of the remote: `git remote -v` shows it, `git remote set-url <remote> <address>` changes it\n") {
		t.Errorf("missing: %s", got)
	}
	configure("config", "--unset", "remote.origin.pushurl")
	if after := s.remoteState(t); after != before {
		t.Errorf("the remote changed from\n%s\nto\n%s", before, after)
	}
	if _, err := os.Stat(ran); err == nil {
		t.Error("a program was asked for a password")
	}
}

// With a fork, the fork is what must be writable.
func TestDoctorPushRightsOfAFork(t *testing.T) {
	plugged(t)
	s := play(t, "genesis-done", "alice")
	alice := s.people["alice"].withCards()
	alice.answers(t)
	fork := s.fork(t, alice)
	forbidden := doorkeeper(t, http.StatusForbidden)
	if _, err := s.git("alice", alice.clone, "config", "remote.upstream.pushurl", forbidden); err != nil {
		t.Fatal(err)
	}
	if got := s.pushing(t, alice, exit.Done); got != "ok: remote origin lets you push branches; this was tried without sending anything\n" {
		t.Errorf("a fork: %s", got)
	}
	if got := s.pushing(t, alice, exit.Other, "--push-to", "upstream"); !strings.HasPrefix(got, "wrong: you cannot push branches to remote upstream: ") {
		t.Errorf("named: %s", got)
	}
	if err := os.RemoveAll(fork); err != nil {
		t.Fatal(err)
	}
	if got := s.pushing(t, alice, exit.Other); !strings.HasPrefix(got, "wrong: you cannot push branches to remote origin: ") {
		t.Errorf("the fork is gone: %s", got)
	}
	if _, err := s.git("alice", alice.clone, "remote", "set-url", "origin", forbidden); err != nil {
		t.Fatal(err)
	}
	s.exits(t, alice, exit.Other, []string{"doctor"}, "wrong: you cannot push branches to remote origin: ", "403",
		"to mend it: `git remote set-url origin <address of your fork>`, or name a remote that is yours with --push-to")
}
