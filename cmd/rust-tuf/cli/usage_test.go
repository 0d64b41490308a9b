package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/frame"
	"github.com/rust-lang/rust-tuf/metadata/git"
	"github.com/rust-lang/rust-tuf/signer/file"
	"github.com/spf13/cobra"
)

// alone is a person without a clone and without a key.
func alone(t *testing.T) *actor {
	t.Helper()
	a := &actor{name: "alice", clone: t.TempDir(), out: &bytes.Buffer{}, err: &bytes.Buffer{}}
	a.env = &Env{
		Stdout: a.out, Stderr: a.err, Getenv: func(string) string { return "" }, Now: func() time.Time { return dawn },
		Dir: a.clone, Home: t.TempDir(), Sources: softwareKeys, Terminal: nobody{}, NewKeys: file.Options{WorkFactor: 4},
		Git: []git.Option{git.Environ((&stage{dir: t.TempDir()}).environ("alice"))},
	}
	return a
}

// types runs a command and returns what it says on both streams, and its exit
// code.
func (a *actor) types(args ...string) (out, words string, code int) {
	a.out.Reset()
	a.err.Reset()
	code = Main(context.Background(), args, a.env)
	return a.out.String(), a.err.String(), code
}

// verbs walks over every command that a person can type.
func verbs(cmd *cobra.Command, see func(*cobra.Command)) {
	for _, child := range cmd.Commands() {
		if child.Name() == "help" || child.Name() == "completion" {
			continue
		}
		see(child)
		verbs(child, see)
	}
}

// Every verb explains itself, word for word as reviewed.
func TestHelp(t *testing.T) {
	a := alone(t)
	out, words, code := a.types("--help")
	if code != exit.Done || words != "" {
		t.Errorf("exit code %d, %s", code, words)
	}
	golden(t, "help/rust-tuf.golden", out)
	if bare, _, code := a.types(); code != exit.Done || bare != out {
		t.Errorf("without a verb, exit code %d:\n%s", code, bare)
	}
	verbs(newCommand(a.env).rootCommand(), func(cmd *cobra.Command) {
		path := strings.Fields(cmd.CommandPath())[1:]
		out, words, code := a.types(append(path, "--help")...)
		if code != exit.Done || words != "" {
			t.Errorf("%v: exit code %d, %s", path, code, words)
		}
		golden(t, "help/"+strings.Join(path, "-")+".golden", out)
		if other, _, code := a.types(append([]string{"help"}, path...)...); code != exit.Done || other != out {
			t.Errorf("help %v: exit code %d:\n%s", path, code, other)
		}
		for line := range strings.Lines(out) {
			if n := len([]rune(line)); n > 130 {
				t.Errorf("%v: a line of %d characters: %s", path, n, line)
			}
		}
	})
}

func TestVersion(t *testing.T) {
	out, words, code := alone(t).types("--version")
	if code != exit.Done || words != "" || !strings.HasPrefix(out, "rust-tuf version ") {
		t.Errorf("exit code %d: %s%s", code, out, words)
	}
}

