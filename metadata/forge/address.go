package forge

import (
	"net/url"
	"strings"
)

// Address is a repository at a forge.
type Address struct {
	Host string // in lower case, without a port
	Path string // "rust-lang/tuf-root", "group/sub/tuf-root"
	// Web is where its pages are, if that is not https at the host: an address of
	// git that is one of the web too names another port, or no encryption.
	Web string // "https://git.example.org:3000"
}

func (a Address) String() string { return a.Host + "/" + a.Path }

// Owner is the first part of the path: a user or an organisation.
func (a Address) Owner() string {
	o, _, _ := strings.Cut(a.Path, "/")
	return o
}

// Pages is where the pages of the forge begin, without a slash at the end.
func (a Address) Pages() string {
	if a.Web != "" {
		return a.Web
	}
	return "https://" + a.Host
}

// ParseAddress reads the two ways in which git addresses a forge, a URL and
// user@host:path. A path on this machine is no address.
func ParseAddress(remote string) (Address, bool) {
	if u, err := url.Parse(remote); err == nil && u.Host != "" && u.Scheme != "file" {
		return Address{cleanHost(u.Hostname()), cleanPath(u.Path), pagesOf(u)}, true
	}
	if at, p, ok := strings.Cut(remote, ":"); ok && !strings.ContainsAny(at, "/\\") && strings.Contains(at, "@") {
		return Address{cleanHost(at[strings.LastIndex(at, "@")+1:]), cleanPath(p), ""}, true
	}
	return Address{}, false
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

// pagesOf says where the pages are that belong to an address of the web; empty for
// https at its own port, and for an address of ssh, of which nothing follows.
func pagesOf(u *url.URL) string {
	if u.Scheme != "http" && (u.Scheme != "https" || u.Port() == "" || u.Port() == "443") {
		return ""
	}
	return u.Scheme + "://" + strings.ToLower(u.Host)
}

func cleanPath(p string) string { return strings.TrimSuffix(strings.Trim(p, "/"), ".git") }
