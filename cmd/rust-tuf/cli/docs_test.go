package cli

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/runbook"
)

// commandsIn lists the commands of the shell blocks of a Markdown text: lines
// that begin with the program's name, without comments.
func commandsIn(text string) [][]string {
	var out [][]string
	for _, block := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(text, -1) {
		for _, line := range strings.Split(block[1], "\n") {
			line, _, _ = strings.Cut(line, "  #")
			if words := splitWords(line); len(words) > 0 && words[0] == "rust-tuf" {
				out = append(out, words[1:])
			}
		}
	}
	return out
}

// splitWords splits a command line at spaces outside double quotes.
func splitWords(line string) []string {
	var words []string
	for _, m := range regexp.MustCompile(`"[^"]*"|\S+`).FindAllString(strings.TrimSpace(line), -1) {
		words = append(words, strings.Trim(m, `"`))
	}
	return words
}

// The runbook's commands, one after the other, typed by a newcomer who does
// what it says: every one works, and at the end her signature counts.
func TestRunbookRootCeremony(t *testing.T) {
	t.Parallel()
	s := play(t, "second-open", "judy")
	judy := s.people["judy"]
	root, err := s.head(t).FirstRoot()
	if err != nil {
		t.Fatal(err)
	}
	judy.env.Terminal = &agreeable{judy.err, root.Digest().Groups()}
	text, ok := runbook.Text("root-ceremony")
	if !ok {
		t.Fatal("there is no such runbook")
	}
	commands := commandsIn(text)
	var typed []string
	for _, args := range commands {
		line := strings.Join(args, " ")
		typed = append(typed, line)
		want := exit.Done
		if line == "trust show" { // step 2.1: she has no pin yet, and the runbook says what that looks like
			want = exit.Rejected
		}
		out, code := s.run(judy, args...)
		if code != want {
			t.Fatalf("rust-tuf %s: exit code %d, want %d\n%s%s", line, code, want, out, judy.err)
		}
		if line == "sign" {
			branches, err := s.branches("sign/" + secondEvent + "/")
			if err != nil || len(branches) != 1 {
				t.Fatal(branches, err)
			}
			if err := s.merge(branches...); err != nil {
				t.Fatal(err)
			}
		}
		if len(typed) == len(commands) && !strings.Contains(out, "(judy)") {
			t.Errorf("judy is not among those who signed:\n%s", out)
		}
	}
	if got, want := strings.Join(typed, "; "), "--version; key list; status; trust show; trust init; review; sign; status"; got != want {
		t.Errorf("the runbook's commands are\n%s\nwant\n%s", got, want)
	}
}

// The runbook for two computers, typed as it stands there: the files go between
// them on a stick, and at the end the signature counts.
func TestRunbookOffline(t *testing.T) {
	t.Parallel()
	s := play(t, "second-open", "judy")
	judy, stick := s.people["judy"], t.TempDir()
	away := s.offline(t, judy, stick)
	away.env.Terminal = &agreeable{away.err, s.firstDigest(t)}
	text, ok := runbook.Text("offline")
	if !ok {
		t.Fatal("there is no such runbook")
	}
	var typed []string
	for _, args := range commandsIn(text) {
		line := strings.Join(args, " ")
		typed = append(typed, line)
		who := away
		switch {
		case line == "status":
			who = judy
		case strings.HasPrefix(line, "bundle export"):
			who, args[2] = judy, secondEvent
		case strings.HasPrefix(line, "bundle import"):
			who = judy
			copyFile(t, filepath.Join(stick, "event.bundle.answer"), filepath.Join(judy.clone, "event.bundle.answer"))
		}
		s.exits(t, who, exit.Done, args)
		if strings.HasPrefix(line, "bundle export") {
			copyFile(t, filepath.Join(judy.clone, "event.bundle"), filepath.Join(stick, "event.bundle"))
		}
	}
	want := []string{"status", "bundle export EVENT --out event.bundle", "trust init --bundle event.bundle", "key list",
		"review --bundle event.bundle", "sign --bundle event.bundle", "bundle import event.bundle.answer"}
	if !slices.Equal(typed, want) {
		t.Errorf("the runbook's commands are %q, want %q", typed, want)
	}
	branches, err := s.branches("sign/" + secondEvent + "/")
	if err != nil || len(branches) != 1 || !strings.Contains(branches[0], "root/judy-") {
		t.Errorf("branches: %v, %v", branches, err)
	}
}

