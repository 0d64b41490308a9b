package cli

import (
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/signer/trust"
)

// signedOnce asserts that an actor's machine recorded one signature on root
// version 2, and that this is the one on the remote.
func signedOnce(t *testing.T, s *stage, name string) {
	t.Helper()
	repo := s.head(t)
	id, err := repo.UnverifiedID()
	if err != nil {
		t.Fatal(err)
	}
	home, err := trust.Open(s.people[name].env.Home)
	if err != nil {
		t.Fatal(err)
	}
	ledger, err := home.Ledger(id)
	if err != nil {
		t.Fatal(err)
	}
	entries := ledger.Find("root", 2)
	if len(entries) != 1 || entries[0].File == nil {
		t.Fatalf("the ledger holds %d entries for root version 2", len(entries))
	}
	branches, err := s.branches("sign/" + secondEvent + "/")
	if err != nil || len(branches) != 1 {
		t.Fatalf("branches: %v, %v", branches, err)
	}
	pushed, err := s.git(name, s.remote(), "show", branches[0]+":events/"+secondEvent+"/signatures/root/"+entries[0].KeyID+".json")
	if err != nil {
		t.Fatal(err)
	}
	if pushed != strings.TrimSpace(string(entries[0].File)) {
		t.Error("what was pushed is not what was recorded: the key was used twice")
	}
}
