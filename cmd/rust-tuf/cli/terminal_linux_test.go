package cli

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
	"golang.org/x/sys/unix"
)

// These tests run the command in a process and on a terminal of its own. The
// test is the person: it reads the screen and types.

// seat is a terminal with the program running on it.
type seat struct {
	t      *testing.T
	cmd    *exec.Cmd
	master *os.File
	out    bytes.Buffer // standard output, a pipe
	err    bytes.Buffer // standard error, a pipe
	ended  chan struct{}

	mu      sync.Mutex
	changed *sync.Cond
	screen  string
	read    int // of the screen, by sees
	closed  bool
}

// sits lets an actor run a command on a terminal.
func (s *stage) sits(t *testing.T, a *actor, args ...string) *seat {
	t.Helper()
	return sit(t, s.child(t, a, onTerminal, args...))
}

// sit starts a program on a terminal.
func sit(t *testing.T, cmd *exec.Cmd) *seat {
	t.Helper()
	p := &seat{t: t, cmd: cmd, ended: make(chan struct{})}
	p.changed = sync.NewCond(&p.mu)
	master, slave := pty(t)
	p.master = master
	p.cmd.ExtraFiles = []*os.File{slave}
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 3}
	p.cmd.Stdout, p.cmd.Stderr = &p.out, &p.err
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	slave.Close() // so that the screen ends with the program
	go p.watch()
	go func() {
		_ = p.cmd.Wait() // ends tells how
		close(p.ended)
	}()
	return p
}

func (p *seat) watch() {
	b := make([]byte, 4096)
	for {
		n, err := p.master.Read(b)
		p.mu.Lock()
		p.screen += string(b[:n])
		p.closed = err != nil
		p.changed.Broadcast()
		p.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// sees waits until text comes on the screen, after what was seen before.
func (p *seat) sees(text string) {
	p.t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		if i := strings.Index(p.screen[p.read:], text); i >= 0 {
			p.read += i + len(text)
			return
		}
		if p.closed {
			p.t.Fatalf("%q never came on the screen:\n%s\nstandard error: %s", text, p.screen, p.err.String())
		}
		p.changed.Wait()
	}
}

func (p *seat) types(text string) {
	p.t.Helper()
	if _, err := p.master.WriteString(text); err != nil {
		p.t.Fatal(err)
	}
}

// ends waits for the program and returns its exit code, -1 after a kill, and
// the screen.
func (p *seat) ends() (code int, screen string) {
	<-p.ended
	p.mu.Lock()
	defer p.mu.Unlock()
	for !p.closed {
		p.changed.Wait()
	}
	return p.cmd.ProcessState.ExitCode(), p.screen
}

func pty(t *testing.T) (master, slave *os.File) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := master.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var number uint32
	var failed error
	err = conn.Control(func(fd uintptr) {
		if failed = unix.IoctlSetPointerInt(int(fd), unix.TIOCSPTLCK, 0); failed == nil {
			number, failed = unix.IoctlGetUint32(int(fd), unix.TIOCGPTN)
		}
	})
	if err := errors.Join(err, failed); err != nil {
		t.Fatal(err)
	}
	slave, err = os.OpenFile(filepath.Join("/dev/pts", strconv.Itoa(int(number))), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { slave.Close(); master.Close() })
	return master, slave
}

const (
	askRoot   = "do you want to sign root version 2? (type yes to agree): "
	askSecret = "passphrase for key file alice.key: "
)

// The whole conversation on a real terminal: everything for the person is on
// the screen, standard output has data alone, the passphrase is nowhere.
func TestSignOnATerminal(t *testing.T) {
	t.Parallel()
	for _, json := range []bool{false, true} {
		s := play(t, "second-open", "alice")
		alice := s.people["alice"]
		args := []string{"sign"}
		if json {
			args = append(args, "--json")
		}
		p := s.sits(t, alice, args...)
		p.sees("heidi and ivan leave root and targets, judy and karl join")
		p.sees(askRoot)
		p.types("yes\n")
		p.sees(askSecret)
		p.types(demoPassphrase + "\n")
		code, screen := p.ends()
		if code != exit.Done || p.err.Len() > 0 {
			t.Fatalf("exit code %d, %s\n%s", code, p.err.String(), screen)
		}
		if strings.Contains(screen+p.out.String(), demoPassphrase) {
			t.Errorf("the passphrase is shown:\n%s", screen)
		}
		if json {
			got := &signResult{}
			if oneObject(t, p.out.String(), got); len(got.Signatures) != 1 || got.Signatures[0].Owner != "alice" {
				t.Errorf("%+v", got)
			}
		} else if want := "Signed: root version 2, by alice. Pushed to branch "; !strings.HasPrefix(p.out.String(), want) {
			t.Errorf("standard output: %s", p.out.String())
		}
		signedOnce(t, s, "alice")
	}
}

