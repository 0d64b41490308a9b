package forge

import (
	"fmt"
	"slices"
	"strings"
)

// Kind is the software that a forge runs.
type Kind string

// The kinds that are told apart. Forgejo and Gitea take the same pushes.
const (
	GitHub  Kind = "github"
	GitLab  Kind = "gitlab"
	Gitea   Kind = "gitea"
	Forgejo Kind = "forgejo"
	Plain   Kind = "plain" // a git remote and nothing else
)

// Kinds lists all kinds, as rust-tuf.toml spells them.
func Kinds() []Kind { return []Kind{GitHub, GitLab, Gitea, Forgejo, Plain} }

// hosts are those whose kind is known to everybody.
var hosts = map[string]Kind{"github.com": GitHub, "gitlab.com": GitLab, "codeberg.org": Forgejo}

// KindOf tells the kind of a forge: what the repository declares, or else what
// its host is known for. An empty declaration is none; a host that begins with
// "gitlab." runs GitLab by custom, and one of ghe.com GitHub.
func KindOf(host, declared string) (Kind, error) {
	if declared != "" {
		if k := Kind(declared); slices.Contains(Kinds(), k) {
			return k, nil
		}
		return "", &KindError{Kind: declared}
	}
	switch k, ok := hosts[host]; {
	case ok:
		return k, nil
	case strings.HasPrefix(host, "gitlab."):
		return GitLab, nil
	case strings.HasSuffix(host, ".ghe.com"):
		return GitHub, nil
	}
	return Plain, nil
}

// KindError is a kind of forge that is not known.
type KindError struct {
	Kind string
}

func (e *KindError) Error() string {
	return fmt.Sprintf("%q is no kind of forge that is known", e.Kind)
}

// Hint names the next step.
func (e *KindError) Hint() string {
	names := make([]string, 0, len(Kinds()))
	for _, k := range Kinds() {
		names = append(names, string(k))
	}
	return "write one of " + strings.Join(names, ", ") + " as kind in the section [forge] of rust-tuf.toml"
}
