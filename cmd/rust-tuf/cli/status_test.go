package cli

import (
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
	"github.com/rust-lang/rust-tuf/roles"
)

// What people read between two ceremonies, word for word.
func TestStatus(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"gathered", "genesis-open", "genesis-done", "second-open", "second-ready", "second-done"} {
		t.Run(name, func(t *testing.T) {
			s := play(t, name, "alice")
			out := s.exits(t, s.people["alice"], exit.Done, []string{"status"})
			s.golden(t, "status-"+name+".golden", out)
		})
	}
}

func TestStatusOfOneEvent(t *testing.T) {
	t.Parallel()
	s := play(t, "second-open", "heidi")
	heidi := s.people["heidi"]
	// Without a pin, status says whose word it takes.
	s.exits(t, heidi, exit.Done, []string{"status", secondEvent}, "this machine has no pinned root (`rust-tuf trust init` makes one)", "Event "+secondEvent)
	s.exits(t, heidi, exit.Rejected, []string{"status", "third"}, `no event "third"`, "open events: "+secondEvent)
	s.exits(t, heidi, exit.Rejected, []string{"status", firstEvent}, "event closed: "+firstEvent+" is complete and published")
	// After its expiry a root is shown as expired.
	s.now = s.now.AddDate(2, 0, 0)
	s.exits(t, heidi, exit.Done, []string{"status"}, "EXPIRED 30 days ago")
}

// An event that can never complete is said to be so, and nobody is asked to
// sign it.
func TestStatusOfAStaleEvent(t *testing.T) {
	t.Parallel()
	s := play(t, "second-done", "alice")
	repo := s.head(t)
	d, err := repo.Declaration()
	if err != nil {
		t.Fatal(err)
	}
	event := s.smuggle(t, repo, &roles.Declaration{Policy: d.Policy, Members: d.Members}) // builds on root 1
	alice := s.people["alice"]
	out := s.exits(t, alice, exit.Done, []string{"status"}, "Event "+event, "It cannot complete: event smuggled: root version 2 is published already", "`rust-tuf complete smuggled` closes it")
	if strings.Contains(out, "rust-tuf sign") {
		t.Errorf("status asks for signatures:\n%s", out)
	}
	alice.answers(t)
	for _, verb := range []string{"sign", "review"} {
		s.unchanged(t, func() {
			s.exits(t, alice, exit.Rejected, []string{verb}, "root version 2 is published already", "`rust-tuf complete smuggled` closes it")
		})
	}
	if err := s.fetch(); err != nil {
		t.Fatal(err)
	}
	s.exits(t, s.maintainer, exit.Rejected, []string{"check"}, "root version 2 is published already")

	out = s.exits(t, s.maintainer, exit.Done, []string{"complete", event})
	for _, words := range []string{"This event can never be completed, and is only closed; nothing is published.", "merge it; that closes the event"} {
		if !strings.Contains(out, words) {
			t.Errorf("complete does not say %q:\n%s", words, out)
		}
	}
	if err := s.merge("complete/" + event); err != nil {
		t.Fatal(err)
	}
	if err := s.fetch(); err != nil {
		t.Fatal(err)
	}
	s.exits(t, s.maintainer, exit.Done, []string{"check"})
	s.exits(t, s.maintainer, exit.Done, []string{"status"})
}

// Nobody publishes what has expired while it waited for its last step.
func TestCompleteExpired(t *testing.T) {
	t.Parallel()
	s := play(t, "second-ready", "alice")
	s.now = s.now.AddDate(5, 0, 0)
	s.unchanged(t, func() {
		s.exits(t, s.maintainer, exit.Rejected, []string{"complete"}, "event "+secondEvent+" was opened at 2026-12-22", "would have expired already", "propose it again")
	})
	s.exits(t, s.maintainer, exit.Done, []string{"status"}, "It cannot complete: event "+secondEvent)
}
