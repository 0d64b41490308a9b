//go:build unix

package terminal

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// openTerminal opens the terminal that controls this process.
func openTerminal() (*session, error) {
	f, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	return &session{in: f, out: f, close: func() { f.Close() }}, nil
}

// echo is a terminal whose echo was turned off.
type echo struct {
	tty    *os.File
	before unix.Termios
}

// hideEcho turns echo off. Lines are still edited by the system, and the
// interrupt key still interrupts.
func hideEcho(tty *os.File) (*echo, error) {
	e := &echo{tty: tty}
	err := control(tty, func(fd int) error {
		state, err := unix.IoctlGetTermios(fd, ioctlGet)
		if err != nil {
			return err
		}
		e.before = *state
		state.Lflag &^= unix.ECHO | unix.ECHONL
		state.Lflag |= unix.ICANON | unix.ISIG
		state.Iflag |= unix.ICRNL
		return unix.IoctlSetTermios(fd, ioctlSet, state)
	})
	return e, err
}

// restore puts the terminal back as it was, and discards what was typed and not
// yet read if asked to.
func (e *echo) restore(discard bool) error {
	request := uint(ioctlSet)
	if discard {
		request = ioctlSetAndFlush
	}
	return control(e.tty, func(fd int) error { return unix.IoctlSetTermios(fd, request, &e.before) })
}

// control calls f with the descriptor of file, which stays in the mode in which
// its reads can be interrupted.
func control(file *os.File, f func(fd int) error) error {
	conn, err := file.SyscallConn()
	if err != nil {
		return err
	}
	var done error
	err = conn.Control(func(fd uintptr) { done = f(int(fd)) })
	return errors.Join(err, done)
}
