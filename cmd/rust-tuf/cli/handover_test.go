package cli

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/verify"
)

// handsOver commits a root of another repository beside a policy that lists it.
func (s *stage) handsOver(t *testing.T, version int64) {
	t.Helper()
	private, key := publisher(t)
	name := filepath.Join(t.TempDir(), "root.json")
	writeRoot(t, name, version, key, private)
	raw := readText(t, name)
	policy, err := s.demoPolicy(demoQuorum, demoQuorum, false)
	if err != nil {
		t.Fatal(err)
	}
	policy += fmt.Sprintf("\n[[target]]\nrole = \"targets\"\npath = \"crates/root.json\"\nlength = %d\nsha256 = \"%x\"\nroot-of = \"crates\"\n", len(raw), sha256.Sum256([]byte(raw)))
	if err := os.MkdirAll(filepath.Join(s.maintainer.clone, metadata.HandoverDir, "crates"), 0o755); err != nil {
		t.Fatal(err)
	}
	err = s.edit(s.maintainer, "a root of crates", map[string]string{metadata.PolicyFile: policy, metadata.HandoverPath("crates", version): raw})
	if err != nil {
		t.Fatal(err)
	}
}

// opens proposes what is committed, and returns the branch.
func (s *stage) opens(t *testing.T, why string) string {
	t.Helper()
	s.exits(t, s.maintainer, exit.Done, []string{"propose", "--why", why})
	branches, err := s.branches("event/")
	if err != nil || len(branches) != 1 {
		t.Fatal(branches, err)
	}
	if err := s.fetch(); err != nil {
		t.Fatal(err)
	}
	return branches[0]
}

// Two hand-overs as the gate's report and as each signer reads them: of the
// first root, on which nothing vouches for it, and of the one that follows.
func TestHandover(t *testing.T) {
	t.Parallel()
	s := play(t, "genesis-done")
	m := s.maintainer
	const event = "2026-12-22-targets-v2"
	s.now = december
	s.handsOver(t, 1)
	branch := s.opens(t, "clients find the root of crates here")
	s.golden(t, "handover-first-check.golden", s.exits(t, m, exit.Done, []string{"check", "--base", "origin/main", "--head", "origin/" + branch}))
	if err := s.merge(branch); err != nil {
		t.Fatal(err)
	}
	s.golden(t, "handover-first-review.golden", s.exits(t, s.people["alice"], exit.Done, []string{"review"}))
	s.exits(t, m, exit.Done, []string{"rehearse"}, "finds the one file that is listed")
	if err := s.sign(event, "alice", "bob", "carol", "dave", "erin"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.complete(event); err != nil {
		t.Fatal(err)
	}
	s.now = january
	s.handsOver(t, 2)
	branch = s.opens(t, "crates has a new root")
	s.golden(t, "report-handover.golden", s.exits(t, m, exit.Done, []string{"check", "--markdown", "--base", "origin/main", "--head", "origin/" + branch}))
	s.golden(t, "handover-check.golden", s.exits(t, m, exit.Done, []string{"check", "--base", "origin/main", "--head", "origin/" + branch}))
	if err := s.merge(branch); err != nil {
		t.Fatal(err)
	}
	s.golden(t, "handover-review.golden", s.exits(t, s.people["alice"], exit.Done, []string{"review"}))
	s.exits(t, m, exit.Done, []string{"rehearse"}, "finds the one file that is listed")
	s.exits(t, m, exit.Done, []string{"check"}, "roots of the repository crates, version 1 to 2: each follows from the one before")
}

// A root that does not follow is refused before anything is pushed.
func TestHandoverRefused(t *testing.T) {
	t.Parallel()
	s := play(t, "genesis-done", "alice")
	s.now = december
	s.handsOver(t, 1)
	if err := s.edit(s.maintainer, "lose the file", map[string]string{metadata.HandoverPath("crates", 1): "{}"}); err != nil {
		t.Fatal(err)
	}
	s.unchanged(t, func() {
		s.fails(t, s.maintainer, exit.Rejected, is[*metadata.HandoverError], []string{"propose", "--why", "a root of crates"},
			"targets lists crates/root.json as the root of the repository crates", "handover/crates/1.root.json")
	})
}

// A root that is soon over is shown as that, to the gate and to each signer; one
// that is over is refused before anything is pushed.
func TestHandoverExpires(t *testing.T) {
	t.Parallel()
	s := play(t, "genesis-done", "alice")
	expires := dawn.AddDate(1, 0, 0)
	s.now = expires
	s.handsOver(t, 1)
	s.unchanged(t, func() {
		s.fails(t, s.maintainer, exit.Rejected, is[*verify.ExpiredError], []string{"propose", "--why", "too late"},
			"targets lists crates/root.json as the root of the repository crates: root 1: expired at 2027-11-22T12:00:00Z, judged at 2027-11-22T12:00:00Z; a newer version is needed")
	})
	const soon = "Soon over: it expires at 2027-11-22 12:00 UTC, within 30 days of this event's opening. Who finds no\nnewer root of crates then can use nothing of it"
	s.now = expires.AddDate(0, 0, -30)
	branch := s.opens(t, "a month before")
	s.exits(t, s.maintainer, exit.Done, []string{"check", "--base", "origin/main", "--head", "origin/" + branch}, soon)
	if err := s.merge(branch); err != nil {
		t.Fatal(err)
	}
	s.exits(t, s.people["alice"], exit.Done, []string{"review"}, soon)
	s.exits(t, s.people["alice"], exit.Done, []string{"review", "--json"}, `"expires_soon": true`)
}
