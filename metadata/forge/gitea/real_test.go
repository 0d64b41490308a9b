//go:build gitea

package gitea_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/rust-lang/rust-tuf/metadata/forge"
	"github.com/rust-lang/rust-tuf/metadata/forge/gitea"
	"github.com/rust-lang/rust-tuf/metadata/git"
	"github.com/rust-lang/rust-tuf/tests/forgetest"
	"github.com/rust-lang/rust-tuf/tests/giteatest"
)

// site is a repository rust/tuf-root at a real server.
type site struct {
	*giteatest.Server
	rust *giteatest.User
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := giteatest.Start(t)
	r := &site{Server: s, rust: s.User(t, "rust")}
	r.rust.Ask(t, http.MethodPost, "user/repos", map[string]any{"name": "tuf-root", "default_branch": "main", "auto_init": true})
	return r
}

// client is a client of the repository with a token.
func (r *site) client(t *testing.T, token string) *gitea.Client {
	t.Helper()
	address, ok := forge.ParseAddress(r.Address("rust", "tuf-root"))
	if !ok {
		t.Fatal("no address")
	}
	held, err := forge.NewToken("GITEA_TOKEN", token)
	if err != nil {
		t.Fatal(err)
	}
	c, err := gitea.New(address, held, gitea.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// forked is a proposal of somebody from a fork, with its commit.
func (r *site) forked(t *testing.T, who *giteatest.User, branch string) (forge.Proposal, git.Commit) {
	t.Helper()
	head := who.Write(t, "tuf-root", "main", branch, strings.ReplaceAll(branch, "/", "-"), "by "+who.Name)
	return forge.Proposal{From: who.Name + "/tuf-root", Branch: branch, Base: "main", Title: "sign: root version 2 by " + who.Name, Body: "Event e."}, git.Commit(head)
}

// gateScopes are what docs/forges.md asks for.
var gateScopes = []string{"write:repository", "write:issue", "read:user"}

// From the proposal of a fork to its merge, each step made twice.
func TestGiteaFromProposalToMerge(t *testing.T) {
	r := newSite(t)
	alice := r.User(t, "alice")
	alice.Fork(t, "rust", "tuf-root")
	// As docs/forges.md has it.
	r.rust.Ask(t, http.MethodPost, "repos/rust/tuf-root/branch_protections", map[string]any{"rule_name": "main", "enable_push": false,
		"enable_merge_whitelist": true, "merge_whitelist_usernames": []string{"rust"}, "enable_status_check": true, "status_check_contexts": []string{"rust-tuf/gate"}})
	p, head := r.forked(t, alice, "sign/e/root/alice")
	hers := r.client(t, alice.NewToken(t, "opens", "write:repository"))
	gate := r.client(t, r.rust.NewToken(t, "gate", gateScopes...))
	var opened forge.PullRequest
	for range 2 {
		var err error
		if opened, err = hers.Open(t.Context(), p); err != nil {
			t.Fatal(err)
		}
	}
	want := forge.PullRequest{Number: 1, URL: r.URL + "/rust/tuf-root/pulls/1", Title: p.Title, Head: head, Branch: p.Branch, From: p.From, Fork: true, Base: "main", Author: "alice"}
	if opened != want {
		t.Errorf("%+v\nwant %+v", opened, want)
	}
	if list, err := gate.PullRequests(t.Context(), "main"); err != nil || len(list) != 1 || list[0] != want {
		t.Errorf("%+v, %v", list, err)
	}
	for _, text := range []string{"one", "two"} {
		if err := gate.Report(t.Context(), 1, "gate", text); err != nil {
			t.Fatal(err)
		}
	}
	m := forge.Merge{Number: 1, Head: head, Base: "main", Title: "sign: root version 2 by alice (#1)", Message: "Event e, digest d."}
	_, err := gate.Merge(t.Context(), m)
	forgetest.Refused[*forge.UnmergeableError](t, err, "the forge does not merge it: ", "status check", "which rule of the base branch is not met")
	for range 2 {
		if err := gate.Judge(t.Context(), head, forge.Verdict{Name: "rust-tuf/gate", State: forge.Success, Summary: "signature of alice"}); err != nil {
			t.Fatal(err)
		}
	}
	if n := r.rust.Count(t, "repos/rust/tuf-root/commits/"+string(head)+"/statuses"); n != 1 {
		t.Errorf("%d statuses", n)
	}
	if s := r.rust.Ask(t, http.MethodGet, "repos/rust/tuf-root/commits/"+string(head)+"/status", nil); s["state"] != "success" {
		t.Errorf("%v", s["state"])
	}
	m.Head = git.Commit(strings.Repeat("a", 40))
	_, err = gate.Merge(t.Context(), m)
	forgetest.Refused[*forge.MovedError](t, err, "its head moved from aaaaaaaaaaaa, which was judged, to "+head.Short())
	// The server compares the head too, in the words that the client knows.
	raw := map[string]any{"do": "squash", "head_commit_id": m.Head, "merge_title_field": m.Title}
	if status, answer := r.rust.Try(t, http.MethodPost, "repos/rust/tuf-root/pulls/1/merge", raw); status != http.StatusConflict || !strings.Contains(string(answer), `"head out of date"`) {
		t.Errorf("%d: %s", status, answer)
	}
	m.Head = head
	_, err = hers.Merge(t.Context(), m)
	forgetest.Refused[*forge.PermissionError](t, err, "may not do this", "“write:repository”")
	made, err := gate.Merge(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	alice.Write(t, "tuf-root", "", p.Branch, "later", "after the merge")
	if again, err := gate.Merge(t.Context(), m); err != nil || again != made {
		t.Errorf("%s, %v; want %s", again, err, made)
	}
	commit := r.rust.Ask(t, http.MethodGet, "repos/rust/tuf-root/git/commits/"+string(made), nil)["commit"].(map[string]any)
	if text := fmt.Sprint(commit["message"]); !strings.HasPrefix(text, m.Title+"\n\n"+m.Message) {
		t.Errorf("the commit says %q", text)
	}
	m.Head = git.Commit(strings.Repeat("b", 40))
	_, err = gate.Merge(t.Context(), m)
	forgetest.Refused[*forge.StrayError](t, err, "is head "+head.Short()+" into main; judged was head bbbbbbbbbbbb")
	if got := r.rust.Ask(t, http.MethodGet, "repos/rust/tuf-root/pulls/1", nil)["comments"]; got != 1.0 {
		t.Errorf("%v comments", got)
	}
}

// Nine members open their pull requests at the same moment and one machine merges
// them all, one after the other, as soon as the server lets it.
func TestGiteaNineForksAtOnce(t *testing.T) {
	r := newSite(t)
	type signed struct {
		c    *gitea.Client
		p    forge.Proposal
		head git.Commit
	}
	var all []signed
	for _, name := range []string{"alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi", "ivan"} {
		u := r.User(t, name)
		u.Fork(t, "rust", "tuf-root")
		p, head := r.forked(t, u, "sign/e/root/"+name)
		all = append(all, signed{r.client(t, u.Token()), p, head})
	}
	var done sync.WaitGroup
	for _, one := range all {
		done.Go(func() {
			if pr, err := one.c.Open(t.Context(), one.p); err != nil || pr.Head != one.head {
				t.Errorf("%s: %+v, %v", one.p.From, pr, err)
			}
		})
	}
	done.Wait()
	gate := r.client(t, r.rust.NewToken(t, "gate", gateScopes...))
	list, err := gate.PullRequests(t.Context(), "main")
	if err != nil || len(list) != len(all) {
		t.Fatal(len(list), err)
	}
	for _, pr := range list {
		if _, err := gate.Merge(t.Context(), forge.Merge{Number: pr.Number, Head: pr.Head, Base: "main", Title: pr.Title}); err != nil {
			t.Errorf("#%d: %v", pr.Number, err)
		}
	}
	if list, err := gate.PullRequests(t.Context(), "main"); err != nil || len(list) != 0 {
		t.Errorf("%+v, %v", list, err)
	}
}

// One issue for each key, closed with its reason; a step is said once.
func TestGiteaIssues(t *testing.T) {
	r := newSite(t)
	gate := r.client(t, r.rust.NewToken(t, "gate", gateScopes...))
	issue := forge.Issue{Key: "job/gate", Title: "rust-tuf gate fails", Body: "once"}
	first, err := gate.Raise(t.Context(), issue)
	if err != nil {
		t.Fatal(err)
	}
	issue.Body = "twice"
	if n, err := gate.Raise(t.Context(), issue); err != nil || n != first {
		t.Errorf("%d, %v", n, err)
	}
	for range 2 {
		if err := gate.Settle(t.Context(), "job/gate", "It works again."); err != nil {
			t.Fatal(err)
		}
	}
	if got := r.rust.Ask(t, http.MethodGet, fmt.Sprintf("repos/rust/tuf-root/issues/%d", first), nil); got["state"] != "closed" || got["comments"] != 1.0 || !strings.HasSuffix(got["body"].(string), "twice") {
		t.Errorf("%v, %v, %v", got["state"], got["comments"], got["body"])
	}
	due := forge.Issue{Key: "event/e", Title: "Signatures are wanted: e", Body: "5 are missing"}
	wanted := 0
	for _, step := range []string{"age-3", "age-3", "age-7"} {
		if wanted, err = gate.Remind(t.Context(), due, step, "@rust, sign"); err != nil {
			t.Fatal(err)
		}
	}
	if keys, err := gate.Raised(t.Context()); err != nil || len(keys) != 1 || keys[0] != "event/e" {
		t.Errorf("%q, %v", keys, err)
	}
	at := fmt.Sprintf("repos/rust/tuf-root/issues/%d", wanted)
	r.rust.Ask(t, http.MethodPatch, at, map[string]any{"state": "closed"})
	if n, err := gate.Remind(t.Context(), due, "age-7", "@rust, sign"); err != nil || n != wanted {
		t.Errorf("%d, %v", n, err)
	}
	if got := r.rust.Ask(t, http.MethodGet, at, nil); got["comments"] != 2.0 || got["state"] != "closed" {
		t.Errorf("%v comments, %v", got["comments"], got["state"])
	}
}

// What a real server refuses has the error for it.
func TestGiteaRefuses(t *testing.T) {
	r := newSite(t)
	alice := r.User(t, "alice")
	alice.Fork(t, "rust", "tuf-root")
	p, _ := r.forked(t, alice, "sign/e/root/alice")
	hers := r.client(t, alice.Token())
	_, err := r.client(t, strings.Repeat("0", 40)).Open(t.Context(), p)
	forgetest.Refused[*forge.CredentialError](t, err, "is not accepted", "make a new one")
	_, err = r.client(t, alice.NewToken(t, "reads", "read:repository")).Open(t.Context(), p)
	forgetest.Refused[*forge.PermissionError](t, err, "may not do this", "write:repository")
	trunk, _ := r.rust.Ask(t, http.MethodGet, "repos/rust/tuf-root/branches/main", nil)["commit"].(map[string]any)
	forgetest.Refused[*forge.PermissionError](t, hers.Judge(t.Context(), git.Commit(fmt.Sprint(trunk["id"])), forge.Verdict{Name: "x", State: forge.Success}), "set status x")
	forgetest.Refused[*forge.PermissionError](t, r.client(t, r.rust.NewToken(t, "nobody", "write:repository", "write:issue")).Report(t.Context(), 1, "gate", "x"), "read:user")
	_, err = hers.Merge(t.Context(), forge.Merge{Number: 7, Head: git.Commit(strings.Repeat("a", 40)), Base: "main", Title: "x"})
	forgetest.Refused[*forge.AbsentError](t, err, "merge pull request #7")
	gone := p
	gone.Branch = "gone"
	_, err = hers.Open(t.Context(), gone)
	t.Logf("a branch that is not there: %T: %v", err, err)
	gone = p
	gone.Base = "release"
	_, err = hers.Open(t.Context(), gone)
	forgetest.Refused[*forge.BaseError](t, err, "there is no branch release; the default branch is main now")
	r.rust.Ask(t, http.MethodPatch, "repos/rust/tuf-root", map[string]any{"archived": true})
	_, err = hers.Open(t.Context(), p)
	if e := forgetest.Refused[*forge.InvalidError](t, err, "archived"); e.Status != http.StatusLocked {
		t.Errorf("%+v", e)
	}
}
