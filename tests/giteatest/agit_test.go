//go:build gitea

package giteatest_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/rust-lang/rust-tuf/metadata/forge"
	"github.com/rust-lang/rust-tuf/metadata/git"
	"github.com/rust-lang/rust-tuf/tests/giteatest"
)

// place is a repository rust/tuf-root at a server, with one commit.
type place struct {
	*giteatest.Server
	dir     string
	rust    *giteatest.User
	address string
}

func newPlace(t *testing.T) *place {
	t.Helper()
	s := giteatest.Start(t)
	p := &place{Server: s, dir: t.TempDir(), rust: s.User(t, "rust")}
	p.address = p.rust.Repository(t, "tuf-root")
	p.git(t, p.rust.Git(), "init", "--quiet", "--initial-branch=main", "first")
	p.git(t, p.rust.Git(), "-C", "first", "commit", "--quiet", "--allow-empty", "--message", "first")
	p.git(t, p.rust.Git(), "-C", "first", "push", "--quiet", p.address, "main")
	p.rust.Await(t, "tuf-root")
	return p
}

// environ is git's environment, with the configuration of a user.
func (p *place) environ(user []string) []string {
	return append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + p.dir, "GIT_CONFIG_GLOBAL=" + filepath.Join(p.dir, "gitconfig"), "GIT_CONFIG_NOSYSTEM=1",
		"GIT_TERMINAL_PROMPT=0", "GIT_AUTHOR_NAME=alice", "GIT_AUTHOR_EMAIL=alice@example.org", "GIT_COMMITTER_NAME=alice", "GIT_COMMITTER_EMAIL=alice@example.org"}, user...)
}

