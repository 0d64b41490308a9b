package git

import (
	"go/build"
	"slices"
	"strings"
	"testing"
)

// This package is an edge: it starts git and knows the value that a tree is.
// It reaches no network itself, and no other room.
func TestImports(t *testing.T) {
	for _, goos := range []string{"linux", "darwin", "windows"} {
		ctx := build.Default
		ctx.GOOS, ctx.CgoEnabled = goos, false
		p, err := ctx.ImportDir(".", 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range p.Imports {
			allowed := !strings.Contains(path, ".") && path != "net" && !strings.HasPrefix(path, "net/") && path != "log" ||
				path == "github.com/rust-lang/rust-tuf/metadata" ||
				path == "golang.org/x/sys/windows" && goos == "windows"
			if !allowed {
				t.Errorf("on %s, package git imports %s", goos, path)
			}
		}
		if goos == "linux" && slices.Contains(p.Imports, "unsafe") {
			t.Error("package git imports unsafe")
		}
	}
}
