package cli

import (
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/roles"
	"github.com/rust-lang/rust-tuf/verify"
)

// Whoever can write to the default branch opens an event that the rules for a
// quorum refuse, past the gate. Every digest in it is right. A member's own
// machine refuses to sign it.
func TestSignRefusesWhatTheRulesRefuse(t *testing.T) {
	s := play(t, "genesis-done")
	s.now = december
	repo := s.head(t)
	text, err := repo.Tree().Read(metadata.PolicyFile)
	if err != nil {
		t.Fatal(err)
	}
	weak := strings.Replace(string(text), "threshold = 5", "threshold = 4", 1) // 4 of 9: two groups of 4 could disagree
	policy, err := roles.ParsePolicy(metadata.PolicyFile, []byte(weak))
	if err != nil {
		t.Fatal(err)
	}
	members, err := repo.Members()
	if err != nil {
		t.Fatal(err)
	}
	event := s.smuggle(t, repo, &roles.Declaration{Policy: policy, Members: members})
	alice := s.people["alice"]
	alice.answers(t)
	s.unchanged(t, func() {
		s.exits(t, alice, ExitRejected, []string{"sign"}, event, "the rules refuse this policy", "4", "9")
	})
}

// smuggle writes an event for root straight to the default branch.
func (s *stage) smuggle(t *testing.T, repo *metadata.Repository, d *roles.Declaration) string {
	t.Helper()
	charter, err := d.Charter("root")
	if err != nil {
		t.Fatal(err)
	}
	root, err := repo.FirstRoot()
	if err != nil {
		t.Fatal(err)
	}
	raw, err := charter.Payload(roles.Basis{Base: root.Document(), Opened: s.now})
	if err != nil {
		t.Fatal(err)
	}
	doc, err := verify.Read(raw, verify.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	event := &metadata.Event{Name: "smuggled", Why: "nothing to see", Opened: s.now, Payloads: []*metadata.Payload{{
		Role: "root", Version: 2, Digest: doc.Digest(), Base: root.Digest(), Policy: charter.Digest(), Document: doc, Charter: charter,
	}}}
	text, err := event.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	change := metadata.Change{Put: map[string][]byte{
		metadata.EventPath("smuggled", "event.toml"):                                text,
		metadata.EventPath("smuggled", "2.root.json"):                               raw,
		metadata.EventPath("smuggled", "policy", charter.Digest().String()+".json"): charter.JSON(),
	}}
	m := gitOf(t, s.maintainer)
	head, err := m.Fetch(s.ctx, "origin", "main")
	if err != nil {
		t.Fatal(err)
	}
	commit, err := m.Commit(s.ctx, head, change, "smuggled", s.now)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Push(s.ctx, "origin", commit, "main", head); err != nil {
		t.Fatal(err)
	}
	return event.Name
}
