package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/roles"
)

// The status of one key is edited, and nothing else: comments, the order of
// things and the ends of lines stay.
func TestWithStatus(t *testing.T) {
	s := play(t, "genesis-done")
	text := string(readTree(t, s, metadata.MemberPath("alice")))
	second := strings.Replace(text[strings.Index(text, "[[key]]"):], `label = "main"`, `label = "second"`, 1)
	second = strings.Replace(second, pemIn(t, text), pemIn(t, string(readTree(t, s, metadata.MemberPath("bob")))), 1)
	both := "# alice's own words: status = \"active\"\n" + text + "\n" + second
	for name, test := range map[string]struct{ text, label, words string }{
		"the first":      {both, "main", ""},
		"the second":     {both, "second", ""},
		"other line end": {strings.ReplaceAll(both, "\n", "\r\n"), "second", ""},
		"a comment":      {strings.Replace(both, "[[key]]", "[[key]] # the old card", 1), "main", ""},
		"no such key":    {both, "third", "cannot be edited here: write status = \"retired\" beside the key third yourself"},
		"lost already":   {strings.ReplaceAll(both, `status = "active"`, `status = "lost"`), "main", "cannot be edited here"},
		"inline tables":  {inlined(t, both), "main", "members/alice/member.toml is written in a way that cannot be edited here"},
		"no TOML":        {"format = ", "main", "members/alice/member.toml:1:"},
	} {
		t.Run(name, func(t *testing.T) {
			path := metadata.MemberPath("alice")
			got, err := withStatus(path, []byte(test.text), test.label, roles.StatusRetired)
			if test.words != "" {
				if err == nil || !strings.Contains(err.Error(), test.words) {
					t.Errorf("%v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			m, err := roles.ParseMember(path, got)
			if err != nil {
				t.Fatal(err)
			}
			for _, k := range m.Keys {
				if (k.Status == roles.StatusRetired) != (k.Label == test.label) {
					t.Errorf("%s is %s", k.Label, k.Status)
				}
			}
			if n := strings.Count(string(got), `"retired"`); n != 1 || strings.Replace(string(got), `"retired"`, `"active"`, 1) != test.text {
				t.Errorf("more was changed:\n%s", got)
			}
		})
	}
}

// inlined is a file whose keys are written as an array.
func inlined(t *testing.T, text string) string {
	t.Helper()
	head, _, _ := strings.Cut(text, "[[key]]")
	return head + "key = [{label = \"main\", kind = \"software\", status = \"active\", public = \"\"\"\n" + pemIn(t, text) + "\"\"\"}]\n"
}

func pemIn(t *testing.T, text string) string {
	t.Helper()
	begin, end := strings.Index(text, "-----BEGIN"), strings.Index(text, "\"\"\"\nkind")
	if begin < 0 || end < begin {
		t.Fatal(text)
	}
	return text[begin:end]
}

func readTree(t *testing.T, s *stage, path string) []byte {
	t.Helper()
	raw, err := s.head(t).Tree().Read(path)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// policySays edits rust-tuf.toml on the default branch.
func (s *stage) policySays(t *testing.T, old, new string) {
	t.Helper()
	if err := s.fetch(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(s.maintainer.clone, metadata.PolicyFile))
	if err != nil {
		t.Fatal(err)
	}
	edited := strings.Replace(string(text), old, new, 1)
	if edited == string(text) {
		t.Fatalf("%s does not say %q", metadata.PolicyFile, old)
	}
	if err := s.edit(s.maintainer, "policy", map[string]string{metadata.PolicyFile: edited}); err != nil {
		t.Fatal(err)
	}
	if err := s.pushMerged(); err != nil {
		t.Fatal(err)
	}
}
