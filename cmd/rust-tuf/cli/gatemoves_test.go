package cli

import (
	"fmt"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
	"github.com/rust-lang/rust-tuf/metadata/forge"
	"github.com/rust-lang/rust-tuf/metadata/git"
)

// A head that cannot be fetched is listed as not judged, is an error, and keeps no
// verdict of an earlier run; the others are judged.
func TestGateHeadThatCannotBeFetched(t *testing.T) {
	t.Parallel()
	s := play(t, "second-open", "alice")
	alice, m := s.people["alice"], s.maintainer
	h := newHub(t, s, m, alice)
	h.opens(t, "elsewhere", "origin/main", entry{"100644", "docs/1.md", "x"})
	h.opens(t, "damaged", "origin/main", entry{"100644", "docs/2.md", "x"})
	s.exits(t, m, exit.Done, []string{"gate", "--merge"})
	h.becomes(t, 2, h.object(t, "tree", "100644 x")) // which the remote cannot even send
	h.pulls[0].Head = commitOf(strings.Repeat("a", 40))
	s.signedBy(t, "alice")
	if err := run(s.ctx, []string{"gate"}, m.env); !is[*UnfetchedError](err) {
		t.Errorf("%T: %v", err, err)
	}
	out := s.exits(t, m, exit.Other, []string{"gate", "--merge", "--raise"},
		"#1 elsewhere: not judged\n    not judged: its head is aaaaaaaaaaaa by the forge's list and ", "#2 damaged: not judged", "could not be fetched: git fetch, remote origin", "closing the pull request lets the others go on")
	if len(h.merged) != 1 || !strings.Contains(h.issues["job/gate"], "pull request #1: not judged") || strings.Contains(out, "No pull request is open") {
		t.Errorf("merged %q, issues %q", h.merged, h.issues)
	}
	for _, pull := range h.pulls {
		if v := h.verdicts[pull.Head]; v.State != forge.Broken || v.Summary != "not judged: its commits could not be fetched" {
			t.Errorf("%s: %+v", pull.Title, v)
		}
	}
	h.pulls = nil // a maintainer closes both
	s.exits(t, m, exit.Done, []string{"gate", "--merge", "--raise"}, "No pull request is open.")
	if len(h.issues) != 0 {
		t.Errorf("%q", h.issues)
	}
}

// Only the heads of what is open are fetched: what is closed may hold anything.
func TestGateFetchesOpenHeadsOnly(t *testing.T) {
	t.Parallel()
	s := play(t, "second-open", "alice")
	m := s.maintainer
	h := newHub(t, s, m)
	h.opens(t, "closed", "origin/main", entry{"100644", "big.bin", "closed"})
	h.opens(t, "open", "origin/main", entry{"100644", "docs/1.md", "open"})
	shut, open := h.pulls[0].Head, h.pulls[1].Head
	h.closes(t, "hide/closed")
	h.git("update-ref", "-d", "refs/heads/hide/closed")
	if _, err := s.git(m.name, s.dir, "clone", "--quiet", "--no-local", s.remote(), s.dir+"/fresh"); err != nil {
		t.Fatal(err)
	}
	m.clone, m.env.Dir = s.dir+"/fresh", s.dir+"/fresh"
	s.appears(t, m, "origin", "https://"+hubAddress.String())
	s.exits(t, m, exit.Done, []string{"gate", "--merge"}, "#2 open: a person decides")
	if _, err := s.git(m.name, m.clone, "cat-file", "-e", string(open)); err != nil {
		t.Error(err)
	}
	if _, err := s.git(m.name, m.clone, "cat-file", "-e", string(shut)); err == nil {
		t.Error("the head of a closed pull request was fetched")
	}
}

// What was judged before the machine's own merges is judged again after them: here
// they make a proposal one that leaves a signature behind. Each verdict names what it
// was judged against, and one that is as it was is not written again.
func TestGateVerdictsAreOfTheLastState(t *testing.T) {
	t.Parallel()
	s := play(t, "second-open", "alice")
	alice, m := s.people["alice"], s.maintainer
	h := newHub(t, s, m, alice)
	s.exits(t, m, exit.Done, []string{"propose", "--why", "start over", "--renew", "root", "--supersede", secondEvent, "--name", "again"})
	s.signedBy(t, "alice")
	h.opens(t, "readme", "origin/main", entry{"100644", "docs/1.md", "x"})
	s.exits(t, m, exit.Done, []string{"gate", "--merge"}, "merged as", ": not to be merged", "readme: a person decides")
	if len(h.merged) != 1 {
		t.Fatalf("merged %q", h.merged)
	}
	short := git.Commit(h.git("rev-parse", "main")).Short()
	for _, pull := range h.pulls {
		v, want := h.verdicts[pull.Head], forge.Success
		if pull.Branch == "event/again" {
			want = forge.Failure
		}
		if v.State != want || !strings.HasSuffix(v.Summary, "; judged against main at "+short) {
			t.Errorf("%s: %+v", pull.Branch, v)
		}
	}
	before := h.statuses
	for range 2 {
		s.exits(t, m, exit.Done, []string{"gate", "--merge"})
	}
	if h.statuses != before {
		t.Errorf("%d statuses were written again", h.statuses-before)
	}
}

