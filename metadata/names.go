package metadata

import "strings"

// isName accepts the names of roles, members and events: 1 to 63 of a-z, 0-9
// and -, not beginning with -. They become files and folders.
func isName(s string) bool {
	if len(s) < 1 || len(s) > 63 || s[0] == '-' {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return true
}

// isHex64 accepts key ids and digests: 64 lower-case hexadecimal digits.
func isHex64(s string) bool {
	if len(s) != 64 {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'f') && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}

// hasDeviceName finds a segment that Windows keeps for a device, whatever its
// extension: no file or folder of that name can be made there. The path is
// lower case.
func hasDeviceName(p string) bool {
	for segment := range strings.SplitSeq(p, "/") {
		stem, _, _ := strings.Cut(segment, ".")
		switch stem {
		case "con", "prn", "aux", "nul":
			return true
		}
		if len(stem) == 4 && (stem[:3] == "com" || stem[:3] == "lpt") && stem[3] >= '0' && stem[3] <= '9' {
			return true
		}
	}
	return false
}
