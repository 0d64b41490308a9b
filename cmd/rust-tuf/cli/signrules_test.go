package cli

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/roles"
	"github.com/rust-lang/rust-tuf/signer"
	"github.com/rust-lang/rust-tuf/signer/trust"
	"github.com/rust-lang/rust-tuf/verify"
)

// Whoever can write to the default branch opens an event that the rules for a
// quorum refuse, past the gate. Every digest in it is right. A member's own
// machine refuses to sign it.
func TestSignRefusesWhatTheRulesRefuse(t *testing.T) {
	s := play(t, "genesis-done", "alice")
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
		s.exits(t, alice, exit.Rejected, []string{"sign"}, event, "the rules refuse this policy", "4", "9")
	})
}

// signing is what an actor's `sign` works on.
func (s *stage) signing(t *testing.T, a *actor) *signing {
	t.Helper()
	run, err := newCommand(a.env).startSigning(s.ctx, signOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return run
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

// The opening instant is the proposer's word: from long ago, the new root would
// be published expired.
func TestSignRefusesAnInstantLongAgo(t *testing.T) {
	s := play(t, "genesis-done")
	repo := s.head(t)
	d, err := repo.Declaration()
	if err != nil {
		t.Fatal(err)
	}
	s.smuggle(t, repo, d)
	s.now = s.now.AddDate(5, 0, 0)
	alice := s.people["alice"]
	alice.answers(t)
	s.unchanged(t, func() {
		s.exits(t, alice, exit.Rejected, []string{"sign"}, "smuggled", "opened at 2026", "root version 2 would have expired already, at 2028")
	})
}

// From years ahead, it would outlive what the policy allows: neither the gate
// nor a signer's machine lets it pass, however it came to the default branch.
func TestSignRefusesAnInstantInTheFuture(t *testing.T) {
	t.Parallel()
	s := play(t, "genesis-done", "alice")
	repo := s.head(t)
	d, err := repo.Declaration()
	if err != nil {
		t.Fatal(err)
	}
	today := s.now
	s.now = today.AddDate(2, 0, 0)
	s.smuggle(t, repo, d)
	s.now = today
	if err := s.fetch(); err != nil {
		t.Fatal(err)
	}
	s.exits(t, s.maintainer, exit.Rejected, []string{"check", "--base", "origin/main~1", "--head", "origin/main"}, "opened at 2028", "from the future")
	alice := s.people["alice"]
	alice.answers(t)
	s.unchanged(t, func() {
		s.exits(t, alice, exit.Rejected, []string{"sign"}, "event smuggled says that it was opened at 2028-11-22", "but now it is 2026-11-22",
			"every lifetime would count from the future; propose it again, or set this computer's clock")
	})
	run := s.signing(t, alice)
	var instant *metadata.InstantError
	if _, err := run.judge(run.w.repo.Open[0]); !errors.As(err, &instant) || instant.Event != "smuggled" || instant.Role != "" {
		t.Errorf("%T: %v", err, err)
	}
	// A clock that is a little late is no reason.
	s.now = today.AddDate(2, 0, 0).Add(-time.Minute)
	run = s.signing(t, alice)
	if _, err := run.judge(run.w.repo.Open[0]); err != nil {
		t.Error(err)
	}
}

// Anybody can push a branch in which somebody's real signature lies under
// another name. It must not make their new laptop believe that they signed
// that.
func TestLedgerIsNotFilledByRelabelledSignatures(t *testing.T) {
	s := play(t, "genesis-done")
	repo := s.head(t)
	payload := repo.Closed[0].Payload("targets")
	real := payload.Files[0]
	holders := map[string]verify.Holder{}
	keys, err := s.people["alice"].env.keysInHand(s.ctx, signer.UI{})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range payload.Files {
		if keys.keys[0].Public().Verify(payload.Document.Signed(), f.Sig) == nil {
			real = f
			holders[f.KeyID] = verify.Holder{KeyID: f.KeyID, Owner: "alice", Key: keys.keys[0].Public()}
		}
	}
	relabelled := *real
	relabelled.Role, relabelled.Version = "root", 7
	tree := metadata.MapTree(map[string][]byte{
		"events/x/7.root.json":                             payload.Document.Raw(),
		"events/x/signatures/root/" + real.KeyID + ".json": relabelled.Bytes(),
	})
	looking := func() *signatureSearch {
		return &signatureSearch{repository: real.Repository, keys: holders, taken: map[string]bool{}}
	}
	if found := looking().in(tree); len(found) != 0 {
		t.Errorf("a relabelled signature was believed: %+v", found)
	}
	if found := looking().in(repo.Tree()); len(found) != 2 {
		t.Errorf("%d of alice's signatures were found, want 2", len(found))
	}
}

// The default branch of a repository that this machine trusts gives way to the
// first root of another one: nobody signs that by habit.
func TestSignFirstRootOfAnotherRepository(t *testing.T) {
	t.Parallel()
	s := play(t, "genesis-open", "alice")
	fresh := s.people["alice"]
	home, err := trust.Open(fresh.env.Home)
	if err != nil {
		t.Fatal(err)
	}
	other := trust.Pin{Repository: strings.Repeat("ab", 16), Version: 1, Digest: verify.DigestOf([]byte("another root")), How: trust.SignedFirstRoot, Since: s.now}
	if err := home.Establish(other); err != nil {
		t.Fatal(err)
	}
	id, err := s.head(t).UnverifiedID()
	if err != nil {
		t.Fatal(err)
	}
	begins := reply{"type the first eight characters of its id", id[:8]}
	shown := fresh.answers(t, reply{begins.prompt, "yes"})
	s.unchanged(t, func() {
		s.exits(t, fresh, exit.Other, []string{"sign"}, `"yes" is not how the id of the new repository begins`, "declined")
	})
	for _, words := range []string{"This machine trusts these repositories already, and this is none of them:", strings.Repeat("ab", 16) + ", root version 1", id} {
		if !strings.Contains(shown.String(), words) {
			t.Errorf("%q was not shown:\n%s", words, shown)
		}
	}
	fresh.answers(t, begins, signRoot, passphrase, reply{"do you want to sign targets version", "yes"}, passphrase)
	s.exits(t, fresh, exit.Done, []string{"sign"})
}
