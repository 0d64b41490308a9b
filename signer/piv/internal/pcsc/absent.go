//go:build nopiv || !cgo || !(linux || darwin || freebsd || openbsd)

package pcsc

import "errors"

// Available says that Exchange works in this build.
const Available = false

// Exchange returns an error.
func Exchange(string, func(Transmit) error) error {
	return errors.New("no way to exchange plain commands in this build")
}
