//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd || windows)

package dirstore

import (
	"errors"
	"fmt"
	"os"
)

// tryLock has no lock here that ends with its process.
func tryLock(*os.File) (bool, error) {
	return false, fmt.Errorf("%w: this needs flock; give the client a store of your own", errors.ErrUnsupported)
}
