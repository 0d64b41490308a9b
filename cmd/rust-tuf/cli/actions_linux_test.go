package cli

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// runner is a machine that runs the workflows of the template, and the action: the
// shell of every step with the variables that GitHub's runners have, and nothing of
// whoever runs the tests. git knows no name on it.
type runner struct {
	t        *testing.T
	root     string // of this module: the action's own folder
	clone    string
	temp     string
	environ  []string
	contexts map[string]string // what an expression stands for

	started []string // workflows that were started, with the branch
	used    []string // actions of others, which are not run
}

// newRunner is a runner with a clone as actions/checkout leaves it. The variables are
// added to its own.
func newRunner(t *testing.T, clone string, variables ...string) *runner {
	t.Helper()
	root, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	r := &runner{t: t, root: root, clone: clone, temp: filepath.Join(dir, "temp")}
	for _, name := range []string{"temp", "home", "bin"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	// GitHub's own tool, of which a step starts other workflows.
	gh := "#!/bin/sh\nprintf '%s\\n' \"$GH_TOKEN\" \"$@\" >'" + filepath.Join(dir, "gh-was-called") + "'\n"
	if err := os.WriteFile(filepath.Join(dir, "bin", "gh"), []byte(gh), 0o755); err != nil {
		t.Fatal(err)
	}
	r.environ = append([]string{
		"PATH=" + filepath.Join(dir, "bin") + ":" + os.Getenv("PATH"), "HOME=" + filepath.Join(dir, "home"), "LANG=C.UTF-8",
		"CI=true", "GITHUB_ACTIONS=true", "GITHUB_SERVER_URL=https://github.com", "GITHUB_API_URL=https://api.github.com",
		"GITHUB_REPOSITORY=" + hubAddress.Path, "GITHUB_REF_NAME=main", "GITHUB_WORKSPACE=" + clone, "RUNNER_OS=Linux", "RUNNER_TEMP=" + r.temp,
		// git refuses to guess a name, as it does on a machine where it cannot.
		"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=user.useConfigOnly", "GIT_CONFIG_VALUE_0=true",
		// The action's source comes without a history, and Go from setup-go.
		"GOFLAGS=-buildvcs=false",
	}, variables...)
	for _, name := range []string{"GOCACHE", "GOMODCACHE", "GOPROXY", "GOTOOLCHAIN", "GOSUMDB", "GONOSUMDB", "GOPRIVATE"} {
		value, err := exec.Command("go", "env", name).Output()
		if err != nil {
			t.Fatal(err)
		}
		r.environ = append(r.environ, name+"="+strings.TrimSpace(string(value)))
	}
	r.contexts = map[string]string{
		"github.action_path": root, "github.token": runnerToken, "github.repository": hubAddress.Path, "github.ref_name": "main",
		"github.event.repository.default_branch": "main", "runner.temp": r.temp,
	}
	return r
}

const runnerToken = "ghs_of_this_run_only"

var expression = regexp.MustCompile(`\$\{\{ ([a-z_.]+) \}\}`)

// evaluate replaces expressions by what they stand for; one that is unknown fails.
func (r *runner) evaluate(text string) string {
	return expression.ReplaceAllStringFunc(text, func(found string) string {
		name := expression.FindStringSubmatch(found)[1]
		value, ok := r.contexts[name]
		if !ok {
			r.t.Errorf("no workflow of this kind has %s", found)
		}
		return value
	})
}

func (r *runner) file(name string) mapping {
	r.t.Helper()
	return readYAML(readText(r.t, filepath.Join(r.root, filepath.FromSlash(name))))
}

// workflow runs the jobs of a workflow in the order of the file, as far as they have
// to be run, and tells which of them went well.
func (r *runner) workflow(name string) map[string]bool {
	r.t.Helper()
	done := map[string]bool{}
	for _, job := range r.file("template/.github/workflows/" + name).under("jobs") {
		about := job.value.(mapping)
		if needs := about.text("needs"); needs != "" && !done[needs] && about.text("if") != "always()" {
			continue
		}
		done[job.key] = r.steps(about.get("steps").([]any), "-e")
	}
	return done
}

// steps runs steps until one fails.
func (r *runner) steps(steps []any, shell ...string) bool {
	r.t.Helper()
	for _, one := range steps {
		step := one.(mapping)
		for _, f := range step {
			if !slices.Contains([]string{"name", "uses", "with", "env", "run", "shell"}, f.key) {
				r.t.Fatalf("%s: a step with %s is not run here", step.text("name"), f.key)
			}
		}
		uses := step.text("uses")
		switch {
		case strings.HasPrefix(uses, "rust-lang/rust-tuf@"):
			if !r.action(step.under("with")) {
				return false
			}
		case uses != "":
			r.used = append(r.used, strings.Split(uses, "@")[0])
		default:
			if !r.shell(step, shell...) {
				return false
			}
		}
	}
	return true
}

// action runs action.yml.
func (r *runner) action(with mapping) bool {
	r.t.Helper()
	action := r.file("action.yml")
	for _, input := range action.under("inputs") {
		value, given := with.get(input.key).(string)
		if !given {
			value = input.value.(mapping).text("default")
		}
		r.contexts["inputs."+input.key] = r.evaluate(value)
	}
	return r.steps(action.under("runs").get("steps").([]any), "--noprofile", "--norc", "-eo", "pipefail")
}

// shell runs the script of one step as a runner does: from a file, in the clone.
func (r *runner) shell(step mapping, options ...string) bool {
	r.t.Helper()
	script := filepath.Join(r.temp, "step.sh")
	if strings.Contains(step.text("run"), "${{") {
		r.t.Errorf("%s: an expression in a shell", step.text("name"))
	}
	if err := os.WriteFile(script, []byte(step.text("run")), 0o644); err != nil {
		r.t.Fatal(err)
	}
	cmd := exec.CommandContext(r.t.Context(), "bash", append(slices.Clone(options), script)...)
	cmd.Dir, cmd.Env = r.clone, slices.Clone(r.environ)
	for _, v := range step.under("env") {
		cmd.Env = append(cmd.Env, v.key+"="+r.evaluate(v.value.(string)))
	}
	out, err := cmd.CombinedOutput()
	r.t.Logf("%s: %v\n%s", step.text("name"), err, out)
	if strings.Contains(string(out), runnerToken) {
		r.t.Errorf("%s shows the token", step.text("name"))
	}
	r.hears()
	return err == nil
}

// hears notes what GitHub's own tool was asked for.
func (r *runner) hears() {
	r.t.Helper()
	called := filepath.Join(filepath.Dir(r.temp), "gh-was-called")
	raw, err := os.ReadFile(called)
	if err != nil {
		return
	}
	if err := os.Remove(called); err != nil {
		r.t.Fatal(err)
	}
	words := strings.Split(strings.TrimSuffix(string(raw), "\n"), "\n")
	if len(words) != 8 || words[0] != runnerToken || strings.Join(words[1:3], " ") != "workflow run" || strings.Join(words[4:7], " ") != "--repo "+hubAddress.Path+" --ref" {
		r.t.Fatalf("gh was called with %q", words[1:])
	}
	r.started = append(r.started, fmt.Sprintf("%s on %s", words[3], words[7]))
}
