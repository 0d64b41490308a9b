//go:build unix

package cli

import "testing"

// A kill at any call of git leaves the clone, the remote and this machine as
// they were.
func TestRehearseKilled(t *testing.T) {
	t.Parallel()
	s := play(t, "second-open", "alice")
	alice := s.people["alice"]
	checkout, remote, outcome := s.checkout(t, alice), s.remoteState(t), s.outcome(t, alice)
	killed, digest := 0, s.firstDigest(t)
	for n := 1; s.runKilled(t, alice, digest, n, "after", "rehearse"); n++ {
		killed = n
		if s.checkout(t, alice) != checkout || s.remoteState(t) != remote || s.outcome(t, alice) != outcome {
			t.Fatalf("killed after call %d: something is left behind", n)
		}
	}
	if killed < 3 {
		t.Errorf("git was called only %d times; is it still the git of the test?", killed)
	}
	if s.checkout(t, alice) != checkout || s.remoteState(t) != remote {
		t.Error("a whole run left something behind")
	}
}
