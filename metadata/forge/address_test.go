package forge_test

import (
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/metadata/forge"
)

func TestParseAddress(t *testing.T) {
	for remote, want := range map[string]forge.Address{
		"https://github.com/rust-lang/tuf-root":                 {Host: "github.com", Path: "rust-lang/tuf-root"},
		"https://github.com/rust-lang/tuf-root.git":             {Host: "github.com", Path: "rust-lang/tuf-root"},
		"https://GitHub.com/rust-lang/tuf-root/":                {Host: "github.com", Path: "rust-lang/tuf-root"},
		"https://alice@github.com/rust-lang/tuf-root.git":       {Host: "github.com", Path: "rust-lang/tuf-root"},
		"git@github.com:rust-lang/tuf-root.git":                 {Host: "github.com", Path: "rust-lang/tuf-root"},
		"org-1234@github.com:rust-lang/tuf-root":                {Host: "github.com", Path: "rust-lang/tuf-root"},
		"ssh://git@github.com/rust-lang/tuf-root.git":           {Host: "github.com", Path: "rust-lang/tuf-root"},
		"ssh://git@ssh.github.com:443/rust-lang/tuf-root.git":   {Host: "github.com", Path: "rust-lang/tuf-root"},
		"git://github.com/rust-lang/tuf-root.git":               {Host: "github.com", Path: "rust-lang/tuf-root"},
		"https://gitlab.com/group/sub/tuf-root.git":             {Host: "gitlab.com", Path: "group/sub/tuf-root"},
		"git@gitlab.example.org:group/tuf-root.git":             {Host: "gitlab.example.org", Path: "group/tuf-root"},
		"ssh://git@altssh.gitlab.com:443/group/tuf-root.git":    {Host: "gitlab.com", Path: "group/tuf-root"},
		"ssh://git@gitlab.example.org:2222/group/tuf-root.git/": {Host: "gitlab.example.org", Path: "group/tuf-root"},
		"https://git.example.org:3000/rust/tuf-root.git":        {Host: "git.example.org", Path: "rust/tuf-root", Web: "https://git.example.org:3000"},
		"http://127.0.0.1:3000/rust/tuf-root.git":               {Host: "127.0.0.1", Path: "rust/tuf-root", Web: "http://127.0.0.1:3000"},
	} {
		if got, ok := forge.ParseAddress(remote); !ok || got != want {
			t.Errorf("%s is %+v, %v; want %+v", remote, got, ok, want)
		}
	}
	for _, remote := range []string{"", "/srv/git/tuf-root.git", "../tuf-root.git", "file:///srv/git/tuf-root.git", `C:\git\tuf-root.git`, `\\server\share\tuf-root.git`, "a/b@c:d"} {
		if got, ok := forge.ParseAddress(remote); ok {
			t.Errorf("%q is no forge, and not %+v", remote, got)
		}
	}
}

// FuzzParseAddress: a remote is cut up without its password, and its host and
// path end where an address says so.
func FuzzParseAddress(f *testing.F) {
	f.Add("https://alice:hunter2@github.com/rust-lang/tuf-root.git")
	f.Add("git@gitlab.example.org:group/tuf-root.git")
	f.Add("ssh://git@[::1]:22/a")
	f.Add("@:")
	f.Add("alice@example.org@forge.example.org:a")
	f.Fuzz(func(t *testing.T, remote string) {
		a, ok := forge.ParseAddress(remote)
		if !ok && a != (forge.Address{}) {
			t.Errorf("%q is no forge, and yet %+v", remote, a)
		}
		if strings.ContainsAny(a.Host, "/@") || strings.HasPrefix(a.Path, "/") || strings.HasSuffix(a.Path, "/") || strings.Contains(a.Web, "@") {
			t.Errorf("%q became %+v", remote, a)
		}
	})
}
