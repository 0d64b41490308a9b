package cli

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/metadata/forge"
)

var daily = []string{"due", "--raise"}

// becomes makes the remote's default branch hold a change, which no gate has seen.
func (s *stage) becomes(t *testing.T, branch, path, text string) {
	t.Helper()
	s.pull(t, branch, put(path, []byte(text)))
	if _, err := s.git("maintainer", s.remote(), "update-ref", "refs/heads/main", "refs/heads/"+branch); err != nil {
		t.Fatal(err)
	}
}

// mentioned are the logins that a comment mentions, in order.
func mentioned(text string) []string {
	var out []string
	for _, found := range regexp.MustCompile(`@([a-z0-9-]+)`).FindAllStringSubmatch(text, -1) {
		out = append(out, found[1])
	}
	return out
}

// Everybody who is missing hears of an event with the first run after its merge:
// why it is, what it changes, the digest, their card and command, and by when.
// Then step by step: one issue for each event, one comment for each step. Nobody
// writes where nothing can be written.
func TestCalendarReminders(t *testing.T) {
	t.Parallel()
	s := play(t, "second-open")
	m := s.maintainer
	h := newHub(t, s, m)
	key := eventIssue(secondEvent)
	s.exits(t, m, exit.Done, daily, "said in issue #")
	first := h.said(key, "age-0")
	s.golden(t, "due-event.golden", h.issues[key]+"--- the comment ---\n"+first)
	everybody := append(slices.Clone(demoQuorum), demoNewer...)
	slices.Sort(everybody)
	if got := mentioned(first); !slices.Equal(got, everybody) {
		t.Errorf("mentioned are %q", got)
	}
	if got := mentioned(h.issues[key]); len(got) > 0 {
		t.Errorf("the issue, which changes every day, mentions %q", got)
	}
	s.now = s.now.AddDate(0, 0, 4)
	s.exits(t, m, exit.Done, daily)
	s.now = s.now.AddDate(0, 0, 1)
	s.exits(t, m, exit.Done, daily)
	if text := h.said(key, "age-3"); len(h.issues) != 1 || len(h.reports) != 2 || !strings.Contains(text, "has been open for 4 days, and any of you can sign it") ||
		!strings.Contains(text, "- @alice, with the key called main: `rust-tuf sign "+secondEvent+"`") || !strings.Contains(text, "root version 2, where both lists of signers have you\n") {
		t.Fatalf("%q, %q", h.issues, h.reports)
	}
	s.now = s.now.AddDate(0, 0, 3)
	s.exits(t, m, exit.Done, daily)
	if len(h.reports) != 3 {
		t.Errorf("a new step is no new comment: %q", h.reports)
	}
	asked := 0
	h.before = func(operation string, _ int) {
		if operation == "raise" {
			asked++
		}
	}
	h.fails["raise"] = &forge.OutageError{}
	s.now = opening.AddDate(0, 3, 0) // a dozen dates have passed
	s.exits(t, m, exit.Expired, daily, "does not answer")
	if asked != 2 { // for one of them, and for the job
		t.Errorf("a forge that does not answer was asked %d times", asked)
	}

	s = play(t, "second-done")
	h = newHub(t, s, s.maintainer)
	h.issues[key] = "open"
	s.exits(t, s.maintainer, exit.Done, daily)
	if len(h.issues) != 0 {
		t.Errorf("the issue of a closed event stays: %q", h.issues)
	}
	s = play(t, "second-done")
	s.exits(t, s.maintainer, exit.Other, daily, "is on no forge")
}

// When nobody is missing, nobody is asked any more, though the event is open.
func TestNobodyIsMissing(t *testing.T) {
	t.Parallel()
	s := play(t, "second-ready", "alice")
	h := newHub(t, s, s.maintainer)
	h.issues[eventIssue(secondEvent)] = "open"
	s.exits(t, s.maintainer, exit.Done, daily)
	if len(h.issues) != 0 || len(h.reports) != 0 {
		t.Errorf("%q, %q", h.issues, h.reports)
	}
}

// Somebody closes the event's issue: the step is not said again, the next one is.
func TestReminderAfterSomebodyClosedIt(t *testing.T) {
	t.Parallel()
	s := play(t, "second-open", "alice")
	m, key := s.maintainer, eventIssue(secondEvent)
	h := newHub(t, s, m)
	for range 3 {
		s.exits(t, m, exit.Done, daily)
		delete(h.issues, key)
		s.now = s.now.AddDate(0, 0, 1)
	}
	if len(h.numbered[key]) != 1 || len(h.reports) != 1 {
		t.Errorf("issues %v, comments %q", h.numbered[key], h.reports)
	}
	s.exits(t, m, exit.Done, daily)
	if len(h.numbered[key]) != 2 || h.said(key, "age-3") == "" {
		t.Errorf("the next step is not said: issues %v, comments %q", h.numbered[key], h.reports)
	}
}