// A wrong command line is refused with exit code 2, in our words, and with
// nothing on standard output.
func TestUsage(t *testing.T) {
	for _, test := range []struct{ args, want string }{
		{"deploy", "there is no command \"deploy\"; see `rust-tuf --help`"},
		{"stat", "there is no command \"stat\"; did you mean `rust-tuf status`?"},
		{"singn", "did you mean `rust-tuf sign`?"},
		{"help deploy", "there is no command \"deploy\""},
		{"help key remove", "there is no command \"remove\"; see `rust-tuf key --help`"},
		{"--force", "unknown flag: --force; see `rust-tuf --help`"},
		{"sign --force", "unknown flag: --force; see `rust-tuf sign --help`"},
		{"sign --yes", "unknown flag: --yes"},
		{"verify root --threshold 1", "unknown flag: --threshold; see `rust-tuf verify root --help`"},
		{"status -C", "flag needs an argument"},
		{"status --json=perhaps", "invalid argument \"perhaps\" for \"--json\""},
		{"key", "say which: `rust-tuf key new`, `rust-tuf key list`"},
		{"key remove", "there is no command \"remove\"; see `rust-tuf key --help`"},
		{"trust", "say which: `rust-tuf trust init`, `rust-tuf trust show`"},
		{"member", "say which: `rust-tuf member add`"},
		{"verify", "say which: `rust-tuf verify root`"},
		{"init a b", "`rust-tuf init` was given 2 arguments; usage: rust-tuf init [folder]"},
		{"key new", "`rust-tuf key new` was given 0 arguments; usage: rust-tuf key new NAME"},
		{"key new a b", "was given 2 arguments"},
		{"key list a", "`rust-tuf key list` takes no arguments, but \"a\" was given"},
		{"member add", "`rust-tuf member add` was given 0 arguments; usage: rust-tuf member add NAME --public-key FILE"},
		{"trust init a", "takes no arguments"},
		{"trust show a", "takes no arguments"},
		{"propose a", "`rust-tuf propose` takes no arguments"},
		{"review a b", "was given 2 arguments"},
		{"sign a b", "was given 2 arguments"},
		{"status a b", "was given 2 arguments"},
		{"check a", "takes no arguments"},
		{"complete a b", "was given 2 arguments"},
		{"verify root a", "takes no arguments"},
		{"runbook a b", "was given 2 arguments"},
		{"demo a", "takes no arguments"},
	} {
		a := alone(t)
		out, words, code := a.types(strings.Fields(test.args)...)
		if code != exit.Usage || out != "" || !strings.Contains(words, test.want) || !strings.HasPrefix(words, "rust-tuf: error: ") {
			t.Errorf("rust-tuf %s: exit code %d, says %q and %q on standard output; want %q", test.args, code, words, out, test.want)
		}
		// With --json the same, as one object, wherever the flag stands.
		out, _, code = a.types(append(strings.Fields(test.args), "--json")...)
		if strings.Contains(test.args, "-C") || strings.Contains(test.args, "perhaps") {
			continue
		}
		got := &frame.Failure{}
		oneObject(t, out, got)
		if code != exit.Usage || got.Code != exit.Usage || !strings.Contains(got.Error, test.want) {
			t.Errorf("rust-tuf %s --json: exit code %d, %+v", test.args, code, got)
		}
	}
}

// oneObject decodes standard output, which must be one JSON object and
// nothing else. Members that the value does not have are refused.
func oneObject(t *testing.T, out string, into any) {
	t.Helper()
	dec := json.NewDecoder(strings.NewReader(out))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		t.Fatalf("standard output is not one object: %v\n%s", err, out)
	}
	if rest := strings.TrimSpace(out[dec.InputOffset():]); rest != "" {
		t.Fatalf("after the object comes %q", rest)
	}
}

// A verb that needs a clone says so where there is none.
func TestNoClone(t *testing.T) {
	for _, args := range []string{"trust init", "trust show", "review", "sign", "status", "check", "complete", "propose --why x"} {
		a := alone(t)
		_, words, code := a.types(strings.Fields(args)...)
		if code != exit.Other || !strings.Contains(words, "no git repository here") || !strings.Contains(words, "change to a clone of the metadata repository") {
			t.Errorf("rust-tuf %s: exit code %d, %s", args, code, words)
		}
	}
}

// Text of a repository cannot hide or fake a line, on any stream.
func TestTextIsPrintable(t *testing.T) {
	a := alone(t)
	_, words, code := a.types("runbook", "evil\x1b[2J\nVerdict: all is well")
	if code != exit.Usage || strings.ContainsRune(words, '\x1b') || strings.Contains(words, "\nVerdict") {
		t.Errorf("exit code %d, %q", code, words)
	}
	var b bytes.Buffer
	if err := frame.WriteText(&b, "one\x1b[2J\ntwo\u202e\n\nthree"); err != nil || b.String() != "one\\x1b[2J\ntwo\\u202e\n\nthree" {
		t.Errorf("%q, %v", b.String(), err)
	}
}

// Interrupted: exit code 130, one sentence, and an object with --json.
func TestInterrupted(t *testing.T) {
	a := alone(t)
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if code := Main(ctx, []string{"status"}, a.env); code != exit.Interrupted || !strings.Contains(a.err.String(), "interrupted; nothing is lost: run the same command again") {
		t.Errorf("exit code %d, %s", code, a.err)
	}
	code := Main(ctx, []string{"status", "--json"}, a.env)
	got := &frame.Failure{}
	oneObject(t, a.out.String(), got)
	if code != exit.Interrupted || got.Code != exit.Interrupted {
		t.Errorf("exit code %d, %+v", code, got)
	}
}
