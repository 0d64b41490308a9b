package cli

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
	"github.com/rust-lang/rust-tuf/metadata/forge"
	"github.com/rust-lang/rust-tuf/metadata/git"
)

// appears gives a remote the address of a forge, for whoever has this clone: git
// still reaches the folder.
func (s *stage) appears(t *testing.T, a *actor, remote, address string) {
	t.Helper()
	folder, err := s.git(a.name, a.clone, "remote", "get-url", remote)
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"config", "url." + strings.TrimSpace(folder) + ".insteadOf", address},
		{"remote", "set-url", remote, address},
	} {
		if _, err := s.git(a.name, a.clone, args...); err != nil {
			t.Fatal(err)
		}
	}
}

// opener is an API that remembers what it was asked.
type opener struct {
	asked []forge.Proposal
	err   error
}

func (o *opener) Open(_ context.Context, p forge.Proposal) (forge.PullRequest, error) {
	o.asked = append(o.asked, p)
	return forge.PullRequest{Number: 7, URL: "https://github.com/rust-lang/tuf-root/pull/7", Head: git.Commit(strings.Repeat("a", 40))}, o.err
}

// of makes the API answer for one repository; without it there is no token.
func (o *opener) of(want forge.Address) Forges {
	return func(_ context.Context, a forge.Address, k forge.Kind) (forge.Opener, error) {
		if a != want || k != forge.GitHub {
			return nil, nil
		}
		return o, nil
	}
}

// A signature ends as an open pull request where there is a token, and otherwise
// with the page to open, as ever. What the API answers never undoes the push.
func TestSignOpensThePullRequest(t *testing.T) {
	t.Parallel()
	const page = "https://github.com/rust-lang/tuf-root/compare/main...alice:sign%2F"
	for _, test := range []struct {
		name   string
		err    error
		token  bool
		says   []string
		opened bool
	}{
		{"with a token", nil, true, []string{"Nothing more is to be done by you: the machine that keeps the gate merges it, or else a maintainer:\n    https://github.com/rust-lang/tuf-root/pull/7\n"}, true},
		{"without", nil, false, []string{"Next: open a pull request for each branch; the machine that keeps the gate merges it, or else a maintainer:\n    " + page}, false},
		{"refused", &forge.PermissionError{Call: forge.Call{Where: "github.com/rust-lang/tuf-root", Action: "open a pull request"}, Needs: "Pull requests: read and write", Reason: "not for you"}, true,
			[]string{"Next: open a pull request", "    " + page, "It is not open yet: github.com/rust-lang/tuf-root: open a pull request: no token may not do this: not for you (give the token the permission"}, false},
		{"too slow", context.DeadlineExceeded, true, []string{"    " + page, "It is not open yet: github.com did not answer within 30s.\n"}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := play(t, "second-open", "alice")
			alice := s.people["alice"]
			s.fork(t, alice)
			s.appears(t, alice, "upstream", "https://github.com/rust-lang/tuf-root.git")
			s.appears(t, alice, "origin", "git@github.com:alice/tuf-root.git")
			api := &opener{err: test.err}
			if test.token {
				alice.env.Forges = api.of(forge.Address{Host: "github.com", Path: "rust-lang/tuf-root"})
			}
			alice.answers(t, signRoot, passphrase)
			s.exits(t, alice, exit.Done, []string{"sign"}, test.says...)
			if !test.token {
				return
			}
			if len(api.asked) != 1 {
				t.Fatalf("it was asked %d times", len(api.asked))
			}
			p := api.asked[0]
			if p.From != "alice/tuf-root" || p.Base != "main" || !strings.HasPrefix(p.Branch, signsSecond+"root/alice-") ||
				p.Title != "sign: root version 2 by alice" || !strings.HasPrefix(p.Body, "Event "+secondEvent+", digest ") {
				t.Errorf("%+v", p)
			}
			// A rerun asks for the same, and says so to programs too.
			alice.answers(t)
			var out signResult
			text := s.exits(t, alice, exit.Done, []string{"sign", "--json"})
			if err := json.Unmarshal([]byte(text), &out); err != nil || len(out.Signatures) != 1 || len(api.asked) != 2 || !reflect.DeepEqual(api.asked[1], p) {
				t.Fatalf("%v\n%s", err, text)
			}
			if got := out.Signatures[0]; got.Opened != test.opened || got.Pull == "" || (got.Note == "") != test.opened {
				t.Errorf("%+v", got.pullRequest)
			}
		})
	}
}

// Every verb that pushes a branch asks for its pull request, with what was done as
// its title.
func TestEveryPushedBranchIsProposed(t *testing.T) {
	t.Parallel()
	s := play(t, "second-ready", "bob")
	m := s.maintainer
	s.appears(t, m, "origin", "https://github.com/rust-lang/tuf-root")
	for _, test := range []struct {
		args                []string
		says, branch, title string
	}{
		{[]string{"complete"}, "A pull request is open. Next: merge it; that publishes the event:", "complete/" + secondEvent, "complete: " + secondEvent},
		{[]string{"propose", "--why", "start over", "--renew", "root", "--supersede", secondEvent, "--name", "again"},
			"A pull request is open. Next: have another person review and merge it:", "event/again", "propose: again"},
	} {
		api := &opener{}
		m.env.Forges = api.of(forge.Address{Host: "github.com", Path: "rust-lang/tuf-root"})
		s.exits(t, m, exit.Done, test.args, test.says+"\n    https://github.com/rust-lang/tuf-root/pull/7\n")
		if len(api.asked) != 1 || api.asked[0].From != "rust-lang/tuf-root" || api.asked[0].Title != test.title || api.asked[0].Branch != test.branch {
			t.Errorf("%s: %+v", test.args[0], api.asked)
		}
	}
}

