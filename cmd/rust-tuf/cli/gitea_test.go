//go:build gitea

package cli

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"path"
	"strings"
	"testing"
	"time"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
	"github.com/rust-lang/rust-tuf/metadata/git"
	"github.com/rust-lang/rust-tuf/tests/giteatest"
)

// atGitea moves what is on the stage to a real Gitea, where the maintainer is rust.
func (s *stage) atGitea(t *testing.T) (*giteatest.Server, *giteatest.User) {
	t.Helper()
	s.declares(t, "gitea")
	server := giteatest.Start(t)
	rust := server.User(t, "rust")
	address := rust.Repository(t, "tuf-root")
	m := s.maintainer
	s.as(m, rust)
	for _, args := range [][]string{{"remote", "set-url", "origin", address}, {"checkout", "--quiet", "main"}} {
		if _, err := s.git(m.name, m.clone, args...); err != nil {
			t.Fatal(err)
		}
	}
	repo := gitOf(t, m)
	head, err := repo.Resolve(t.Context(), "refs/heads/main")
	if err != nil {
		t.Fatal(err)
	}
	if err := repo.Push(t.Context(), "origin", head, "main", ""); err != nil {
		t.Fatal(err)
	}
	rust.Await(t, "tuf-root")
	return server, rust
}

// as makes somebody's git a user at the server.
func (s *stage) as(a *actor, u *giteatest.User) {
	a.env.Git = []git.Option{git.Environ(append(s.environ(a.name), u.Git()...))}
}

// withTokenOf gives somebody's environment a token for a server.
func withTokenOf(a *actor, server *giteatest.Server, token string) {
	env := map[string]string{"GITEA_TOKEN": token, "GITEA_SERVER_URL": server.URL}
	a.env.Forges = forges(func(name string) string { return env[name] }, nil)
}

// deceives opens a pull request that calls itself a signature and deletes everything.
func (s *stage) deceives(t *testing.T, mallory *giteatest.User) {
	t.Helper()
	m := s.maintainer
	tree, err := s.git(m.name, m.clone, "hash-object", "-w", "-t", "tree", "--stdin") // of nothing
	if err != nil {
		t.Fatal(err)
	}
	commit, err := s.git(m.name, m.clone, "commit-tree", strings.TrimSpace(tree), "-p", "main", "-m", "sign: root version 1 by alice")
	if err != nil {
		t.Fatal(err)
	}
	repo, err := git.Open(t.Context(), m.clone, git.Environ(append(s.environ("mallory"), mallory.Git()...)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := repo.Submit(t.Context(), "origin", git.Commit(strings.TrimSpace(commit)), "main", "topic="+path.Join("sign", firstEvent, "root", "alice"), "title=sign: root version 1 by alice"); err != nil {
		t.Fatal(err)
	}
}

// Nine members sign at a real Gitea, all at once, in random order: those with a token
// open their pull requests by the API, the others by a push for review. The machine
// merges what it may and proposes the completion, which is all that a person merges.
func TestGiteaNobodyActsBetweenProposalAndCompletion(t *testing.T) {
	s := play(t, "genesis-open")
	server, rust := s.atGitea(t)
	order := append([]string{}, demoQuorum...)
	rand.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
	t.Logf("in this order: %s", strings.Join(order, ", "))
	for i, name := range order {
		a, u := s.people[name], server.User(t, name, "write:repository")
		s.as(a, u)
		for _, args := range [][]string{
			{"remote", "rename", "origin", "upstream"},
			{"remote", "set-url", "upstream", server.Address("rust", "tuf-root")},
			{"remote", "add", "origin", u.Fork(t, "rust", "tuf-root")},
		} {
			if _, err := s.git(a.name, a.clone, args...); err != nil {
				t.Fatal(err)
			}
		}
		a.env.Forges = forges(func(string) string { return "" }, nil)
		if i%2 == 0 {
			withTokenOf(a, server, u.Token())
		}
	}
	begin := time.Now()
	if err := s.together(order, func(a *actor) error {
		_, err := s.must(a, "sign")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	t.Logf("all have signed after %s", time.Since(begin).Round(time.Second))
	if n := rust.Count(t, "repos/rust/tuf-root/pulls?state=open&limit=50"); n != 18 { // root and targets
		t.Fatalf("%d pull requests", n)
	}
	for _, name := range order {
		if out := s.people[name].out.String(); strings.Count(out, server.URL+"/rust/tuf-root/pulls/") != 2 {
			t.Errorf("%s was not told of two pages:\n%s", name, out)
		}
	}

	// Among them is one that is no signature.
	s.deceives(t, server.User(t, "mallory"))
	m := s.maintainer
	withTokenOf(m, server, rust.NewToken(t, "gate", "write:repository", "write:issue", "read:user"))
	gate := []string{"gate", "--merge", "--raise"}
	begin = time.Now()
	s.exits(t, m, exit.Done, gate, "#19 sign: root version 1 by alice: not to be merged\n", "Event "+firstEvent+" has all its signatures. Its completion is on branch complete/"+firstEvent)
	t.Logf("the gate took %s", time.Since(begin).Round(time.Second))
	if n := rust.Count(t, "repos/rust/tuf-root/pulls?state=closed&limit=50"); n != 18 {
		t.Errorf("%d are closed", n)
	}
	if n := rust.Count(t, "repos/rust/tuf-root/pulls?state=open&limit=50"); n != 2 {
		t.Fatalf("%d are open", n)
	}
	completion := rust.Ask(t, http.MethodGet, "repos/rust/tuf-root/pulls/20", nil)
	if head, _ := completion["head"].(map[string]any); head["ref"] != "complete/"+firstEvent || completion["merged"] != false {
		t.Errorf("%v, merged %v", head["ref"], completion["merged"])
	}
	// Once more changes nothing.
	if out := s.exits(t, m, exit.Done, gate); strings.Contains(out, "merged as") {
		t.Error(out)
	}
	if got := fmt.Sprint(rust.Ask(t, http.MethodGet, "repos/rust/tuf-root/pulls/20", nil)["comments"]); got != "1" {
		t.Errorf("%s reports at the completion", got)
	}
	// The one thing that a person does.
	rust.Ask(t, http.MethodPost, "repos/rust/tuf-root/pulls/20/merge", map[string]any{"do": "merge"})
	s.exits(t, m, exit.Done, []string{"status"}, "root version 1: 5 of 9 must sign")
	if n := rust.Count(t, "repos/rust/tuf-root/pulls?state=open&limit=50"); n != 1 {
		t.Errorf("%d are open", n)
	}
}
