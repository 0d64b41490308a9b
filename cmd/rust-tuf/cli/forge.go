package cli

import (
	"fmt"
	"net/url"
	"strings"
)

// pullRequest says how to ask for a branch to be merged: the exact page to
// open where the forge is known, a sentence where it is not.
func (w *workspace) pullRequest(branch string) string {
	target, _ := w.git.RemoteURL(w.remote)
	source, _ := w.git.RemoteURL(w.push)
	to, ok := parseForge(target)
	from, okFrom := parseForge(source)
	if ok && okFrom && to.host == from.host {
		switch {
		case to.host == "github.com":
			return fmt.Sprintf("https://github.com/%s/compare/%s...%s:%s?expand=1", to.path, url.PathEscape(w.branch), owner(from.path), url.PathEscape(branch))
		case strings.HasPrefix(to.host, "gitlab."):
			return fmt.Sprintf("https://%s/%s/-/merge_requests/new?merge_request[source_branch]=%s", from.host, from.path, url.QueryEscape(branch))
		}
	}
	return fmt.Sprintf("from %s of %s into %s of %s", branch, source, w.branch, target)
}

type forgeAddress struct{ host, path string }

// parseForge reads the two ways in which git addresses a forge.
func parseForge(remote string) (forgeAddress, bool) {
	if u, err := url.Parse(remote); err == nil && u.Host != "" && u.Scheme != "file" {
		return forgeAddress{cleanHost(u.Hostname()), cleanPath(u.Path)}, true
	}
	if at, p, ok := strings.Cut(remote, ":"); ok && !strings.ContainsAny(at, "/\\") && strings.Contains(at, "@") {
		return forgeAddress{cleanHost(at[strings.LastIndex(at, "@")+1:]), cleanPath(p)}, true
	}
	return forgeAddress{}, false
}

// cleanHost names the forge whose pages are meant: both large ones take ssh
// on another host too, for networks that block its port.
func cleanHost(host string) string {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	switch host {
	case "ssh.github.com", "www.github.com":
		return "github.com"
	case "altssh.gitlab.com":
		return "gitlab.com"
	}
	return host
}

func cleanPath(p string) string { return strings.TrimSuffix(strings.Trim(p, "/"), ".git") }

func owner(p string) string {
	o, _, _ := strings.Cut(p, "/")
	return o
}