// A token of a forge that nothing can be asked of, or a broken one, is no obstacle.
func TestTokenThatIsNone(t *testing.T) {
	t.Parallel()
	s := play(t, "second-ready", "alice")
	alice := s.people["alice"]
	s.appears(t, alice, "origin", "https://github.com/rust-lang/tuf-root")
	alice.env.Forges = forges(func(name string) string { return map[string]string{"GH_TOKEN": "hunter 2"}[name] }, nil)
	out := s.exits(t, alice, exit.Done, []string{"complete"}, "Next: open a pull request and merge it", "It is not open yet: the token from GH_TOKEN has 8 bytes, and is not one word of printable ASCII")
	if strings.Contains(out+alice.err.String(), "hunter") {
		t.Errorf("it is shown:\n%s", out)
	}
}

// GitLab is asked by options of the push; where the server takes none, the branch is
// pushed all the same.
func TestSignAtGitLab(t *testing.T) {
	t.Parallel()
	for _, takes := range []bool{true, false} {
		s := play(t, "second-open", "alice")
		alice := s.people["alice"]
		fork := s.fork(t, alice)
		s.appears(t, alice, "upstream", "https://gitlab.com/rust/infra/tuf-root.git")
		s.appears(t, alice, "origin", "https://gitlab.com/alice/tuf-root.git")
		alice.env.Forges = func(context.Context, forge.Address, forge.Kind) (forge.Opener, error) {
			return nil, errors.New("no API of GitLab is used")
		}
		said := filepath.Join(s.dir, "options")
		if takes {
			if _, err := s.git("alice", fork, "config", "receive.advertisePushOptions", "true"); err != nil {
				t.Fatal(err)
			}
			s.hook(t, fork, "post-receive", `printf '%s\n' "$GIT_PUSH_OPTION_0" "$GIT_PUSH_OPTION_1" "$GIT_PUSH_OPTION_2" "$GIT_PUSH_OPTION_3" >'`+said+`'`)
		}
		alice.answers(t, signRoot, passphrase)
		s.exits(t, alice, exit.Done, []string{"sign"}, "    https://gitlab.com/alice/tuf-root/-/merge_requests/new?merge_request[source_branch]=sign%2F",
			"It is not open yet: the push asked for it, which not every server allows; look at its merge requests first.")
		if len(s.branchesOf(t, fork, "sign/"+secondEvent+"/")) != 1 {
			t.Error("no branch was pushed")
		}
		if !takes {
			continue
		}
		want := "merge_request.create\nmerge_request.target=main\nmerge_request.title=sign: root version 2 by alice\nmerge_request.target_project=rust/infra/tuf-root\n"
		if got, err := os.ReadFile(said); err != nil || string(got) != want {
			t.Errorf("%v\n%s", err, got)
		}
	}
}

// declares has the repository say what its forge runs.
func (s *stage) declares(t *testing.T, kind string) {
	t.Helper()
	m := s.maintainer
	policy := filepath.Join(m.clone, "rust-tuf.toml")
	for _, args := range [][]string{{"checkout", "--quiet", "main"}, {"pull", "--quiet", "--ff-only", "origin", "main"}} {
		if _, err := s.git(m.name, m.clone, args...); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(policy)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(policy, append(text, "\n[forge]\nkind = \""+kind+"\"\n"...), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"commit", "--quiet", "--all", "--message", "forge"}, {"push", "--quiet", "origin", "main"}} {
		if _, err := s.git(m.name, m.clone, args...); err != nil {
			t.Fatal(err)
		}
	}
}

// Forgejo and Gitea make a pull request of a push for review; the repository says
// which forge it is on, where the host does not.
func TestSignAtForgejo(t *testing.T) {
	t.Parallel()
	s := play(t, "second-open", "alice")
	alice := s.people["alice"]
	s.declares(t, "forgejo")
	// As a forge does, this one keeps the head of what was pushed for review.
	s.hook(t, s.remote(), "post-receive", `while read -r _ new _; do git update-ref refs/pull/4/head "$new"; done`)
	s.appears(t, alice, "origin", "https://git.example.org/rust/tuf-root.git")
	alice.answers(t, signRoot, passphrase)
	s.exits(t, alice, exit.Done, []string{"sign"}, "Nothing more is to be done by you: the machine that keeps the gate merges it, or else a maintainer:\n    https://git.example.org/rust/tuf-root/pulls/4\n")

	// A remote that is none, in spite of what is declared, is told from one.
	s.unhook(t, s.remote(), "post-receive")
	if _, err := s.git("alice", s.remote(), "update-ref", "-d", "refs/pull/4/head"); err != nil {
		t.Fatal(err)
	}
	alice.answers(t)
	s.exits(t, alice, exit.Done, []string{"sign"}, "Next: open a pull request for each branch", "    from sign/", "It is not open yet: git push, remote origin: ", "does not support push options")
}