// Every name that an event can have is one that its issue can have.
func TestReminderOfEveryName(t *testing.T) {
	t.Parallel()
	s := play(t, "genesis-done", "alice")
	m := s.maintainer
	h := newHub(t, s, m)
	for role, name := range map[string]string{"root": "key--swap", "targets": strings.Repeat("a", 62) + "-"} {
		s.exits(t, m, exit.Done, []string{"propose", "--why", "a renewal", "--renew", role, "--name", name})
		if err := s.merge("event/" + name); err != nil {
			t.Fatal(err)
		}
		h.pulls = nil
		s.exits(t, m, exit.Done, daily)
		if h.said(eventIssue(name), "age-0") == "" {
			t.Errorf("%s: %q", name, h.reports)
		}
		if err := s.fetch(); err != nil {
			t.Fatal(err)
		}
	}
}

// A declaration that cannot be read keeps nobody from being reminded, and neither
// does an event that nobody can complete: that is told in its own issue.
func TestReminderBesideWhatFails(t *testing.T) {
	t.Parallel()
	s := play(t, "second-open", "alice")
	m := s.maintainer
	h := newHub(t, s, m)
	s.becomes(t, "broken", "rust-tuf.toml", "format = 2\n")
	s.exits(t, m, exit.Rejected, daily, "the file says 2", "said in issue #")
	if text := h.said(eventIssue(secondEvent), "age-0"); !strings.Contains(text, "- alice, with the key ") {
		t.Errorf("%q", h.reports)
	}
	if !strings.Contains(h.issues["job/due"], "the file says 2") {
		t.Errorf("%q", h.issues)
	}
}

// An event that nobody can complete any more is told of as that. When its role
// comes due, the renewal takes its place.
func TestDueTakesThePlaceOfWhatIsOvertaken(t *testing.T) {
	t.Parallel()
	s := play(t, "second-ready", "alice")
	m := s.maintainer
	h := newHub(t, s, m)
	s.now = opening
	s.exits(t, m, exit.Done, daily, "Pushed to branch "+renewal)
	if err := s.merge(renewal); err != nil {
		t.Fatal(err)
	}
	if _, err := s.complete(secondEvent); err != nil { // of which the root decides who signs targets
		t.Fatal(err)
	}
	h.pulls = nil
	first, next := strings.TrimPrefix(renewal, "event/"), renewal+"-2"
	s.exits(t, m, exit.Done, daily, "Nobody can complete event "+first+" as it is: ", "It supersedes event "+first, "Pushed to branch "+next)
	if text := h.said(eventIssue(first), "stuck"); !strings.Contains(h.issues[eventIssue(first)], "Cannot be completed: "+first) || !strings.Contains(text, "propose again with --supersede "+first) {
		t.Errorf("%q, %q", h.issues, text)
	}
	if err := s.merge(next); err != nil {
		t.Fatal(err)
	}
	h.pulls = nil
	s.exits(t, m, exit.Done, daily)
	if h.issues[eventIssue(first)] != "" || h.said(eventIssue(first+"-2"), "age-0") == "" {
		t.Errorf("%q", h.issues)
	}
}

// A member is told which card to take, by the number that is printed on it, and
// what it counts for where not all count for the same.
func TestReminderNamesTheCard(t *testing.T) {
	t.Parallel()
	alice := holderEntry{Member: "alice", Login: "al", KeyID: "a", Label: "main", Serial: 5200001}
	bob := holderEntry{Member: "bob", KeyID: "b", Label: "spare"}
	gone := holderEntry{Member: "carol", KeyID: "0123456789abcdef"}
	r := reminderEntry{Event: "x", Wanted: []wantedEntry{{"root", 2, "root version 1 (in force)", 1, []holderEntry{bob, alice}}}}
	r.People = asked(r.Wanted, "rust-tuf sign x")
	if text := r.comment(); !strings.Contains(text, "- @al, with YubiKey 5200001: `rust-tuf sign x`\n- bob, with the key called spare: `rust-tuf sign x`\n") {
		t.Errorf("%s", text)
	}
	if text := r.body(); !strings.Contains(text, "| alice (`al` at the forge) | root version 2 | YubiKey 5200001 | `rust-tuf sign x` |\n") {
		t.Errorf("%s", text)
	}
	r.Wanted = append(r.Wanted, wantedEntry{"root", 2, "root version 2 (proposed here)", 1, []holderEntry{alice, gone}}, wantedEntry{"targets", 2, "root version 2 (proposed here)", 1, []holderEntry{alice}})
	for i, want := range []string{"root version 2, where both lists of signers have you; targets version 2", "root version 2, as a signer named in root version 1 (in force)", "root version 2, as a signer named in root version 2 (proposed here)"} {
		if a := asked(r.Wanted, "")[i]; strings.Join(a.Signs, "; ") != want {
			t.Errorf("%s: %q", a.Member, a.Signs)
		}
	}
	if gone.with() != "the key 01234567" {
		t.Error(gone.with())
	}
	check := momentEntry{Kind: string(metadata.KeyCheck), Member: "alice", Login: "al", Label: "main", Serial: 5200001}
	if text := check.comment(nil); !strings.HasPrefix(text, "@al: ") || !strings.Contains(text, "do you still hold YubiKey 5200001?") || !strings.Contains(text, "`rust-tuf doctor`") || !strings.Contains(text, "`rust-tuf member lost alice --label main") {
		t.Error(text)
	}
}
