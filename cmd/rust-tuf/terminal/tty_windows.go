package terminal

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// openTerminal opens the console that this process is attached to.
func openTerminal() (*session, error) {
	in, err := os.OpenFile("CONIN$", os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	out, err := os.OpenFile("CONOUT$", os.O_RDWR, 0)
	if err != nil {
		return nil, errors.Join(err, in.Close())
	}
	return &session{in: in, out: out, close: func() { in.Close(); out.Close() }}, nil
}

// echo is a console whose echo was turned off.
type echo struct {
	console windows.Handle
	before  uint32
}

// hideEcho turns echo off. Lines are still edited by the system, and Ctrl-C
// still interrupts.
func hideEcho(in *os.File) (*echo, error) {
	e := &echo{console: windows.Handle(in.Fd())}
	if err := windows.GetConsoleMode(e.console, &e.before); err != nil {
		return nil, err
	}
	mode := e.before&^windows.ENABLE_ECHO_INPUT | windows.ENABLE_LINE_INPUT | windows.ENABLE_PROCESSED_INPUT
	return e, windows.SetConsoleMode(e.console, mode)
}

// restore puts the console back as it was, and discards what was typed and not
// yet read if asked to.
func (e *echo) restore(discard bool) error {
	var flushed error
	if discard {
		flushed = windows.FlushConsoleInputBuffer(e.console)
	}
	return errors.Join(windows.SetConsoleMode(e.console, e.before), flushed)
}
