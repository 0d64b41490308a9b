package cli

import (
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
	"github.com/rust-lang/rust-tuf/metadata/forge"
)

// A completion of which the pull request is not opened is an error that is raised:
// finished signatures would wait, and nobody would know.
func TestGateCompletionIsNotOpened(t *testing.T) {
	t.Parallel()
	s := play(t, "second-ready", "alice")
	m := s.maintainer
	h := newHub(t, s, m)
	h.fails["open"] = &forge.PermissionError{Call: h.call("open a pull request"), Needs: "Pull requests: read and write", Reason: "GitHub Actions is not permitted to create or approve pull requests"}
	branch := "complete/" + secondEvent
	if err := run(s.ctx, []string{"gate", "--merge"}, m.env); !is[*UnopenedError](err) {
		t.Errorf("%T: %v", err, err)
	}
	for range 2 { // also where the branch is there already
		s.exits(t, m, exit.Other, []string{"gate", "--raise", "--merge"},
			"branch "+branch+" is pushed, and no pull request is open for it", "is not permitted to create or approve", "“Pull requests: read and write”")
		if text := h.issues["job/gate"]; !strings.Contains(text, "no pull request is open for it") || !strings.Contains(text, "What to do: give the token the permission") {
			t.Errorf("the issue: %q", text)
		}
	}
	h.fails = map[string]error{}
	s.exits(t, m, exit.Done, []string{"gate", "--raise", "--merge"}, "Its completion is on branch "+branch+"; a person merges it:\n    https://github.com/rust-lang/tuf-root/pull/")
	if len(h.pulls) != 1 || len(h.issues) != 0 {
		t.Errorf("open %+v, issues %q", h.pulls, h.issues)
	}
}

// A completion that a person has closed is said, in one issue, and not opened anew
// each hour; opened again, it is as if nothing was.
func TestGateCompletionClosedByAPerson(t *testing.T) {
	t.Parallel()
	s := play(t, "second-ready", "alice")
	m := s.maintainer
	h := newHub(t, s, m)
	s.exits(t, m, exit.Done, []string{"gate", "--merge", "--raise"})
	h.closes(t, "complete/"+secondEvent)
	for range 2 {
		s.exits(t, m, exit.Other, []string{"gate", "--merge", "--raise"}, "somebody closed it without merging it: pull request #1", "open https://github.com/rust-lang/tuf-root/pull/1 again, or, to have it proposed anew, delete branch")
		if len(h.pulls) != 0 || len(h.issues) != 1 || h.last != 1 {
			t.Fatalf("open %+v, issues %q, %d in all", h.pulls, h.issues, h.last)
		}
	}
	h.pulls, h.shut = h.shut, nil
	s.exits(t, m, exit.Done, []string{"gate", "--merge", "--raise"})
	if len(h.pulls) != 1 || len(h.issues) != 0 {
		t.Errorf("open %+v, issues %q", h.pulls, h.issues)
	}
	// Who wants another one deletes the branch.
	h.closes(t, "complete/"+secondEvent)
	h.git("update-ref", "-d", "refs/heads/complete/"+secondEvent)
	s.now = s.now.AddDate(0, 0, 1)
	s.exits(t, m, exit.Done, []string{"gate", "--merge", "--raise"})
	if len(h.pulls) != 1 || h.last != 2 {
		t.Errorf("open %+v, %d in all", h.pulls, h.last)
	}
}

// A signature that comes when the rules of its event are met is closed with thanks:
// merged, it would start the review of the completion anew, with each one.
func TestGateSignatureThatIsNotNeeded(t *testing.T) {
	t.Parallel()
	s := play(t, "second-ready")
	m, frank := s.maintainer, s.people["frank"]
	h := newHub(t, s, m)
	s.exits(t, m, exit.Done, []string{"gate", "--merge"})
	if err := s.pin("frank"); err != nil {
		t.Fatal(err)
	}
	h.fromFork(t, frank)
	frank.answers(t, signRoot, passphrase)
	s.exits(t, frank, exit.Done, []string{"sign"})
	before := h.git("rev-parse", "main")
	s.exits(t, m, exit.Done, []string{"gate"}, "its event does not need it any more; a person decides")
	if v := h.verdicts[h.pulls[1].Head]; v.State != forge.Success || !strings.Contains(v.Summary, "does not need any more") || len(h.closed) != 0 {
		t.Errorf("%+v; closed %q", v, h.closed)
	}
	s.exits(t, m, exit.Done, []string{"gate", "--merge", "--dry-run"})
	if len(h.pulls) != 2 {
		t.Fatalf("a dry run did something: %+v", h.pulls)
	}
	s.exits(t, m, exit.Done, []string{"gate", "--merge"}, "closed: event "+secondEvent+" has all the signatures that it needs")
	if report := h.reports["2 gate"]; !strings.Contains(report, "the machine that keeps the gate closes it") {
		t.Errorf("the report:\n%s", report)
	}
	if len(h.merged) != 0 || len(h.pulls) != 1 || h.pulls[0].Number != 1 || !strings.Contains(h.closed[2], "The signature is valid, thank you.") || h.git("rev-parse", "main") != before {
		t.Errorf("merged %q, open %+v, closed %q", h.merged, h.pulls, h.closed)
	}
}

// A completion that was overtaken all the same, by a person who merged one signature
// more, is closed for one with all of them.
func TestGateClosesAStaleCompletion(t *testing.T) {
	t.Parallel()
	s := play(t, "second-ready")
	m := s.maintainer
	h := newHub(t, s, m)
	s.exits(t, m, exit.Done, []string{"gate", "--merge"})
	if err := s.pin("frank"); err != nil {
		t.Fatal(err)
	}
	if err := s.sign(secondEvent, "frank"); err != nil { // and merges it
		t.Fatal(err)
	}
	s.exits(t, m, exit.Done, []string{"gate", "--merge"}, "Its completion is on branch complete/"+secondEvent+"-2")
	if len(h.pulls) != 1 || h.pulls[0].Branch != "complete/"+secondEvent+"-2" || !strings.Contains(h.closed[1], "Another signature was merged meanwhile; branch complete/"+secondEvent+"-2 has all of them.") {
		t.Errorf("open %+v, closed %q", h.pulls, h.closed)
	}
	if v := h.verdicts[h.pulls[0].Head]; v.State != forge.Success {
		t.Errorf("%+v", v)
	}
}
