package cli

import (
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
)

// Nine signers, nine branches: each of the 36 pairs merges without a conflict,
// in either order, to the same tree, which holds both signatures and nothing
// else that is new.
func TestSignaturesInParallelNeverConflict(t *testing.T) {
	t.Parallel()
	s := play(t, "genesis-open")
	if err := s.together(demoQuorum, func(a *actor) error {
		_, err := s.must(a, "sign")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	git := func(args ...string) string {
		t.Helper()
		out, err := s.git("maintainer", s.remote(), args...)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	branches := s.branchesOf(t, s.remote(), "sign/"+firstEvent+"/root/")
	if len(branches) != len(demoQuorum) {
		t.Fatalf("branches: %v", branches)
	}
	files := make([]string, len(branches))  // what each adds
	merged := make([]string, len(branches)) // the default branch with each alone
	for i, b := range branches {
		files[i] = git("diff", "--name-status", "main", b)
		if strings.Count(files[i], "\n") != 0 || !strings.HasPrefix(files[i], "A\tevents/"+firstEvent+"/signatures/root/") {
			t.Fatalf("%s does\n%s", b, files[i])
		}
		merged[i] = git("commit-tree", "-p", "main", "-p", b, "-m", "merge", git("merge-tree", "--write-tree", "main", b))
	}
	pairs := 0
	for i := range branches {
		for j := range i {
			one := git("merge-tree", "--write-tree", merged[i], branches[j])
			other := git("merge-tree", "--write-tree", merged[j], branches[i])
			if one != other {
				t.Errorf("%s and %s merge to %s, or to %s in the other order", branches[i], branches[j], one, other)
			}
			got := strings.Fields(git("diff", "--name-status", "main", one))
			want := strings.Fields(files[i] + "\n" + files[j])
			if len(got) != 4 || !(got[1] == want[1] && got[3] == want[3] || got[1] == want[3] && got[3] == want[1]) {
				t.Errorf("%s and %s together do %v", branches[i], branches[j], got)
			}
			pairs++
		}
	}
	if pairs != 36 {
		t.Errorf("%d pairs", pairs)
	}
	// And with real merges into a real branch, one after the other.
	if err := s.merge(branches...); err != nil {
		t.Fatal(err)
	}
	s.exits(t, s.maintainer, exit.Done, []string{"status"}, "met, 5 needed, 9 signed (alice, bob, carol, dave, erin, frank, grace, heidi, ivan)")
}
