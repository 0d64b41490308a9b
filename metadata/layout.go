package metadata

import (
	"fmt"
	"path"
	"strconv"
	"strings"
)

// The fixed names of a metadata repository. The package comment describes
// what lives under each of them.
const (
	PolicyFile   = "rust-tuf.toml"
	MembersDir   = "members"
	PublishedDir = "metadata"
	EventsDir    = "events"
	LogDir       = "log"
	// HandoverDir holds the roots of other repositories that this one lists as
	// targets: handover/<name>/<version>.root.json, append only.
	HandoverDir = "handover"
	// NewestFile names the event that was completed last. It is why two
	// completions that were each right on the same branch cannot both be merged:
	// git finds both changing it. No event's name has a dot.
	NewestFile    = LogDir + "/newest.txt"
	eventFile     = "event.toml"
	closedFile    = "closed.toml"
	memberFile    = "member.toml"
	policyDir     = "policy"
	signaturesDir = "signatures"

	transcriptFile = "transcript.json"
)

// AttributesFile tells git how to change files between its objects and a
// checkout, and Attributes is what it has to say: nothing is changed. Whatever is
// signed or judged is read from objects; people and other programs read checkouts.
const (
	AttributesFile = ".gitattributes"
	Attributes     = "# What is signed and what is published is bytes: git must not change them.\n* -text\n"
)

// MemberPath is where the member called name is declared.
func MemberPath(name string) string { return path.Join(MembersDir, name, memberFile) }

// PublishedPath is where a client finds version of role (TUF 1.0.34,
// section 6.1: consistent snapshots put the version before the name).
func PublishedPath(role string, version int64) string {
	return path.Join(PublishedDir, documentName(role, version))
}

// HandoverPath is where a version of the root of another repository is kept,
// which is called name here.
func HandoverPath(name string, version int64) string {
	return path.Join(HandoverDir, name, documentName(roleRoot, version))
}

func documentName(role string, version int64) string {
	return strconv.FormatInt(version, 10) + "." + role + ".json"
}

// parseDocumentName reads "12.root.json" back. It accepts exactly the names
// that documentName writes: no sign, no leading zero.
func parseDocumentName(name string) (role string, version int64, ok bool) {
	number, rest, found := strings.Cut(name, ".")
	if !found || !strings.HasSuffix(rest, ".json") {
		return "", 0, false
	}
	role = strings.TrimSuffix(rest, ".json")
	version, err := strconv.ParseInt(number, 10, 64)
	if err != nil || version < 1 || strconv.FormatInt(version, 10) != number || !isName(role) {
		return "", 0, false
	}
	return role, version, true
}

// SignaturePath is the one file that a signature by keyID on role's payload
// of event is.
func SignaturePath(event, role, keyID string) string {
	return path.Join(EventsDir, event, signaturesDir, role, keyID+".json")
}

// EventPath is a file of an open event.
func EventPath(event string, rest ...string) string {
	return path.Join(append([]string{EventsDir, event}, rest...)...)
}

// LogPath is a file of a closed event.
func LogPath(event string, rest ...string) string {
	return path.Join(append([]string{LogDir, event}, rest...)...)
}

// parseSignaturePath reads what SignaturePath writes.
func parseSignaturePath(p string) (event, role, keyID string, ok bool) {
	parts := strings.Split(p, "/")
	if len(parts) != 5 || parts[0] != EventsDir || parts[2] != signaturesDir {
		return "", "", "", false
	}
	keyID, isJSON := strings.CutSuffix(parts[4], ".json")
	if !isJSON || !isName(parts[1]) || !isName(parts[3]) || !isHex64(keyID) {
		return "", "", "", false
	}
	return parts[1], parts[3], keyID, true
}

// IsSignaturePath tells whether a path is that of a signature in an open event.
func IsSignaturePath(p string) bool {
	_, _, _, ok := parseSignaturePath(p)
	return ok
}

// Governed tells whether a path is one that this tool's rules decide. All
// other files of the repository (a README, workflows) are people's own.
func Governed(p string) bool {
	if p == PolicyFile {
		return true
	}
	top, _, _ := strings.Cut(p, "/")
	switch top {
	case MembersDir, PublishedDir, EventsDir, LogDir, HandoverDir:
		return true
	}
	return false
}

// checkLayout refuses what no honest tool writes: anything that is not a
// plain file where a rule applies, names that some file system takes for one
// (it would keep only one of them), and paths that leave the tree.
func checkLayout(entries []Entry) error {
	taken := make(map[string]string, len(entries))
	for _, e := range entries {
		if clean := path.Clean(e.Path); clean != e.Path || strings.HasPrefix(e.Path, "/") || e.Path == ".." || strings.HasPrefix(e.Path, "../") || strings.Contains(e.Path, "\\") {
			return &TreeError{Path: e.Path, Reason: "the path is not a plain relative path"}
		}
		name := takenFor(e.Path)
		if reason := lookAlike(e.Path, name, taken[name]); reason != "" {
			return &TreeError{Path: e.Path, Reason: reason}
		}
		taken[name] = e.Path
		if !Governed(e.Path) {
			continue
		}
		if hasDeviceName(e.Path) {
			return &TreeError{Path: e.Path, Reason: "windows keeps this name for a device; take another"}
		}
		switch e.Mode {
		case "100644":
		case "120000":
			return &TreeError{Path: e.Path, Reason: "is a symbolic link; only plain files are read here"}
		case "160000":
			return &TreeError{Path: e.Path, Reason: "is a submodule; only plain files are read here"}
		default:
			return &TreeError{Path: e.Path, Reason: "has mode " + e.Mode + "; a plain file has mode 100644"}
		}
		if e.Size > maxFileBytes {
			return &TreeError{Path: e.Path, Reason: fmt.Sprintf("is %d bytes long; the limit is %d", e.Size, int64(maxFileBytes))}
		}
	}
	return nil
}
