package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// A file of the repository: its path below the root, with slashes, and what it holds.
type file struct {
	path string
	data []byte
}

// files reads every text file that git tracks, or would track, in the repository at root. A file with
// a zero byte is no text.
func files(root string) ([]file, error) {
	// safe.directory: CI may run as another user than the one who cloned.
	git := exec.Command("git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	git.Dir = root
	git.Stderr = new(bytes.Buffer)
	list, err := git.Output()
	if err != nil {
		return nil, fmt.Errorf("git ls-files: %w: %s", err, git.Stderr)
	}
	var found []file
	for path := range strings.SplitSeq(string(list), "\x00") {
		if path == "" {
			continue
		}
		name := filepath.Join(root, filepath.FromSlash(path))
		if info, err := os.Lstat(name); err != nil || !info.Mode().IsRegular() {
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return nil, err
			}
			continue // deleted but not yet committed, or a link
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		if bytes.IndexByte(data, 0) < 0 {
			found = append(found, file{path, data})
		}
	}
	return found, nil
}
