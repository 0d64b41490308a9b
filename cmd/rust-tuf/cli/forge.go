package cli

import "github.com/rust-lang/rust-tuf/metadata/forge"

// pullRequest says how to ask for a branch to be merged: the exact page to
// open where the forge is known, a sentence where it is not.
func (w *workspace) pullRequest(branch string) string {
	target, _ := w.git.RemoteURL(w.remote)
	source, _ := w.git.RemoteURL(w.push)
	address, _ := forge.ParseAddress(target)
	kind, _ := forge.KindOf(address.Host, "") // that nothing is declared is no error
	route := forge.RouteOf(forge.Way{Kind: kind, Target: target, Base: w.branch, Source: source, Branch: branch})
	if route.Open != "" {
		return route.Open
	}
	return route.Ask
}
