package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/metadata/forge"
	"github.com/rust-lang/rust-tuf/metadata/git"
)

// entry is one file of a tree as git stores it; an empty mode takes it away.
type entry struct{ mode, path, content string }

// branchWith makes a branch on top of a revision, with whatever git can store
// and no tool of ours would write.
func (s *stage) branchWith(t *testing.T, branch, on string, entries ...entry) {
	t.Helper()
	m := s.maintainer
	git := func(args ...string) string {
		t.Helper()
		out, err := s.git(m.name, m.clone, args...)
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(out)
	}
	git("read-tree", on)
	for i, e := range entries {
		if e.mode == "" {
			git("update-index", "--force-remove", e.path)
			continue
		}
		id := e.content // of a submodule
		if e.mode != "160000" {
			file := filepath.Join(s.dir, fmt.Sprintf("entry-%s-%d", strings.ReplaceAll(branch, "/", "-"), i))
			if err := os.WriteFile(file, []byte(e.content), 0o600); err != nil {
				t.Fatal(err)
			}
			id = git("hash-object", "-w", "--no-filters", file)
		}
		git("-c", "core.protectHFS=false", "-c", "core.protectNTFS=false", "update-index", "--add", "--cacheinfo", e.mode+","+id+","+e.path)
	}
	commit := git("commit-tree", git("write-tree"), "-p", on, "-m", branch)
	git("read-tree", "HEAD")
	git("push", "--quiet", "origin", commit+":refs/heads/"+branch)
}

