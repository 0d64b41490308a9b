// Package runbook holds the ceremonies as text that a person follows, one
// step after another. The same files are embedded in the tool, read on the
// forge, and executed by the tests: a command in them that does not work
// fails the build.
package runbook

import (
	"embed"
	"slices"
	"strings"
)

//go:embed *.md
var files embed.FS

// Names lists the runbooks, in alphabetical order.
func Names() []string {
	entries, err := files.ReadDir(".")
	if err != nil {
		return nil
	}
	var names []string
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), ".md"))
	}
	return names
}

// Text is a runbook as Markdown; false if there is none of this name.
func Text(name string) (string, bool) {
	if !slices.Contains(Names(), name) {
		return "", false
	}
	text, err := files.ReadFile(name + ".md")
	return string(text), err == nil
}
