package cli

import (
	"testing"
	"time"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/words"
	"github.com/rust-lang/rust-tuf/metadata/forge"
	"github.com/rust-lang/rust-tuf/metadata/forge/gitea"
)

// The page to open, character for character, in each way to be connected to a
// forge.
func TestPullRequest(t *testing.T) {
	s := play(t, "gathered", "alice")
	alice := s.people["alice"]
	for _, test := range []struct{ name, upstream, origin, want string }{
		{"GitHub, without a fork", "", "git@github.com:rust-lang/tuf-root.git",
			"https://github.com/rust-lang/tuf-root/compare/main...rust-lang:sign%2Fevent%2Froot%2Falice-1234?expand=1"},
		{"GitHub, with a fork", "https://github.com/rust-lang/tuf-root.git", "git@github.com:alice/tuf-root.git",
			"https://github.com/rust-lang/tuf-root/compare/main...alice:sign%2Fevent%2Froot%2Falice-1234?expand=1"},
		{"GitLab, with a fork", "https://gitlab.com/rust/infra/tuf-root.git", "git@gitlab.com:alice/tuf-root.git",
			"https://gitlab.com/alice/tuf-root/-/merge_requests/new?merge_request[source_branch]=sign%2Fevent%2Froot%2Falice-1234"},
		{"a GitLab of one's own", "", "ssh://git@gitlab.example.org:2222/rust/tuf-root.git",
			"https://gitlab.example.org/rust/tuf-root/-/merge_requests/new?merge_request[source_branch]=sign%2Fevent%2Froot%2Falice-1234"},
		{"a forge that is not known", "https://forge.example.org/rust/tuf-root.git", "https://forge.example.org/alice/tuf-root.git",
			"from sign/event/root/alice-1234 of https://forge.example.org/alice/tuf-root.git into main of https://forge.example.org/rust/tuf-root.git"},
		{"two forges", "https://github.com/rust-lang/tuf-root", "https://gitlab.com/alice/tuf-root",
			"from sign/event/root/alice-1234 of https://gitlab.com/alice/tuf-root into main of https://github.com/rust-lang/tuf-root"},
		{"a password in the address", "", "https://alice:hunter2@forge.example.org/rust/tuf-root.git",
			"from sign/event/root/alice-1234 of https://forge.example.org/rust/tuf-root.git into main of https://forge.example.org/rust/tuf-root.git"},
	} {
		t.Run(test.name, func(t *testing.T) {
			config := [][]string{{"remote", "set-url", "origin", test.origin}}
			if test.upstream != "" {
				config = append(config, []string{"remote", "add", "upstream", test.upstream})
				defer s.git("alice", alice.clone, "remote", "remove", "upstream")
			}
			for _, args := range config {
				if _, err := s.git("alice", alice.clone, args...); err != nil {
					t.Fatal(err)
				}
			}
			w := &workspace{env: alice.env, git: gitOf(t, alice), branch: "main"}
			if err := w.chooseRemotes("", ""); err != nil {
				t.Fatal(err)
			}
			if got := w.openPull(t.Context(), "sign/event/root/alice-1234", "sign: root\n"); got.Pull != test.want || got.Opened {
				t.Errorf("the page is\n%+v\nwant\n%s", got, test.want)
			}
		})
	}
}

// FuzzParseInstant: an instant that is read is in UTC and reads as itself.
func FuzzParseInstant(f *testing.F) {
	f.Add("2026-11-22")
	f.Add(" 2026-11-22T12:00:00+02:00 ")
	f.Add("2026-13-01")
	f.Fuzz(func(t *testing.T, text string) {
		at, err := words.ParseInstant(text)
		if err != nil {
			return
		}
		if again, err := words.ParseInstant(at.Format(time.RFC3339Nano)); err != nil || !again.Equal(at) || at.Location() != time.UTC {
			t.Errorf("%q is %v, and that %v, %v", text, at, again, err)
		}
	})
}

// At a Gitea and a Forgejo the API opens the pull request where there is a token for
// that server; the client is one of theirs and can keep the gate.
func TestForgesOfAGitea(t *testing.T) {
	env := map[string]string{"GITEA_TOKEN": "secret", "GITEA_SERVER_URL": "https://git.example.org:3000", "FORGEJO_TOKEN": "secret"}
	find := forges(func(name string) string { return env[name] }, nil)
	for _, test := range []struct {
		kind forge.Kind
		host string
		want bool
	}{{forge.Gitea, "git.example.org", true}, {forge.Forgejo, "codeberg.org", true}, {forge.Forgejo, "git.example.org", false}, {forge.Gitea, "codeberg.org", false}, {forge.GitLab, "gitlab.com", false}, {forge.Plain, "git.example.org", false}} {
		opener, err := find(t.Context(), forge.Address{Host: test.host, Path: "rust/tuf-root"}, test.kind)
		_, ours := opener.(*gitea.Client)
		_, gates := opener.(hub)
		if err != nil || ours != test.want || gates != test.want {
			t.Errorf("%+v: %T, %v", test, opener, err)
		}
	}
}