// The README's commands are all that a year needs: each is typed as it stands
// there, where it belongs in the story, and works.
func TestReadmeCommands(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("../../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	shown := map[string][]string{}
	for _, args := range commandsIn(string(readme)) {
		shown[strings.Join(args, " ")] = args
	}
	s := play(t, "second-open", "alice", "bob", "carol", "dave", "erin", "judy", "karl")
	typed := map[string]bool{}
	types := func(a *actor, line string) string {
		t.Helper()
		args, ok := shown[line]
		if !ok {
			t.Fatalf("the README does not show rust-tuf %s, but only %q", line, slices.Sorted(maps.Keys(shown)))
		}
		typed[line] = true
		return s.exits(t, a, exit.Done, args)
	}

	empty := s.actor("founder")
	if _, err := s.git("founder", s.dir, "init", "--quiet", empty.clone); err != nil {
		t.Fatal(err)
	}
	types(empty, "init")

	if err := s.pin("judy", "karl"); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"alice", "bob", "carol", "dave", "erin", "judy", "karl"} {
		types(s.people[name], "status")
		types(s.people[name], "sign")
	}
	branches, err := s.branches("sign/")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.merge(branches...); err != nil {
		t.Fatal(err)
	}
	m := s.maintainer
	types(m, "complete")
	branches, err = s.branches("complete/")
	if err != nil || len(branches) != 1 {
		t.Fatal(branches, err)
	}
	if err := s.merge(branches...); err != nil {
		t.Fatal(err)
	}
	if err := s.fetch(); err != nil {
		t.Fatal(err)
	}

	s.now = january
	policy, err := s.demoPolicy(without(secondQuorum, "carol"), without(secondQuorum, "carol"), false)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.edit(m, "carol leaves", map[string]string{metadata.PolicyFile: policy}); err != nil {
		t.Fatal(err)
	}
	types(m, "propose --why carol leaves")
	if branches, err = s.branches("event/"); err != nil || len(branches) != 1 {
		t.Fatal(branches, err)
	}
	line := "check --base main --head BRANCH"
	shown[line] = append(slices.Clone(shown[line][:4]), "origin/"+branches[0])
	if err := s.fetch(); err != nil {
		t.Fatal(err)
	}
	types(m, line)
	if err := s.merge(branches...); err != nil {
		t.Fatal(err)
	}
	types(m, "rehearse")
	types(m, "check")
	types(m, "publish FOLDER")
	for line := range shown {
		if !typed[line] && !slices.Contains([]string{"demo", "runbook root-ceremony",
			"member enrol NAME", "doctor"}, line) { // these two want a card: TestRunbookYubiKey types them
			t.Errorf("nobody typed rust-tuf %s", line)
		}
	}
}

func without(list []string, gone string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return s == gone })
}

// Every command that a document names exists, with the flags that it shows.
func TestDocumentsNameCommands(t *testing.T) {
	span := regexp.MustCompile("`rust-tuf ([^`]+)`")
	named := 0
	err := filepath.WalkDir("../../..", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && strings.HasPrefix(d.Name(), ".") && len(d.Name()) > 2 {
			return filepath.SkipDir
		}
		if filepath.Ext(p) != ".md" {
			return nil
		}
		text, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		commands := commandsIn(string(text))
		for _, m := range span.FindAllStringSubmatch(string(text), -1) {
			commands = append(commands, splitWords(m[1]))
		}
		for _, args := range commands {
			named++
			root := newCommand(&Env{}).rootCommand()
			root.InitDefaultVersionFlag()
			cmd, rest, err := root.Find(args)
			if err == nil {
				cmd.InitDefaultHelpFlag()
				err = cmd.ParseFlags(rest)
			}
			if err == nil && cmd == root && !strings.HasPrefix(args[0], "-") {
				t.Errorf("%s names `rust-tuf %s`, which is no command", p, strings.Join(args, " "))
			}
			if err != nil {
				t.Errorf("%s names `rust-tuf %s`: %v", p, strings.Join(args, " "), err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if named < 20 {
		t.Errorf("the documents name only %d commands", named)
	}
}