// The branch of a fork is rebased, its history rewritten, between the judgement and
// the merge: nothing of what was judged is merged, and what is there now is judged.
func TestGateBranchIsRebased(t *testing.T) {
	t.Parallel()
	s := play(t, "second-open", "alice")
	alice, m := s.people["alice"], s.maintainer
	h := newHub(t, s, m)
	h.fromFork(t, alice)
	alice.answers(t, signRoot, passphrase)
	s.exits(t, alice, exit.Done, []string{"sign"})
	signed := h.git("rev-parse", "refs/pull/1/head")
	s.elsewhere(t) // the default branch goes on
	onto := func(tree string) string {
		return h.git("commit-tree", tree, "-p", h.git("rev-parse", "main"), "-m", "rebased")
	}
	good := onto(h.git("merge-tree", "--write-tree", "main", signed))
	evil := onto(h.git("rev-parse", "main~1^{tree}")) // takes back what the default branch had gained
	for name, head := range map[string]string{"evil": evil, "good": good} {
		h.pushed(t, 1, signed)
		h.before = func(operation string, number int) {
			if operation == "merge" {
				h.before = nil
				h.pushed(t, number, head)
			}
		}
		s.exits(t, m, exit.Done, []string{"gate", "--merge"}, map[string]string{"evil": "#1 sign: root version 2 by alice: not to be merged", "good": "merged as"}[name])
		if h.before != nil || (len(h.merged) == 1) != (name == "good") {
			t.Fatalf("%s: merged %q", name, h.merged)
		}
		if name == "good" {
			break
		}
	}
}

// A pull request by the machine's own account is judged as everybody's: the account
// can write, so what it opens may be what somebody with a workflow made of it.
func TestGateTrustsNotItsOwnAccount(t *testing.T) {
	t.Parallel()
	s := play(t, "second-ready", "alice")
	m := s.maintainer
	h := newHub(t, s, m)
	s.exits(t, m, exit.Done, []string{"gate", "--merge"})
	done := h.pulls[0]
	h.opens(t, "policy", "origin/main", entry{"100644", "rust-tuf.toml", "format = 1\n"})
	h.opens(t, "readme", "origin/main", entry{"100644", "docs/1.md", "x"})
	h.opens(t, "more", string(done.Head), entry{"100644", "metadata/9.root.json", "{}"})
	s.exits(t, m, exit.Done, []string{"gate", "--merge"})
	if len(h.merged) != 0 || len(h.pulls) != 4 {
		t.Errorf("merged %q, open %+v", h.merged, h.pulls)
	}
	for _, pull := range h.pulls {
		want := map[string]forge.State{"policy": forge.Failure, "more": forge.Failure}[pull.Title]
		if want == "" {
			want = forge.Success // and a person decides
		}
		if v := h.verdicts[pull.Head]; pull.Author != machineLogin || v.State != want || want == forge.Success && !strings.Contains(v.Summary, "a person decides") {
			t.Errorf("%s by %s: %+v", pull.Title, pull.Author, v)
		}
	}
}

// The default branch gets another name while the gate runs: nothing is merged into
// what it was, and what is open is judged against what it is now.
func TestGateDefaultBranchIsRenamed(t *testing.T) {
	t.Parallel()
	s := play(t, "second-open", "alice")
	alice, m := s.people["alice"], s.maintainer
	h := newHub(t, s, m, alice)
	s.signedBy(t, "alice")
	h.opens(t, "readme", "origin/main", entry{"100644", "docs/1.md", "x"})
	old := h.git("rev-parse", "main")
	rename := func(from, to string) {
		h.git("update-ref", "refs/heads/"+to, h.git("rev-parse", "refs/heads/"+from))
		h.git("symbolic-ref", "HEAD", "refs/heads/"+to)
		h.git("update-ref", "-d", "refs/heads/"+from)
		for i := range h.pulls {
			h.pulls[i].Base = to // as the forge does
		}
	}
	h.before = func(operation string, _ int) {
		if operation == "judge" {
			h.before = nil
			rename("main", "trunk")
		}
	}
	s.exits(t, m, exit.Done, []string{"gate", "--merge"}, "Read from branch trunk of origin", "merged as")
	if len(h.merged) != 1 || h.git("rev-parse", "trunk~1") != old {
		t.Errorf("merged %q", h.merged)
	}
	// One that is renamed each time is given up, with nothing done.
	h.merged = nil
	n := 0
	h.before = func(operation string, _ int) {
		if operation == "list" {
			n++
			rename(strings.TrimPrefix(h.git("symbolic-ref", "HEAD"), "refs/heads/"), fmt.Sprintf("trunk-%d", n))
		}
	}
	s.exits(t, m, exit.Other, []string{"gate", "--merge"}, "has no branch", "lists the branches that it has")
	if n > 2*maxGateRounds || len(h.merged) != 0 {
		t.Errorf("%d lists, merged %q", n, h.merged)
	}
}
