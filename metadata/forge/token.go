package forge

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// Token is the permission to act at a forge in somebody's name. Printing one, in
// whatever form, shows where it comes from and not what it is.
type Token struct {
	source string
	value  *string // a pointer, so that no printer of structs walks into it
}

// NewToken takes a token from where it was kept; source names that place for
// people. Errors: *TokenError, which does not hold the value.
func NewToken(source, value string) (Token, error) {
	value = strings.TrimSpace(value)
	if value == "" || len(value) > maxToken || strings.ContainsFunc(value, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return Token{}, &TokenError{Source: source, Reason: fmt.Sprintf("has %d bytes, and is not one word of printable ASCII", len(value))}
	}
	return Token{source, &value}, nil
}

// Absent tells that there is no token.
func (t Token) Absent() bool { return t.value == nil }

// Source names where the token comes from: "GH_TOKEN", "gh auth token".
func (t Token) Source() string { return t.source }

// Authorize puts the token into the header of a request.
func (t Token) Authorize(r *http.Request) {
	if t.value != nil {
		r.Header.Set("Authorization", "Bearer "+*t.value)
	}
}

// Redact takes the token out of what somebody else said.
func (t Token) Redact(text string) string {
	if t.value == nil {
		return text
	}
	return strings.ReplaceAll(text, *t.value, "[token]")
}

// String names the token without showing it.
func (t Token) String() string {
	if t.value == nil {
		return "no token"
	}
	return "the token from " + t.source
}

// Format is String for every verb, so that %#v and %x show no more.
func (t Token) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(t.String())) }

// MarshalText is String too, for JSON and the like.
func (t Token) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// TokenError is a place that should hold a token and holds something else.
type TokenError struct {
	Source string
	Reason string
}

func (e *TokenError) Error() string { return fmt.Sprintf("the token from %s %s", e.Source, e.Reason) }

// Hint names the next step.
func (e *TokenError) Hint() string {
	return "make a new one, or remove it and open pull requests by hand"
}

// LoginVariable names who a token writes as, where the token may not ask and is not
// that of GitHub's own runners, such as one of an app.
const LoginVariable = "RUST_TUF_FORGE_LOGIN"

// Tool asks the forge's own tool for the token that it keeps, as
// `gh auth token --hostname HOST` does. ErrNoTool says that the tool is not there or
// keeps none for this host.
type Tool func(ctx context.Context, host string) (string, error)

// ErrNoTool says that no tool of the forge could be asked for a token.
var ErrNoTool = errors.New("the forge's own tool is not installed, or is not logged in")

// FindToken looks for a token for a forge: in the environment, then with its own
// tool, which may be nil. There is no third place. Without any, the token is absent.
//
// A variable counts for the host that it is meant for. GitHub: GH_TOKEN and
// GITHUB_TOKEN for github.com, GH_ENTERPRISE_TOKEN and GITHUB_ENTERPRISE_TOKEN for
// other hosts, as the tool gh has it; and GITHUB_TOKEN for the host of
// GITHUB_SERVER_URL, which GitHub's own runners set. Gitea and Forgejo: see ServerOf.
//
// The API of GitLab is not used, so no token is looked for there. Errors:
// *TokenError, *ServerError.
func FindToken(ctx context.Context, kind Kind, host string, getenv func(string) string, tool Tool) (Token, error) {
	switch kind {
	case Gitea, Forgejo:
		_, token, err := serverOf(kind, host, getenv)
		return token, err
	case GitHub:
	default:
		return Token{}, nil
	}
	names := []string{"GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN"}
	if host == "github.com" || strings.HasSuffix(host, ".ghe.com") {
		names = []string{"GH_TOKEN", "GITHUB_TOKEN"}
	}
	if server, ok := ParseAddress(getenv("GITHUB_SERVER_URL")); ok {
		names = withoutForeign(names, server.Host, host)
	}
	for _, name := range names {
		if value := getenv(name); value != "" {
			return NewToken(name, value)
		}
	}
	if tool == nil {
		return Token{}, nil
	}
	value, err := tool(ctx, host)
	if errors.Is(err, ErrNoTool) {
		return Token{}, nil
	}
	if err != nil {
		return Token{}, err
	}
	return NewToken("`gh auth token`", value)
}

// withoutForeign adds GITHUB_TOKEN for the host that a runner works for, and takes
// it away from every other.
func withoutForeign(names []string, runner, host string) []string {
	var kept []string
	for _, name := range names {
		if name != "GITHUB_TOKEN" {
			kept = append(kept, name)
		}
	}
	if runner == host {
		kept = append(kept, "GITHUB_TOKEN")
	}
	return kept
}
