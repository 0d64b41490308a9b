package httpfetch

import (
	"net/url"
	"strings"
)

// parseBase reads the address that all names are joined to.
func parseBase(base string) (*url.URL, error) {
	u, err := url.Parse(base)
	switch {
	case err != nil: // its text quotes the address
		return nil, &AddressError{"is none; it has the form https://example.org/metadata/"}
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, &AddressError{"must begin with https:// or http://"}
	case u.Hostname() == "":
		return nil, &AddressError{"names no host"}
	case strings.ContainsAny(base, "?#"):
		return nil, &AddressError{"has a ? or #, behind which no name of a file can stand"}
	}
	return u, nil
}

// join makes the address of a file. Both are joined as text, for both may hold
// percent-encodings that must reach the server as they are.
func join(base, name string) (*url.URL, error) {
	for part := range strings.SplitSeq(name, "/") {
		if part == "" || part == "." || part == ".." {
			return nil, &NameError{name, "has a part that is empty, . or .., which leads elsewhere"}
		}
	}
	if strings.ContainsAny(name, "?#\\") {
		return nil, &NameError{name, "holds a character that means something else in an address; it must be percent-encoded"}
	}
	if !strings.HasSuffix(base, "/") {
		base += "/"
	}
	u, err := url.Parse(base + name)
	if err != nil || !strings.HasSuffix(u.EscapedPath(), "/"+name) {
		return nil, &NameError{name, "would not reach the server as it is written; it must be percent-encoded"}
	}
	return u, nil
}

// shown is an address for an error: no user name, password or query.
func shown(u *url.URL) string {
	text := origin(u) + u.EscapedPath()
	if len(text) > maxShown {
		text = text[:maxShown] + "…"
	}
	return text
}

// origin is scheme, host and port in one form (RFC 6454, section 4).
func origin(u *url.URL) string {
	scheme, host, port := strings.ToLower(u.Scheme), strings.ToLower(u.Hostname()), u.Port()
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if port == "" || scheme == "https" && port == "443" || scheme == "http" && port == "80" {
		return scheme + "://" + host
	}
	return scheme + "://" + host + ":" + port
}
