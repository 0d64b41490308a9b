package terminal

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rust-lang/rust-tuf/signer"
)

// These tests run a child on a pseudo-terminal of its own. The test is the
// person: it reads the screen and types.

// TestChild is the command on the terminal. It asks as its environment says and
// prints, on standard output, what it learned.
func TestChild(t *testing.T) {
	what := os.Getenv("RUST_TUF_TEST_ASK")
	if what == "" {
		return // nothing to do but as a child of the other tests
	}
	ctx, stop := signal.NotifyContext(t.Context(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	console := &Console{In: os.Stdin, Err: os.Stderr}
	for ask := range strings.SplitSeq(what, ",") {
		switch ask {
		case "line":
			answer, err := console.ReadLine(ctx, "name")
			tell(answer, err)
		case "secret":
			answer, err := console.Secret(ctx, "PIN\x1b[2J of card 1")
			tell(string(answer), err)
		case "message":
			tell("", console.Message("hello\x1b[2J"))
		}
	}
}

func tell(answer string, err error) {
	var cancelled *signer.CancelledError
	switch {
	case errors.Is(err, ErrNoTerminal) && errors.Is(err, signer.ErrNobody):
		fmt.Println("told: no terminal:", err)
	case errors.As(err, &cancelled):
		fmt.Printf("told: %v: %v\n", err, errors.Is(err, context.Canceled))
	case err != nil:
		fmt.Printf("told: %T %v\n", err, err)
	default:
		fmt.Printf("told: %q\n", answer)
	}
}

// stage is a child, its terminal, and what is on its screen.
type stage struct {
	t             *testing.T
	master, slave *os.File
	child         *exec.Cmd
	out           *bufio.Scanner
	mu            sync.Mutex
	changed       *sync.Cond
	screen        bytes.Buffer
	closed        bool
}

// how a child gets at the terminal.
type how int

const (
	controlled how = iota // it is its controlling terminal; standard input is a pipe
	asInput               // it is only its standard input
	withoutOne            // not at all; standard input is a pipe with answers in it
)

func play(t *testing.T, ask string, how how) *stage {
	t.Helper()
	s := &stage{t: t}
	s.changed = sync.NewCond(&s.mu)
	s.master, s.slave = pty(t)
	const patience = time.Minute // for a machine that has much else to do
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	if err := s.master.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	s.child = exec.CommandContext(ctx, os.Args[0], "-test.run=^TestChild$")
	s.child.Env = append(os.Environ(), "RUST_TUF_TEST_ASK="+ask, "GORACE=atexit_sleep_ms=0") // else a second each
	s.child.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	switch how {
	case controlled:
		s.child.ExtraFiles = []*os.File{s.slave}
		s.child.SysProcAttr.Setctty, s.child.SysProcAttr.Ctty = true, 3
		s.child.Stdin = strings.NewReader("not from a pipe\n")
	case asInput:
		s.child.Stdin = s.slave
	case withoutOne:
		s.child.Stdin = strings.NewReader("not from a pipe\nyes\n")
	}
	var stderr bytes.Buffer
	s.child.Stderr = &stderr
	out, err := s.child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	s.out = bufio.NewScanner(out)
	if err := s.child.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("screen %q, standard error %q", s.shown(), stderr.String())
		}
	})
	go s.watch()
	return s
}

