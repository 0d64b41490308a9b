//go:build cgo && !nopiv && linux

package cli

import (
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
)

// How a pull request would be opened is known before anybody signs: by what,
// with which token, or on which page. No token is shown, and no forge is asked.
func TestDoctorPullRequests(t *testing.T) {
	plugged(t)
	s := play(t, "genesis-done", "alice")
	alice := s.people["alice"].withCards()
	alice.answers(t)
	s.fork(t, alice)
	const secret = "ghp_0123456789"
	for _, test := range []struct {
		name, upstream, origin string
		environment            map[string]string
		says                   string
	}{
		{"GitHub with a token", "https://github.com/rust-lang/tuf-root.git", "git@github.com:alice/tuf-root.git", map[string]string{"GH_TOKEN": secret},
			"ok: pull requests are opened by the API of github.com, with the token from GH_TOKEN\n"},
		{"GitHub with one for another host", "https://github.com/rust-lang/tuf-root.git", "git@github.com:alice/tuf-root.git", map[string]string{"GH_ENTERPRISE_TOKEN": secret},
			"ok: pull requests are opened by hand, because there is no token for github.com: https://github.com/rust-lang/tuf-root/compare/main...alice:BRANCH?expand=1\n"},
		{"GitHub with something else", "https://github.com/rust-lang/tuf-root.git", "git@github.com:alice/tuf-root.git", map[string]string{"GH_TOKEN": "ghp and more"},
			"warning: the token from GH_TOKEN has 12 bytes, and is not one word of printable ASCII\n    to mend it: make a new one, or remove it and open pull requests by hand\n" +
				"ok: pull requests are opened by hand: https://github.com/rust-lang/tuf-root/compare/main...alice:BRANCH?expand=1\n"},
		{"GitLab", "https://gitlab.com/rust-lang/tuf-root.git", "git@gitlab.com:alice/tuf-root.git", map[string]string{"GH_TOKEN": secret},
			"ok: merge requests are opened by options of the push, where gitlab.com allows that; else by hand: https://gitlab.com/alice/tuf-root/-/merge_requests/new?merge_request[source_branch]=BRANCH\n"},
		{"Forgejo", "https://codeberg.org/rust-lang/tuf-root.git", "git@codeberg.org:alice/tuf-root.git", nil,
			"ok: pull requests are opened by a push for review to branch main of remote upstream, at codeberg.org/rust-lang/tuf-root\n"},
		{"Forgejo with a token", "https://codeberg.org/rust-lang/tuf-root.git", "git@codeberg.org:alice/tuf-root.git", map[string]string{"FORGEJO_TOKEN": secret},
			"ok: pull requests are opened by the API of codeberg.org, with the token from FORGEJO_TOKEN\n"},
		{"Forgejo with something else", "https://codeberg.org/rust-lang/tuf-root.git", "git@codeberg.org:alice/tuf-root.git", map[string]string{"FORGEJO_TOKEN": "two words"},
			"warning: the token from FORGEJO_TOKEN has 9 bytes, and is not one word of printable ASCII\n    to mend it: make a new one, or remove it and open pull requests by hand\n" +
				"ok: pull requests are opened by a push for review to branch main of remote upstream, at codeberg.org/rust-lang/tuf-root\n"},
		{"two hosts", "https://github.com/rust-lang/tuf-root.git", "git@gitlab.com:alice/tuf-root.git", map[string]string{"GH_TOKEN": secret},
			"ok: pull requests are opened by hand: from BRANCH of git@gitlab.com:alice/tuf-root.git into main of https://github.com/rust-lang/tuf-root.git\n"},
		{"any git", "https://git.example.org/tuf-root.git", "https://git.example.org/alice.git", nil,
			"ok: pull requests are opened by hand: from BRANCH of https://git.example.org/alice.git into main of https://git.example.org/tuf-root.git\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			for remote, address := range map[string]string{"upstream": test.upstream, "origin": test.origin} {
				s.appears(t, alice, remote, address)
			}
			alice.env.Forges = forges(func(name string) string { return test.environment[name] }, nil)
			out := s.exits(t, alice, exit.Done, []string{"doctor"})
			if !strings.Contains(out, test.says) {
				t.Errorf("doctor says\n%s\nbut not\n%s", out, test.says)
			}
			if strings.Contains(out+alice.err.String(), secret) {
				t.Error("the token is shown")
			}
		})
	}
}
