package forge

import (
	"fmt"
	"strings"
)

// wellKnown is the server of a variable that names none: there is one that everybody
// knows.
var wellKnown = map[string]string{"FORGEJO_TOKEN": "https://codeberg.org"}

// ServerOf is where a Gitea or a Forgejo is that a token in the environment is for, if
// that is the host in question: "https://git.example.org:3000".
//
// GITEA_TOKEN counts for the server that GITEA_SERVER_URL names and FORGEJO_TOKEN for
// that of FORGEJO_SERVER_URL; which of them is looked for follows from the kind.
// GITHUB_TOKEN counts for that of GITHUB_SERVER_URL: the runners of both forges set
// these two, for workflows that were written for GitHub. What a host runs is said by a
// file of the repository, which nobody signs: so a token never goes to a server that
// the person has not named.
func ServerOf(kind Kind, host string, getenv func(string) string) (string, error) {
	server, _, err := serverOf(kind, host, getenv)
	return server, err
}

func serverOf(kind Kind, host string, getenv func(string) string) (string, Token, error) {
	for _, name := range []string{strings.ToUpper(string(kind)), "GITHUB"} {
		value, source, variable := getenv(name+"_TOKEN"), name+"_TOKEN", name+"_SERVER_URL"
		if value == "" {
			continue
		}
		server := getenv(variable)
		if server == "" {
			server = wellKnown[source]
		}
		address, ok := ParseAddress(server)
		switch {
		case name == "GITHUB" && server == "": // of another forge, or set by hand for it
			continue
		case !ok:
			return "", Token{}, &ServerError{Source: source, Variable: variable, Host: host}
		case address.Host != host:
			continue
		}
		token, err := NewToken(source, value)
		return strings.TrimSuffix(address.Pages()+"/"+address.Path, "/"), token, err
	}
	return "", Token{}, nil
}

// ServerError is a token that is not said to be for any server.
type ServerError struct {
	Source   string // "GITEA_TOKEN"
	Variable string // "GITEA_SERVER_URL"
	Host     string // in question
}

func (e *ServerError) Error() string {
	return fmt.Sprintf("%s is set, and %s does not say which server it is for", e.Source, e.Variable)
}

// Hint names the next step.
func (e *ServerError) Hint() string {
	return fmt.Sprintf("if it is for %s, set %s to the address of its pages, such as https://%s", e.Host, e.Variable, e.Host)
}
