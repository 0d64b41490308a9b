package verify

import (
	"fmt"
	"strconv"
	"strings"
)

// promisedName is the name of a role's file, in the version that is promised.
func (r *Refreshed) promisedName(role string, promised MetaFile) string {
	name := EscapeRole(role) + ".json"
	if r.root.ConsistentSnapshot() {
		name = strconv.FormatInt(promised.Version, 10) + "." + name
	}
	return name
}

// atMost is how many bytes a promised file may have.
func (f MetaFile) atMost(limit int64) int64 {
	if f.Length >= 0 {
		return min(limit, f.Length)
	}
	return limit
}

// EscapeRole writes a role's name as one part of a path, whatever is in it: all
// but letters, digits, "-", "_", "~" and "." is percent-encoded, and so is a
// name that is nothing but dots.
func EscapeRole(role string) string {
	var b strings.Builder
	onlyDots := strings.Trim(role, ".") == ""
	for i := range len(role) {
		c := role[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_', c == '~', c == '.' && !onlyDots:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// TargetName is the name by which a [Fetcher] of targets is asked for a target.
// In a repository with consistent snapshots its hash stands before the last
// part of its path (SPEC 6.2).
func (r *Refreshed) TargetName(v *Verdict) string {
	folder, base := "", v.Path
	if i := strings.LastIndexByte(v.Path, '/'); i >= 0 {
		folder, base = v.Path[:i+1], v.Path[i+1:]
	}
	if r.root.ConsistentSnapshot() {
		for _, algorithm := range []string{"sha256", "sha512"} {
			if digits, ok := v.Hashes[algorithm]; ok {
				base = digits + "." + base
				break
			}
		}
	}
	return escapePath(folder + base)
}

// escapePath writes a path as part of an address (RFC 3986, pchar and "/").
func escapePath(path string) string {
	var b strings.Builder
	for i := range len(path) {
		c := path[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte("-._~!$&'()*+,;=:@/", c) >= 0:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}
