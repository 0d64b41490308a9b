package cli

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/metadata/forge"
)

// fromFork gives somebody a repository of their own, from which their pull
// requests come.
func (h *memoryHub) fromFork(t *testing.T, a *actor) {
	t.Helper()
	dir := h.s.dir + "/" + a.name + "-fork.git"
	for _, args := range [][]string{
		{"clone", "--quiet", "--bare", h.s.remote(), dir},
		{"-C", a.clone, "remote", "rename", "origin", "upstream"},
		{"-C", a.clone, "remote", "add", "origin", dir},
	} {
		if _, err := h.s.git(a.name, h.s.dir, args...); err != nil {
			t.Fatal(err)
		}
	}
	h.s.appears(t, a, "upstream", "https://"+hubAddress.String()+".git")
	h.s.appears(t, a, "origin", "https://github.com/"+a.name+"/tuf-root.git")
	a.env.Forges = h.forges
}

// Nine members sign from forks, all at once, in random order; the machine
// merges what the event needs, thanks the others, and proposes the completion. Between the proposal and the
// merge of the completion no maintainer does anything.
func TestNobodyActsBetweenProposalAndCompletion(t *testing.T) {
	t.Parallel()
	s := play(t, "genesis-open")
	m := s.maintainer
	h := newHub(t, s, m)
	order := append([]string{}, demoQuorum...)
	rand.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
	t.Logf("in this order: %s", strings.Join(order, ", "))
	for _, name := range order {
		h.fromFork(t, s.people[name])
	}
	if err := s.together(order, func(a *actor) error {
		_, err := s.must(a, "sign")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if len(h.pulls) != 18 { // root and targets
		t.Fatalf("%d pull requests", len(h.pulls))
	}
	s.exits(t, m, exit.Done, []string{"gate", "--merge"}, "Event "+firstEvent+" has all its signatures. Its completion is on branch complete/"+firstEvent)
	if len(h.merged) != 10 || len(h.closed) != 8 || len(h.pulls) != 1 || h.pulls[0].Branch != "complete/"+firstEvent {
		t.Fatalf("merged %q; closed %q; open %+v", h.merged, h.closed, h.pulls)
	}
	if v := h.verdicts[h.pulls[0].Head]; v.State != forge.Success || v.Name != "rust-tuf/gate" || !strings.Contains(v.Summary, "a person decides") {
		t.Errorf("the completion: %+v", v)
	}
	// Once more changes nothing.
	s.unchanged(t, func() { s.exits(t, m, exit.Done, []string{"gate", "--merge"}) })
	// The one thing that a person does.
	if err := s.merge("complete/" + firstEvent); err != nil {
		t.Fatal(err)
	}
	h.pulls = nil
	s.exits(t, m, exit.Done, []string{"status"}, "root version 1: 5 of 9 must sign")
	s.exits(t, m, exit.Done, []string{"gate", "--merge"}, "No pull request is open.")
}

// pulled opens a pull request with a change.
func (h *memoryHub) pulled(t *testing.T, branch string, ch metadata.Change) {
	t.Helper()
	h.s.pull(t, branch, ch)
	if _, err := h.Open(t.Context(), forge.Proposal{From: hubAddress.Path, Branch: branch, Base: "main", Title: branch}); err != nil {
		t.Fatal(err)
	}
}

// What a maintainer reads of a run of the gate, and what stands at each pull
// request. Only signatures are merged.
func TestSignaturePullRequestsAreAcceptedByMachine(t *testing.T) {
	t.Parallel()
	s := play(t, "second-open", "alice")
	alice, m := s.people["alice"], s.maintainer
	h := newHub(t, s, m, alice)
	_, file, path := s.signedBy(t, "alice")
	h.pulled(t, "readme", put("README.md", []byte("A demo, and more.\n")))
	forged := *file
	forged.Sig = append([]byte{}, file.Sig...)
	forged.Sig[20] ^= 1
	h.pulled(t, "forged", put(strings.Replace(path, file.KeyID, file.KeyID, 1), forged.Bytes()))
	h.pulled(t, "far-behind", put("rust-tuf.toml", []byte("format = 1\n")))
	dry := s.exits(t, m, exit.Done, []string{"gate", "--merge", "--dry-run"})
	if len(h.merged)+len(h.reports)+len(h.verdicts) != 0 || !strings.Contains(dry, "Nothing was written or merged (dry run).") {
		t.Errorf("a dry run did something: %+v", h)
	}
	out := s.exits(t, m, exit.Done, []string{"gate", "--merge"})
	short := regexp.MustCompile(`\b[0-9a-f]{12}\b`) // the forge's commits are made by the real clock
	s.golden(t, "gate-run.golden", short.ReplaceAllString(dry+"--- and then ---\n"+out, "<COMMIT>"))
	if len(h.merged) != 1 || !strings.HasPrefix(h.merged[0], "sign: root version 2 by alice (#") {
		t.Errorf("merged %q", h.merged)
	}
	for _, pull := range h.pulls {
		v, report := h.verdicts[pull.Head], h.reports[fmt.Sprintf("%d gate", pull.Number)]
		want := forge.Failure
		if pull.Branch == "readme" {
			want = forge.Success
		}
		if v.State != want || v.Name != "rust-tuf/gate" || !strings.HasPrefix(report, "### ") {
			t.Errorf("%s: %+v\n%s", pull.Branch, v, report)
		}
	}
	// Without --merge nothing is merged.
	s.exits(t, m, exit.Done, []string{"gate"})
	if len(h.merged) != 1 {
		t.Errorf("merged %q", h.merged)
	}
}

// An edit from which no event could be proposed is merged by nobody who has not
// been told so.
func TestGateTellsOfAnEditThatBlocks(t *testing.T) {
	t.Parallel()
	s := play(t, "genesis-done")
	m := s.maintainer
	h := newHub(t, s, m)
	policy, err := s.head(t).Tree().Read(metadata.PolicyFile)
	if err != nil {
		t.Fatal(err)
	}
	h.pulled(t, "lower", put(metadata.PolicyFile, []byte(strings.Replace(string(policy), "threshold = 5", "threshold = 1", 1))))
	s.exits(t, m, exit.Done, []string{"gate"}, "it may be merged, but no event can be proposed from it", "next, for its author: mend what the rules would refuse")
	if v := h.verdicts[h.pulls[0].Head]; v.State != forge.Success || !strings.Contains(v.Summary, "no event can be proposed from it") {
		t.Errorf("%+v", v)
	}
}

// What the forge made is looked at afterwards: somebody who can change what is
// merged is found out.
func TestGateLooksAtWhatWasMade(t *testing.T) {
	t.Parallel()
	s := play(t, "second-open", "alice", "bob")
	alice, m := s.people["alice"], s.maintainer
	h := newHub(t, s, m, alice, s.people["bob"])
	h.opens(t, "readme", "origin/main", entry{"100644", "docs/1.md", "x"}) // judged again after the merge
	s.signedBy(t, "alice")
	s.signedBy(t, "bob")
	h.tamper = func(string, int) string {
		return h.git("rev-parse", "refs/heads/main^{tree}") // nothing was added
	}
	s.exits(t, m, exit.Rejected, []string{"gate", "--merge", "--raise"}, "what the forge made of a merge", "is not what was judged", "stop the gate, look at the commit")
	if !strings.Contains(h.issues["job/gate"], "is not what was judged") {
		t.Errorf("no issue: %q", h.issues)
	}
	if len(h.merged) != 1 {
		t.Errorf("it went on merging: %q", h.merged)
	}
	h.tamper = nil
	s.exits(t, m, exit.Done, []string{"gate", "--merge", "--raise"})
	if len(h.issues) != 0 {
		t.Errorf("the issue stays: %q", h.issues)
	}
}

// Something else that is merged at the same moment stops nothing.
func TestGateBesideOtherMerges(t *testing.T) {
	t.Parallel()
	s := play(t, "second-open", "alice")
	alice, m := s.people["alice"], s.maintainer
	h := newHub(t, s, m, alice)
	s.signedBy(t, "alice")
	s.pull(t, "readme", put("README.md", []byte("A demo, and more.\n")))
	h.before = func(operation string, _ int) {
		if operation == "merge" {
			h.before = nil
			h.git("update-ref", "refs/heads/main", "refs/heads/readme")
		}
	}
	s.exits(t, m, exit.Done, []string{"gate", "--merge"}, "merged as")
}

// Pushed to while the gate looks: it is judged again, and what was judged is
// never taken for what came after.
func TestGateHeadMoves(t *testing.T) {
	t.Parallel()
	s := play(t, "second-open", "alice")
	alice, m := s.people["alice"], s.maintainer
	h := newHub(t, s, m, alice)
	branch, _, _ := s.signedBy(t, "alice")
	s.pull(t, "evil", put("README.md", []byte("evil\n")))
	moved := h.git("commit-tree", h.git("merge-tree", "--write-tree", branch, "evil"), "-p", branch, "-m", "more")
	h.before = func(operation string, number int) {
		if operation == "merge" {
			h.before = nil
			h.git("update-ref", fmt.Sprintf("refs/pull/%d/head", number), moved)
			h.pulls[0].Head = commitOf(moved)
		}
	}
	out := s.exits(t, m, exit.Done, []string{"gate", "--merge"}, "not to be merged")
	if len(h.merged) != 0 {
		t.Errorf("merged %q\n%s", h.merged, out)
	}
}

// A forge that cannot be asked, or fails on the way, is told from a verdict; what
// was done stays done.
func TestGateRefused(t *testing.T) {
	t.Parallel()
	s := play(t, "second-open", "alice")
	alice, m := s.people["alice"], s.maintainer
	s.exits(t, m, exit.Other, []string{"gate"}, "is on no forge whose pull requests can be read and merged from here, or there is no token for it", "docs/forges.md")
	h := newHub(t, s, m, alice)
	s.signedBy(t, "alice")
	for operation, err := range map[string]error{"list": &forge.OutageError{}, "report": &forge.PermissionError{}, "judge": errors.New("no"), "merge": &forge.UnmergeableError{}} {
		h.fails = map[string]error{operation: err}
		s.exits(t, m, exit.Other, []string{"gate", "--merge"}, err.Error())
		if len(h.merged) != 0 {
			t.Fatalf("%s: merged %q", operation, h.merged)
		}
	}
	h.fails = nil
	s.exits(t, m, exit.Done, []string{"gate", "--merge"}, "merged as")
}
