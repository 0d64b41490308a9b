// Package private refuses files that other people can read and folders that
// other people can change.
package private

import (
	"fmt"
	"io/fs"
	"os"
	"runtime"

	"github.com/rust-lang/rust-tuf/signer"
)

const (
	fileMode   fs.FileMode = 0o600
	folderMode fs.FileMode = 0o700

	writable fs.FileMode = 0o022 // by group or others
)

// File checks the mode of the file at path, as found when it was opened. Nobody
// but its owner may read, write or execute it. *signer.PermissionError
//
// On Windows the mode says nothing, and the folder a user's files are in is
// private already.
func File(path string, mode fs.FileMode) error {
	if runtime.GOOS != "windows" && mode.Perm()&^folderMode != 0 {
		return &signer.PermissionError{Path: path, Mode: mode, Want: fileMode}
	}
	return nil
}

// Folder checks that nobody but the owner of the folder at path can change what
// is in it. *signer.PermissionError
func Folder(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return fmt.Errorf("%s is not a folder", path)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&writable != 0 {
		return &signer.PermissionError{Path: path, Mode: info.Mode(), Want: folderMode}
	}
	return nil
}
