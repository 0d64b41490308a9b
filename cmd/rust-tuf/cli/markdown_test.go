package cli

import (
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
	"github.com/rust-lang/rust-tuf/metadata"
)

// What stands on the page of a pull request: of one that a machine may merge,
// and of one that nobody may.
func TestGateReport(t *testing.T) {
	t.Parallel()
	s := play(t, "second-open", "alice")
	branch, file, path := s.signedBy(t, "alice")
	s.pull(t, "mixed", metadata.Change{Put: map[string][]byte{path: file.Bytes(), "docs/@everyone_.md": []byte("by the way\n")}})
	if err := s.fetch(); err != nil {
		t.Fatal(err)
	}
	gate := []string{"check", "--base", "origin/main", "--markdown", "--head"}
	s.golden(t, "report-signature.golden", s.exits(t, s.maintainer, exit.Done, append(gate, "origin/"+branch)))
	out := s.exits(t, s.maintainer, exit.Rejected, append(gate, "origin/mixed"))
	s.golden(t, "report-mixed.golden", out)
	if strings.Contains(out, "@everyone") || strings.Contains(out, "e_.md") {
		t.Errorf("a path is more than text:\n%s", out)
	}
	for _, with := range [][]string{{"check", "--markdown"}, append(gate, "origin/main", "--json")} {
		s.exits(t, s.maintainer, exit.Usage, with, "--markdown is the report of the gate")
	}
}

// No text from a repository can be more than text.
func TestEscapeMarkdown(t *testing.T) {
	for text, want := range map[string]string{
		"alice":                         "alice",
		"@alice":                        "@\u200balice",
		"[a](https://x)":                `\[a\]\(https\://x\)`,
		"<img src=x>":                   "&lt;img src=x&gt;",
		"a|b\n# c":                      `a\|b\\n\# c`,
		"*b* _c_ `d` ~e~ &amp; \x1b[2J": "\\*b\\* \\_c\\_ \\`d\\` \\~e\\~ &amp;amp; \\\\x1b\\[2J",
		"a\u202eb":                      `a\\u202eb`,
	} {
		if got := escapeMarkdown(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
	if got := fenced("a\n```\nb ````\n"); got != "`````\na\n```\nb ````\n`````\n" {
		t.Errorf("%q", got)
	}
	if got := fenced(strings.Repeat("x", 100<<10)); len(got) > maxFenced+200 || !strings.Contains(got, "cut here") {
		t.Errorf("%d bytes", len(got))
	}
}
