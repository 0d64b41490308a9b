package cli

import (
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
	"github.com/rust-lang/rust-tuf/metadata"
)

func TestComplete(t *testing.T) {
	t.Parallel()
	s := play(t, "second-ready", "bob")
	m := s.maintainer
	var dry string
	s.unchanged(t, func() {
		dry = s.exits(t, m, exit.Done, []string{"complete", secondEvent, "--dry-run"}, "Nothing was pushed (dry run).")
	})
	out := s.exits(t, m, exit.Done, []string{"complete"})
	s.golden(t, "complete.golden", out)
	if !strings.HasPrefix(out, strings.TrimSuffix(dry, "Nothing was pushed (dry run).\n")) {
		t.Errorf("the dry run says\n%s\nand the real one\n%s", dry, out)
	}
	// Anyone gets the same bytes, and takes the branch that is there already.
	before := s.remoteState(t)
	s.exits(t, s.people["bob"], exit.Done, []string{"complete"}, "Pushed to branch complete/"+secondEvent)
	if after := s.remoteState(t); after != before {
		t.Errorf("a second completion changed the remote from\n%s\nto\n%s", before, after)
	}
	raw, err := s.treeOf(t, "complete/"+secondEvent).Read(metadata.PublishedPath("root", 2))
	if err != nil || !strings.Contains(string(raw), `"version": 2`) {
		t.Errorf("%v\n%s", err, raw)
	}
	if err := s.merge("complete/" + secondEvent); err != nil {
		t.Fatal(err)
	}
	// After the merge there is nothing left to complete, and it says so.
	s.unchanged(t, func() {
		s.exits(t, m, exit.Rejected, []string{"complete"}, "no event is open")
		s.exits(t, m, exit.Rejected, []string{"complete", secondEvent}, "event closed: "+secondEvent+" is complete and published")
		s.exits(t, m, exit.Rejected, []string{"complete", "third"}, `no event "third"`)
	})
}

// With signatures missing, complete publishes nothing and names who can help.
func TestCompletePending(t *testing.T) {
	t.Parallel()
	s := play(t, "second-open")
	for _, signers := range [][]string{nil, {"alice", "bob", "carol", "dave"}} {
		if err := s.sign(secondEvent, signers...); err != nil {
			t.Fatal(err)
		}
		s.unchanged(t, func() {
			if out := s.exits(t, s.maintainer, exit.Pending, []string{"complete"}, "event "+secondEvent+" is pending: ", "more of: "); out != "" {
				t.Errorf("standard output: %s", out)
			}
			s.exits(t, s.maintainer, exit.Pending, []string{"complete", "--dry-run"}, "is pending")
		})
	}
	s.exits(t, s.maintainer, exit.Pending, []string{"complete"}, "signers named in root version 1 (in force): 4 of 5 signatures valid; 1 more of: erin, frank, grace, heidi, ivan")
}

// A signature that comes in while the completion waits to be merged makes it
// stale: the gate refuses it, and complete says how to make it anew.
func TestCompleteAfterALateSignature(t *testing.T) {
	t.Parallel()
	s := play(t, "second-ready", "frank")
	m := s.maintainer
	s.exits(t, m, exit.Done, []string{"complete"})
	frank := s.people["frank"]
	s.pinAt(t, frank)
	if err := s.sign(secondEvent, "frank"); err != nil {
		t.Fatal(err)
	}
	if verdict, err := s.gateOn(t, "complete/"+secondEvent); err == nil && verdict.Accepted {
		t.Errorf("%+v", verdict)
	}
	s.unchanged(t, func() {
		s.exits(t, m, exit.Other, []string{"complete"}, "branch complete/"+secondEvent+" of origin exists already", "git push origin --delete complete/"+secondEvent)
	})
	if _, err := s.git(m.name, m.clone, "push", "--quiet", "origin", "--delete", "complete/"+secondEvent); err != nil {
		t.Fatal(err)
	}
	s.exits(t, m, exit.Done, []string{"complete"}, "signed by alice, bob, carol, dave, erin, frank, judy and karl")
	if err := s.merge("complete/" + secondEvent); err != nil {
		t.Fatal(err)
	}
}

// Several open events: one has to be named.
func TestCompleteChooses(t *testing.T) {
	t.Parallel()
	s := play(t, "genesis-done", "alice")
	s.now = december
	for _, role := range []string{"root", "targets"} {
		if _, err := s.must(s.maintainer, "propose", "--why", "a renewal", "--renew", role, "--name", "new-"+role); err != nil {
			t.Fatal(err)
		}
		if err := s.merge("event/new-" + role); err != nil {
			t.Fatal(err)
		}
	}
	s.exits(t, s.maintainer, exit.Usage, []string{"complete"}, "several events are open; name one of new-root and new-targets")
	s.exits(t, s.maintainer, exit.Pending, []string{"complete", "new-targets"}, "event new-targets is pending")
}
