//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package terminal

import "golang.org/x/sys/unix"

const (
	ioctlGet         = unix.TIOCGETA
	ioctlSet         = unix.TIOCSETA
	ioctlSetAndFlush = unix.TIOCSETAF
)
