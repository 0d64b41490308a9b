package gitea_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/rust-lang/rust-tuf/metadata/forge"
	"github.com/rust-lang/rust-tuf/metadata/git"
	"github.com/rust-lang/rust-tuf/tests/forgetest"
)

// A pull request is opened once, from wherever the branch is, and asked for as it is.
func TestOpen(t *testing.T) {
	for from, sent := range map[string]string{
		"alice/tuf-root": `POST pulls {"allow_maintainer_edit":false,"base":"main","body":"one signature","head":"alice:sign/event/root/alice-1234","title":"sign: root version 2 by alice"}`,
		"rust/tuf-root":  `POST pulls {"base":"main","body":"one signature","head":"sign/event/root/alice-1234","title":"sign: root version 2 by alice"}`,
	} {
		s := newServer(t)
		s.addPull("alice", "another")
		c, _ := client(t, s)
		p := branch
		p.From = from
		first, err := c.Open(t.Context(), p)
		owner, _, _ := strings.Cut(from, "/")
		want := forge.PullRequest{Number: 2, URL: s.url + "/rust/tuf-root/pulls/2", Title: p.Title, Head: judged, Branch: p.Branch, From: from, Fork: owner != "rust", Base: "main", Author: owner}
		if err != nil || first != want {
			t.Errorf("%+v, %v\nwant %+v", first, err, want)
		}
		if again, err := c.Open(t.Context(), p); err != nil || again != first || s.count(sent) != 1 || s.count("POST") != 1 {
			t.Errorf("%+v, %v; %q", again, err, s.sent)
		}
	}
}

// A creation whose answer is lost has made what the next try finds, and so has
// another process between the look and the creation.
func TestOpenAfterLostAnswer(t *testing.T) {
	for name, serve := range map[string]http.HandlerFunc{
		"500": says(500, ""), "429": says(429, "slow down", "Retry-After", "3"),
		"dropped": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"cut off": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(201)
			_, _ = io.WriteString(w, `{"number": 1, "he`)
		},
		"half": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(201)
			_, _ = io.WriteString(w, `{"number": 1}`)
		},
	} {
		s := newServer(t)
		s.Fail("POST pulls", 1, true, serve)
		c, clock := client(t, s)
		if pr, err := c.Open(t.Context(), branch); err != nil || pr.Number != 1 || len(s.pulls) != 1 || s.count("POST") != 1 || len(clock.Pauses) != 1 {
			t.Errorf("%s: %+v, %v; %q", name, pr, err, s.sent)
		}
	}
	s := newServer(t)
	s.Fail("GET pulls", 1, true, func(w http.ResponseWriter, _ *http.Request) {
		s.addPull("alice", branch.Branch)
		_, _ = io.WriteString(w, "[]")
	})
	c, clock := client(t, s)
	if pr, err := c.Open(t.Context(), branch); err != nil || pr.Number != 1 || len(s.pulls) != 1 || len(clock.Pauses) != 0 {
		t.Errorf("%+v, %v", pr, err)
	}
}

// A base that is gone is told from a head that is.
func TestOpenRefused(t *testing.T) {
	s := newServer(t)
	c, _ := client(t, s)
	p := branch
	p.Base = "old/trunk?"
	_, err := c.Open(t.Context(), p)
	forgetest.Refused[*forge.BaseError](t, err, "there is no branch old/trunk?; the default branch is main now", "run it again")
	if s.count("GET branches/old/trunk?") != 1 {
		t.Errorf("%q", s.sent)
	}
	s.Fail("POST pulls", 1, false, says(404, "not found"))
	_, err = c.Open(t.Context(), branch)
	forgetest.Refused[*forge.AbsentError](t, err, "not found")
}

