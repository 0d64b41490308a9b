//go:build cgo && !nopiv && linux

package cli

import (
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
)

// A key that the root of another repository lists, as this machine trusts it,
// is not destroyed for a new repository, nor offered to it.
func TestEnrolKeepsTheKeyOfAnotherRepository(t *testing.T) {
	s, judy, world, c := judyAtDesk(t)
	judy.env.Attestation = testRoots(t, world)
	s.listsTheCard(t, judy, world, c)
	s.exits(t, judy, exit.Done, []string{"status"}) // moves the pin to root 2
	pin, err := judy.pinOf(s)
	if err != nil || pin.Version != 2 {
		t.Fatalf("%+v, %v", pin, err)
	}

	other := play(t, "gathered")
	const id = "ffeeddccbbaa99887766554433221100"
	other.policySays(t, pin.Repository, id)
	there, err := other.enter("judy")
	if err != nil {
		t.Fatal(err)
	}
	there.withCards().env.Home, there.env.Attestation = judy.env.Home, judy.env.Attestation
	before, _ := pemOf(c)
	there.answers(t)
	other.unchanged(t, func() {
		other.exits(t, there, exit.Rejected, []string{"member", "enrol", "judy", "--affiliation", "a", "--country", "b"},
			"slot 9c of YubiKey 5200042 holds a key that is still listed by root version 2 of repository "+pin.Repository+", which this machine trusts; it is never overwritten")
	})
	if after, _ := pemOf(c); string(after) != string(before) {
		t.Error("the key was replaced")
	}
	// Whoever insists on it is told.
	c.ClearLog()
	shown := there.answers(t, reply{"To agree, type the card's serial number", "5200042"}, reply{"PIN of YubiKey 5200042", cardPIN}, reply{"PIN of YubiKey 5200042", cardPIN})
	other.exits(t, there, exit.Done, []string{"member", "enrol", "judy", "--existing", "--affiliation", "a", "--country", "b"})
	if !strings.Contains(shown.String(), "Warning: root version 2 of repository "+pin.Repository+", which this machine trusts, lists this key too: ") {
		t.Errorf("shown:\n%s\n%s", shown, there.err)
	}
}
