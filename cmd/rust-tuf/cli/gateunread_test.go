package cli

import (
	"encoding/hex"
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
	"github.com/rust-lang/rust-tuf/metadata/forge"
	"github.com/rust-lang/rust-tuf/metadata/git"
)

// opensMany opens a pull request that adds so many files below a folder.
func (h *memoryHub) opensMany(t *testing.T, title, folder string, files int) {
	t.Helper()
	branch := "many/" + strings.ReplaceAll(title, " ", "-")
	var b strings.Builder
	fmt.Fprintf(&b, "blob\nmark :1\ndata 1\nx\ncommit refs/heads/%s\ncommitter mallory <mallory@example.org> 1700000000 +0000\ndata 1\nm\nfrom refs/heads/main\n", branch)
	for i := range files {
		fmt.Fprintf(&b, "M 100644 :1 %s/%d/%d.md\n", folder, i/100, i)
	}
	b.WriteString("\n")
	c := exec.CommandContext(t.Context(), "git", "-C", h.s.remote(), "fast-import", "--quiet")
	c.Stdin = strings.NewReader(b.String())
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if _, err := h.Open(t.Context(), forge.Proposal{From: hubAddress.Path, Branch: branch, Base: "main", Title: title}); err != nil {
		t.Fatal(err)
	}
}

// A pull request that cannot be read is refused, with a status and a report, as any
// other that must not be merged: no stranger keeps the job red, or anybody waiting.
func TestGateRefusesWhatCannotBeRead(t *testing.T) {
	t.Parallel()
	s := play(t, "second-open", "alice")
	alice, m := s.people["alice"], s.maintainer
	h := newHub(t, s, m, alice)
	want := map[string]string{}
	for title, test := range map[string]struct {
		path, content, words string
	}{
		"deep":           {strings.Repeat("d/", 17) + "x", "x", "too many folders above a file: 17 found, at most 16 are read"},
		"backslash":      {`a\b`, "x", "backslash"},
		"control":        {"a\x01b", "x", "control"},
		"not UTF-8":      {"a\xffb", "x", "UTF-8"},
		"zero width":     {"meta\u200cdata/3.root.json", "x", "control character"},
		"huge":           {"big.bin", strings.Repeat("x", 65<<20), "too many bytes in one file: 68157440 found, at most 67108864 are read"},
		"huge signature": {"events/" + secondEvent + "/signatures/root/" + strings.Repeat("0", 64) + ".json", strings.Repeat(" ", 65<<20), "too many bytes in one file"},
	} {
		h.opens(t, title, "origin/main", entry{"100644", test.path, test.content})
		want[title] = test.words
	}
	h.opensMany(t, "too many files", "docs", 20_001)
	want["too many files"] = "too many files and folders in one commit: "
	h.opensMany(t, "many published files", "metadata", 10_000)
	want["many published files"] = "metadata/0/0.md"
	h.opensMany(t, "many other files", "docs", 10_000)
	s.signedBy(t, "alice")

	var out gateRun
	oneObject(t, s.exits(t, m, exit.Done, []string{"gate", "--merge", "--raise", "--json"}), &out)
	if len(h.merged) != 1 || len(h.issues) != 0 || len(out.Judged) != len(want)+2 {
		t.Errorf("merged %q, issues %q, %d judged", h.merged, h.issues, len(out.Judged))
	}
	for _, p := range out.Judged {
		words, bad := want[p.Title]
		if p.Accepted == bad || p.Undone != "" || !strings.Contains(strings.Join(p.Problems, "\n"), words) {
			t.Errorf("%s: %+v", p.Title, p)
		}
		if p.Merged != "" {
			continue
		}
		v, report := h.verdicts[git.Commit(p.Head)], h.reports[fmt.Sprintf("%d gate", p.Number)]
		if (v.State == forge.Failure) != bad || strings.HasPrefix(report, "### Do not merge this\n") != bad {
			t.Errorf("%s: %+v\n%.300s", p.Title, v, report)
		}
	}
}

// object stores an object in the remote as it is, also one that git would not make.
func (h *memoryHub) object(t *testing.T, kind, text string) string {
	t.Helper()
	c := exec.CommandContext(t.Context(), "git", "-C", h.s.remote(), "hash-object", "-t", kind, "-w", "--stdin", "--literally")
	c.Stdin = strings.NewReader(text)
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return strings.TrimSpace(string(out))
}

// becomes gives a pull request another head, with this tree on top of the default
// branch.
func (h *memoryHub) becomes(t *testing.T, number int, tree string) {
	t.Helper()
	commit := h.object(t, "commit", fmt.Sprintf("tree %s\nparent %s\nauthor mallory <mallory@example.org> 1700000000 +0000\ncommitter mallory <mallory@example.org> 1700000000 +0000\n\nx\n", tree, h.git("rev-parse", "main")))
	h.pushed(t, number, commit)
}

// pushed gives a pull request another head.
func (h *memoryHub) pushed(t *testing.T, number int, head string) {
	t.Helper()
	h.git("update-ref", fmt.Sprintf("refs/pull/%d/head", number), head)
	for i := range h.pulls {
		if h.pulls[i].Number == number {
			h.pulls[i].Head = commitOf(head)
		}
	}
}

// A tree that no git makes, and every git carries, is refused too.
func TestGateRefusesADamagedTree(t *testing.T) {
	t.Parallel()
	s := play(t, "second-open", "alice")
	m := s.maintainer
	h := newHub(t, s, m)
	raw, err := hex.DecodeString(h.object(t, "blob", "x"))
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range []string{"twice", "git", "dots", "slash"} {
		h.opens(t, name, "origin/main", entry{"100644", "docs/1.md", "x"})
		h.becomes(t, i+1, h.object(t, "tree", map[string]string{
			"twice": "100644 a\x00" + string(raw) + "100644 a\x00" + string(raw),
			"git":   "100644 .git\x00" + string(raw),
			"dots":  "100644 ..\x00" + string(raw),
			"slash": "100644 a/b\x00" + string(raw), // git itself dies of it
		}[name]))
	}
	s.exits(t, m, exit.Done, []string{"gate", "--merge", "--raise"}, "leads into git's own folder", "the path holds . or ..")
	for _, pull := range h.pulls {
		if v := h.verdicts[pull.Head]; v.State != forge.Failure {
			t.Errorf("%s: %+v", pull.Title, v)
		}
	}
}
