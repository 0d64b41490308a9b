//go:build unix

package forge_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/rust-lang/rust-tuf/metadata/forge"
)

// gh puts a tool called gh into a folder of its own, which is all of PATH.
func gh(t *testing.T, script string) {
	t.Helper()
	dir := t.TempDir()
	t.Setenv("PATH", dir)
	if script == "" {
		return
	}
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	if err := os.WriteFile(filepath.Join(dir, "gh"), []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
}

// The tool is asked for the token of one host, with nothing secret in its
// arguments. Whatever it does instead is no token.
func TestGH(t *testing.T) {
	gh(t, `test "$*" = "auth token --hostname github.com" && echo gho_kept; echo words >&2`)
	if got, err := forge.GH(t.Context(), "github.com"); err != nil || strings.TrimSpace(got) != "gho_kept" {
		t.Errorf("%q, %v", got, err)
	}
	for _, script := range []string{"", "exit 1", "true", "echo not logged in; exit 4"} {
		gh(t, script)
		if got, err := forge.GH(t.Context(), "github.com"); !errors.Is(err, forge.ErrNoTool) || got != "" || !strings.Contains(err.Error(), "not logged in") {
			t.Errorf("%q: %q, %v", script, got, err)
		}
	}
	gh(t, `i=0; while [ $i -lt 9999 ]; do echo endless; i=$((i+1)); done`)
	got, err := forge.GH(t.Context(), "github.com")
	if err != nil || len(got) > 5000 {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	if _, err := forge.NewToken("gh", got); err == nil {
		t.Error("it became a token")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	gh(t, "echo gho_kept")
	if _, err := forge.GH(ctx, "github.com"); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