// What somebody has closed at this head is not opened anew.
func TestOpenAfterItWasClosed(t *testing.T) {
	s := newServer(t)
	p := s.addPull("alice", branch.Branch)
	p["state"] = "closed"
	c, _ := client(t, s)
	again := branch
	again.Head = judged
	_, err := c.Open(t.Context(), again)
	if e := forgetest.Refused[*forge.ClosedError](t, err); e.Number != 1 || e.URL != s.url+"/rust/tuf-root/pulls/1" || s.count("POST") != 0 {
		t.Errorf("%+v", e)
	}
	again.Head = another
	if pr, err := c.Open(t.Context(), again); err != nil || pr.Number != 2 {
		t.Errorf("%+v, %v", pr, err)
	}
}

// All open pull requests for one branch are listed, page after page; one that was
// pushed for review belongs to no repository, and neither does one whose fork is gone.
func TestPullRequests(t *testing.T) {
	s := newServer(t)
	s.perPage = 3
	for i := range 8 {
		s.addPull([]string{"alice", "rust"}[i%2], fmt.Sprint("b", i))
	}
	s.pulls[2]["base"].(fields)["ref"] = "release" // whatever is made of the filter
	pushed := s.pulls[3]["head"].(fields)
	pushed["label"], pushed["ref"] = "", "refs/pull/4/head"
	gone := s.pulls[4]
	gone["user"], gone["head"] = nil, fields{"label": "b4", "ref": "refs/pull/5/head", "sha": string(judged), "repo_id": -1, "repo": nil}
	s.pulls[5]["draft"] = true
	c, _ := client(t, s)
	list, err := c.PullRequests(t.Context(), "main")
	if err != nil || len(list) != 7 || s.count("GET pulls") != 3 {
		t.Fatal(len(list), err)
	}
	for _, pr := range list {
		homeless := pr.Number == 4 || pr.Number == 5
		if pr.Base != "main" || pr.Head != judged || pr.Fork != (pr.Number%2 == 1 || homeless) || (pr.From == "") != homeless || pr.Draft != (pr.Number == 6) || (pr.Author == "") != (pr.Number == 5) {
			t.Errorf("%+v", pr)
		}
	}
	s.pulls[7]["head"].(fields)["sha"] = "HEAD"
	list, err = c.PullRequests(t.Context(), "main")
	forgetest.Refused[*forge.OutageError](t, err, "list the open pull requests for branch main", "the answer was cut off")
	if list != nil {
		t.Errorf("%d are listed all the same", len(list))
	}
}

// A pull request is squashed with a title of ours, once, and no branch is deleted.
func TestMerge(t *testing.T) {
	const sent = `POST pulls/1/merge {"delete_branch_after_merge":false,"do":"squash","head_commit_id":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","merge_message_field":"Event e, digest d.","merge_title_field":"sign: root version 2 by alice (#1)"}`
	s := newServer(t)
	p := s.addPull("alice", "x")
	c, _ := client(t, s)
	for range 2 {
		if commit, err := c.Merge(t.Context(), forgetest.Merge()); err != nil || commit != made || s.count(sent) != 1 || s.count("POST") != 1 {
			t.Errorf("%s, %v; %q", commit, err, s.sent)
		}
		// The branch of the fork goes on; what was merged does not.
		p["head"].(fields)["sha"] = string(another)
	}
	s.refs["refs/pull/1/head"] = string(another)
	_, err := c.Merge(t.Context(), forgetest.Merge())
	forgetest.Refused[*forge.StrayError](t, err, "merged as commit cccccccccccc is head bbbbbbbbbbbb into main; judged was head aaaaaaaaaaaa for main")
	delete(s.refs, "refs/pull/1/head")
	_, err = c.Merge(t.Context(), forgetest.Merge())
	forgetest.Refused[*forge.OutageError](t, err, "the answer was cut off")
}

// A merge without an answer is looked after: it happened, or is tried again.
func TestMergeAfterLostAnswer(t *testing.T) {
	for _, late := range []bool{false, true} {
		s := newServer(t)
		s.addPull("alice", "x")
		s.Fail("POST pulls/1/merge", 1, late, says(500, ""))
		c, _ := client(t, s)
		commit, err := c.Merge(t.Context(), forgetest.Merge())
		if want := map[bool]int{false: 2, true: 1}[late]; err != nil || commit != made || s.count("POST") != want {
			t.Errorf("%s, %v after %d merges", commit, err, s.count("POST"))
		}
	}
}

