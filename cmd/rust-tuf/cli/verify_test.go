package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/frame"
	"github.com/rust-lang/rust-tuf/verify"
)

// mirror is a client's own root and a folder with the newer ones, as a mirror
// operator has them: files, no clone.
type mirror struct {
	*actor
	trusted, folder string
}

// mirrorOf copies what root 2 published.
func mirrorOf(t *testing.T) *mirror {
	t.Helper()
	s := play(t, "second-done", "alice")
	m := &mirror{actor: alone(t)}
	m.env.Now = s.env("maintainer").Now
	m.trusted, m.folder = filepath.Join(m.clone, "trusted.json"), filepath.Join(m.clone, "mirror")
	if err := os.Mkdir(m.folder, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"1.root.json", "2.root.json", "1.targets.json"} {
		raw, err := s.treeOf(t, "main").Read("metadata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		m.write(t, filepath.Join(m.folder, name), raw)
	}
	m.write(t, m.trusted, m.read(t, "1.root.json"))
	return m
}

func (s *stage) env(name string) *Env { return s.people[name].env }

func (m *mirror) read(t *testing.T, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(m.folder, name))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func (m *mirror) write(t *testing.T, path string, raw []byte) {
	t.Helper()
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
}

func (m *mirror) verifies(args ...string) (out, words string, code int) {
	return m.types(append([]string{"verify", "root", "--trusted", m.trusted, "--metadata", m.folder}, args...)...)
}

func TestVerifyRoot(t *testing.T) {
	t.Parallel()
	m := mirrorOf(t)
	out, words, code := m.verifies()
	if code != exit.Done || words != "" {
		t.Fatalf("exit code %d, %s", code, words)
	}
	golden(t, "verify-root.golden", out)
	// The instant is shown when it was given, and it decides.
	for at, want := range map[string]string{
		"2027-01-02":                "is trusted as of 2027-01-02 00:00 UTC",
		"2028-12-22T11:59:59Z":      "is trusted as of 2028-12-22 11:59 UTC",
		"2027-01-02T03:00:00+02:00": "is trusted as of 2027-01-02 01:00 UTC",
	} {
		if out, words, code := m.verifies("--at", at); code != exit.Done || !strings.Contains(out, want) {
			t.Errorf("%s: exit code %d, %s%s", at, code, out, words)
		}
	}
	// From the newest root, there is nothing to walk.
	m.write(t, m.trusted, m.read(t, "2.root.json"))
	if out, _, code = m.verifies(); code != exit.Done || !strings.HasPrefix(out, "root version 2: trusted, given by you\nok: root version 2 is trusted now") {
		t.Errorf("exit code %d, %s", code, out)
	}
}

// Each refusal has its exit code, names what is wrong, and says nothing on
// standard output.
func TestVerifyRootRefuses(t *testing.T) {
	t.Parallel()
	m := mirrorOf(t)
	first, second := m.read(t, "1.root.json"), m.read(t, "2.root.json")
	lonely := signaturesOf(t, second, 4)
	huge := append(bytes.Repeat([]byte(" "), int(verify.DefaultLimits().RootBytes)), second...)
	deep := append(append(bytes.Repeat([]byte("["), 1000), '1'), bytes.Repeat([]byte("]"), 1000)...)
	for _, test := range []struct {
		name            string
		trusted, newest []byte // nil: as published
		at              string
		code            int
		words           []string
	}{
		{"expired", nil, nil, "2028-12-22T12:00:00Z", exit.Expired, []string{"root 2", "expired"}},
		{"below the threshold", nil, lonely, "", exit.Threshold, []string{"2.root.json: ", "threshold of root", "of 5 signatures valid"}},
		{"no signature at all", nil, signaturesOf(t, second, 0), "", exit.Threshold, []string{"0 of 5"}},
		{"one signature many times", nil, signaturesOf(t, second, 1, 1, 1, 1, 1), "", exit.Format, []string{"key id ", "stands twice"}},
		{"the same version again", nil, first, "", exit.Rollback, []string{"2.root.json: ", "root 1 is not newer than the trusted version 1"}},
		{"other bytes", nil, bytes.Replace(second, []byte(`"threshold": 5`), []byte(`"threshold": 1`), 1), "", exit.Threshold, []string{"does not match these bytes"}},
		{"truncated", nil, second[:len(second)/2], "", exit.Format, []string{"2.root.json: "}},
		{"empty", nil, []byte{}, "", exit.Format, []string{"2.root.json: "}},
		{"no JSON", nil, []byte("<html>"), "", exit.Format, []string{"2.root.json: "}},
		{"huge", nil, huge, "", exit.Format, []string{"2.root.json: ", "bytes"}},
		{"deep", nil, deep, "", exit.Format, []string{"2.root.json: "}},
		{"another type", nil, m.read(t, "1.targets.json"), "", exit.Rejected, []string{"2.root.json: document of role targets where one of role root is needed"}},
		{"a trusted root that is none", []byte("{}"), nil, "", exit.Format, []string{"the trusted root: "}},
		{"a trusted root below its own threshold", signaturesOf(t, first, 4), nil, "", exit.Threshold, []string{"the trusted root: ", "4 of 5"}},
		{"a huge trusted root", huge, nil, "", exit.Format, []string{"the trusted root: ", "bytes"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			m.write(t, m.trusted, or(test.trusted, first))
			m.write(t, filepath.Join(m.folder, "2.root.json"), or(test.newest, second))
			var args []string
			if test.at != "" {
				args = []string{"--at", test.at}
			}
			out, words, code := m.verifies(args...)
			if code != test.code || out != "" {
				t.Errorf("exit code %d, want %d: %s%s", code, test.code, out, words)
			}
			for _, want := range test.words {
				if !strings.Contains(words, want) {
					t.Errorf("says %q, not %q", words, want)
				}
			}
			out, _, _ = m.verifies(append(args, "--json")...)
			got := &frame.Failure{}
			if oneObject(t, out, got); got.Code != test.code {
				t.Errorf("%+v", got)
			}
		})
	}
}

func or(given, otherwise []byte) []byte {
	if given != nil {
		return given
	}
	return otherwise
}

// signaturesOf is the document with some of its signatures: the first n, or
// those with the numbers given, each as often as it is named.
func signaturesOf(t *testing.T, raw []byte, n int, more ...int) []byte {
	t.Helper()
	var doc struct {
		Signatures []json.RawMessage `json:"signatures"`
		Signed     json.RawMessage   `json:"signed"`
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	kept := doc.Signatures[:n]
	for _, i := range more {
		kept = append(kept, doc.Signatures[i-1])
	}
	doc.Signatures = append([]json.RawMessage{}, kept...)
	out, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// A folder that ends too early, has a hole, or is not what was meant never
// ends in "ok".
func TestVerifyRootFolder(t *testing.T) {
	t.Parallel()
	m := mirrorOf(t)
	second := m.read(t, "2.root.json")
	m.write(t, filepath.Join(m.folder, "4.root.json"), second)
	if out, words, code := m.verifies(); code != exit.Rollback || out != "" || !strings.Contains(words, "3.root.json is missing, so clients at version 2 never reach version 4") {
		t.Errorf("a hole: exit code %d, %s%s", code, out, words)
	}
	for _, name := range []string{"4.root.json", "2.root.json"} {
		if err := os.Remove(filepath.Join(m.folder, name)); err != nil {
			t.Fatal(err)
		}
	}
	m.write(t, m.trusted, second)
	if out, words, code := m.verifies(); code != exit.Rollback || out != "" || !strings.Contains(words, "the folder ends before the root that you hold: root 1 is not newer than the trusted version 2") {
		t.Errorf("rolled back: exit code %d, %s%s", code, out, words)
	}
	if err := os.Remove(filepath.Join(m.folder, "1.root.json")); err != nil {
		t.Fatal(err)
	}
	m.write(t, filepath.Join(m.folder, "01.root.json"), second)
	if out, words, code := m.verifies(); code != exit.Usage || out != "" || !strings.Contains(words, "holds no root") {
		t.Errorf("no root: exit code %d, %s%s", code, out, words)
	}
	m.folder = filepath.Join(m.folder, "absent")
	if out, words, code := m.verifies(); code != exit.Usage || out != "" || !strings.Contains(words, "the folder of metadata: ") {
		t.Errorf("no folder: exit code %d, %s%s", code, out, words)
	}
}

func TestVerifyRootUsage(t *testing.T) {
	t.Parallel()
	m := mirrorOf(t)
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{}, "both are needed: --trusted FILE"},
		{[]string{"--trusted", m.trusted}, "both are needed"},
		{[]string{"--metadata", m.folder}, "both are needed"},
		{[]string{"--metadata", m.folder, "--trusted", filepath.Join(m.folder, "absent")}, "the trusted root: open "},
		{[]string{"--metadata", m.folder, "--trusted", m.folder}, "the trusted root: "},
		{[]string{"--metadata", m.folder, "--trusted", m.trusted, "--at", "tomorrow"}, `"tomorrow" is no time; write 2026-11-22 or 2026-11-22T12:00:00Z`},
		{[]string{"--metadata", m.folder, "--trusted", m.trusted, "--at", "2026-02-30"}, "is no time"},
	} {
		out, words, code := m.types(append([]string{"verify", "root"}, test.args...)...)
		if code != exit.Usage || out != "" || !strings.Contains(words, test.want) {
			t.Errorf("%v: exit code %d, %s%s", test.args, code, out, words)
		}
	}
	// A file that cannot be read is no verdict.
	if err := os.Remove(filepath.Join(m.folder, "2.root.json")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(m.folder, "2.root.json"), 0o700); err != nil {
		t.Fatal(err)
	}
	if out, words, code := m.verifies(); code != exit.Other || out != "" || !strings.Contains(words, "2.root.json: ") {
		t.Errorf("exit code %d, %s%s", code, out, words)
	}
}
