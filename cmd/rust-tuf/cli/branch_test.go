package cli

import (
	"errors"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/metadata/git"
)

// The branch that a command would make is there already. It is taken for this
// command's own only if its whole difference to the default branch is the
// change; a branch with the signature and one file more is not.
func TestBranchThatHoldsMore(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		ours  bool
		makes func(t *testing.T, s *stage, repo *git.Repo, signed git.Commit) git.Commit
	}{
		{"the same", true, func(_ *testing.T, _ *stage, _ *git.Repo, signed git.Commit) git.Commit { return signed }},
		{"one file more", false, func(t *testing.T, s *stage, repo *git.Repo, signed git.Commit) git.Commit {
			return s.on(t, repo, signed, put("README.md", []byte("by the way\n")))
		}},
		{"one file more, below the signature", false, func(t *testing.T, s *stage, repo *git.Repo, signed git.Commit) git.Commit {
			evil := s.on(t, repo, s.mainOf(t, repo), put("README.md", []byte("by the way\n")))
			return s.onlyFile(t, repo, evil, signed)
		}},
		{"one file less", false, func(t *testing.T, s *stage, repo *git.Repo, signed git.Commit) git.Commit {
			return s.on(t, repo, signed, metadata.Change{Delete: []string{"README.md"}})
		}},
		{"another signature", false, func(t *testing.T, s *stage, repo *git.Repo, signed git.Commit) git.Commit {
			path, file := s.signatureOn(t, repo, signed)
			return s.on(t, repo, s.mainOf(t, repo), put(path, append(file, '\n')))
		}},
		{"one commit more that changes nothing", true, func(t *testing.T, s *stage, repo *git.Repo, signed git.Commit) git.Commit {
			more := s.on(t, repo, signed, put("README.md", []byte("by the way\n")))
			return s.on(t, repo, more, put("README.md", []byte("A demo.\n")))
		}},
		{"brought up to date by the forge", true, func(t *testing.T, s *stage, repo *git.Repo, signed git.Commit) git.Commit {
			s.elsewhere(t)
			return s.updated(t, signed, s.mainOf(t, repo))
		}},
		{"on an older default branch", true, func(t *testing.T, s *stage, _ *git.Repo, signed git.Commit) git.Commit {
			s.elsewhere(t)
			return signed
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := play(t, "second-open", "alice")
			alice := s.people["alice"]
			alice.answers(t, signRoot, passphrase)
			s.exits(t, alice, exit.Done, []string{"sign"})
			branch := s.branchesOf(t, s.remote(), "sign/")[0]
			repo := gitOf(t, s.maintainer)
			signed, err := repo.Fetch(s.ctx, "origin", branch)
			if err != nil {
				t.Fatal(err)
			}
			path, file := s.signatureOn(t, repo, signed)
			there := test.makes(t, s, repo, signed)
			if err := repo.Push(s.ctx, "origin", there, "attack", ""); err != nil {
				t.Fatal(err)
			}
			if _, err := s.git("alice", s.remote(), "branch", "--force", "--move", "attack", branch); err != nil {
				t.Fatal(err)
			}
			run := s.signing(t, alice)
			got, err := run.w.pushBranch(s.ctx, run.w.head, put(path, file), "sign", branch, s.now.AddDate(0, 0, 1))
			var taken *BranchTakenError
			switch {
			case test.ours && (err != nil || got != there):
				t.Errorf("%s, %v; want %s", got, err, there)
			case !test.ours && (!errors.As(err, &taken) || taken.Branch != branch || taken.Found != there):
				t.Errorf("%T: %v", err, err)
			}
			if test.name == "one file more" {
				alice.answers(t, reply{"Try again?", "no"})
				s.unchanged(t, func() {
					s.exits(t, alice, exit.Other, []string{"sign"}, "branch "+branch+" of origin exists already", "holds something else", "git push origin --delete "+branch)
				})
			}
		})
	}
}

// on commits a change on top of a commit.
func (s *stage) on(t *testing.T, repo *git.Repo, parent git.Commit, ch metadata.Change) git.Commit {
	t.Helper()
	commit, err := repo.Commit(s.ctx, parent, ch, "more", s.now)
	if err != nil {
		t.Fatal(err)
	}
	return commit
}

// onlyFile puts the signature that one commit holds on top of another.
func (s *stage) onlyFile(t *testing.T, repo *git.Repo, parent, signed git.Commit) git.Commit {
	t.Helper()
	path, file := s.signatureOn(t, repo, signed)
	return s.on(t, repo, parent, put(path, file))
}

// updated merges one commit into another, as a forge does.
func (s *stage) updated(t *testing.T, ours, theirs git.Commit) git.Commit {
	t.Helper()
	git := func(args ...string) string {
		t.Helper()
		out, err := s.git(s.maintainer.name, s.maintainer.clone, args...)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	tree := git("merge-tree", "--write-tree", string(ours), string(theirs))
	return commitOf(git("commit-tree", tree, "-p", string(ours), "-p", string(theirs), "-m", "update branch"))
}

func (s *stage) mainOf(t *testing.T, repo *git.Repo) git.Commit {
	t.Helper()
	head, err := repo.Fetch(s.ctx, "origin", "main")
	if err != nil {
		t.Fatal(err)
	}
	return head
}

// signatureOn is the one signature of the open event in a commit.
func (s *stage) signatureOn(t *testing.T, repo *git.Repo, at git.Commit) (path string, file []byte) {
	t.Helper()
	tree, err := repo.Tree(s.ctx, at)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range tree.Entries() {
		if strings.HasPrefix(e.Path, metadata.EventsDir) && strings.Contains(e.Path, "/signatures/") {
			path = e.Path
		}
	}
	if file, err = tree.Read(path); err != nil {
		t.Fatal(err)
	}
	return path, file
}
