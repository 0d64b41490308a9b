package tests

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
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
	if err != nil || len(names) != 3 {
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
		for _, never := range []string{"github.event.", "github.head_ref", "refs/pull", "head.sha", "head.ref"} {
			if strings.Contains(text, never) {
				t.Errorf("%s uses %s", name, never)
			}
		}
		for _, checkout := range strings.Split(text, "actions/checkout@")[1:] {
			if !strings.Contains(strings.Split(checkout, "- name:")[0], "ref: main\n") {
				t.Errorf("%s checks out something else than main:\n%s", name, checkout)
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

// The forge starts no workflow for what a workflow's own token has pushed. So
// each of them either ends by starting the next one, or nothing has to follow.
func TestEachWorkflowLeadsToTheNext(t *testing.T) {
	all := workflows(t)
	for name, next := range map[string]string{
		"due.yml":     "gh workflow run gate.yml --repo \"$REPOSITORY\" --ref main", // what it proposes is judged by the gate
		"gate.yml":    "verb: gate",                                                 // merges, proposes completions, and judges those, in one run
		"publish.yml": "needs: prove",                                               // started by a person's merge of a completion, and the last
	} {
		if !strings.Contains(all[name], next) {
			t.Errorf("%s does not go on with %q", name, next)
		}
	}
	for _, trigger := range []string{"workflow_dispatch:", "schedule:", "pull_request_target:", "push:"} {
		if !strings.Contains(all["gate.yml"], trigger) {
			t.Errorf("gate.yml is not started by %s", trigger)
		}
	}
	if !strings.Contains(all["action.yml"], `rust-tuf" gate --merge --raise`) || !strings.Contains(all["action.yml"], `rust-tuf" due --raise`) {
		t.Error("the action runs something else")
	}
}

// What init writes and what the template has are the same attributes.
func TestTemplateKeepsBytes(t *testing.T) {
	if got := workflow(t, "template/.gitattributes"); !strings.HasSuffix(got, "\n* -text\n") || !strings.Contains(workflow(t, "cmd/rust-tuf/cli/init.go"), "const gitAttributes = `"+got+"`") {
		t.Errorf("%q", got)
	}
}
