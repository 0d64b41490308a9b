package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/cli"
	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
)

// Both programs have the same verbs, and say the same of the same files.
func TestSaysWhatRustTUFSays(t *testing.T) {
	dir := t.TempDir()
	damaged := filepath.Join(dir, "1.root.json")
	if err := os.WriteFile(damaged, []byte(`{"signatures": [], "signed": null}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"root", "--trusted", damaged, "--metadata", dir}, exit.Format, "signed"},
		{[]string{"root", "--trusted", damaged}, exit.Usage, "both are needed"},
		{[]string{"root", "--trusted", filepath.Join(dir, "none"), "--metadata", dir}, exit.Usage, "none"},
		{[]string{"target", "x", "--trusted", damaged, "--metadata", dir}, exit.Format, "the trusted root"},
		{[]string{"target", "x", "--trusted", damaged, "--bundle", damaged}, exit.Format, "bundle"},
		{[]string{"bundle", "x", "--trusted", damaged, "--metadata", dir, "--out", filepath.Join(dir, "out")}, exit.Format, "root"},
		{[]string{"replace-root", "--root", damaged, "--store", filepath.Join(dir, "store")}, exit.Usage, "the store"},
		{[]string{"target"}, exit.Usage, "was given 0 arguments"},
		{[]string{"sign"}, exit.Usage, "there is no command"},
	} {
		for _, flags := range [][]string{nil, {"--json"}} {
			args := append(test.args, flags...)
			out, words, code := small(t, args...)
			wantOut, wantWords, wantCode := whole(t, append([]string{"verify"}, args...)...)
			same := strings.NewReplacer("rust-tuf verify ", program+" ", "rust-tuf verify`", program+"`", "rust-tuf: ", program+": ")
			if code != wantCode || code != test.code || out != same.Replace(wantOut) || words != same.Replace(wantWords) || !strings.Contains(words, test.says) {
				t.Errorf("%v:\nexit code %d, %s%s\nrust-tuf verify: exit code %d, %s%s\nwant exit code %d", args, code, out, words, wantCode, wantOut, wantWords, test.code)
			}
		}
	}
}

func small(t *testing.T, args ...string) (out, words string, code int) {
	var stdout, stderr bytes.Buffer
	code = run(t.Context(), args, &stdout, &stderr)
	return stdout.String(), stderr.String(), code
}

func whole(t *testing.T, args ...string) (out, words string, code int) {
	var stdout, stderr bytes.Buffer
	env := cli.System()
	env.Stdout, env.Stderr, env.Dir = &stdout, &stderr, ""
	code = cli.Main(t.Context(), args, env)
	return stdout.String(), stderr.String(), code
}

func TestInterrupted(t *testing.T) {
	ctx, stop := context.WithCancel(context.Background())
	stop()
	var stdout, stderr bytes.Buffer
	code := run(ctx, []string{"target", "x", "--trusted", "none", "--metadata", ".", "--json"}, &stdout, &stderr)
	var failure struct{ Code int }
	if err := json.Unmarshal(stdout.Bytes(), &failure); err != nil || failure.Code != code || code != exit.Interrupted {
		t.Errorf("exit code %d, %s%s, %v", code, &stdout, &stderr, err)
	}
}

// TestImports holds the program to what it is for: neither it nor what it imports
// can sign, speak to a card, or run git.
func TestImports(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	deps := strings.Fields(string(out))
	if len(deps) < 50 {
		t.Fatalf("only %d packages", len(deps))
	}
	allowed := []string{
		"github.com/rust-lang/rust-tuf/cmd/rust-tuf-verify",
		"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit", "github.com/rust-lang/rust-tuf/cmd/rust-tuf/frame",
		"github.com/rust-lang/rust-tuf/cmd/rust-tuf/terminal", "github.com/rust-lang/rust-tuf/cmd/rust-tuf/verification", "github.com/rust-lang/rust-tuf/cmd/rust-tuf/words",
		"github.com/rust-lang/rust-tuf/signer", // the errors of a terminal
		"github.com/rust-lang/rust-tuf/verify", "github.com/rust-lang/rust-tuf/verify/bundle", "github.com/rust-lang/rust-tuf/verify/dirstore", "github.com/rust-lang/rust-tuf/verify/httpfetch", "github.com/rust-lang/rust-tuf/verify/memstore",
		"github.com/spf13/cobra", "github.com/spf13/pflag", "golang.org/x/term", "golang.org/x/sys/unix", "golang.org/x/sys/windows", "github.com/inconshreveable/mousetrap",
	}
	known := map[string]bool{"os/exec": false}
	for _, path := range allowed {
		known[path] = true
	}
	for _, path := range deps {
		first, _, _ := strings.Cut(path, "/")
		foreign := strings.Contains(first, ".")
		if fine, listed := known[path]; listed && !fine || foreign && !listed {
			t.Errorf("%s is part of the program", path)
		}
	}
}
