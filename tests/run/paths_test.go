package main

import (
	"path/filepath"
	"slices"
	"testing"
)

// slash parts the examples below, so that this file does not hold what it tests for.
const slash = "/"

func TestMachinePath(t *testing.T) {
	own := []string{slash + "srv/clone", slash + "src"}
	for line, want := range map[string]string{
		"see " + slash + "home/alice/x":           slash + "home/a…",
		"open(\"" + slash + "Users/alice\")":      slash + "Users/a…",
		slash + "root/.cache":                     slash + "root/.…",
		`C:` + `\Users\alice`:                     `C:` + `\Users\…`,
		"at " + slash + "srv/clone/main.go:3":     slash + "srv/clone",
		"signatures" + slash + "root/abc.json":    "",
		"<event>" + slash + "root/abc.json":       "",
		"a" + slash + "home/alice":                "",
		slash + "src/main.go is too short a root": "",
		"~/.config and $HOME/.config":             "",
	} {
		if got := machinePath(line, own); got != want {
			t.Errorf("%q: found %q, want %q", line, got, want)
		}
	}
}

func TestMachinePathsNamesTheLine(t *testing.T) {
	root := repository(t, map[string]string{"a.txt": "one\nin " + slash + "home/bob/x\n", "b.txt": "fine\n"})
	got, err := machinePaths(root)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"a.txt:2: names a path of one machine: " + slash + "home/b…"}; !slices.Equal(got, want) {
		t.Errorf("found %q, want %q", got, want)
	}
}

func TestMachinePathsFindsItsOwnPlace(t *testing.T) {
	root := repository(t, map[string]string{"a.txt": ""})
	write(t, filepath.Join(root, "a.txt"), "x "+root+" y\n", 0o644)
	got, err := machinePaths(root)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"a.txt:1: names a path of one machine: " + root}; !slices.Equal(got, want) {
		t.Errorf("found %q, want %q", got, want)
	}
}
