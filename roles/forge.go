package roles

import "slices"

// Forge is where pull requests are opened. Nobody signs it: it decides how a request
// is carried, not what is trusted. It names software and no address, so that no edit
// of a file can send somebody's token to another place: where requests go follows
// from the remote of each person's own clone.
type Forge struct {
	// Kind is one of [ForgeKinds]; empty where the remote's host tells.
	Kind string `toml:"kind"`
}

// ForgeKinds are the kinds of forge that can be declared.
func ForgeKinds() []string { return []string{"github", "gitlab", "gitea", "forgejo", "plain"} }

func (f Forge) check(c *faults) {
	if f.Kind != "" && !slices.Contains(ForgeKinds(), f.Kind) {
		c.add("forge.kind", "unknown kind %q%s", f.Kind, suggest(f.Kind, ForgeKinds()))
	}
}