func (p *place) git(t *testing.T, user []string, args ...string) string {
	t.Helper()
	out, err := p.tryGit(t.Context(), user, args...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// tryGit runs git for any goroutine.
func (p *place) tryGit(ctx context.Context, user []string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir, cmd.Env = p.dir, p.environ(user)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("git %s: %w\n%s", strings.Join(args, " "), err, said.String())
	}
	return strings.TrimSpace(string(out)), nil
}

// member is somebody with a clone, who may read the repository and nothing else.
type member struct {
	*giteatest.User
	clone string
	repo  *git.Repo
}

func (p *place) member(t *testing.T, name string) *member {
	t.Helper()
	m := &member{User: p.User(t, name), clone: filepath.Join(p.dir, name)}
	p.git(t, m.Git(), "clone", "--quiet", p.address, m.clone)
	repo, err := git.Open(t.Context(), m.clone, git.Environ(p.environ(m.Git())))
	if err != nil {
		t.Fatal(err)
	}
	m.repo = repo
	return m
}

// commits makes a commit with a file on top of the clone's head.
func (p *place) commits(ctx context.Context, m *member, file string) (git.Commit, error) {
	if err := os.WriteFile(filepath.Join(m.clone, file), []byte(file), 0o600); err != nil {
		return "", err
	}
	for _, args := range [][]string{{"add", file}, {"commit", "--quiet", "--message", "sign: " + file + "\n\nEvent e."}} {
		if _, err := p.tryGit(ctx, m.Git(), append([]string{"-C", m.clone}, args...)...); err != nil {
			return "", err
		}
	}
	head, err := p.tryGit(ctx, m.Git(), "-C", m.clone, "rev-parse", "HEAD")
	return git.Commit(head), err
}

// submits hands a commit in as `rust-tuf sign` does.
func (p *place) submits(ctx context.Context, m *member, c git.Commit, topic string) (int, error) {
	route := forge.RouteOf(forge.Way{Kind: forge.Gitea, Target: p.address, Base: "main", Source: p.address, Branch: topic, Title: "sign: root version 2 by " + m.Name})
	return m.repo.Submit(ctx, "origin", c, route.For, route.Options...)
}

// heads are the pull requests of the repository, by number.
func (p *place) heads(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	for line := range strings.Lines(p.git(t, p.rust.Git(), "ls-remote", p.address, "refs/pull/*/head")) {
		commit, ref, _ := strings.Cut(strings.TrimSpace(line), "\t")
		out[ref] = commit
	}
	return out
}

// A signer without write access pushes for review: one pull request, with their
// title, on the page that was said; again is the same one; more of the same topic
// updates it; something else in its place is refused in words.
func TestGiteaTakesAPushForReview(t *testing.T) {
	p := newPlace(t)
	p.rust.Ask(t, "POST", "repos/rust/tuf-root/branch_protections", map[string]any{"rule_name": "main", "enable_push": false}) // as docs/forges.md has it
	alice := p.member(t, "alice")
	one, err := p.commits(t.Context(), alice, "one")
	if err != nil {
		t.Fatal(err)
	}
	if err := alice.repo.Push(t.Context(), "origin", one, "sign/e/root/alice", ""); err == nil {
		t.Fatal("alice may write, so this test tests nothing")
	}
	for range 2 {
		if n, err := p.submits(t.Context(), alice, one, "sign/e/root/alice"); err != nil || n != 1 {
			t.Fatal(n, err)
		}
	}
	pull := p.rust.Ask(t, "GET", "repos/rust/tuf-root/pulls/1", nil)
	address, _ := forge.ParseAddress(p.address)
	if page := forge.PullRequestPage(address, 1); pull["title"] != "sign: root version 2 by alice" || pull["html_url"] != page || strings.TrimSpace(pull["body"].(string)) != "Event e." {
		t.Errorf("the page is said to be %s; Gitea has %v, %v, %v", page, pull["html_url"], pull["title"], pull["body"])
	}
	two, err := p.commits(t.Context(), alice, "two")
	if err != nil {
		t.Fatal(err)
	}
	if n, err := p.submits(t.Context(), alice, two, "sign/e/root/alice"); err != nil || n != 1 {
		t.Fatal(n, err)
	}
	if got := p.heads(t); len(got) != 1 || got["refs/pull/1/head"] != string(two) {
		t.Errorf("%v", got)
	}
	p.git(t, alice.Git(), "-C", alice.clone, "reset", "--quiet", "--hard", string(one)+"^")
	other, err := p.commits(t.Context(), alice, "other")
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.submits(t.Context(), alice, other, "sign/e/root/alice")
	refusedBy(t, err, "force-push")
	if got := p.heads(t); len(got) != 1 || got["refs/pull/1/head"] != string(two) {
		t.Errorf("%v", got)
	}
	if n, err := p.submits(t.Context(), alice, other, "sign/e/root/alice-2"); err != nil || n != 2 {
		t.Fatal(n, err)
	}
}

// refusedBy asserts a refusal of the remote, in its words.
func refusedBy(t *testing.T, err error, words string) {
	t.Helper()
	var refused *git.RemoteError
	if !errors.As(err, &refused) || !strings.Contains(err.Error(), words) || refused.Hint() == "" {
		t.Errorf("%T: %v", err, err)
	}
}

// Each refusal of the server is one of the remote, with its words and without the
// token.
func TestGiteaRefusesAPush(t *testing.T) {
	p := newPlace(t)
	alice := p.member(t, "alice")
	one, err := p.commits(t.Context(), alice, "one")
	if err != nil {
		t.Fatal(err)
	}
	_, err = alice.repo.Submit(t.Context(), "origin", one, "nowhere", "topic=x")
	refusedBy(t, err, "Internal Server Error (no message for end users)") // whatever the reason
	_, err = alice.repo.Submit(t.Context(), "origin", one, "main")
	refusedBy(t, err, "topic-branch is not set")
	for _, who := range []struct {
		environ []string
		words   string
	}{
		{nil, "could not read Username"}, // reading needs none
		{p.GitAs("alice", strings.Repeat("0", 40)), "could not read Username"},
		{p.GitAs("alice", alice.NewToken(t, "reads", "read:repository")), "The requested URL returned error: 403"},
	} {
		repo, err := git.Open(t.Context(), alice.clone, git.Environ(p.environ(who.environ)))
		if err != nil {
			t.Fatal(err)
		}
		_, err = repo.Submit(t.Context(), "origin", one, "main", "topic=x")
		refusedBy(t, err, who.words)
	}
	p.rust.Ask(t, "PATCH", "repos/rust/tuf-root", map[string]any{"archived": true})
	_, err = p.submits(t.Context(), alice, one, "sign/e/root/alice")
	refusedBy(t, err, "The requested URL returned error: 403")
	if got := p.heads(t); len(got) != 0 {
		t.Errorf("%v", got)
	}
}

// Nine at the same moment each have one pull request with their own commit.
func TestGiteaTakesNineAtOnce(t *testing.T) {
	p := newPlace(t)
	var all []*member
	for _, name := range []string{"alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi", "ivan"} {
		all = append(all, p.member(t, name))
	}
	numbers, commits, failed := make([]int, len(all)), make([]git.Commit, len(all)), make([]error, len(all))
	var done sync.WaitGroup
	for i, m := range all {
		done.Go(func() {
			if commits[i], failed[i] = p.commits(t.Context(), m, m.Name); failed[i] == nil {
				numbers[i], failed[i] = p.submits(t.Context(), m, commits[i], "sign/e/root/"+m.Name)
			}
		})
	}
	done.Wait()
	heads, seen := p.heads(t), map[int]bool{}
	for i, m := range all {
		if failed[i] != nil || seen[numbers[i]] || heads[fmt.Sprintf("refs/pull/%d/head", numbers[i])] != string(commits[i]) {
			t.Errorf("%s: #%d, %v", m.Name, numbers[i], failed[i])
		}
		seen[numbers[i]] = true
	}
	if len(heads) != len(all) {
		t.Errorf("%d pull requests", len(heads))
	}
}
