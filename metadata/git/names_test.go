package git

import (
	"os/exec"
	"strings"
	"testing"
	"unicode"
)

// Whatever checkBranch accepts, git accepts.
func TestBranchNamesAgainstGit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	good := []string{"main", "sign/root-2/alice", "a.b", "a-", "é", "x@y", "@x", "a{b", "{", "lock", "x.lock.y", "refs", "feature/HEAD", "0", "con"}
	bad := map[string]string{
		"": "is empty", "-": "dash", "-x": "dash", "--all": "dash", "HEAD": "not the name of a branch", "refs/heads/x": "own name",
		"@": "short form", "a b": "space", "a~b": "space or one of", "a^": "space or one of", "a:b": "space or one of", "a?": "space or one of",
		"a*": "space or one of", "a[b": "space or one of", `a\b`: "space or one of", "a..b": "holds ..", "a@{b": "@{", "a.": "ends with a dot",
		"/a": "empty segment", "a/": "empty segment", "a//b": "empty segment", ".a": "starts with a dot", "a/.b": "starts with a dot",
		"a.lock": ".lock", "a.lock/b": ".lock", "a\nb": "control", "a\x00b": "control", "a\x7f": "control", "a\u202eb": "control", "\xff": "UTF-8",
		strings.Repeat("x", 245): "longer than 244",
	}
	for _, name := range good {
		if err := checkBranch(name); err != nil {
			t.Errorf("%q: %v", name, err)
		}
		w.git(".", "check-ref-format", "refs/heads/"+name)
	}
	for name, words := range bad {
		e := wantError[*NameError](t, checkBranch(name), words)
		if e.Kind != "branch" || e.Name != name {
			t.Errorf("%+v", e)
		}
	}
}

func FuzzBranchNames(f *testing.F) {
	for _, seed := range []string{"main", "a/b.c", "a..b", "x.lock", "@{", "-x", "a\x01"} {
		f.Add(seed)
	}
	git, err := exec.LookPath("git")
	if err != nil {
		f.Skip("needs git")
	}
	f.Fuzz(func(t *testing.T, name string) {
		if checkBranch(name) != nil {
			return
		}
		if err := exec.Command(git, "check-ref-format", "--branch", name).Run(); err != nil {
			t.Errorf("git refuses %q: %v", name, err)
		}
	})
}

// Two names never share a segment, not even where case does not count, and a
// segment is always a good part of a ref.
func FuzzSegment(f *testing.F) {
	for _, seed := range [][2]string{{"a", "A"}, {"a/b", "a%2Fb"}, {"con", "CON"}, {"x.lock", "x%2Elock"}, {"a.", "a"}, {"..", "."}, {strings.Repeat("x", 300), strings.Repeat("x", 301)}} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		if a == "" || b == "" {
			return
		}
		s := segment(a)
		if a != b && strings.EqualFold(s, segment(b)) {
			t.Errorf("%q and %q are both %q", a, b, s)
		}
		if reason := refReason(s); reason != "" || len(s) > 200 || windowsDevice.MatchString(s) {
			t.Errorf("%q becomes %q: %s", a, s, reason)
		}
	})
}

func TestCheckRemote(t *testing.T) {
	for name, words := range map[string]string{
		"": "is empty", "-x": "dash", "--upload-pack=touch x": "dash", "a\x00b": "control", "a\nb": "control", "\xff": "control",
		"https://alice:secret@example.org/" + strings.Repeat("x", 3000): "longer than 2048",
	} {
		e := wantError[*NameError](t, checkRemote(name), "remote", words)
		if strings.Contains(e.Error(), "secret") {
			t.Errorf("the error shows a password: %v", e)
		}
	}
	for _, name := range []string{"origin", "team/alice", "https://example.org/x", "git@example.org:x.git", `C:\clones\x.git`, "../x", "~/x"} {
		if err := checkRemote(name); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
	for url, want := range map[string]string{
		"https://alice:secret@example.org/x": "https://example.org/x", "ssh://git@example.org/x@y": "ssh://example.org/x@y",
		"git@example.org:x": "git@example.org:x", "https://example.org/a@b": "https://example.org/a@b", "origin": "origin",
	} {
		if got := withoutSecret(url); got != want {
			t.Errorf("%s is shown as %s", url, got)
		}
	}
}

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"a\nb\tc":             "a\nb\tc",
		"\x1b[2Ja\x07":        "\ufffd[2Ja\ufffd",
		"10%\r20%\r\n":        "10%\n20%",
		"\u202etxt.exe\u0085": "\ufffdtxt.exe\ufffd",
		"a\xffb":              "a\ufffdb",
		"  x \n\n":            "x",
	} {
		if got := clean(in); got != want {
			t.Errorf("clean(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzClean(f *testing.F) {
	f.Add("remote: \x1b[31mdenied\r\n")
	f.Fuzz(func(t *testing.T, s string) {
		for _, r := range clean(s) {
			if r != '\n' && r != '\t' && unicode.IsControl(r) {
				t.Fatalf("clean(%q) keeps %q", s, r)
			}
		}
		if strings.ContainsAny(summary(clean(s), nil), "\n\x1b") {
			t.Fatalf("the summary of %q has more than a line", s)
		}
	})
}

func TestSummary(t *testing.T) {
	for in, want := range map[string]string{
		"hint: x\nfatal: no such remote\n":                                     "no such remote",
		"remote: x\nTo /r\n!\tabc:refs/heads/b\t[rejected] (stale info)\nDone": "[rejected] (stale info)",
		"error: one\nerror: two":                                               "one; two",
		"something\nelse":                                                      "something else",
		"":                                                                     "no reason given",
		"ERROR: Permission denied to alice.\nfatal: Could not read from remote repository.\n\nPlease make sure": "Permission denied to alice.",
		"fatal: Could not read from remote repository.\n\nPlease make sure":                                     "Could not read from remote repository.",
		"fatal: no such remote\nfatal: Could not read from remote repository.\n":                                "no such remote; Could not read from remote repository.",
	} {
		if got := summary(in, nil); got != want {
			t.Errorf("summary(%q) = %q, want %q", in, got, want)
		}
	}
	if got := summary("", exec.ErrNotFound); got != exec.ErrNotFound.Error() {
		t.Errorf("summary of an error = %q", got)
	}
	if got := hint("fatal: nothing known"); got != "" {
		t.Errorf("hint = %q", got)
	}
}
