package cli

import (
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
	"github.com/rust-lang/rust-tuf/verify"
)

// A rotation as every signer reads it: two members leave, two join, the
// threshold stays. The same words with a pin and without; only whose word was
// taken differs.
func TestReviewRotation(t *testing.T) {
	t.Parallel()
	s := play(t, "second-open", "alice", "heidi")
	pinned := s.exits(t, s.people["alice"], exit.Done, []string{"review"})
	s.golden(t, "review-rotation.golden", pinned)
	basis, rest, _ := strings.Cut(pinned, "\n")
	if want := "Judged from the root that this machine pinned (signed root version 1, 2026-11-22 12:00 UTC)."; basis != want {
		t.Errorf("the basis is %q, want %q", basis, want)
	}
	out := s.exits(t, s.people["heidi"], exit.Done, []string{"review", secondEvent})
	basis, unpinned, _ := strings.Cut(out, "\n")
	if want := "Judged from the repository's own first root: this machine has no pinned root (`rust-tuf trust init` makes one)."; basis != want {
		t.Errorf("the basis is %q, want %q", basis, want)
	}
	if unpinned != rest {
		t.Errorf("with a pin\n%s\nwithout\n%s", rest, unpinned)
	}
	// The digest that is shown is that of the bytes to be signed.
	doc := s.head(t).Open[0].Payload("root").Document
	if !strings.Contains(strings.Join(strings.Fields(out), " "), verify.DigestOf(doc.Signed()).Groups()) {
		t.Errorf("the digest %s is not in\n%s", doc.Digest().Groups(), out)
	}
}

func TestReviewOfOneEvent(t *testing.T) {
	t.Parallel()
	s := play(t, "genesis-open", "alice")
	alice := s.people["alice"]
	s.exits(t, alice, exit.Done, []string{"review"}, "No root is published yet: there is nothing to judge by but the event itself.", "[1 of 2]", "[2 of 2]", "Next: those who are missing run `rust-tuf sign`")
	s.exits(t, alice, exit.Rejected, []string{"review", "second"}, `no event "second"`, "open events: "+firstEvent)
	s = play(t, "genesis-done", "alice")
	s.exits(t, s.people["alice"], exit.Done, []string{"review"}, "No event is open.")
	s.exits(t, s.people["alice"], exit.Rejected, []string{"review", firstEvent}, "event closed")
	s = play(t, "second-ready", "alice")
	s.exits(t, s.people["alice"], exit.Done, []string{"review"}, "Next: a maintainer publishes it with `rust-tuf complete "+secondEvent+"`")
}
