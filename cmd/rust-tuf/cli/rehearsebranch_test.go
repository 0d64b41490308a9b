package cli

import (
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/metadata/git"
	"github.com/rust-lang/rust-tuf/metadata/rehearsal"
)

const renewalBranch = "event/" + secondEvent

// proposesRenewal leaves root once more on a branch.
func (s *stage) proposesRenewal(t *testing.T) {
	t.Helper()
	s.now = december
	s.exits(t, s.maintainer, exit.Done, []string{"propose", "--why", "a renewal", "--renew", "root"}, "Pushed to branch "+renewalBranch)
}

// An event is tried while it is only proposed, by whoever is to review it.
func TestRehearseBranch(t *testing.T) {
	t.Parallel()
	s := play(t, "genesis-done", "alice")
	s.proposesRenewal(t)
	alice := s.people["alice"]
	s.exits(t, alice, exit.Rejected, []string{"rehearse"}, "no event is open")
	before := s.checkout(t, alice)
	s.unchanged(t, func() {
		out := s.exits(t, alice, exit.Done, []string{"rehearse", "--branch", renewalBranch})
		s.golden(t, "rehearse-branch.golden", sizes.ReplaceAllString(out, "<N> bytes"))
		s.exits(t, alice, exit.Done, []string{"rehearse", secondEvent, "--branch", renewalBranch, "--json"}, `"proposed_on": "branch `+renewalBranch+` of origin"`)
	})
	if after := s.checkout(t, alice); after != before {
		t.Errorf("the clone changed from\n%s\nto\n%s", before, after)
	}
	s.exits(t, alice, exit.Usage, []string{"rehearse", "another", "--branch", renewalBranch}, "branch "+renewalBranch+" of origin proposes event "+secondEvent+", not another")

	// A year later the same proposal would leave clients with targets that have
	// expired.
	s.now = dawn.AddDate(1, 1, 0)
	s.exits(t, alice, exit.Rejected, []string{"rehearse", "--branch", renewalBranch}, "targets 1: expired", "would not get through. Next, before anybody signs: do not merge it; mend it")
	s.now = december

	// Where alice has a fork, the branch may be there or in the repository itself.
	newHub(t, s, s.maintainer).fromFork(t, alice)
	move := func(from, to string) {
		t.Helper()
		if _, err := s.git("alice", s.dir+"/alice-fork.git", "branch", "--move", from, to); err != nil {
			t.Fatal(err)
		}
	}
	s.exits(t, alice, exit.Done, []string{"rehearse", "--branch", renewalBranch}, "It is proposed on branch "+renewalBranch+" of origin")
	move(renewalBranch, "moved")
	s.exits(t, alice, exit.Done, []string{"rehearse", "--branch", renewalBranch}, "It is proposed on branch "+renewalBranch+" of upstream")
	move("moved", renewalBranch)

	if err := s.merge(renewalBranch); err != nil {
		t.Fatal(err)
	}
	s.fails(t, alice, exit.Rejected, is[*NoProposalError], []string{"rehearse", "--branch", renewalBranch}, "proposes no event: it changes nothing", "an event that is merged is rehearsed without --branch")
	s.exits(t, alice, exit.Done, []string{"rehearse"}, "Every client gets through.")
}

// What no gate lets in is not rehearsed: whoever made the branch could have
// written another past into it.
func TestRehearseBranchRefused(t *testing.T) {
	t.Parallel()
	s := play(t, "genesis-done", "alice")
	s.proposesRenewal(t)
	alice := s.people["alice"]
	tree := s.treeOf(t, renewalBranch)
	payload := metadata.EventPath(secondEvent, "2.root.json")
	raw, err := tree.Read(payload)
	if err != nil {
		t.Fatal(err)
	}
	opening := metadata.Change{Put: map[string][]byte{}}
	for _, e := range tree.Entries() {
		if !strings.HasPrefix(e.Path, metadata.EventPath(secondEvent)+"/") {
			continue
		}
		if opening.Put[e.Path], err = tree.Read(e.Path); err != nil {
			t.Fatal(err)
		}
	}
	s.pull(t, "readme", put("README.md", []byte("A demo, and more.\n")))
	opening.Put[payload] = []byte(strings.Replace(string(raw), `"expires": "202`, `"expires": "203`, 1))
	s.pull(t, "edited", opening)
	opening.Put[payload], opening.Put["metadata/1.root.json"] = raw, []byte("{}")
	s.pull(t, "another-past", opening)
	for _, test := range []struct {
		branch string
		code   int
		typed  func(error) bool
		words  []string
	}{
		{"readme", exit.Rejected, is[*NoProposalError], []string{"branch readme of origin proposes no event: it changes files that no rule is about"}},
		{"edited", exit.Rejected, is[*metadata.PayloadError], []string{"branch edited of origin must not be merged, so there is nothing to rehearse", "somebody edited it"}},
		{"another-past", exit.Rejected, is[*metadata.FrozenError], []string{"changes metadata/1.root.json"}},
		{"no-such-branch", exit.Other, is[*git.BranchError], []string{"no-such-branch"}},
		{"../main", exit.Other, is[*git.NameError], []string{"../main"}},
	} {
		t.Run(test.branch, func(t *testing.T) {
			s.unchanged(t, func() {
				s.fails(t, alice, test.code, test.typed, []string{"rehearse", "--branch", test.branch}, test.words...)
			})
		})
	}
}

// The proposer tries an event before anybody else knows of it.
func TestProposeRehearses(t *testing.T) {
	t.Parallel()
	s := play(t, "genesis-done", "alice")
	m := s.maintainer
	renew := []string{"propose", "--why", "a renewal", "--renew", "root", "--rehearse"}
	s.now = dawn.AddDate(1, 1, 0)
	s.unchanged(t, func() {
		out := s.exits(t, m, exit.Rejected, renew, "It is proposed on the commits of this clone, which are not pushed", "3 of 3 clients would not get through", "targets 1: expired")
		if strings.Contains(out, "Pushed") {
			t.Errorf("pushed all the same\n%s", out)
		}
		if err := run(s.ctx, renew, m.env); !is[*rehearsal.FailedError](err) {
			t.Errorf("%T %[1]v", err)
		}
	})
	s.now = december
	const through = "Rehearsed with throw-away keys, signed by the fewest who can complete it: 3 clients, and every one gets through.\n"
	s.unchanged(t, func() { s.exits(t, m, exit.Done, append(renew, "--dry-run"), through+"Nothing was pushed (dry run).") })
	s.exits(t, m, exit.Done, renew, through+"Pushed to branch "+renewalBranch)
	s.exits(t, m, exit.Done, append(renew, "--json"), `"rehearsal": {`, `"proposed_on": "the commits of this clone, which are not pushed"`)
}