// watch reads the screen.
func (s *stage) watch() {
	b := make([]byte, 1000)
	for {
		n, err := s.master.Read(b)
		s.mu.Lock()
		s.screen.Write(b[:n])
		s.closed = err != nil
		s.changed.Broadcast()
		s.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// sees waits until text is on the screen.
func (s *stage) sees(text string) {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for !strings.Contains(s.screen.String(), text) {
		if s.closed {
			s.t.Fatalf("screen %q, want %q", s.screen.String(), text)
		}
		s.changed.Wait()
	}
}

func (s *stage) types(text string) {
	s.t.Helper()
	if _, err := io.WriteString(s.master, text); err != nil {
		s.t.Fatal(err)
	}
}

// told is the next thing that the child learned.
func (s *stage) told(want string) {
	s.t.Helper()
	for s.out.Scan() {
		if got, ok := strings.CutPrefix(s.out.Text(), "told: "); ok {
			if got != want {
				s.t.Errorf("told %s, want %s", got, want)
			}
			return
		}
	}
	s.t.Errorf("told nothing, want %s", want)
}

// ends waits for the child, and checks that the terminal echoes as before and
// that nothing on the screen is secret.
func (s *stage) ends(secrets ...string) {
	s.t.Helper()
	for s.out.Scan() {
	}
	if err := s.child.Wait(); err != nil {
		s.t.Error(err)
	}
	if !echoes(s.t, s.slave) {
		s.t.Error("echo is still off")
	}
	screen := s.shown()
	for _, secret := range secrets {
		if strings.Contains(screen, secret) {
			s.t.Errorf("%q is on the screen: %q", secret, screen)
		}
	}
}

func (s *stage) shown() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.screen.String()
}

func pty(t *testing.T) (master, slave *os.File) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if errors.Is(err, os.ErrNotExist) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	var number uint32
	err = control(master, func(fd int) error {
		if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
			return err
		}
		number, err = unix.IoctlGetUint32(fd, unix.TIOCGPTN)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slave, err = os.OpenFile(filepath.Join("/dev/pts", strconv.Itoa(int(number))), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { slave.Close(); master.Close() })
	return master, slave
}

func echoes(t *testing.T, tty *os.File) bool {
	t.Helper()
	on := false
	err := control(tty, func(fd int) error {
		state, err := unix.IoctlGetTermios(fd, ioctlGet)
		on = err == nil && state.Lflag&unix.ECHO != 0
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return on
}

const secret = "hunter2-correct-horse"

// The moment the prompt is on the screen, echo is off: whatever is typed then,
// however fast, is not shown.
func TestSecretIsNotShown(t *testing.T) {
	for name, how := range map[string]how{"controlling terminal": controlled, "standard input": asInput} {
		t.Run(name, func(t *testing.T) {
			s := play(t, "secret,line", how)
			s.sees(`PIN\x1b[2J of card 1: `)
			s.types(secret + "\n")
			s.told(strconv.Quote(secret))
			s.sees("name: ")
			s.types("alice\n")
			s.told(`"alice"`)
			s.sees("alice")
			s.ends(secret)
		})
	}
}

// What is typed ahead answers the next question, and not twice.
func TestTypedAhead(t *testing.T) {
	s := play(t, "line,line", controlled)
	s.types("alice\nbob\n")
	s.told(`"alice"`)
	s.told(`"bob"`)
	s.ends()
}

// Ctrl-C in the middle of a secret: the question ends, echo is on again, and
// what was typed is gone.
func TestSecretInterrupted(t *testing.T) {
	s := play(t, "secret", controlled)
	s.sees("PIN")
	s.types(secret + "\x03")
	s.told("cancelled: true")
	s.ends(secret)
}

// Not every interruption makes the system forget what was typed; a signal sent
// from elsewhere does not. This package does, or the shell would read half a
// secret.
func TestSecretDiscarded(t *testing.T) {
	s := play(t, "secret", controlled)
	s.sees("PIN")
	err := control(s.slave, func(fd int) error {
		state, err := unix.IoctlGetTermios(fd, ioctlGet)
		if err != nil {
			return err
		}
		state.Lflag |= unix.NOFLSH // Ctrl-C interrupts, and forgets nothing
		return unix.IoctlSetTermios(fd, ioctlSet, state)
	})
	if err != nil {
		t.Fatal(err)
	}
	s.types(secret + "\x03")
	s.told("cancelled: true")
	s.ends(secret)
	s.types("ls\n") // to the shell
	if line, err := readLine(s.slave); err != nil || string(line) != "ls" {
		t.Errorf("the shell reads %q, %v", line, err)
	}
}

// A read that cannot be interrupted, as that of standard input, does not keep
// the command.
func TestSecretTerminated(t *testing.T) {
	s := play(t, "secret", asInput)
	s.sees("PIN")
	if err := s.child.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	s.told("cancelled: true")
	s.ends()
}

func TestLineInterrupted(t *testing.T) {
	s := play(t, "line,line", controlled)
	s.sees("name")
	s.types("\x03")
	s.told("cancelled: true")
	s.told("cancelled: true") // the next question is not even shown
	s.ends()
	if screen := s.shown(); strings.Count(screen, "name") != 1 {
		t.Errorf("screen %q", screen)
	}
}

// Ctrl-D ends the input without an answer.
func TestInputEnds(t *testing.T) {
	s := play(t, "line,secret", controlled)
	s.sees("name")
	s.types("\x04")
	s.told("cancelled: the input ended: false")
	s.sees("PIN")
	s.types("\x04")
	s.told("cancelled: the input ended: false")
	s.ends()
}

// Without a terminal nothing is asked, and nothing is taken from the pipe that
// is standard input.
func TestNoTerminal(t *testing.T) {
	s := play(t, "line,secret,message", withoutOne)
	const words = "no terminal: no terminal to ask on: a secret or a yes is never read from a pipe or a file"
	s.told(words)
	s.told(words)
	s.told(`""`)
	s.ends()
	if got := fmt.Sprint(s.child.Stderr); got != `hello\x1b[2J`+"\n" {
		t.Errorf("standard error %q", got)
	}
	var hinted interface{ Hint() string }
	if !errors.As(ErrNoTerminal, &hinted) || hinted.Hint() != "run the command in a terminal; with ssh, add -t" {
		t.Error("no hint")
	}
}

func TestMessage(t *testing.T) {
	s := play(t, "message", controlled)
	s.sees(`hello\x1b[2J` + "\r\n")
	s.told(`""`)
	s.ends()
	if got := fmt.Sprint(s.child.Stderr); got != "" {
		t.Errorf("standard error %q", got)
	}
}
