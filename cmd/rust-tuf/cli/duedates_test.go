package cli

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/verify"
)

// Dates that have passed reach people: one issue each, which says what to do and
// mentions whom it is for, is said once, follows what happens, and ends.
func TestDatesReachPeople(t *testing.T) {
	t.Parallel()
	s := play(t, "genesis-done", "alice", "bob", "carol", "dave", "erin")
	m := s.maintainer
	path := metadata.MemberPath("alice")
	raw, err := s.head(t).Tree().Read(path)
	if err != nil {
		t.Fatal(err)
	}
	h := newHub(t, s, m)
	s.becomes(t, "term", path, strings.Replace(string(raw), "affiliations =", "term-ends = \"2027-06-01\"\naffiliations =", 1))
	s.now = time.Date(2027, 6, 2, 6, 0, 0, 0, time.UTC)
	s.exits(t, m, exit.Done, daily, "overdue since 2027-06-01: the term of alice ends")
	if text := h.said("date/term-ends/alice", "since-2027-06-01"); len(h.issues) != 1 || !slices.Equal(mentioned(text), []string{"alice"}) || !strings.Contains(text, "Decide who takes over, name them in `rust-tuf.toml`") {
		t.Errorf("%q, %q", h.issues, h.reports)
	}

	// Signing opens, somebody merges the renewal, nobody signs: it is late.
	s.now = opening
	s.exits(t, m, exit.Done, daily)
	if err := s.merge(renewal); err != nil {
		t.Fatal(err)
	}
	h.pulls = nil
	s.now = time.Date(2027, 10, 9, 6, 0, 0, 0, time.UTC)
	s.exits(t, m, exit.Done, daily)
	late := "date/signing-late/targets"
	if text := h.said(late, "since-2027-10-08"); len(mentioned(text)) != 9 || !strings.Contains(h.issues[late], "Late: targets version 2 is not signed") || !strings.Contains(h.issues[late], "Event 2027-08-30-targets-v2 is open for it") {
		t.Errorf("%q, %q", h.issues, text)
	}
	delete(h.issues, late) // somebody closes it
	s.now = s.now.AddDate(0, 0, 1)
	s.exits(t, m, exit.Done, daily)
	if h.issues[late] != "" || len(h.numbered[late]) != 1 {
		t.Errorf("a person closed it, and it is open again: %q", h.issues)
	}

	// It expires: the run fails, and says so each day.
	s.now = time.Date(2027, 11, 23, 6, 0, 0, 0, time.UTC)
	s.exits(t, m, exit.Expired, daily, "overdue since 2027-11-22: targets version 1 expires", "targets 1: expired at 2027-11-22")
	s.golden(t, "due-dates.golden", h.issues["date/expires/targets"]+"--- the comment ---\n"+h.said("date/expires/targets", "since-2027-11-22")+"--- a key ---\n"+h.issues[keyIssue(h, "bob")]+"--- its comment ---\n"+h.said(keyIssue(h, "bob"), "since-2027-11-22"))
	if err := run(s.ctx, daily, m.env); !is[*verify.ExpiredError](err) {
		t.Errorf("%T %v", err, err)
	}
	if !strings.Contains(h.issues["job/due"], "expired") {
		t.Errorf("%q", h.issues)
	}

	// They sign, and it is published: all that is over is closed.
	if err := s.sign(strings.TrimPrefix(renewal, "event/"), "alice", "bob", "carol", "dave", "erin"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.complete(strings.TrimPrefix(renewal, "event/")); err != nil {
		t.Fatal(err)
	}
	h.pulls = nil
	s.exits(t, m, exit.Done, daily)
	for key := range h.issues {
		if !strings.HasPrefix(key, "date/key-check/") && key != "date/term-ends/alice" || strings.Contains(key, "bob") {
			t.Errorf("%s is still open", key)
		}
	}
}

// keyIssue is the key of the issue about somebody's key.
func keyIssue(h *memoryHub, name string) string {
	for key := range h.issues {
		if strings.HasPrefix(key, "date/key-check/"+name+"-") {
			return key
		}
	}
	h.t.Errorf("nobody asks %s for their key: %q", name, h.issues)
	return ""
}
