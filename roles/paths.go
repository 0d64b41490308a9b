package roles

import (
	"fmt"
	"path"
	"strings"
)

// checkPath accepts a target path that every reader, store and URL keeps as it
// is, and that a pattern can match in every reader.
func checkPath(p string) error {
	if i := strings.IndexAny(p, "*?"); i >= 0 {
		return fmt.Errorf("path %q: %q has a meaning in patterns; name the file", p, p[i])
	}
	return checkSegments("path", p)
}

// checkPattern accepts a path pattern of a delegation: * and ? within a
// segment (SPEC 4.5) and nothing that some reader takes for more. go-tuf
// matches segments with filepath.Match, for which [ and \ are special;
// python-tuf with fnmatch: [; tuf-js with minimatch: braces, parentheses after
// +@!?*, a leading ! or #, and a dot that * does not match; tough with globset:
// braces and [. tough lets * cross a slash, which no spelling prevents.
func checkPattern(p string) error {
	if strings.Contains(p, "**") {
		return fmt.Errorf("pattern %q: some readers let ** cross slashes; write * for each segment", p)
	}
	return checkSegments("pattern", p)
}

func checkSegments(what, p string) error {
	switch {
	case p == "":
		return fmt.Errorf("%s is empty", what)
	case len(p) > maxPathBytes:
		return fmt.Errorf("%s has %d bytes, at most %d", what, len(p), maxPathBytes)
	case strings.HasPrefix(p, "/"):
		return fmt.Errorf("%s %q: begins with a slash; target paths are relative", what, p)
	case strings.HasSuffix(p, "/"):
		return fmt.Errorf("%s %q: ends with a slash, which has no meaning; to match the files of a folder write %s*", what, p, p)
	}
	for i := range len(p) {
		if !pathByte(p[i]) {
			return fmt.Errorf("%s %q: %q is not read alike everywhere; letters, digits and ._-+=@~ are", what, p, p[i])
		}
	}
	for _, segment := range strings.Split(p, "/") {
		switch {
		case segment == "":
			return fmt.Errorf("%s %q: two slashes in a row", what, p)
		case segment[0] == '.':
			return fmt.Errorf("%s %q: the segment %q begins with a dot; .. leaves the folder, and in some readers * does not match dots", what, p, segment)
		}
	}
	return nil
}

func pathByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("/._-+=@~*?", c) >= 0
}

// covers reports whether a pattern that checkPattern accepted matches a path:
// * any run of characters within one segment, ? one of them (SPEC 4.5).
// path.Match does just that once [ and \ cannot occur.
func covers(pattern, p string) bool {
	ok, err := path.Match(pattern, p)
	return err == nil && ok
}
