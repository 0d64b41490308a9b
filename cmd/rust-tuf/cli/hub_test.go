package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/rust-lang/rust-tuf/metadata/forge"
	"github.com/rust-lang/rust-tuf/metadata/git"
)

// memoryHub is a forge whose pull requests are refs of the stage's remote, and
// whose merges are git's. It refuses what a real one refuses: a key that cannot stand
// in a marker, a head or a base that moved, what somebody has closed.
type memoryHub struct {
	t *testing.T
	s *stage

	mu       sync.Mutex
	pulls    []forge.PullRequest
	shut     []forge.PullRequest // that a person has closed
	last     int                 // number
	reports  map[string]string   // by number and key
	verdicts map[git.Commit]forge.Verdict
	statuses int      // that were set, in all
	merged   []string // titles, in order
	closed   map[int]string
	issues   map[string]string // open ones, by key
	numbered map[string][]int  // issues by key, the newest last
	settled  []string

	fails  map[string]error                     // by operation
	before func(operation string, number int)   // something that happens first
	tamper func(tree string, number int) string // what a merge becomes instead
}

var hubAddress = forge.Address{Host: "github.com", Path: "rust-lang/tuf-root"}

// newHub puts everybody's remotes on a forge.
func newHub(t *testing.T, s *stage, people ...*actor) *memoryHub {
	t.Helper()
	h := &memoryHub{t: t, s: s, reports: map[string]string{}, verdicts: map[git.Commit]forge.Verdict{}, closed: map[int]string{}, issues: map[string]string{}, numbered: map[string][]int{}, fails: map[string]error{}}
	for _, a := range people {
		s.appears(t, a, "origin", "https://"+hubAddress.String())
		a.env.Forges = h.forges
	}
	return h
}

func (h *memoryHub) forges(_ context.Context, a forge.Address, _ forge.Kind) (forge.Opener, error) {
	if a != hubAddress {
		return nil, nil
	}
	return h, nil
}

func (h *memoryHub) git(args ...string) string {
	out, err := h.s.git("maintainer", h.s.remote(), args...)
	if err != nil {
		h.t.Errorf("git %s: %v", strings.Join(args, " "), err)
	}
	return strings.TrimSpace(out)
}

func (h *memoryHub) happens(operation string, number int) error {
	if h.before != nil {
		h.before(operation, number)
	}
	return h.fails[operation]
}

// call names a request in an error.
func (h *memoryHub) call(action string, args ...any) forge.Call {
	return forge.Call{Where: hubAddress.String(), Action: fmt.Sprintf(action, args...)}
}

