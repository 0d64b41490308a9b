// Package tests holds what is tested from outside, across all rooms.
package tests

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Every test that the threat model names exists, and every threat names one.
func TestThreatModelNamesTests(t *testing.T) {
	have := testNames(t)
	text, err := os.ReadFile("../docs/threat-model.md")
	if err != nil {
		t.Fatal(err)
	}
	name := regexp.MustCompile("`((?:Test|Fuzz)[A-Za-z0-9_]+)`")
	noTest := regexp.MustCompile("^## (Who attacks|What is)") // tables of something else
	rows := 0
	for _, line := range strings.Split(string(text), "\n") {
		named := name.FindAllStringSubmatch(line, -1)
		for _, n := range named {
			if !have[n[1]] {
				t.Errorf("docs/threat-model.md names %s, which is no test", n[1])
			}
		}
		if len(named) > 0 {
			rows++
		}
		if cells := strings.Split(line, "|"); len(cells) == 5 && strings.Contains(cells[3], "shown by") {
			continue
		} else if len(cells) == 5 && !strings.HasPrefix(cells[1], "---") && len(named) == 0 && !noTest.MatchString(section(string(text), line)) {
			t.Errorf("docs/threat-model.md shows no test for the threat:%s", cells[1])
		}
	}
	if rows < 20 {
		t.Errorf("only %d threats name a test; is the table still a table?", rows)
	}
}

// Every vector that the threat model names exists.
func TestThreatModelNamesVectors(t *testing.T) {
	text, err := os.ReadFile("../docs/threat-model.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, ok := strings.Cut(string(text), "## What other clients got wrong")
	table, _, _ = strings.Cut(table, "\n## ")
	named := regexp.MustCompile("`([a-z0-9]+(?:-[a-z0-9]+)+)`").FindAllStringSubmatch(table, -1)
	if !ok || len(named) < 40 {
		t.Fatalf("only %d vectors; is the table still a table?", len(named))
	}
	for _, n := range named {
		if _, err := os.Stat(filepath.Join("vectors", "data", n[1]+".vector")); err != nil {
			t.Errorf("docs/threat-model.md names %s, which is no vector", n[1])
		}
	}
}

// Each wish of those that nobody had fulfilled stands in the threat model in its
// own words, with a test that is named after it.
func TestThreatModelNamesWishes(t *testing.T) {
	text, err := os.ReadFile("../docs/threat-model.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, ok := strings.Cut(string(text), "## What others did not have")
	table, _, _ = strings.Cut(table, "\n## ")
	if !ok {
		t.Fatal("there is no such table")
	}
	rows := map[string]string{}
	for line := range strings.Lines(table) {
		if cells := strings.Split(line, "|"); len(cells) == 5 {
			rows[strings.TrimSpace(cells[1])] = cells[3]
		}
	}
	for wish, test := range map[string]string{
		"signature pull requests accepted by machine":             "TestSignaturePullRequestsAreAcceptedByMachine",
		"freeze and supersede":                                    "TestFreezeAndSupersede",
		"rehearsal of the pending event":                          "TestRehearse",
		"calendar reminders":                                      "TestCalendarReminders",
		"air-gapped signing that ends as a pull request":          "TestSignWithoutANetwork",
		"hand-over check of one repository's root inside another": "TestHandover",
		"a lost-key flow":                                         "TestMemberLost",
		"a signed transcript":                                     "TestSignedTranscript",
	} {
		if !strings.Contains(rows[wish], "`"+test+"`") {
			t.Errorf("docs/threat-model.md does not show %q by %s", wish, test)
		}
	}
}

// section is the heading above a line.
func section(text, line string) string {
	before, _, _ := strings.Cut(text, line)
	i := strings.LastIndex(before, "\n## ")
	if i < 0 {
		return ""
	}
	heading, _, _ := strings.Cut(before[i+1:], "\n")
	return heading
}

func testNames(t *testing.T) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	err := filepath.WalkDir("..", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(p, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), p, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil {
				names[f.Name.Name] = true
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}
