package cli

import (
	"fmt"
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

// What stands on the page of every other kind of pull request: what a person
// merges by.
func TestReportOfEveryKind(t *testing.T) {
	t.Parallel()
	s := play(t, "second-ready", "alice")
	m := s.maintainer
	read := func(path string) string {
		t.Helper()
		raw, err := s.head(t).Tree().Read(path)
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	with := func(branch, path, content string) {
		t.Helper()
		s.branchWith(t, branch, "origin/main", entry{"100644", path, content})
	}
	replaced := func(path, old, new string) string {
		t.Helper()
		text := read(path)
		if !strings.Contains(text, old) {
			t.Fatalf("%s has no %q", path, old)
		}
		return strings.Replace(text, old, new, 1)
	}
	s.exits(t, m, exit.Done, []string{"complete"})
	s.exits(t, m, exit.Done, []string{"propose", "--why", "start over", "--renew", "root", "--supersede", secondEvent, "--name", "again"})
	policy := metadata.PolicyFile
	with("policy", policy, replaced(policy, `"grace"`, `"heidi"`))
	with("policy-refused", policy, replaced(policy, "threshold = 5", "threshold = 1"))
	with("policy-too", policy, replaced(policy, `"grace"`, `"ivan"`))
	with("member", "members/alice/member.toml", replaced("members/alice/member.toml", `login = "alice"`, `login = "mallory"`))
	with("unreadable", `docs\a.md`, "x\n")
	with("other", ".github/workflows/gate.yml", "on: push\n")
	with("history", metadata.PublishedPath("root", 1), read(metadata.PublishedPath("root", 1))+"\n")
	alone, err := s.git(m.name, m.clone, "commit-tree", "origin/main^{tree}", "-m", "alone")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.git(m.name, m.clone, "push", "--quiet", "origin", strings.TrimSpace(alone)+":refs/heads/alone"); err != nil {
		t.Fatal(err)
	}
	if err := s.fetch(); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name, base, head string
		code             int
		who              string
		says             []string
	}{
		{"completion", "main", "complete/" + secondEvent, exit.Done, "maintainer", []string{"root version 2", "signed by alice, bob, carol, dave, erin, judy and karl", "Digest"}},
		{"superseding", "main", "event/again", exit.Done, "maintainer", []string{"It takes the place of event " + secondEvent + ", which has all the signatures that it needs", "the signatures of alice, bob, carol, dave, erin, judy and karl on that count no more", "- judy (`judy` at the forge)"}},
		{"policy", "main", "policy", exit.Done, "maintainer", []string{"added: heidi; removed: grace"}},
		{"policy-refused", "main", "policy-refused", exit.Done, "author", []string{"No event can be proposed from this", "threshold of role root changes from 5 to 1", "would refuse: root is signed by 1 of 9 keys"}},
		{"member", "main", "member", exit.Done, "maintainer", []string{"login of member alice changes from alice to mallory"}},
		{"other", "main", "other", exit.Done, "maintainer", []string{".github/workflows/gate.yml"}},
		{"history", "main", "history", exit.Rejected, "author", []string{"a published version never changes"}},
		{"conflict", "policy", "policy-too", exit.Rejected, "author", []string{"has changed the same files: rust-tuf.toml", "on top of that"}},
		{"unreadable", "main", "unreadable", exit.Rejected, "author", []string{"docs", "take out what cannot be read"}},
		{"unrelated", "main", "alone", exit.Rejected, "author", []string{"no history in common"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			check := []string{"check", "--base", "origin/" + test.base, "--head", "origin/" + test.head}
			page := s.exits(t, m, test.code, append(check, "--markdown"), test.says...)
			s.golden(t, "report-"+test.name+".golden", page)
			got := &gateResult{}
			oneObject(t, s.exits(t, m, test.code, append(check, "--json")), got)
			if got.Accepted != (test.code == exit.Done) || got.Machine || got.Reason == "" || got.Who != test.who || got.Next == "" || got.Kind == "" {
				t.Errorf("%+v", got)
			}
			text := s.exits(t, m, test.code, check, "\nVerdict: "+got.verdict()+".\n"+got.nextLabel()+": "+got.Next+".\n")
			if strings.Contains(text, "refused:") == got.Accepted {
				t.Errorf("refused and accepted at once:\n%s", text)
			}
		})
	}
	t.Run("superseding, as an object", func(t *testing.T) {
		verdict, err := s.gateOn(t, "event/again")
		if err != nil || len(verdict.Discards) != 1 || !verdict.Discards[0].Complete || verdict.Discards[0].Event != secondEvent || len(verdict.Discards[0].Signers) != 7 {
			t.Errorf("%+v, %v", verdict, err)
		}
	})
}

// A renewal that nothing is replaced by, and a removal of what came too late.
func TestReportOfARenewalAndARepair(t *testing.T) {
	t.Parallel()
	s := play(t, "second-done", "alice")
	m := s.maintainer
	s.now = january
	late := metadata.EventPath(secondEvent, "signatures", "root", strings.Repeat("0", 64)+".json")
	s.branchWith(t, "late", "origin/main", entry{"100644", late, "{}\n"})
	if err := s.fetch(); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"push", "--quiet", "origin", "refs/remotes/origin/late:refs/heads/main"}, {"pull", "--quiet", "--rebase", "origin", "main"}} { // past the gate
		if _, err := s.git(m.name, m.clone, args...); err != nil {
			t.Fatal(err)
		}
	}
	s.branchWith(t, "repair", "origin/main", entry{"", late, ""})
	s.exits(t, m, exit.Done, []string{"propose", "--why", "a renewal", "--renew", "root"})
	if err := s.fetch(); err != nil {
		t.Fatal(err)
	}
	check := []string{"check", "--base", "origin/main", "--markdown", "--head"}
	s.golden(t, "report-repair.golden", s.exits(t, m, exit.Done, append(check, "origin/repair"), "- events/"))
	s.golden(t, "report-proposal.golden", s.exits(t, m, exit.Done, append(check, "origin/event/2027-01-22-root-v3"), "5 more of: alice", "rust-tuf sign 2027-01-22-root-v3", "signing opens for root version"))
}

// A change of the automation is named first, however many other files come with
// it, so that it cannot be hidden among those that are only counted.
func TestAutomationIsNamedFirst(t *testing.T) {
	r := &gateResult{}
	for i := range 5 * maxFiles {
		r.Free = append(r.Free, fmt.Sprintf("!%03d.md", i))
	}
	automation := []string{".forgejo/workflows/x.yml", ".gitea/workflows/x.yml", ".github/workflows/gate.yml", ".gitlab-ci.yml"}
	r.Free = append(r.Free, automation...)
	lines := r.freeLines()
	for i, path := range automation {
		if want := path + " (it decides what the forge runs here, and whom it asks)"; lines[i] != want {
			t.Errorf("line %d is %q, want %q", i, lines[i], want)
		}
	}
	if len(lines) != maxFiles+1 || lines[maxFiles] != fmt.Sprintf("and %d files more", 4*maxFiles+len(automation)) {
		t.Errorf("%d lines, the last: %s", len(lines), lines[len(lines)-1])
	}
}

// No text from a repository can be more than text.
func TestEscapeMarkdown(t *testing.T) {
	for text, want := range map[string]string{
		"alice":                         "alice",
		"@alice":                        "@\u200balice",
		"[a](https://x)":                `\[a\](https\://x)`,
		"late: not signed (yet)!":       "late: not signed (yet)!",
		":tada: see www.x":              `\:tada: see www\.x`,
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