func (h *memoryHub) Open(_ context.Context, p forge.Proposal) (forge.PullRequest, error) {
	if err := h.happens("open", 0); err != nil {
		return forge.PullRequest{}, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	same := func(pull forge.PullRequest) bool {
		return pull.From == p.From && pull.Branch == p.Branch && pull.Base == p.Base
	}
	if i := slices.IndexFunc(h.pulls, same); i >= 0 {
		return h.pulls[i], nil
	}
	for _, pull := range h.shut {
		if same(pull) && p.Head != "" && pull.Head == p.Head {
			return forge.PullRequest{}, &forge.ClosedError{Call: h.call("open a pull request for branch %s of %s", p.Branch, p.From), Number: pull.Number, URL: pull.URL, Branch: p.Branch}
		}
	}
	fork := p.From != hubAddress.Path
	h.last++
	n := h.last
	from, author := h.s.remote(), machineLogin
	if fork {
		owner, _, _ := strings.Cut(p.From, "/")
		author = owner
		from = filepath.Join(h.s.dir, owner+"-fork.git")
	}
	h.git("fetch", "--quiet", from, fmt.Sprintf("refs/heads/%s:refs/pull/%d/head", p.Branch, n))
	pull := forge.PullRequest{Number: n, URL: fmt.Sprintf("https://%s/pull/%d", hubAddress, n), Title: p.Title, Branch: p.Branch, From: p.From, Fork: fork, Base: p.Base, Author: author,
		Head: git.Commit(h.git("rev-parse", fmt.Sprintf("refs/pull/%d/head", n)))}
	h.pulls = append(h.pulls, pull)
	return pull, nil
}

// machineLogin is the account that the machine itself writes as.
const machineLogin = "github-actions[bot]"

// closes is a person who closes a pull request.
func (h *memoryHub) closes(t *testing.T, branch string) {
	t.Helper()
	i := slices.IndexFunc(h.pulls, func(p forge.PullRequest) bool { return p.Branch == branch })
	if i < 0 {
		t.Fatalf("no pull request is open for %s: %+v", branch, h.pulls)
	}
	h.shut = append(h.shut, h.pulls[i])
	h.pulls = slices.Delete(h.pulls, i, i+1)
}

func (h *memoryHub) PullRequests(_ context.Context, base string) ([]forge.PullRequest, error) {
	if err := h.happens("list", 0); err != nil {
		return nil, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(h.pulls), func(p forge.PullRequest) bool { return p.Base != base }), nil
}

func (h *memoryHub) Report(_ context.Context, number int, key, markdown string) error {
	if err := forge.CheckKey(key); err != nil {
		return err
	}
	if err := h.happens("report", number); err != nil {
		return err
	}
	h.reports[fmt.Sprintf("%d %s", number, key)] = markdown
	return nil
}

func (h *memoryHub) Judge(_ context.Context, commit git.Commit, v forge.Verdict) error {
	if h.verdicts[commit] != v {
		h.statuses++
	}
	h.verdicts[commit] = v
	return h.happens("judge", 0)
}

func (h *memoryHub) Merge(_ context.Context, m forge.Merge) (git.Commit, error) {
	if err := h.happens("merge", m.Number); err != nil {
		return "", err
	}
	i := slices.IndexFunc(h.pulls, func(p forge.PullRequest) bool { return p.Number == m.Number })
	call := h.call("merge pull request #%d", m.Number)
	if i < 0 {
		return "", &forge.AbsentError{Call: call}
	}
	if p := h.pulls[i]; p.Head != m.Head || p.Base != m.Base {
		return "", &forge.MovedError{Call: call, Want: m.Head, Found: p.Head, WantBase: m.Base, FoundBase: p.Base}
	}
	main := h.git("rev-parse", "refs/heads/"+m.Base)
	tree := h.git("merge-tree", "--write-tree", main, string(m.Head))
	if h.tamper != nil {
		tree = h.tamper(tree, m.Number)
	}
	made := h.git("commit-tree", tree, "-p", main, "-m", m.Title, "-m", m.Message)
	h.git("update-ref", "refs/heads/"+m.Base, made, main)
	h.merged = append(h.merged, m.Title)
	h.pulls = slices.Delete(h.pulls, i, i+1)
	return git.Commit(made), nil
}

func (h *memoryHub) Close(_ context.Context, number int, reason string) error {
	h.closed[number] = reason
	h.pulls = slices.DeleteFunc(h.pulls, func(p forge.PullRequest) bool { return p.Number == number })
	return nil
}

func (h *memoryHub) Raise(_ context.Context, i forge.Issue) (int, error) {
	if err := errors.Join(forge.CheckKey(i.Key), h.happens("raise", 0)); err != nil {
		return 0, err
	}
	if _, open := h.issues[i.Key]; !open {
		n := 1000
		for _, list := range h.numbered {
			n += len(list)
		}
		h.numbered[i.Key] = append(h.numbered[i.Key], n)
	}
	h.issues[i.Key] = i.Title + "\n" + i.Body
	return h.issue(i.Key), nil
}

// issue is the number of the newest issue of a key.
func (h *memoryHub) issue(key string) int {
	list := h.numbered[key]
	return list[len(list)-1]
}

// said is the comment of a step in some issue of a key.
func (h *memoryHub) said(key, step string) string {
	for _, n := range h.numbered[key] {
		if text, ok := h.reports[fmt.Sprintf("%d remind/%s", n, step)]; ok {
			return text
		}
	}
	return ""
}

func (h *memoryHub) Remind(ctx context.Context, i forge.Issue, step, comment string) (int, error) {
	if err := errors.Join(forge.CheckKey(i.Key), forge.CheckKey("remind/"+step)); err != nil {
		return 0, err
	}
	if _, open := h.issues[i.Key]; !open && h.said(i.Key, step) != "" {
		return h.issue(i.Key), nil
	}
	n, err := h.Raise(ctx, i)
	if _, said := h.reports[fmt.Sprintf("%d remind/%s", n, step)]; err != nil || said {
		return n, err
	}
	return n, h.Report(ctx, n, "remind/"+step, comment)
}

func (h *memoryHub) Raised(context.Context) ([]string, error) {
	return slices.Sorted(maps.Keys(h.issues)), h.happens("raised", 0)
}

func (h *memoryHub) Settle(_ context.Context, key, _ string) error {
	if err := forge.CheckKey(key); err != nil {
		return err
	}
	delete(h.issues, key)
	h.settled = append(h.settled, key)
	return nil
}

func commitOf(id string) git.Commit { return git.Commit(id) }
