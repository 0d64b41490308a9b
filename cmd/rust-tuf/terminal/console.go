package terminal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/term"

	"github.com/rust-lang/rust-tuf/signer"
)

// maxLine is more than a terminal's line holds: 4096 bytes on Linux, 1024 on
// macOS.
const maxLine = 8 << 10 // bytes

// Console is the terminal from which this process was started. It is opened
// anew for each line, so nothing has to be closed.
type Console struct {
	// In is used when the system has no terminal by that name but In is one:
	// standard input. It may be nil.
	In *os.File

	// Err takes messages, not prompts, where there is no terminal: standard
	// error. It may be nil.
	Err io.Writer
}

var _ Terminal = (*Console)(nil)

// ReadLine shows prompt, a colon and a space, and reads a line.
func (c *Console) ReadLine(ctx context.Context, prompt string) (string, error) {
	s, err := c.open()
	if err != nil {
		return "", err
	}
	defer s.end()
	line, err := s.ask(ctx, prompt)
	return string(line), err
}

// Secret shows prompt, a colon and a space, and reads a line with echo off.
func (c *Console) Secret(ctx context.Context, prompt string) (secret []byte, err error) {
	s, err := c.open()
	if err != nil {
		return nil, err
	}
	defer s.end()
	echo, err := hideEcho(s.in)
	if err != nil {
		return nil, err
	}
	defer func() {
		// Enter was not shown either. When there was none, what was typed so
		// far goes.
		_, newline := fmt.Fprintln(s.out)
		if after := errors.Join(echo.restore(err != nil), newline); after != nil {
			clear(secret)
			secret, err = nil, errors.Join(err, after)
		}
	}()
	return s.ask(ctx, prompt)
}

// Message shows one line on the terminal, or where there is none on c.Err.
func (c *Console) Message(text string) error {
	s, err := c.open()
	if errors.Is(err, ErrNoTerminal) && c.Err != nil {
		_, err := fmt.Fprintln(c.Err, Printable(text))
		return err
	}
	if err != nil {
		return err
	}
	defer s.end()
	_, err = fmt.Fprintln(s.out, Printable(text))
	return err
}

// session is the terminal while one line is asked for.
type session struct {
	in, out *os.File
	close   func()
	busy    bool // a read that cannot be interrupted waits on
}

// end closes what was opened. Closing a file waits, on some systems, for the
// reads of it.
func (s *session) end() {
	if s.busy {
		go s.close()
		return
	}
	s.close()
}

func (c *Console) open() (*session, error) {
	if s, err := openTerminal(); err == nil {
		return s, nil
	}
	if c.In != nil && isTerminal(c.In) {
		return &session{in: c.In, out: c.In, close: func() {}}, nil
	}
	return nil, ErrNoTerminal
}

func isTerminal(f *os.File) bool {
	conn, err := f.SyscallConn()
	if err != nil {
		return false
	}
	is := false
	err = conn.Control(func(fd uintptr) { is = term.IsTerminal(int(fd)) })
	return err == nil && is
}

// ask shows the prompt and reads a line until ctx is done.
//
// Where the system can interrupt a read of its terminal (Linux) nothing is left
// behind then. Elsewhere the read waits on for a line that nobody will see; the
// command ends with its context, so there is no later question to miss it.
func (s *session) ask(ctx context.Context, prompt string) ([]byte, error) {
	if ctx.Err() != nil {
		return nil, signer.Cancelled(ctx, nil)
	}
	if _, err := fmt.Fprintf(s.out, "%s: ", Printable(prompt)); err != nil {
		return nil, err
	}
	type result struct {
		line []byte
		err  error
	}
	done := make(chan result, 1)
	go func() {
		line, err := readLine(s.in)
		done <- result{line, err}
	}()
	select {
	case r := <-done:
		if r.err != nil && ctx.Err() != nil {
			r.err = signer.Cancelled(ctx, r.err)
		}
		return r.line, r.err
	case <-ctx.Done():
		if s.in.SetReadDeadline(time.Unix(1, 0)) == nil {
			clear((<-done).line)
		} else {
			s.busy = true
		}
		return nil, signer.Cancelled(ctx, nil)
	}
}

// readLine reads up to the end of one line and not a byte further: what was
// typed after it answers the next question.
func readLine(r io.Reader) ([]byte, error) {
	line := make([]byte, 0, maxLine) // never grows, so that no copy of a secret is left
	var b [1]byte
	defer clear(b[:])
	for {
		n, err := r.Read(b[:])
		switch {
		case n == 1 && b[0] == '\n':
			return bytes.TrimSuffix(line, []byte("\r")), nil
		case n == 1 && len(line) == maxLine:
			clear(line)
			return nil, fmt.Errorf("the line is longer than %d bytes", maxLine)
		case n == 1:
			line = append(line, b[0])
		case errors.Is(err, io.EOF) && len(line) > 0:
			return line, nil
		case errors.Is(err, io.EOF):
			return nil, &signer.CancelledError{Cause: io.EOF}
		case err != nil:
			clear(line)
			return nil, err
		}
	}
}