// A person goes away, or the power does, while the program waits for them: it
// is killed at each of its questions, or interrupted from the keyboard. What
// was not agreed to has left no trace outside this machine; run again, it ends
// as if nothing had happened.
func TestLeavingAtEachQuestion(t *testing.T) {
	t.Parallel()
	answers := []struct{ question, answer string }{{askRoot, "yes\n"}, {askSecret, demoPassphrase + "\n"}}
	for stop := range answers {
		for _, how := range []string{"kill", "interrupt", "hang up"} {
			t.Run(how+" at question "+strconv.Itoa(stop+1), func(t *testing.T) {
				s := play(t, "second-open", "alice")
				alice := s.people["alice"]
				checkout := s.checkout(t, alice)
				s.unchanged(t, func() {
					p := s.sits(t, alice, "sign")
					for _, a := range answers[:stop] {
						p.sees(a.question)
						p.types(a.answer)
					}
					p.sees(answers[stop].question)
					want := -1
					switch how {
					case "kill":
						if err := p.cmd.Process.Kill(); err != nil {
							t.Fatal(err)
						}
					case "interrupt":
						p.types("\x03")
						want = exit.Interrupted
					case "hang up":
						p.types("\x04")
						want = exit.Interrupted
					}
					if code, screen := p.ends(); code != want {
						t.Errorf("exit code %d, want %d\n%s\n%s", code, want, p.err.String(), screen)
					}
				})
				p := s.sits(t, alice, "sign")
				for _, a := range answers {
					p.sees(a.question)
					p.types(a.answer)
				}
				if code, screen := p.ends(); code != exit.Done {
					t.Fatalf("run again: exit code %d, %s\n%s", code, p.err.String(), screen)
				}
				signedOnce(t, s, "alice")
				if now := s.checkout(t, alice); now != checkout {
					t.Errorf("the clone changed from\n%s\nto\n%s", checkout, now)
				}
			})
		}
	}
}

// Killed while git pushes, with the key used already: the next run asks
// nothing and pushes what is on record.
func TestKilledAfterTheKeyWasUsed(t *testing.T) {
	t.Parallel()
	s := play(t, "second-open", "alice")
	alice := s.people["alice"]
	s.hook(t, s.remote(), "pre-receive", "kill -9 $(cat '"+s.dir+"/pid')")
	p := s.sits(t, alice, "sign")
	if err := os.WriteFile(filepath.Join(s.dir, "pid"), []byte(strconv.Itoa(p.cmd.Process.Pid)), 0o600); err != nil {
		t.Fatal(err)
	}
	p.sees(askRoot)
	p.types("yes\n")
	p.sees(askSecret)
	p.types(demoPassphrase + "\n")
	if code, screen := p.ends(); code != -1 {
		t.Fatalf("exit code %d\n%s", code, screen)
	}
	s.unhook(t, s.remote(), "pre-receive")
	p = s.sits(t, alice, "sign")
	code, screen := p.ends()
	if code != exit.Done || !strings.HasPrefix(p.out.String(), "Signed earlier, found on this machine: root version 2, by alice") {
		t.Fatalf("exit code %d, %s%s\n%s", code, p.out.String(), p.err.String(), screen)
	}
	if strings.Contains(screen, "passphrase") || strings.Contains(screen, "yes") {
		t.Errorf("something was asked:\n%s", screen)
	}
	signedOnce(t, s, "alice")
}

// Killed between two signatures of one run: the first one is pushed, and its
// root pinned. The next run asks for the second alone.
func TestKilledBetweenTwoSignatures(t *testing.T) {
	t.Parallel()
	s := play(t, "genesis-open", "alice")
	alice := s.people["alice"]
	const askFirst, askSecond = "do you want to sign root version 1? (type yes to agree): ", "do you want to sign targets version 1? (type yes to agree): "
	p := s.sits(t, alice, "sign")
	for _, a := range []reply{{askFirst, "yes"}, {askSecret, demoPassphrase}} {
		p.sees(a.prompt)
		p.types(a.typed + "\n")
	}
	p.sees(askSecond)
	if err := p.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if code, screen := p.ends(); code != -1 {
		t.Fatalf("exit code %d\n%s", code, screen)
	}
	first := s.outcome(t, alice)
	if strings.Count(first, "ledger: ") != 1 || !strings.Contains(first, "pin: root 1 ") || strings.Count(first, "on record: true") != 1 {
		t.Errorf("what is left:\n%s", first)
	}
	p = s.sits(t, alice, "sign")
	for _, a := range []reply{{askSecond, "yes"}, {askSecret, demoPassphrase}} {
		p.sees(a.prompt)
		p.types(a.typed + "\n")
	}
	code, screen := p.ends()
	if code != exit.Done || strings.Contains(screen, askFirst) || strings.Count(screen, askSecret) != 1 {
		t.Fatalf("exit code %d\n%s", code, screen)
	}
	for _, want := range []string{"Signed earlier, found on this machine: root version 1, by alice.", "Signed: targets version 1, by alice."} {
		if !strings.Contains(p.out.String(), want) {
			t.Errorf("standard output:\n%s\nwithout %q", p.out.String(), want)
		}
	}
	both := s.outcome(t, alice)
	for line := range strings.Lines(first) {
		if !strings.Contains(both, strings.TrimSpace(line)) {
			t.Errorf("lost: %s", line)
		}
	}
	if strings.Count(both, "ledger: ") != 2 || strings.Count(both, "on record: true") != 2 {
		t.Errorf("at the end:\n%s", both)
	}
}

// Without a terminal nothing is signed, and answers are never taken from a
// pipe.
func TestSignWithoutATerminal(t *testing.T) {
	t.Parallel()
	s := play(t, "second-open", "alice")
	alice := s.people["alice"]
	cmd := s.child(t, alice, onTerminal, "sign")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.Stdin = strings.NewReader("yes\n" + demoPassphrase + "\n")
	s.unchanged(t, func() {
		out, _ := cmd.CombinedOutput()
		if code := cmd.ProcessState.ExitCode(); code != exit.Other || !strings.Contains(string(out), "no terminal to ask on") || !strings.Contains(string(out), "run the command in a terminal") {
			t.Errorf("exit code %d, %s", code, out)
		}
	})
}
