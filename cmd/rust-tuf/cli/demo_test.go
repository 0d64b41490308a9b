package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
)

// demoEnv is the world of somebody who tries the demo.
func demoEnv(t *testing.T) (*Env, *bytes.Buffer, string) {
	t.Helper()
	dir := t.TempDir()
	out := &bytes.Buffer{}
	return &Env{Stdout: out, Stderr: out, Getenv: func(string) string { return "" }, Now: time.Now, Dir: dir, Home: dir, Temp: dir, Terminal: nobody{}, Sources: softwareKeys}, out, dir
}

func TestDemo(t *testing.T) {
	t.Parallel()
	env, out, dir := demoEnv(t)
	if code := Main(context.Background(), []string{"demo"}, env); code != exit.Done {
		t.Fatalf("exit code %d\n%s", code, out)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) >= 60 {
		t.Errorf("the demo takes %d lines, want under 60", len(lines))
	}
	for _, want := range []string{"pending: exit code 4", "published", "reaches root 2", "refuses, exit code 10"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the demo says\n%s\nbut not %q", out, want)
		}
	}
	if strings.Contains(out.String(), "WRONG") {
		t.Errorf("something went wrong:\n%s", out)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "rust-tuf-demo-*")); len(left) != 0 {
		t.Errorf("the demo left %v", left)
	}
	readmeShowsTheDemo(t, out.String())
}

// readmeShowsTheDemo holds the README's first screen to what the demo prints,
// but for the times and for what is left out in the middle.
func readmeShowsTheDemo(t *testing.T, out string) {
	t.Helper()
	readme, err := os.ReadFile("../../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, shown, ok := strings.Cut(string(readme), "$ rust-tuf demo\n")
	if !ok {
		t.Fatal("README.md does not show the demo")
	}
	shown, _, _ = strings.Cut(shown, "\n```")
	printed := map[string]bool{}
	for _, line := range strings.Split(out, "\n") {
		printed[withoutTimes(line)] = true
	}
	lines := 0
	for _, line := range strings.Split(shown, "\n") {
		if line == "" || line == "[…]" {
			continue
		}
		lines++
		if !printed[withoutTimes(line)] {
			t.Errorf("README.md shows a line that the demo does not print:\n%s", line)
		}
	}
	if lines < 10 {
		t.Errorf("README.md shows only %d lines of the demo", lines)
	}
}

// withoutTimes leaves out of a line what differs from run to run: times, and
// the date of today in the events' names.
func withoutTimes(line string) string {
	fields := strings.Fields(line)
	for i, f := range fields {
		if strings.HasPrefix(f, "20") && strings.Count(f, "-") > 2 {
			fields[i] = "EVENT" + f[len("2026-11-22"):]
		}
		if strings.HasSuffix(f, "s") && strings.Trim(f, "0123456789.s") == "" {
			fields[i] = "TIME"
		}
	}
	line = strings.Join(fields, " ")
	if strings.HasPrefix(line, "Done in") {
		return "Done"
	}
	return line
}

func TestDemoKeeps(t *testing.T) {
	t.Parallel()
	env, out, dir := demoEnv(t)
	if code := Main(context.Background(), []string{"demo", "--keep", "--json"}, env); code != exit.Done {
		t.Fatalf("exit code %d\n%s", code, out)
	}
	var result demoResult
	dec := json.NewDecoder(bytes.NewReader(out.Bytes()))
	if err := dec.Decode(&result); err != nil || dec.More() {
		t.Fatalf("not one JSON object: %v\n%s", err, out)
	}
	if len(result.Rows) < 13 || !strings.HasPrefix(result.Folder, dir) {
		t.Errorf("result: %+v", result)
	}
	if _, err := os.Stat(filepath.Join(result.Folder, "remote.git")); err != nil {
		t.Error(err)
	}
}
