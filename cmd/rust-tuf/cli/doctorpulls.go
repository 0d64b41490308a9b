package cli

import (
	"context"

	"github.com/rust-lang/rust-tuf/metadata/forge"
)

// pulls says how a branch that is pushed from this clone becomes a pull request,
// in the order in which tryOpen goes about it. Nothing is asked of the forge.
func (d *diagnosis) pulls(ctx context.Context) {
	w := d.w
	way, route := w.route("BRANCH", "")
	page := route.Open
	if page == "" {
		page = route.Ask
	}
	byHand := func(why string) {
		d.line(markOK, "remote", "", "pull requests are opened by hand%s: %s", why, page)
	}
	to, ok := forge.ParseAddress(way.Target)
	from, okFrom := forge.ParseAddress(way.Source)
	switch {
	case !ok || !okFrom || to.Host != from.Host:
		byHand("")
		return
	case len(route.Options) > 0 && route.For == "":
		d.line(markOK, "remote", "", "merge requests are opened by options of the push, where %s allows that; else by hand: %s", to.Host, page)
		return
	}
	opener, err := w.opener(ctx, to, way.Kind)
	if err != nil {
		d.trouble(markWarning, "remote", err)
	}
	switch {
	case err == nil && opener != nil:
		d.line(markOK, "remote", "", "pull requests are opened by the API of %s%s", to.Host, withToken(opener))
	case route.For != "":
		d.line(markOK, "remote", "", "pull requests are opened by a push for review to branch %s of remote %s, at %s", route.For, w.remote, to)
	case err == nil && way.Kind == forge.GitHub:
		byHand(", because there is no token for " + to.Host)
	default:
		byHand("")
	}
}

// credited is an opener that can tell which token it uses.
type credited interface{ Token() forge.Token }

func withToken(o forge.Opener) string {
	if c, ok := o.(credited); ok {
		return ", with " + c.Token().String()
	}
	return ""
}
