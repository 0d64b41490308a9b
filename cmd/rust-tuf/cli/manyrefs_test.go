package cli

import (
	"fmt"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
)

// Long work says what it does before it does it, and short work says nothing.
func TestSignSaysWhatTakesLong(t *testing.T) {
	t.Parallel()
	s := play(t, "second-open", "alice")
	alice := s.people["alice"]
	const words = "Looking for earlier signatures by your key on"
	shown := alice.answers(t, reply{signRoot.prompt, "no"})
	s.exits(t, alice, exit.Other, []string{"sign"})
	if strings.Contains(shown.String(), words) {
		t.Errorf("a few branches are a matter of course:\n%s", shown)
	}
	for i := range manyRefs {
		if _, err := s.git("maintainer", s.remote(), "branch", fmt.Sprintf("other/%d", i), "main"); err != nil {
			t.Fatal(err)
		}
	}
	shown = alice.answers(t, reply{signRoot.prompt, "no"})
	s.exits(t, alice, exit.Other, []string{"sign"})
	if !strings.Contains(shown.String(), words+" 5") {
		t.Errorf("nothing is said:\n%s", shown)
	}
}
