package tests

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/metadata"
)

// workflow is a file of the template, or the action.
func workflow(t *testing.T, name string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func workflows(t *testing.T) map[string]string {
	t.Helper()
	names, err := filepath.Glob("../template/.github/workflows/*.yml")
	if err != nil || len(names) != 4 {
		t.Fatal(names, err)
	}
	out := map[string]string{"action.yml": workflow(t, "action.yml")}
	for _, name := range names {
		out[filepath.Base(name)] = workflow(t, "template/.github/workflows/"+filepath.Base(name))
	}
	return out
}

// Every action of somebody else is pinned by its hash, with the release beside
// it; rust-tuf itself waits for the commit that its user has reviewed.
func TestActionsArePinned(t *testing.T) {
	uses := regexp.MustCompile(`(?m)^\s*-?\s*uses:\s*(.*)$`)
	theirs := regexp.MustCompile(`^actions/[a-z-]+@[0-9a-f]{40} # v[0-9]+\.[0-9]+\.[0-9]+$`)
	ours := regexp.MustCompile(`^rust-lang/rust-tuf@0{40} # put in the commit that you have reviewed$`)
	for name, text := range workflows(t) {
		for _, m := range uses.FindAllStringSubmatch(text, -1) {
			if !theirs.MatchString(m[1]) && !ours.MatchString(m[1]) {
				t.Errorf("%s uses %s", name, m[1])
			}
		}
	}
}

// With the rights of the default branch, nothing of a pull request is checked
// out, and no text of it reaches a shell. No workflow names a secret.
func TestWorkflowsRunNothingOfAPullRequest(t *testing.T) {
	for name, text := range workflows(t) {
		if strings.Contains(text, "secrets.") {
			t.Errorf("%s names a secret", name)
		}
		theirs := strings.NewReplacer("${{ github.event.repository.default_branch }}", "", "${{ github.event.schedule }}", "").Replace(text)
		for _, never := range []string{"github.event", "github.head_ref", "refs/pull", "head.sha", "head.ref"} {
			if strings.Contains(theirs, never) {
				t.Errorf("%s uses %s", name, never)
			}
		}
		for _, checkout := range strings.Split(text, "actions/checkout@")[1:] {
			if !strings.Contains(strings.Split(checkout, "- name:")[0], "ref: ${{ github.event.repository.default_branch }}\n") {
				t.Errorf("%s checks out something else than the default branch:\n%s", name, checkout)
			}
		}
		for _, run := range regexp.MustCompile(`(?s)\brun: (\|.*?)?(\n {0,6}\S|$|[^\n]*)`).FindAllString(text, -1) {
			if strings.Contains(run, "${{") {
				t.Errorf("%s puts an expression into a shell: %s", name, run)
			}
		}
		if name != "action.yml" && !strings.Contains(text, "\npermissions: {}\n") {
			t.Errorf("%s gives its jobs more than they ask for", name)
		}
	}
}

// The forge starts no workflow for what a workflow's own token has pushed. So whatever
// pushes either is the gate, which does everything in one run, or starts the gate.
// TestTemplateRuns, beside the command, runs all of them.
func TestEachWorkflowLeadsToTheNext(t *testing.T) {
	all := workflows(t)
	starts := regexp.MustCompile(`(?:gh workflow run |next=)([a-z]+\.yml)`)
	leads := map[string][]string{}
	for name, text := range all {
		for _, m := range starts.FindAllStringSubmatch(text, -1) {
			leads[name] = append(leads[name], m[1])
			if !strings.Contains(all[m[1]], "\n  workflow_dispatch:") {
				t.Errorf("%s starts %s, which cannot be started so", name, m[1])
			}
		}
		if strings.Contains(text, "contents: write") && !strings.Contains(text, "verb: gate\n") && !slices.Contains(leads[name], "gate.yml") {
			t.Errorf("nobody judges what %s pushes", name)
		}
	}
	want := map[string][]string{"clock.yml": {"due.yml", "gate.yml"}, "due.yml": {"gate.yml"}}
	if !reflect.DeepEqual(leads, want) {
		t.Errorf("started are %v, want %v", leads, want)
	}
	for _, trigger := range []string{"workflow_dispatch:", "pull_request_target:", "push:"} {
		if !strings.Contains(all["gate.yml"], trigger) {
			t.Errorf("gate.yml is not started by %s", trigger)
		}
	}
}

// GitHub switches off, whole, a workflow that has a schedule, where nothing has
// happened for 60 days. So none that judges has one.
func TestSchedulesStandAlone(t *testing.T) {
	for name, text := range workflows(t) {
		if scheduled := strings.Contains(text, "\n  schedule:"); scheduled != (name == "clock.yml") {
			t.Errorf("%s has a schedule: %t", name, scheduled)
		}
		if name == "clock.yml" && (strings.Contains(text, "uses:") || strings.Contains(text, "workflow_dispatch") || strings.Contains(text, "event.repository")) {
			t.Errorf("%s does more than start the others, or asks for what a schedule does not know", name)
		}
	}
	for _, crontab := range []string{"gh workflow run due.yml", "gh workflow run gate.yml"} {
		if !strings.Contains(workflow(t, "template/README.md"), crontab) {
			t.Errorf("the README has no clock outside with %q", crontab)
		}
	}
}

// The default branch is named where GitHub takes no expression, and nowhere else.
func TestDefaultBranchIsNamedOnce(t *testing.T) {
	named := regexp.MustCompile(`\b(main|master)\b`)
	for name, text := range workflows(t) {
		want := 0
		if name == "gate.yml" || name == "publish.yml" {
			want = 1
		}
		if got := len(named.FindAllString(text, -1)); got != want || want == 1 && !strings.Contains(text, "\n    branches: [main] # ") {
			t.Errorf("%s names the branch %d times", name, got)
		}
	}
}

// Each file that decides what is signed, published or run has an owner.
func TestCodeOwners(t *testing.T) {
	owners := workflow(t, "template/.github/CODEOWNERS")
	for _, path := range []string{"/.github/", ".gitattributes", "/rust-tuf.toml", "/members/", "/metadata/", "/log/", "/handover/", "/events/*/event.toml"} {
		if !regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(path) + ` +@ORGANISATION/maintainers$`).MatchString(owners) {
			t.Errorf("nobody owns %s", path)
		}
	}
}

// What init writes and what the template has are the same attributes.
func TestTemplateKeepsBytes(t *testing.T) {
	if got := workflow(t, "template/.gitattributes"); !strings.HasSuffix(got, "\n* -text\n") || got != metadata.Attributes {
		t.Errorf("%q", got)
	}
}
