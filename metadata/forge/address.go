package forge

import (
	"net/url"
	"strings"
)

// Address is a repository at a forge.
type Address struct {
	Host string // in lower case, without a port
	Path string // "rust-lang/tuf-root", "group/sub/tuf-root"
}

func (a Address) String() string { return a.Host + "/" + a.Path }

// Owner is the first part of the path: a user or an organisation.
func (a Address) Owner() string {
	o, _, _ := strings.Cut(a.Path, "/")
	return o
}

// ParseAddress reads the two ways in which git addresses a forge, a URL and
// user@host:path. A path on this machine is no address.
func ParseAddress(remote string) (Address, bool) {
	if u, err := url.Parse(remote); err == nil && u.Host != "" && u.Scheme != "file" {
		return Address{cleanHost(u.Hostname()), cleanPath(u.Path)}, true
	}
	if at, p, ok := strings.Cut(remote, ":"); ok && !strings.ContainsAny(at, "/\\") && strings.Contains(at, "@") {
		return Address{cleanHost(at[strings.LastIndex(at, "@")+1:]), cleanPath(p)}, true
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

func cleanPath(p string) string { return strings.TrimSuffix(strings.Trim(p, "/"), ".git") }