// What the server looks at again after another merge is merged as soon as it lets.
func TestMergeTooEarly(t *testing.T) {
	for _, words := range []string{"Please try again later", "merge push out of date", "head out of date"} {
		s := newServer(t)
		s.addPull("alice", "x")
		s.Fail("POST pulls/1/merge", 3, false, says(405, words))
		c, clock := client(t, s)
		commit, err := c.Merge(t.Context(), forgetest.Merge())
		if want := []time.Duration{125 * time.Millisecond, 250 * time.Millisecond, 500 * time.Millisecond}; err != nil || commit != made || !reflect.DeepEqual(clock.Pauses, want) {
			t.Errorf("%s, %v after %v", commit, err, clock.Pauses)
		}
		s.addPull("bob", "y")
		s.Fail("POST pulls/2/merge", 1000, false, says(405, words))
		m := forgetest.Merge()
		m.Number = 2
		_, err = c.Merge(t.Context(), m)
		forgetest.Refused[*forge.UnmergeableError](t, err, "the forge does not merge it: "+words)
		if waited := clock.Time.Sub(noon); waited < time.Minute || waited > 2*time.Minute {
			t.Errorf("it waited %s", waited)
		}
	}
}

// Each reason why nothing is merged has its error.
func TestMergeRefused(t *testing.T) {
	s := newServer(t)
	p := s.addPull("alice", "x")
	c, clock := client(t, s)
	for _, test := range []struct {
		status int
		words  string
	}{{405, "Work in progress PRs cannot be merged"}, {405, "not an allowed merge style"}, {409, "PushRejected with remote message: no"}} {
		s.Fail("POST pulls/1/merge", 1, false, says(test.status, test.words))
		_, err := c.Merge(t.Context(), forgetest.Merge())
		forgetest.Refused[*forge.UnmergeableError](t, err, "the forge does not merge it: "+test.words, "which rule of the base branch is not met")
	}
	s.Fail("POST pulls/1/merge", 1, false, says(405, "User not allowed to merge PR"))
	_, err := c.Merge(t.Context(), forgetest.Merge())
	forgetest.Refused[*forge.PermissionError](t, err, "may not do this: User not allowed to merge PR", "“write:repository”")
	if len(clock.Pauses) > 0 {
		t.Error("it was tried again")
	}
	p["base"].(fields)["ref"] = "release"
	_, err = c.Merge(t.Context(), forgetest.Merge())
	forgetest.Refused[*forge.MovedError](t, err, "it was judged for branch main and is for release now; nothing was merged")
	p["base"].(fields)["ref"] = "main"
	p["head"].(fields)["sha"] = string(another)
	_, err = c.Merge(t.Context(), forgetest.Merge())
	forgetest.Refused[*forge.MovedError](t, err, "its head moved from aaaaaaaaaaaa, which was judged, to bbbbbbbbbbbb; nothing was merged")
	p["head"].(fields)["sha"] = string(judged)
	// It is closed between the look and the merge.
	s.Fail("GET pulls/1", 1, true, func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(p)
		p["state"] = "closed"
	})
	_, err = c.Merge(t.Context(), forgetest.Merge())
	if e := forgetest.Refused[*forge.UnmergeableError](t, err, "it is closed"); !e.Closed || p["merged"] == true {
		t.Errorf("%+v", e)
	}
	m := forgetest.Merge()
	m.Number = 7
	_, err = c.Merge(t.Context(), m)
	forgetest.Refused[*forge.AbsentError](t, err, "merge pull request #7")
	m.Head = git.Commit("main")
	before := s.count("")
	_, err = c.Merge(t.Context(), m)
	forgetest.Refused[*forge.InvalidError](t, err, "not named in full")
	if s.count("") != before {
		t.Error("it was asked for")
	}
}
