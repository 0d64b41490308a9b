package git

import (
	"path"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Commit is the full name of a commit: 40 or 64 lower-case hex digits,
// depending on the repository's object format. The empty Commit stands for
// none.
type Commit string

// Short returns the first twelve digits, for messages.
func (c Commit) Short() string { return string(c[:min(len(c), 12)]) }

// isID tells whether s is a full object name in this format.
func (f format) isID(s string) bool {
	return len(s) == f.hexLen() && strings.Trim(s, "0123456789abcdef") == ""
}

// checkCommit refuses whatever is not the full name of an object.
func (f format) checkCommit(c Commit) error {
	if !f.isID(string(c)) {
		return &NameError{Kind: "commit", Name: string(c), Reason: "not the full name of a commit in this repository"}
	}
	return nil
}

// checkBranch refuses names that git check-ref-format --branch refuses, and
// those that start with a dash or mean something else on a command line.
func checkBranch(name string) error {
	reason := refReason(name)
	switch {
	case reason != "":
	case strings.HasPrefix(name, "-"):
		reason = "starts with a dash"
	case name == "HEAD":
		reason = "is not the name of a branch"
	case strings.HasPrefix(name, "refs/"):
		reason = "starts with refs/: give the branch's own name"
	default:
		return nil
	}
	return &NameError{Kind: "branch", Name: name, Reason: reason}
}

// refReason tells why name cannot stand below refs/heads/, by the rules of git
// check-ref-format; it is empty when nothing is wrong.
func refReason(name string) string {
	switch {
	case name == "":
		return "is empty"
	case len(name) > 244: // 255, the longest file name, less room for ".lock" and a folder
		return "is longer than 244 bytes"
	case !utf8.ValidString(name):
		return "is not UTF-8"
	case strings.ContainsFunc(name, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }):
		return "holds a control character"
	case strings.ContainsAny(name, " ~^:?*[\\"):
		return "holds a space or one of ~ ^ : ? * [ \\"
	case strings.Contains(name, ".."), strings.Contains(name, "@{"):
		return "holds .. or @{"
	case name == "@":
		return "is a short form of HEAD"
	case strings.HasSuffix(name, "."):
		return "ends with a dot"
	}
	for segment := range strings.SplitSeq(name, "/") {
		switch {
		case segment == "":
			return "has an empty segment"
		case strings.HasPrefix(segment, "."):
			return "has a segment that starts with a dot"
		case strings.HasSuffix(segment, ".lock"):
			return "has a segment that ends with .lock"
		}
	}
	return ""
}

// checkRemote refuses what could be an option and what no remote is called.
// What is left is a configured name, a URL or a path; git knows which.
func checkRemote(remote string) error {
	var reason string
	switch {
	case remote == "":
		reason = "is empty"
	case strings.HasPrefix(remote, "-"):
		reason = "starts with a dash"
	case len(remote) > 2048:
		reason = "is longer than 2048 bytes"
	case !utf8.ValidString(remote) || strings.ContainsFunc(remote, unicode.IsControl):
		reason = "holds a control character"
	default:
		return nil
	}
	return &NameError{Kind: "remote", Name: withoutSecret(remote), Reason: reason}
}

// secret is the user's part of a URL.
var secret = regexp.MustCompile(`^([a-zA-Z][a-zA-Z0-9+.-]*://)[^/@]*@`)

// withoutSecret takes user name, password and token out of a URL.
func withoutSecret(remote string) string {
	return secret.ReplaceAllString(remote, "$1")
}

// checkRevision refuses what could be an option.
func checkRevision(rev string) error {
	var reason string
	switch {
	case rev == "":
		reason = "is empty"
	case strings.HasPrefix(rev, "-"):
		reason = "starts with a dash"
	case len(rev) > 1024:
		reason = "is longer than 1024 bytes"
	case !utf8.ValidString(rev) || strings.ContainsFunc(rev, unicode.IsControl):
		reason = "holds a control character"
	default:
		return nil
	}
	return &NameError{Kind: "revision", Name: rev, Reason: reason}
}

// configKey is section, optional subsection and name.
var configKey = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]*(\.[^\n\x00]+)?\.[A-Za-z][A-Za-z0-9-]*$`)

func checkConfigKey(key string) error {
	if !configKey.MatchString(key) {
		return &NameError{Kind: "configuration key", Name: key, Reason: "not of the form section.name"}
	}
	return nil
}

// segmentReason tells why a name in a tree is refused; it is empty when
// nothing is wrong. Such names lead out of a folder, into git's own, or show
// as another name than they are.
func segmentReason(name string) string {
	switch {
	case name == "":
		return "an empty name in its path"
	case len(name) > 255:
		return "a name longer than 255 bytes"
	case name == "." || name == "..":
		return "the path holds . or .."
	case strings.EqualFold(name, ".git"):
		return "the path leads into git's own folder"
	case strings.ContainsAny(name, "/\\"):
		return "a slash or backslash in a name"
	case !utf8.ValidString(name):
		return "a name that is not UTF-8"
	case strings.ContainsFunc(name, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }):
		return "a control character in a name"
	}
	return ""
}

// windowsDevice is what Windows takes for a device, whatever follows the dot.
var windowsDevice = regexp.MustCompile(`(?i)^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?$`)

// checkNewPath refuses paths that cannot be checked out on every system. It is
// stricter than what is accepted when reading, since what is written here is
// named by this program.
func checkNewPath(p string) error {
	reason := ""
	switch {
	case p == "":
		reason = "is empty"
	case strings.HasPrefix(p, "/"):
		reason = "is absolute"
	case path.Clean(p) != p:
		reason = "has empty segments, . or .."
	case len(p) > 1024:
		reason = "is longer than 1024 bytes"
	}
	for segment := range strings.SplitSeq(p, "/") {
		if reason == "" {
			reason = newSegmentReason(segment)
		}
	}
	if reason == "" {
		return nil
	}
	return &PathError{Path: p, Reason: reason}
}

func newSegmentReason(name string) string {
	if reason := segmentReason(name); reason != "" {
		return reason
	}
	switch {
	case strings.ContainsFunc(name, func(r rune) bool { return r >= 0x7f || strings.ContainsRune(`:*?"<>|`, r) }):
		return `a character that not every system can hold in a name (only ASCII, none of : * ? " < > |)`
	case strings.HasSuffix(name, ".") || strings.HasSuffix(name, " "):
		return "a name that ends with a dot or space, which Windows drops"
	case windowsDevice.MatchString(name):
		return "a name that Windows takes for a device"
	case strings.HasPrefix(strings.ToLower(name), "git~"):
		return "a name that Windows may take for git's own folder"
	}
	return ""
}
