package git

import (
	"errors"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rust-lang/rust-tuf/metadata"
)

func TestCommitAndTree(t *testing.T) {
	for _, objects := range []string{"sha1", "sha256"} {
		t.Run(objects, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.git(".", "init", "-q", "--object-format="+objects, "repo")
			r := w.open("repo")
			before := w.snapshot("repo")
			first := w.commit(r, "", files{"a": "1\r\n", "d/e/f": "", "d.x": "x", "d/g": strings.Repeat("line\n", 100_000)})
			second := w.commit(r, first, files{"a": "2", "d/new": "n", "z/y/x/w": "deep"}, "d/e/f", "absent")
			tree := must[*Tree](t)(r.Tree(t.Context(), second))

			want := []metadata.Entry{
				{Path: "a", Mode: "100644", Size: 1}, {Path: "d.x", Mode: "100644", Size: 1},
				{Path: "d/g", Mode: "100644", Size: 500_000}, {Path: "d/new", Mode: "100644", Size: 1},
				{Path: "z/y/x/w", Mode: "100644", Size: 4},
			}
			if got := tree.Entries(); !slices.Equal(got, want) {
				t.Errorf("entries = %v", got)
			}
			if got := must[[]byte](t)(tree.Read("a")); string(got) != "2" {
				t.Errorf("a = %q", got)
			}
			if got := must[[]byte](t)(must[*Tree](t)(r.Tree(t.Context(), first)).Read("a")); string(got) != "1\r\n" {
				t.Errorf("a in the first commit = %q", got)
			}
			for _, path := range []string{"d/e/f", "d", "", "A"} {
				if _, err := tree.Read(path); !errors.Is(err, fs.ErrNotExist) {
					t.Errorf("Read(%q): %v", path, err)
				}
			}
			if tree.Commit() != second {
				t.Errorf("Commit() = %s", tree.Commit())
			}
			w.git("repo", "fsck", "--strict")
			if got := w.git("repo", "rev-parse", string(second)+"^"); got != string(first) {
				t.Errorf("parent = %s, want %s", got, first)
			}
			// Git itself builds the same tree.
			if got, want := w.git("repo", "ls-tree", "-r", "--name-only", string(second)), "a\nd.x\nd/g\nd/new\nz/y/x/w"; got != want {
				t.Errorf("git lists %q", got)
			}
			if after := w.snapshot("repo"); after != before {
				t.Errorf("the clone changed:\n%s\n---\n%s", before, after)
			}
		})
	}
}

// The tree that Commit makes is the one that metadata.Change describes.
func TestCommitAgreesWithApply(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.git(".", "init", "-q", "repo")
	r := w.open("repo")
	first := w.commit(r, "", files{"a/b/c": "1", "a/b/d": "2", "a.b": "3", "x": "4"})
	before := must[*Tree](t)(r.Tree(t.Context(), first))
	for name, ch := range map[string]metadata.Change{
		"empties a folder":     {Delete: []string{"a/b/c", "a/b/d"}},
		"file becomes folder":  {Put: map[string][]byte{"x/y": []byte("5")}, Delete: []string{"x"}},
		"folder becomes file":  {Put: map[string][]byte{"a": []byte("6")}, Delete: []string{"a/b/c", "a/b/d"}},
		"put and delete":       {Put: map[string][]byte{"x": []byte("7")}, Delete: []string{"x"}},
		"a folder is no file":  {Put: map[string][]byte{"x": nil}, Delete: []string{"a", "a/b"}},
		"everything":           {Put: map[string][]byte{"n": {0}}, Delete: []string{"a/b/c", "a/b/d", "a.b", "x"}},
		"empties and refills":  {Put: map[string][]byte{"a/b/e": nil}, Delete: []string{"a/b/c", "a/b/d"}},
		"beside a longer name": {Put: map[string][]byte{"a/b.c": nil, "a/b-c": nil}},
	} {
		t.Run(name, func(t *testing.T) {
			c := must[Commit](t)(r.Commit(t.Context(), first, ch, "m", time.Time{}))
			got, want := must[*Tree](t)(r.Tree(t.Context(), c)), ch.Apply(before)
			if !slices.Equal(got.Entries(), want.Entries()) {
				t.Fatalf("entries = %v, want %v", got.Entries(), want.Entries())
			}
			for _, e := range want.Entries() {
				a, b := must[[]byte](t)(got.Read(e.Path)), must[[]byte](t)(want.Read(e.Path))
				if string(a) != string(b) {
					t.Errorf("%s = %q, want %q", e.Path, a, b)
				}
			}
		})
	}
	w.git("repo", "fsck", "--strict")
}

func TestCommitMessageAndTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.git(".", "init", "-q", "repo")
	w.git("repo", "config", "i18n.commitEncoding", "ISO-8859-1")
	r := w.open("repo")
	when := time.Date(2026, 3, 4, 5, 6, 7, 0, time.FixedZone("", 3600))
	message := "sign root 2 as erin\n\n# not a comment: é\n"
	c := must[Commit](t)(r.Commit(t.Context(), "", files{"a": ""}.change(), message, when))
	raw := w.git("repo", "cat-file", "commit", string(c))
	for _, want := range []string{
		"author alice <alice@example.org> 1772597167 +0000\n", "committer alice <alice@example.org> 1772597167 +0000\n",
		"\n\n" + strings.TrimSpace(message),
	} {
		if !strings.Contains(raw, want) {
			t.Errorf("commit lacks %q:\n%s", want, raw)
		}
	}
	if strings.Contains(raw, "encoding") {
		t.Errorf("the message has an encoding:\n%s", raw)
	}
	again := must[Commit](t)(r.Commit(t.Context(), "", files{"a": ""}.change(), message, when))
	if again != c {
		t.Errorf("the same commit is %s, then %s", c, again)
	}
}

func TestCommitRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.git(".", "init", "-q", "repo")
	r := w.open("repo")
	blob := w.gitIn("repo", "target", "hash-object", "-w", "--stdin")
	tree := w.gitIn("repo", "120000 blob "+blob+"\tlink\n100755 blob "+blob+"\trun\n160000 commit "+strings.Repeat("1", 40)+"\tsub\n", "mktree")
	parent := Commit(w.git("repo", "commit-tree", "-m", "odd modes", tree))
	parent = w.commit(r, parent, files{"file": "1", "dir/file": "2"})

	for path, words := range map[string]string{
		"":                              "is empty",
		"/etc/passwd":                   "is absolute",
		"../up":                         "holds . or ..",
		"a/../../up":                    "empty segments, . or ..",
		"a//b":                          "empty segments",
		"a/./b":                         "empty segments",
		"a/":                            "empty segments",
		`a\b`:                           "backslash",
		"a\nb":                          "control character",
		"a\x1b[2Jb":                     "control character",
		"a\u202eb":                      "control character",
		"a\xffb":                        "not UTF-8",
		".git/hooks/post-commit":        "git's own folder",
		"x/.GIT/config":                 "git's own folder",
		"x/git~1/config":                "git's own folder",
		"x/.g\u200cit/config":           "control character",
		"members/é":                     "only ASCII",
		"a:b":                           "only ASCII",
		"members/aux/member.toml":       "device",
		"NUL":                           "device",
		"com1.txt":                      "device",
		"trailing.":                     "ends with a dot",
		"trailing /x":                   "ends with a dot or space",
		strings.Repeat("x", 256):        "longer than 255",
		strings.Repeat("x/", 600):       "empty segments",
		strings.Repeat("x/", 600) + "x": "longer than 1024",
		"dir":                           "is a folder",
		"file/below":                    `file "file": is a file, not a folder`,
		"link/below":                    "is a symbolic link",
		"sub/below":                     "is a submodule",
		"dir/file/x/":                   "empty segments",
	} {
		_, err := r.Commit(t.Context(), parent, files{path: "x"}.change(), "m", time.Time{})
		wantError[*PathError](t, err, words)
	}
	if _, err := r.Commit(t.Context(), parent, files{"a": "1", "a/b": "2"}.change(), "m", time.Time{}); err == nil {
		t.Error("a file that is a folder as well was committed")
	} else {
		wantError[*PathError](t, err, `file "a"`, "is a file, not a folder")
	}
	for _, message := range []string{"", " \n", "a\x00b"} {
		_, err := r.Commit(t.Context(), parent, files{"a": "1"}.change(), message, time.Time{})
		wantError[*NameError](t, err, "commit message")
	}
	for _, parent := range []Commit{"HEAD", "-h", "main", "1234", Commit(strings.Repeat("A", 40)), Commit(strings.Repeat("1", 64))} {
		_, err := r.Commit(t.Context(), parent, files{"a": "1"}.change(), "m", time.Time{})
		wantError[*NameError](t, err, "not the full name of a commit")
	}
	_, err := r.Commit(t.Context(), Commit(strings.Repeat("1", 40)), files{"a": "1"}.change(), "m", time.Time{})
	wantError[*ObjectError](t, err, "is not in this clone")
	_, err = r.Commit(t.Context(), Commit(blob), files{"a": "1"}.change(), "m", time.Time{})
	wantError[*ObjectError](t, err, "is a blob, not a commit")

	for _, ch := range []metadata.Change{{}, files{"file": "1"}.change(), files{}.change("absent")} {
		if _, err := r.Commit(t.Context(), parent, ch, "m", time.Time{}); !errors.Is(err, ErrNoChange) {
			t.Errorf("change %v: %v, want ErrNoChange", ch, err)
		}
	}
	if _, err := r.Commit(t.Context(), "", metadata.Change{}, "m", time.Time{}); !errors.Is(err, ErrNoChange) {
		t.Errorf("empty first commit: %v, want ErrNoChange", err)
	}
}

// A change keeps links, modes and submodules that it does not name, and turns
// those that it names into files.
func TestCommitKeepsModes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.git(".", "init", "-q", "repo")
	r := w.open("repo")
	blob := w.gitIn("repo", "../../etc/passwd", "hash-object", "-w", "--stdin")
	tree := w.gitIn("repo", "120000 blob "+blob+"\tlink\n120000 blob "+blob+"\tother\n100755 blob "+blob+"\trun\n160000 commit "+strings.Repeat("1", 40)+"\tsub\n", "mktree")
	parent := Commit(w.git("repo", "commit-tree", "-m", "odd modes", tree))
	got := must[*Tree](t)(r.Tree(t.Context(), w.commit(r, parent, files{"other": "a file"})))
	want := []metadata.Entry{
		{Path: "link", Mode: "120000", Size: 16}, {Path: "other", Mode: "100644", Size: 6},
		{Path: "run", Mode: "100755", Size: 16}, {Path: "sub", Mode: "160000"},
	}
	if !slices.Equal(got.Entries(), want) {
		t.Errorf("entries = %v", got.Entries())
	}
	if content := must[[]byte](t)(got.Read("link")); string(content) != "../../etc/passwd" {
		t.Errorf("the link reads %q; it must not be followed", content)
	}
	if _, err := got.Read("sub"); !errors.Is(err, fs.ErrInvalid) {
		t.Errorf("Read of a submodule: %v", err)
	}
}
