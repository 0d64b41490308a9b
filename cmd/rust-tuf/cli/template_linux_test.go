package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rust-lang/rust-tuf/metadata"
)

// nineMonthsOld is a stage whose first root is as old today, by the real clock, that
// the next version of targets is due, and the runner on which it happens.
func nineMonthsOld(t *testing.T) (*stage, *githubWeb, *runner) {
	t.Helper()
	s := newStage(t.TempDir())
	now := time.Now().UTC().Truncate(time.Second)
	s.now = now.AddDate(0, 0, -280)
	if err := s.gather(); err != nil {
		t.Fatal(err)
	}
	if err := s.declareQuorum("the first root", demoQuorum); err != nil {
		t.Fatal(err)
	}
	first := s.now.Format(time.DateOnly) + "-root-v1"
	if err := s.sign(first, "alice", "bob", "carol", "dave", "erin"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.complete(first); err != nil {
		t.Fatal(err)
	}
	s.now = now
	web, variables := newGithubWeb(t, s)
	machine, err := s.enter("runner")
	if err != nil {
		t.Fatal(err)
	}
	s.appears(t, machine, "origin", "https://"+hubAddress.String())
	return s, web, newRunner(t, machine.clone, variables...)
}

// onlyBranch is the one open pull request whose branch begins so.
func (h *githubWeb) onlyBranch(prefix string) webFields {
	h.t.Helper()
	var found []webFields
	for branch, p := range h.opened("open") {
		if strings.HasPrefix(branch, prefix) {
			found = append(found, p)
		}
	}
	if len(found) != 1 {
		h.t.Fatalf("%d pull requests for %s are open: %v", len(found), prefix, found)
	}
	return found[0]
}

// The workflows of the template, run as they stand: from the clock to a renewal, its
// verdict, the merges of its signatures, its completion, and what clients fetch. Each
// starts the next one, and git knows nobody's name.
func TestTemplateRuns(t *testing.T) {
	t.Parallel()
	s, web, r := nineMonthsOld(t)
	all := func(name string, jobs ...string) {
		t.Helper()
		done := r.workflow(name)
		for _, job := range jobs {
			if !done[job] {
				t.Fatalf("%s: %v", name, done)
			}
		}
	}
	starts := func(want ...string) {
		t.Helper()
		if !slices.Equal(r.started, want) {
			t.Fatalf("started were %q, want %q", r.started, want)
		}
		r.started = nil
	}

	r.contexts["github.event.schedule"] = "41 6 * * *"
	all("clock.yml", "start")
	starts("due.yml on main")
	r.contexts["github.event.schedule"] = "23 * * * *"
	all("clock.yml", "start")
	starts("gate.yml on main")

	all("due.yml", "due", "next")
	starts("gate.yml on main")
	renewal := web.onlyBranch("event/")
	branch := renewal["head"].(webFields)["ref"].(string)
	if name := web.git("log", "-1", "--format=%an <%ae>, %cn", "refs/heads/"+branch); name != "github-actions[bot] <41898282+github-actions[bot]@users.noreply.github.com>, github-actions[bot]" {
		t.Errorf("the renewal is by %s", name)
	}

	all("gate.yml", "gate")
	starts()
	if v := web.statuses[renewal["head"].(webFields)["sha"].(string)]; v["state"] != "success" || v["context"] != "rust-tuf/gate" {
		t.Errorf("the renewal: %v", v)
	}
	web.squash(renewal, "a person merges it")
	event := strings.TrimPrefix(branch, "event/")
	members := []string{"alice", "bob", "carol", "dave", "erin"}
	if err := s.together(members, func(a *actor) error {
		_, err := s.must(a, "sign", event)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	signatures, err := s.branches("sign/" + event + "/")
	if err != nil || len(signatures) != len(members) {
		t.Fatal(signatures, err)
	}
	for _, b := range signatures {
		web.open(b, "sign")
	}

	all("gate.yml", "gate")
	starts()
	for b, p := range web.opened("closed") {
		if p["merged"] != true {
			t.Errorf("%s was closed", b)
		}
	}
	if n := len(web.opened("closed")); n != len(members)+1 {
		t.Errorf("%d pull requests are merged", n)
	}
	completion := web.onlyBranch("complete/")
	if v := web.statuses[completion["head"].(webFields)["sha"].(string)]; v["state"] != "success" {
		t.Errorf("the completion: %v", v)
	}
	web.squash(completion, "a person merges it")
	r.publishes(t, s)
	starts()
	if len(inState(web.issues, "open")) > 0 {
		t.Errorf("issues are open: %v", web.issues)
	}
}

// publishes runs the last workflow in a checkout as the default branch is now, with
// attributes that change its bytes, and compares what it hands on with git's objects.
func (r *runner) publishes(t *testing.T, s *stage) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(r.clone, ".git", "info", "attributes"), []byte("metadata/*.json text eol=crlf\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"fetch", "--quiet", "origin"}, {"checkout", "--quiet", "--detach", "origin/main"}} {
		if _, err := s.git("runner", r.clone, args...); err != nil {
			t.Fatal(err)
		}
	}
	if done := r.workflow("publish.yml"); !done["prove"] || !done["publish"] {
		t.Fatalf("%v", done)
	}
	if !slices.Equal(r.used[len(r.used)-3:], []string{"actions/setup-go", "actions/upload-pages-artifact", "actions/deploy-pages"}) {
		t.Errorf("the last actions are %q", r.used)
	}
	var handed string
	for _, step := range r.file("template/.github/workflows/publish.yml").under("jobs").under("prove").get("steps").([]any) {
		if strings.HasPrefix(step.(mapping).text("uses"), "actions/upload-pages-artifact@") {
			handed = r.evaluate(step.(mapping).under("with").text("path"))
		}
	}
	tree := s.head(t).Tree()
	for _, name := range []string{"1.root.json", "1.targets.json", "2.targets.json"} {
		want, err := tree.Read(metadata.PublishedDir + "/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if readText(t, filepath.Join(handed, name)) != string(want) {
			t.Errorf("%s was handed on with other bytes", name)
		}
	}
	if fresh := readText(t, filepath.Join(r.clone, "metadata", "2.targets.json")); !strings.Contains(fresh, "\r\n") {
		t.Error("the attributes change nothing in the checkout, so this shows nothing")
	}
}

// The gate is started also where due has failed: what it pushed waits for a verdict.
func TestDueFailsAndStartsTheGate(t *testing.T) {
	t.Parallel()
	s := play(t, "genesis-open", "alice")
	m := s.maintainer
	s.appears(t, m, "origin", "https://"+hubAddress.String())
	web, variables := newGithubWeb(t, s)
	r := newRunner(t, m.clone, variables...)
	if err := os.RemoveAll(s.remote()); err != nil {
		t.Fatal(err)
	}
	if done := r.workflow("due.yml"); done["due"] || !done["next"] || !slices.Equal(r.started, []string{"gate.yml on main"}) {
		t.Errorf("%v, started %q", done, r.started)
	}
	if issues := inState(web.issues, "open"); len(issues) != 1 || !strings.Contains(fmt.Sprint(issues[0]["body"]), "does not appear to be a git repository") {
		t.Errorf("issues: %v", issues)
	}
	r.contexts["inputs.verb"] = "anything"
	if r.action(mapping{{"verb", "anything"}}) {
		t.Error("the action takes any verb")
	}
}

// A workflow that has given git a name keeps it.
func TestActionKeepsTheWorkflowsName(t *testing.T) {
	t.Parallel()
	s, web, r := nineMonthsOld(t)
	r.environ = append(r.environ, "GIT_AUTHOR_NAME=heidi", "GIT_AUTHOR_EMAIL=heidi@example.org")
	for _, args := range [][]string{{"config", "user.name", "ivan"}, {"config", "user.email", "ivan@example.org"}} {
		if _, err := s.git("runner", r.clone, args...); err != nil {
			t.Fatal(err)
		}
	}
	if !r.action(mapping{{"verb", "due"}, {"token", "${{ github.token }}"}}) {
		t.Fatal("due failed")
	}
	branch := web.onlyBranch("event/")["head"].(webFields)["ref"].(string)
	if names := web.git("log", "-1", "--format=%an <%ae>, %cn <%ce>", "refs/heads/"+branch); names != "heidi <heidi@example.org>, ivan <ivan@example.org>" {
		t.Errorf("the renewal is by %s", names)
	}
}
