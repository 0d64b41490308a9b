package cli

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/metadata/forge"
)

// opening is a day on which signing of targets has opened, and is not late.
var opening = time.Date(2027, 8, 30, 6, 0, 0, 0, time.UTC)

const renewal = "event/2027-08-30-targets-v2"

// newQuorum is the policy in which one member takes another's place.
func (s *stage) newQuorum(t *testing.T, out, in string) string {
	t.Helper()
	raw, err := s.head(t).Tree().Read(metadata.PolicyFile)
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(raw), `"`+out+`"`, `"`+in+`"`)
}

// newLifetime is the policy with a longer life of targets.
func (s *stage) newLifetime(t *testing.T) string {
	t.Helper()
	raw, err := s.head(t).Tree().Read(metadata.PolicyFile)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Replace(string(raw), `lifetime = "1y"`, `lifetime = "2y"`, 1)
}

// proposes reads the event that a branch of the remote proposes.
func (s *stage) proposes(t *testing.T, branch string) *metadata.Event {
	t.Helper()
	r, err := metadata.Read(s.treeOf(t, branch))
	if err != nil {
		t.Fatal(err)
	}
	e, err := r.Event(strings.TrimPrefix(branch, proposalBranch))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// While a rotation of root is open, targets is renewed by the root in force, and
// everybody is still reminded of the rotation.
func TestDueBesideARotation(t *testing.T) {
	t.Parallel()
	s := play(t, "second-open", "alice")
	m := s.maintainer
	h := newHub(t, s, m)
	s.now = opening
	s.exits(t, m, exit.Done, daily, "Event "+secondEvent+" has been open for", "Pushed to branch "+renewal, "Mind the order: event "+secondEvent+" makes a new root")
	if e := s.proposes(t, renewal); len(e.Payloads) != 1 || e.Payloads[0].Role != "targets" || len(h.pulls) != 1 {
		t.Errorf("%+v, %+v", e, h.pulls)
	}
	if h.issues[eventIssue(secondEvent)] == "" || len(h.issues) != 1 {
		t.Errorf("%q", h.issues)
	}
}

// An edit of the policy that is merged and was never proposed stays out of a
// renewal. The role that it is about is not renewed: people are told what the edit
// would change, and what to do, once.
func TestDueCarriesNoEdit(t *testing.T) {
	t.Parallel()
	s := play(t, "second-done", "alice")
	m := s.maintainer
	h := newHub(t, s, m)
	s.becomes(t, "edited", metadata.PolicyFile, s.newQuorum(t, "grace", "heidi"))
	s.now = opening
	s.exits(t, m, exit.Done, daily, "Pushed to branch "+renewal)
	e := s.proposes(t, renewal)
	if len(e.Payloads) != 1 || e.Payloads[0].Role != "targets" || e.Why != "renewal, because targets version 1 expires on 2027-11-22" {
		t.Errorf("%+v", e)
	}
	if _, told := h.issues["renew/root"]; told {
		t.Errorf("root is not due, and there is an issue: %q", h.issues)
	}

	s.now = time.Date(2028, 10, 1, 6, 0, 0, 0, time.UTC) // root's window
	s.exits(t, m, exit.Expired, daily, "A person has to propose root: rust-tuf.toml and the members' files declare something else of root than what is in force with version 2", "next: propose the edit")
	s.golden(t, "due-by-hand.golden", h.issues["renew/root"])
	for _, words := range []string{"grace", "heidi", "rust-tuf propose"} {
		if !strings.Contains(h.issues["renew/root"], words) {
			t.Errorf("%q is not in %q", words, h.issues["renew/root"])
		}
	}
	comments := len(h.reports)
	s.exits(t, m, exit.Expired, daily)
	if len(h.reports) != comments {
		t.Errorf("the same was said twice: %q", h.reports)
	}
	// The edit is taken back: root is renewed with the next run, and the issue ends.
	s.becomes(t, "taken-back", metadata.PolicyFile, strings.ReplaceAll(s.newQuorum(t, "heidi", "grace"), "\r", ""))
	s.exits(t, m, exit.Expired, daily, "Pushed to branch event/2028-10-01-root-v3")
	if _, open := h.issues["renew/root"]; open {
		t.Errorf("%q", h.issues)
	}
}

// A policy that the rules refuse is merged: what it does not concern goes on.
func TestDueBesideARefusedPolicy(t *testing.T) {
	t.Parallel()
	s := play(t, "second-done", "alice")
	m := s.maintainer
	h := newHub(t, s, m)
	raw, err := s.head(t).Tree().Read(metadata.PolicyFile)
	if err != nil {
		t.Fatal(err)
	}
	s.becomes(t, "weak", metadata.PolicyFile, strings.Replace(string(raw), "threshold = 5", "threshold = 1", 1))
	s.now = opening
	s.exits(t, m, exit.Done, daily, "Pushed to branch "+renewal)
	if len(h.pulls) != 1 {
		t.Errorf("%+v", h.pulls)
	}
}

// A pull request that the forge does not open is an error that people hear of,
// and the next run opens it. So does one after a run without a token.
func TestDueOpensWhatIsPushed(t *testing.T) {
	t.Parallel()
	s := play(t, "genesis-done", "alice")
	m := s.maintainer
	h := newHub(t, s, m)
	s.now = opening
	refused := &forge.PermissionError{Call: forge.Call{Where: hubAddress.String(), Action: "open a pull request"}, Needs: "Pull requests: write", Reason: "GitHub Actions is not permitted to create or approve pull requests"}
	h.fails["open"] = refused
	out := s.exits(t, m, exit.Other, daily, "Pushed to branch "+renewal, "branch "+renewal+" is pushed, and no pull request is open for it", "GitHub Actions is not permitted")
	if !strings.Contains(h.issues["job/due"], "no pull request is open for it") || strings.Contains(out, "A pull request is open.") {
		t.Errorf("%q\n%s", h.issues, out)
	}
	s.now = s.now.AddDate(0, 0, 1)
	err := run(s.ctx, daily, m.env)
	var unopened *UnopenedError
	if !errors.As(err, &unopened) || unopened.Branch != renewal || !is[*forge.PermissionError](err) || unopened.Hint() != refused.Hint() {
		t.Errorf("%T %v", err, err)
	}
	delete(h.fails, "open")
	s.unchanged(t, func() { s.exits(t, m, exit.Done, []string{"due", "--dry-run"}, "A renewal waits on branch "+renewal) })
	if len(h.pulls) != 0 {
		t.Errorf("a dry run opened %+v", h.pulls)
	}
	s.exits(t, m, exit.Done, daily, "A renewal waits on branch "+renewal, "/pull/1")
	s.exits(t, m, exit.Done, daily, "A renewal waits on branch "+renewal, "/pull/1")
	if len(h.pulls) != 1 || h.pulls[0].Branch != renewal || h.pulls[0].Title != "propose: 2027-08-30-targets-v2" || len(h.issues) != 0 {
		t.Errorf("%+v, %q", h.pulls, h.issues)
	}

	s = play(t, "genesis-done", "alice")
	s.now = opening
	s.exits(t, s.maintainer, exit.Done, []string{"due"}) // no forge that could be asked
	h = newHub(t, s, s.maintainer)
	s.exits(t, s.maintainer, exit.Done, daily, "A renewal waits on branch "+renewal)
	if len(h.pulls) != 1 {
		t.Errorf("%+v", h.pulls)
	}
}

// Somebody closes the renewal: it is not opened again, and they are told what to
// do, until it is late and until it has expired.
func TestDueAfterSomebodyClosedIt(t *testing.T) {
	t.Parallel()
	s := play(t, "genesis-done", "alice")
	m := s.maintainer
	h := newHub(t, s, m)
	s.now = opening
	s.exits(t, m, exit.Done, daily)
	h.closes(t, renewal)
	s.exits(t, m, exit.Done, daily, "A person has to propose targets: it is proposed on branch "+renewal+", and somebody closed pull request #1 without merging it", "delete branch "+renewal)
	if len(h.pulls) != 0 || !strings.Contains(h.issues["renew/targets"], "somebody closed pull request") {
		t.Errorf("%+v, %q", h.pulls, h.issues)
	}
	s.now = time.Date(2027, 11, 23, 6, 0, 0, 0, time.UTC)
	s.exits(t, m, exit.Expired, daily)
	for _, key := range []string{"renew/targets", "date/signing-late/targets", "date/expires/targets"} {
		if h.issues[key] == "" {
			t.Errorf("no issue %s: %q", key, h.issues)
		}
	}
	if _, err := s.git("maintainer", s.remote(), "update-ref", "-d", "refs/heads/"+renewal); err != nil {
		t.Fatal(err)
	}
	s.exits(t, m, exit.Expired, daily, "Pushed to branch event/2027-11-23-targets-v2")
	if len(h.pulls) != 1 || h.issues["renew/targets"] != "" {
		t.Errorf("%+v, %q", h.pulls, h.issues)
	}
}

// A branch that the gate refuses is not counted on, and neither is one that is
// more than a renewal and has no pull request.
func TestDueBesideOldBranches(t *testing.T) {
	t.Parallel()
	s := play(t, "genesis-done", "alice")
	m := s.maintainer
	h := newHub(t, s, m)
	s.exits(t, m, exit.Done, []string{"propose", "--why", "try", "--renew", "targets", "--name", "oldtry"})
	raw, err := s.head(t).Tree().Read(metadata.PolicyFile)
	if err != nil {
		t.Fatal(err)
	}
	s.becomes(t, "longer", metadata.PolicyFile, s.newLifetime(t))
	s.now = opening
	s.exits(t, m, exit.Done, daily, "Branch event/oldtry is not counted on: the gate refuses it:", "A person has to propose targets")
	s.becomes(t, "as-before", metadata.PolicyFile, string(raw))
	h.closes(t, "event/oldtry")
	s.exits(t, m, exit.Done, daily, "A person has to propose targets: it is proposed on branch event/oldtry")

	s = play(t, "genesis-done", "alice")
	m = s.maintainer
	h = newHub(t, s, m)
	if err := s.edit(m, "policy", map[string]string{metadata.PolicyFile: s.newLifetime(t)}); err != nil {
		t.Fatal(err)
	}
	s.exits(t, m, exit.Done, []string{"propose", "--why", "live longer", "--name", "longer"})
	h.closes(t, "event/longer")
	s.now = opening
	var out dueResult
	if err := json.Unmarshal([]byte(s.exits(t, m, exit.Done, append(slices.Clone(daily), "--json"))), &out); err != nil || len(out.SetAside) != 1 || !strings.Contains(out.SetAside[0].Reason, "it is more than a renewal") || len(out.Opened) != 1 || len(h.pulls) != 1 {
		t.Errorf("%+v, %v, %+v", out, err, h.pulls)
	}
}
