package forge_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/metadata/forge"
)

// A token of a Gitea or a Forgejo counts for the server that the person names, and
// what a repository declares sends it nowhere else.
func TestTokenOfANamedServer(t *testing.T) {
	const here = "git.example.org"
	for name, test := range map[string]struct {
		kind   forge.Kind
		host   string
		env    map[string]string
		server string
		want   string // source and value
	}{
		"nothing":            {forge.Gitea, here, nil, "", ""},
		"named":              {forge.Gitea, here, map[string]string{"GITEA_TOKEN": "a", "GITEA_SERVER_URL": "https://git.example.org"}, "https://git.example.org", "GITEA_TOKEN a"},
		"port and path":      {forge.Gitea, here, map[string]string{"GITEA_TOKEN": "a", "GITEA_SERVER_URL": "https://Git.example.org:3000/gitea/"}, "https://git.example.org:3000/gitea", "GITEA_TOKEN a"},
		"another server":     {forge.Gitea, "evil.example.org", map[string]string{"GITEA_TOKEN": "a", "GITEA_SERVER_URL": "https://git.example.org"}, "", ""},
		"a similar server":   {forge.Gitea, "git.example.org.evil.example", map[string]string{"GITEA_TOKEN": "a", "GITEA_SERVER_URL": "https://git.example.org"}, "", ""},
		"of the other forge": {forge.Forgejo, here, map[string]string{"GITEA_TOKEN": "a", "GITEA_SERVER_URL": "https://git.example.org"}, "", ""},
		"Forgejo":            {forge.Forgejo, here, map[string]string{"FORGEJO_TOKEN": "a", "FORGEJO_SERVER_URL": "https://git.example.org"}, "https://git.example.org", "FORGEJO_TOKEN a"},
		"Codeberg":           {forge.Forgejo, "codeberg.org", map[string]string{"FORGEJO_TOKEN": "a"}, "https://codeberg.org", "FORGEJO_TOKEN a"},
		"not of Codeberg":    {forge.Forgejo, here, map[string]string{"FORGEJO_TOKEN": "a"}, "", ""},
		"on a runner":        {forge.Gitea, here, map[string]string{"GITHUB_TOKEN": "b", "GITHUB_SERVER_URL": "https://git.example.org"}, "https://git.example.org", "GITHUB_TOKEN b"},
		"its own first":      {forge.Gitea, here, map[string]string{"GITHUB_TOKEN": "b", "GITHUB_SERVER_URL": "https://git.example.org", "GITEA_TOKEN": "a", "GITEA_SERVER_URL": "https://git.example.org"}, "https://git.example.org", "GITEA_TOKEN a"},
		"a runner of GitHub": {forge.Gitea, here, map[string]string{"GITHUB_TOKEN": "b", "GITHUB_SERVER_URL": "https://github.com"}, "", ""},
		"a token of GitHub":  {forge.Gitea, here, map[string]string{"GITHUB_TOKEN": "b", "GH_TOKEN": "c", "GH_ENTERPRISE_TOKEN": "d"}, "", ""},
	} {
		getenv := func(variable string) string { return test.env[variable] }
		token, err := forge.FindToken(t.Context(), test.kind, test.host, getenv, nil)
		server, serr := forge.ServerOf(test.kind, test.host, getenv)
		r, rerr := http.NewRequest(http.MethodGet, "https://git.example.org", nil)
		if err != nil || serr != nil || rerr != nil {
			t.Errorf("%s: %v, %v, %v", name, err, serr, rerr)
			continue
		}
		token.Authorize(r)
		source, value, _ := strings.Cut(test.want, " ")
		if server != test.server || token.Source() != source || token.Absent() != (test.want == "") || strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ") != value {
			t.Errorf("%s: %q, %v", name, server, token)
		}
	}
}

// A token that is for no server in particular is not sent, and the way out is said.
func TestTokenOfNoServer(t *testing.T) {
	for _, server := range []string{"", "/srv/git", "git.example.org"} {
		env := map[string]string{"GITEA_TOKEN": "hunter2", "GITEA_SERVER_URL": server}
		token, err := forge.FindToken(t.Context(), forge.Gitea, "git.example.org", func(name string) string { return env[name] }, nil)
		var e *forge.ServerError
		if !errors.As(err, &e) || !token.Absent() || e.Host != "git.example.org" || err.Error() != "GITEA_TOKEN is set, and GITEA_SERVER_URL does not say which server it is for" ||
			e.Hint() != "if it is for git.example.org, set GITEA_SERVER_URL to the address of its pages, such as https://git.example.org" {
			t.Errorf("%q: %v, %v", server, token, err)
		}
	}
	env := map[string]string{"GITEA_TOKEN": "hunter 2", "GITEA_SERVER_URL": "https://git.example.org"}
	_, err := forge.FindToken(t.Context(), forge.Gitea, "git.example.org", func(name string) string { return env[name] }, nil)
	var e *forge.TokenError
	if !errors.As(err, &e) || strings.Contains(err.Error(), "hunter") {
		t.Errorf("%v", err)
	}
}
