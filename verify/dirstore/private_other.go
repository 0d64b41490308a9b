//go:build !windows

package dirstore

import "io/fs"

// checkPrivate refuses what anybody but its owner can write, and an owner who
// is neither this user nor the administrator.
func checkPrivate(path string, info fs.FileInfo) error {
	if owner := stranger(info); owner >= 0 {
		return &PermissionError{path, info.Mode(), owner}
	}
	if info.Mode().Perm()&0o022 != 0 {
		return &PermissionError{path, info.Mode(), -1}
	}
	return nil
}
