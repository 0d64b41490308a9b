//go:build !windows

package dirstore

import (
	"errors"
	"os"
)

// A reader sees the old file or the new one, and hinders nobody.
const readersExcludeWriters = false

func rename(root *os.Root, _, from, to string) error { return root.Rename(from, to) }

func syncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
