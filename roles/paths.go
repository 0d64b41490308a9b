package roles

import (
	"fmt"
	"path"
	"strings"
)

// checkPath accepts a target path that every reader, store and URL keeps as it
// is: printable ASCII, segments between single slashes, none of them . or ..,
// and none of the characters that have a meaning in a pattern.
func checkPath(p string) error {
	if err := checkSegments(p); err != nil {
		return err
	}
	if i := strings.IndexAny(p, "*?"); i >= 0 {
		return fmt.Errorf("path %q: %q has a meaning in patterns; name the file", p, p[i])
	}
	return nil
}

// checkPattern accepts a path pattern of a delegation. Readers differ on all
// but * and ? within a segment (SPEC 4.5), so nothing else is written.
func checkPattern(p string) error { return checkSegments(p) }

func checkSegments(p string) error {
	switch {
	case p == "":
		return fmt.Errorf("path is empty")
	case len(p) > maxPathBytes:
		return fmt.Errorf("path has %d bytes, at most %d", len(p), maxPathBytes)
	case strings.HasPrefix(p, "/"):
		return fmt.Errorf("path %q: begins with a slash; target paths are relative", p)
	case strings.HasSuffix(p, "/"):
		return fmt.Errorf("path %q: ends with a slash; readers do not agree on what that means: write a pattern such as %s*", p, p)
	}
	for i := range len(p) {
		switch c := p[i]; {
		case c <= ' ' || c > '~':
			return fmt.Errorf("path %q: byte %#02x; only printable ascii without spaces is read alike everywhere", p, c)
		case c == '[' || c == ']' || c == '\\':
			return fmt.Errorf("path %q: %q is read as a pattern by some readers and as itself by others", p, c)
		}
	}
	for _, segment := range strings.Split(p, "/") {
		if segment == "" || segment == "." || segment == ".." {
			return fmt.Errorf("path %q: the segment %q is no name", p, segment)
		}
	}
	return nil
}

// covers reports whether a pattern that checkPattern accepted matches a path:
// * any run of characters within one segment, ? one of them (SPEC 4.5).
// path.Match does just that once [ and \ cannot occur.
func covers(pattern, p string) bool {
	ok, err := path.Match(pattern, p)
	return err == nil && ok
}
