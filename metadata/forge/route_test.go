package forge_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/metadata/forge"
	"github.com/rust-lang/rust-tuf/roles"
	"github.com/rust-lang/rust-tuf/tests/importtest"
)

// What a forge is follows from its host, unless the repository says it.
func TestKindOf(t *testing.T) {
	for _, test := range []struct {
		host, declared string
		want           forge.Kind
	}{
		{"github.com", "", forge.GitHub}, {"rust.ghe.com", "", forge.GitHub}, {"github.example.org", "", forge.Plain}, {"github.example.org", "github", forge.GitHub},
		{"gitlab.com", "", forge.GitLab}, {"gitlab.example.org", "", forge.GitLab}, {"git.example.org", "gitlab", forge.GitLab},
		{"codeberg.org", "", forge.Forgejo}, {"git.example.org", "gitea", forge.Gitea}, {"git.example.org", "forgejo", forge.Forgejo},
		{"git.example.org", "", forge.Plain}, {"github.com", "plain", forge.Plain}, {"github.com.example.org", "", forge.Plain}, {"", "", forge.Plain},
	} {
		if got, err := forge.KindOf(test.host, test.declared); got != test.want || err != nil {
			t.Errorf("%+v: %s, %v", test, got, err)
		}
	}
	_, err := forge.KindOf("github.com", "bitbucket")
	var e *forge.KindError
	if !errors.As(err, &e) || !strings.Contains(err.Error(), `"bitbucket" is no kind of forge`) || !strings.Contains(e.Hint(), "one of github, gitlab, gitea, forgejo, plain") {
		t.Errorf("%v", err)
	}
}

// The kinds that rust-tuf.toml may declare are those that are known here.
func TestKindsAreThoseOfThePolicy(t *testing.T) {
	var known []string
	for _, k := range forge.Kinds() {
		known = append(known, string(k))
	}
	if declared := roles.ForgeKinds(); !reflect.DeepEqual(known, declared) {
		t.Errorf("%q are known, %q can be declared", known, declared)
	}
}

// How each forge takes a branch without an API, character for character.
func TestRouteOf(t *testing.T) {
	const branch = "sign/event/root/alice-1234"
	for _, test := range []struct {
		name           string
		kind           forge.Kind
		target, source string
		want           forge.Route
	}{
		{"GitHub, without a fork", forge.GitHub, "git@github.com:rust-lang/tuf-root.git", "git@github.com:rust-lang/tuf-root.git",
			forge.Route{Open: "https://github.com/rust-lang/tuf-root/compare/main...rust-lang:sign%2Fevent%2Froot%2Falice-1234?expand=1"}},
		{"GitHub, with a fork", forge.GitHub, "https://github.com/rust-lang/tuf-root.git", "git@github.com:alice/tuf-root.git",
			forge.Route{Open: "https://github.com/rust-lang/tuf-root/compare/main...alice:sign%2Fevent%2Froot%2Falice-1234?expand=1"}},
		{"a GitHub of one's own", forge.GitHub, "https://github.example.org/rust-lang/tuf-root.git", "git@github.example.org:alice/tuf-root.git",
			forge.Route{Open: "https://github.example.org/rust-lang/tuf-root/compare/main...alice:sign%2Fevent%2Froot%2Falice-1234?expand=1"}},
		{"GitLab, with a fork", forge.GitLab, "https://gitlab.com/rust/infra/tuf-root.git", "git@gitlab.com:alice/tuf-root.git",
			forge.Route{Open: "https://gitlab.com/alice/tuf-root/-/merge_requests/new?merge_request[source_branch]=sign%2Fevent%2Froot%2Falice-1234",
				Options: []string{"merge_request.create", "merge_request.target=main", "merge_request.title=sign: root version 2 by alice", "merge_request.target_project=rust/infra/tuf-root"}}},
		{"a GitLab of one's own", forge.GitLab, "ssh://git@gitlab.example.org:2222/rust/tuf-root.git", "ssh://git@gitlab.example.org:2222/rust/tuf-root.git",
			forge.Route{Open: "https://gitlab.example.org/rust/tuf-root/-/merge_requests/new?merge_request[source_branch]=sign%2Fevent%2Froot%2Falice-1234",
				Options: []string{"merge_request.create", "merge_request.target=main", "merge_request.title=sign: root version 2 by alice"}}},
		{"Forgejo", forge.Forgejo, "https://codeberg.org/rust/tuf-root.git", "https://codeberg.org/rust/tuf-root.git",
			forge.Route{For: "main", Options: []string{"topic=" + branch, "title=sign: root version 2 by alice"}}},
		{"Gitea, with a fork", forge.Gitea, "https://git.example.org/rust/tuf-root.git", "https://git.example.org/alice/tuf-root.git",
			forge.Route{For: "main", Options: []string{"topic=" + branch, "title=sign: root version 2 by alice"}}},
		{"a forge that is not known", forge.Plain, "https://forge.example.org/rust/tuf-root.git", "https://forge.example.org/alice/tuf-root.git", forge.Route{}},
		{"two forges", forge.GitHub, "https://github.com/rust-lang/tuf-root", "https://gitlab.com/alice/tuf-root", forge.Route{}},
		{"a folder", forge.GitHub, "/srv/git/tuf-root.git", "/srv/git/tuf-root.git", forge.Route{}},
	} {
		test.want.Ask = "from " + branch + " of " + test.source + " into main of " + test.target
		got := forge.RouteOf(forge.Way{Kind: test.kind, Target: test.target, Base: "main", Source: test.source, Branch: branch, Title: "sign: root version 2\n by alice"})
		if !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s:\n%+v\nwant\n%+v", test.name, got, test.want)
		}
	}
}

