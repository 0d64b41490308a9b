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
// whose merges are git's.
type memoryHub struct {
	t *testing.T
	s *stage

	mu       sync.Mutex
	pulls    []forge.PullRequest
	last     int               // number
	reports  map[string]string // by number and key
	verdicts map[git.Commit]forge.Verdict
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

func (h *memoryHub) Open(_ context.Context, p forge.Proposal) (forge.PullRequest, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, pull := range h.pulls {
		if pull.From == p.From && pull.Branch == p.Branch {
			return pull, nil
		}
	}
	fork := p.From != hubAddress.Path
	h.last++
	n := h.last
	from := h.s.remote()
	if fork {
		owner, _, _ := strings.Cut(p.From, "/")
		from = filepath.Join(h.s.dir, owner+"-fork.git")
	}
	h.git("fetch", "--quiet", from, fmt.Sprintf("refs/heads/%s:refs/pull/%d/head", p.Branch, n))
	pull := forge.PullRequest{Number: n, URL: fmt.Sprintf("https://%s/pull/%d", hubAddress, n), Title: p.Title, Branch: p.Branch, From: p.From, Fork: fork, Base: p.Base,
		Head: git.Commit(h.git("rev-parse", fmt.Sprintf("refs/pull/%d/head", n)))}
	h.pulls = append(h.pulls, pull)
	return pull, nil
}

func (h *memoryHub) PullRequests(context.Context, string) ([]forge.PullRequest, error) {
	if err := h.happens("list", 0); err != nil {
		return nil, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.pulls), nil
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
	h.verdicts[commit] = v
	return h.happens("judge", 0)
}

func (h *memoryHub) Merge(_ context.Context, m forge.Merge) (git.Commit, error) {
	if err := h.happens("merge", m.Number); err != nil {
		return "", err
	}
	i := slices.IndexFunc(h.pulls, func(p forge.PullRequest) bool { return p.Number == m.Number })
	if i < 0 {
		return "", &forge.AbsentError{}
	}
	if h.pulls[i].Head != m.Head {
		return "", &forge.MovedError{}
	}
	main := h.git("rev-parse", "refs/heads/main")
	tree := h.git("merge-tree", "--write-tree", main, string(m.Head))
	if h.tamper != nil {
		tree = h.tamper(tree, m.Number)
	}
	made := h.git("commit-tree", tree, "-p", main, "-m", m.Title, "-m", m.Message)
	h.git("update-ref", "refs/heads/main", made, main)
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
	if err != nil {
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

func (h *memoryHub) Dispatch(context.Context, string, string, map[string]string) error { return nil }

func commitOf(id string) git.Commit { return git.Commit(id) }
