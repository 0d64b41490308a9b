//go:build !windows

package durable

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// publish gives the file tmp its name, unless the name is taken. A link is
// used because rename would replace what is there.
func publish(tmp, path string) error {
	err := os.Link(tmp, path)
	if errors.Is(err, syscall.EPERM) || errors.Is(err, errors.ErrUnsupported) {
		return fmt.Errorf("%w: this needs a file system with hard links", err)
	}
	return err
}

func syncFolder(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}