// The page of a pull request is at the port that the remote names, if that is one of
// the web.
func TestPullRequestPage(t *testing.T) {
	for remote, want := range map[string]string{
		"https://codeberg.org/rust/tuf-root.git":                "https://codeberg.org/rust/tuf-root/pulls/7",
		"https://alice@Git.example.org:3000/rust/tuf-root.git":  "https://git.example.org:3000/rust/tuf-root/pulls/7",
		"https://git.example.org:443/rust/tuf-root":             "https://git.example.org/rust/tuf-root/pulls/7",
		"http://[::1]:3000/rust/tuf-root":                       "http://[::1]:3000/rust/tuf-root/pulls/7",
		"http://git.example.org/rust/tuf-root":                  "http://git.example.org/rust/tuf-root/pulls/7",
		"ssh://git@git.example.org:2222/rust/tuf-root.git":      "https://git.example.org/rust/tuf-root/pulls/7",
		"git@git.example.org:rust/tuf-root.git":                 "https://git.example.org/rust/tuf-root/pulls/7",
		"https://alice:hunter2@git.example.org:3000/rust/a.git": "https://git.example.org:3000/rust/a/pulls/7",
	} {
		a, ok := forge.ParseAddress(remote)
		if got := forge.PullRequestPage(a, 7); !ok || got != want {
			t.Errorf("%s: %s, want %s", remote, got, want)
		}
	}
}

// A marker is found on the first line alone, and ends no comment.
func TestMarked(t *testing.T) {
	for _, key := range []string{"check", "event/rotate-alice", "publish.yml", "a", "event/key--swap", "event/swap-", "event/" + strings.Repeat("a", 63), "date/signing-late/" + strings.Repeat("a", 63)} {
		if err := forge.CheckKey(key); err != nil || forge.KeyOf(forge.Marked(key, "text")) != key || !forge.IsMarked(forge.Marked(key, "text"), key) || forge.IsMarked("text\n"+forge.Marked(key, ""), key) ||
			forge.IsMarked(forge.Marked(key, ""), key+"x") || !forge.IsMarked(strings.ReplaceAll(forge.Marked(key, "a\nb"), "\n", "\r\n"), key) {
			t.Errorf("%s: %v", key, err)
		}
	}
	for _, key := range []string{"", "Check", "a -->", "-->", "-a", "a/-b", "a/", "a..b", "a\nb", "é", strings.Repeat("a", 101)} {
		var e *forge.KeyError
		if err := forge.CheckKey(key); !errors.As(err, &e) || e.Key != key || !strings.Contains(err.Error(), "is no key of a report") || e.Hint() == "" {
			t.Errorf("%q: %v", key, err)
		}
		if got := forge.KeyOf("<!-- rust-tuf: " + key + " -->\ntext"); got != "" {
			t.Errorf("%q is read as the key %q", key, got)
		}
	}
	for _, text := range []string{"", "text\n<!-- rust-tuf: check -->", " <!-- rust-tuf: check -->", "<!-- rust-tuf: check --> more", "<!-- rust-tuf: check"} {
		if got := forge.KeyOf(text); got != "" {
			t.Errorf("%q has the key %q", text, got)
		}
	}
	for n := forge.MaxText - 200; n < forge.MaxText+200; n++ {
		if got := forge.Marked("check", strings.Repeat("ü", n/2)); len(got) > forge.MaxText {
			t.Fatalf("%d bytes for %d", len(got), n)
		}
	}
}

// TestImports holds the network to the clients below this package: a header of a
// request is filled here, and none is sent.
func TestImports(t *testing.T) {
	importtest.Check(t, []string{"metadata/git"}, "log", "net", "os", "syscall", "unsafe", "io/ioutil")
}