// A pull request that says it is a signature, and hides something: none of them
// is merged by the machine, each is refused in words, and the gate goes on.
func TestPullRequestsThatHideAChange(t *testing.T) {
	t.Parallel()
	s := play(t, "second-open", "alice", "bob")
	m := s.maintainer
	h := newHub(t, s, m)
	_, file, path := s.signedBy(t, "alice")
	if err := s.fetch(); err != nil {
		t.Fatal(err)
	}
	good := string(file.Bytes())
	read := func(path string) string {
		t.Helper()
		raw, err := s.head(t).Tree().Read(path)
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	root1 := metadata.PublishedPath("root", 1)
	signature := entry{"100644", path, good}
	many := []entry{signature}
	for i := range 1000 {
		many = append(many, entry{"100644", fmt.Sprintf("docs/%04d.md", i), "x"})
	}
	closed := strings.Replace(path, metadata.EventsDir+"/"+secondEvent, metadata.EventsDir+"/"+firstEvent, 1)
	cases := map[string]string{}
	for name, test := range map[string]struct {
		entries []entry
		words   string
	}{
		"a rename of a root":        {[]entry{signature, {"", root1, ""}, {"100644", metadata.PublishedPath("root", 3), read(root1)}}, "root"},
		"a program":                 {[]entry{{"100755", path, good}}, "has mode 100755"},
		"a mode of a root":          {[]entry{signature, {"100755", root1, read(root1)}}, "has mode 100755"},
		"a link":                    {[]entry{{"120000", path, "../../../../../README.md"}}, "is a symbolic link"},
		"a link to a folder":        {[]entry{signature, {"120000", "members/eve", "alice"}}, "is a symbolic link"},
		"a submodule":               {[]entry{signature, {"160000", "members/eve", strings.Repeat("1", 40)}}, "is a submodule"},
		"a filter":                  {[]entry{signature, {"100644", ".gitattributes", "* filter=evil\n"}}, "a signature comes alone"},
		"a filter alone":            {[]entry{{"100644", ".gitattributes", "metadata/*.json text eol=crlf\n"}}, "stays as `rust-tuf init` writes it"},
		"a filter beside roots":     {[]entry{{"100644", "metadata/.gitattributes", "* text\n"}}, "the one at the top, which `rust-tuf init` writes, is enough"},
		"a dot at the end":          {[]entry{{"100644", "metadata./3.root.json", read(root1)}}, "some computers take this for metadata/3.root.json"},
		"a blank at the end":        {[]entry{{"100644", "metadata /3.root.json", read(root1)}}, "some computers take this for metadata/3.root.json"},
		"a stream":                  {[]entry{{"100644", "metadata:x/3.root.json", read(root1)}}, "some computers take this for metadata/3.root.json"},
		"a short name":              {[]entry{{"100644", "METADA~1/3.root.json", read(root1)}}, "the short form of a name that rust-tuf reads"},
		"another case":              {[]entry{signature, {"100644", strings.ToUpper(root1), read(root1)}}, "lower case"},
		"another Unicode form":      {[]entry{signature, {"100644", "Members/\u212alice/member.toml", "x"}}, "lower case"},
		"a thousand files":          {many, "a signature comes alone"},
		"a huge file":               {[]entry{{"100644", path, strings.Repeat(" ", 17<<10) + good}}, "bytes"},
		"two signatures":            {[]entry{signature, {"100644", strings.Replace(path, "/root/", "/targets/", 1), good}}, "targets"},
		"for another event":         {[]entry{{"100644", closed, good}}, "event"},
		"under another key":         {[]entry{{"100644", strings.Replace(path, file.KeyID, strings.Repeat("0", 64), 1), good}}, "another key id"},
		"a workflow":                {[]entry{signature, {"100644", ".github/workflows/gate.yml", "on: push\n"}}, "a signature comes alone"},
		"no file, but a new branch": {[]entry{{"100644", "events/new/event.toml", "format = 1\n"}}, "event"},
	} {
		cases[name] = test.words
		h.opens(t, name, "origin/main", test.entries...)
	}
	h.allRefused(t, cases)

	// What is there stays: a signature is neither edited, deleted nor added again.
	h.pulls = nil
	signed, err := s.branches("sign/")
	if err != nil || len(signed) == 0 {
		t.Fatal(signed, err)
	}
	if err := s.merge(signed...); err != nil {
		t.Fatal(err)
	}
	if err := s.fetch(); err != nil {
		t.Fatal(err)
	}
	stays := map[string]string{}
	for name, entries := range map[string][]entry{
		"edited":  {{"100644", path, strings.Replace(good, "Z\"", "Z\" ", 1)}},
		"deleted": {{"", path, ""}},
		"again":   {{"", path, ""}, {"100644", strings.Replace(path, ".json", ".JSON", 1), good}},
	} {
		stays["a signature "+name] = map[string]string{"edited": "a signature never changes", "deleted": "a signature never changes", "again": "it is not the name of a signature file"}[name]
		h.opens(t, "a signature "+name, "origin/main", entries...)
	}
	h.allRefused(t, stays)

	// On top of a history that is not the default branch's any more, and of none.
	h.opens(t, "an older state", "origin/main~1")
	s.unchanged(t, func() { s.exits(t, m, exit.Done, []string{"gate", "--merge"}, "an older state: a person decides") })
	if len(h.merged) != 0 {
		t.Errorf("merged %q", h.merged)
	}
}

// opens opens a pull request with whatever git can store.
func (h *memoryHub) opens(t *testing.T, title, on string, entries ...entry) {
	t.Helper()
	branch := "hide/" + strings.NewReplacer(" ", "-", ",", "").Replace(strings.ToLower(title))
	h.s.branchWith(t, branch, on, entries...)
	if _, err := h.Open(t.Context(), forge.Proposal{From: hubAddress.Path, Branch: branch, Base: "main", Title: title}); err != nil {
		t.Fatal(err)
	}
}

// allRefused runs the gate over all open pull requests: each is refused in these
// words, by title, and none is merged.
func (h *memoryHub) allRefused(t *testing.T, words map[string]string) {
	t.Helper()
	var out gateRun
	h.s.unchanged(t, func() {
		oneObject(t, h.s.exits(t, h.s.maintainer, exit.Done, []string{"gate", "--merge", "--json"}), &out)
	})
	if len(out.Judged) != len(words) || len(h.merged) != 0 {
		t.Fatalf("%d judged of %d, merged %q", len(out.Judged), len(words), h.merged)
	}
	for _, p := range out.Judged {
		if p.Accepted || p.Machine || !strings.Contains(strings.Join(p.Problems, "\n"), words[p.Title]) {
			t.Errorf("%s: %+v", p.Title, p)
		}
		if v := h.verdicts[git.Commit(p.Head)]; v.State != forge.Failure {
			t.Errorf("%s: %+v", p.Title, v)
		}
	}
	h.pulls = nil
}

// What no rule is about is named, always: on the page and on the terminal. What the
// forge goes by is told apart.
func TestFilesWithoutARuleAreNamed(t *testing.T) {
	t.Parallel()
	s := play(t, "second-open", "alice")
	s.branchWith(t, "workflow", "origin/main", entry{"100644", ".github/workflows/gate.yml", "on: push\n"}, entry{"100644", "docs/notes.md", "x\n"})
	if err := s.fetch(); err != nil {
		t.Fatal(err)
	}
	judged := []string{"check", "--base", "origin/main", "--head", "origin/workflow"}
	out := s.exits(t, s.maintainer, exit.Done, judged, "Files that no rule is about, so read them yourself:", ".github/workflows/gate.yml (it decides what the forge runs here", "  docs/notes.md\n")
	if strings.Contains(out, "docs/notes.md (") {
		t.Errorf("%s", out)
	}
	s.exits(t, s.maintainer, exit.Done, append(judged, "--markdown"), "Files that no rule is about", "it decides what the forge runs here", "docs/notes.md")
}
