package forge_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/metadata/forge"
)

// Each variable counts for the host that it is meant for, and the tool after all.
func TestFindToken(t *testing.T) {
	kept := func(_ context.Context, host string) (string, error) { return "of-" + host + "\n", nil }
	none := func(context.Context, string) (string, error) { return "", forge.ErrNoTool }
	for name, test := range map[string]struct {
		kind forge.Kind
		host string
		env  map[string]string
		tool forge.Tool
		want string // source and value
	}{
		"nothing":                     {forge.GitHub, "github.com", nil, nil, ""},
		"no tool":                     {forge.GitHub, "github.com", nil, none, ""},
		"the tool":                    {forge.GitHub, "github.com", nil, kept, "`gh auth token` of-github.com"},
		"GH_TOKEN first":              {forge.GitHub, "github.com", map[string]string{"GH_TOKEN": "a", "GITHUB_TOKEN": "b"}, kept, "GH_TOKEN a"},
		"GITHUB_TOKEN":                {forge.GitHub, "github.com", map[string]string{"GITHUB_TOKEN": "b"}, kept, "GITHUB_TOKEN b"},
		"not for another host":        {forge.GitHub, "github.example.org", map[string]string{"GH_TOKEN": "a", "GITHUB_TOKEN": "b"}, none, ""},
		"not for a similar host":      {forge.GitHub, "evil-github.com", map[string]string{"GH_TOKEN": "a", "GITHUB_TOKEN": "b"}, none, ""},
		"of an enterprise":            {forge.GitHub, "github.example.org", map[string]string{"GH_TOKEN": "a", "GH_ENTERPRISE_TOKEN": "c"}, kept, "GH_ENTERPRISE_TOKEN c"},
		"of the cloud of one":         {forge.GitHub, "rust.ghe.com", map[string]string{"GH_TOKEN": "a"}, kept, "GH_TOKEN a"},
		"on a runner":                 {forge.GitHub, "github.com", map[string]string{"GITHUB_TOKEN": "b", "GITHUB_SERVER_URL": "https://github.com"}, nil, "GITHUB_TOKEN b"},
		"on a runner of one's own":    {forge.GitHub, "github.example.org", map[string]string{"GITHUB_TOKEN": "b", "GITHUB_SERVER_URL": "https://github.example.org"}, nil, "GITHUB_TOKEN b"},
		"a runner's for another host": {forge.GitHub, "github.com", map[string]string{"GITHUB_TOKEN": "b", "GITHUB_SERVER_URL": "https://github.example.org"}, none, ""},
		"no API that is used":         {forge.GitLab, "gitlab.com", map[string]string{"GH_TOKEN": "a", "GITHUB_TOKEN": "b"}, kept, ""},
		"a plain remote":              {forge.Plain, "github.com", map[string]string{"GH_TOKEN": "a"}, kept, ""},
	} {
		token, err := forge.FindToken(t.Context(), test.kind, test.host, func(name string) string { return test.env[name] }, test.tool)
		if err != nil || token.Absent() != (test.want == "") {
			t.Errorf("%s: %v, %v", name, token, err)
			continue
		}
		r, err := http.NewRequest(http.MethodGet, "https://api.github.com", nil)
		if err != nil {
			t.Fatal(err)
		}
		token.Authorize(r)
		source, value, _ := strings.Cut(test.want, " ")
		if test.tool != nil && strings.HasPrefix(test.want, "`") {
			source, value = "`gh auth token`", test.want[len("`gh auth token` "):]
		}
		if token.Source() != source || test.want != "" && r.Header.Get("Authorization") != "Bearer "+value || test.want == "" && len(r.Header) > 0 {
			t.Errorf("%s: %v, %v", name, token, r.Header)
		}
	}
	broken := errors.New("interrupted")
	if _, err := forge.FindToken(t.Context(), forge.GitHub, "github.com", func(string) string { return "" }, func(context.Context, string) (string, error) { return "", broken }); !errors.Is(err, broken) {
		t.Error(err)
	}
}

// What is no token is refused without being shown: it may be a password.
func TestNewToken(t *testing.T) {
	for _, value := range []string{"", " ", "hunter 2", "hunter2\r\nX: y", "hunté2", "hunter2\x00", strings.Repeat("hunter2", 1000)} {
		token, err := forge.NewToken("GH_TOKEN", value)
		var e *forge.TokenError
		if !errors.As(err, &e) || e.Source != "GH_TOKEN" || !strings.Contains(err.Error(), "the token from GH_TOKEN has ") || e.Hint() == "" || strings.Contains(err.Error()+e.Hint(), "hunt") || !token.Absent() {
			t.Errorf("%q: %v", value, err)
		}
	}
}

// A token cannot be printed.
func TestTokenIsNotShown(t *testing.T) {
	const secret = "ghp_0123456789abcdef"
	token, err := forge.NewToken("GH_TOKEN", secret)
	if err != nil {
		t.Fatal(err)
	}
	type holder struct {
		Token  forge.Token
		hidden forge.Token
		list   []forge.Token
	}
	h := holder{token, token, []forge.Token{token}}
	text, err := json.Marshal([]any{token, h, &h})
	if err != nil {
		t.Fatal(err)
	}
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		text = fmt.Append(text, fmt.Sprintf(format, token), fmt.Sprintf(format, h), fmt.Sprintf(format, &h), fmt.Sprintf(format, []any{&token}))
	}
	if strings.Contains(string(text), secret) || strings.Contains(string(text), fmt.Sprintf("%x", secret)) || !strings.Contains(string(text), "the token from GH_TOKEN") {
		t.Errorf("%s", text)
	}
	if got := token.Redact("who is " + secret + "?"); got != "who is [token]?" {
		t.Error(got)
	}
	if got := (forge.Token{}).Redact("who?") + (forge.Token{}).String(); got != "who?no token" {
		t.Error(got)
	}
}
