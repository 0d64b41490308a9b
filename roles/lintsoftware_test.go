package roles

import "testing"

// TestKeyTakenOffItsCard: no exception for files covers a key that the policy in
// force has on a card, on a signer's machine neither.
func TestKeyTakenOffItsCard(t *testing.T) {
	before := nine().declare(t)
	inForce := map[string]*Charter{Root: mustCharter(t, before, Root), Targets: mustCharter(t, before, Targets)}
	r := excuse(t, software(t, nine()), "software-key", Root, Targets)
	c := r.charter(t, Root)
	for name, p := range map[string]Proposal{
		"proposed": {Declaration: r.declare(t), InForce: inForce, Opened: opened},
		"signed":   {Charters: map[string]*Charter{Root: c}, InForce: inForce, Opened: opened},
	} {
		found := lint(t, p)
		w := want{"software-key", Root, Refused, []string{"the key alice/main is on card 1000 by the policy in force, and alice/main of root is said to lie in a file", "a key that a card made stays there"}}
		if !w.in(found) {
			t.Errorf("%s:\n%s", name, show(found))
		}
	}
	// Another key in a file is what the exception is for.
	other := excuse(t, nine(), "software-key", Root, Targets).edit(t, "alice", "kind = \"piv\"\nserial = 1000\nslot = \"9c\"", `kind = "software"`)
	other.edit(t, "alice", public(p256("alice")).PEM(), public(p256("alice again")).PEM())
	if found := refusals(lint(t, Proposal{Declaration: other.declare(t), InForce: inForce, Opened: opened})); len(found) > 0 {
		t.Errorf("%s", show(found))
	}
}
