package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"testing"
	"time"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/terminal"
	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/words"
	"github.com/rust-lang/rust-tuf/roles/attest"
)

// childVariable makes the test binary be the command, for one actor.
const childVariable = "RUST_TUF_TEST_CHILD"

// beChild is the process that is killed.
func beChild(spec string) int {
	parts := strings.Split(spec, "|")
	s := newStage(parts[0])
	at, err := words.ParseInstant(parts[2])
	if err != nil {
		return exit.Internal
	}
	s.now = at.Add(dawn.Sub(dawn.Truncate(24 * time.Hour)))
	a := s.actor(parts[1])
	a.env.Stdout, a.env.Stderr, a.env.Terminal = os.Stdout, os.Stderr, &agreeable{os.Stderr, parts[3]}
	if parts[3] == onTerminal {
		a.env.Terminal = &terminal.Console{In: os.Stdin, Err: os.Stderr}
	}
	if roots := os.Getenv(cardsVariable); roots != "" {
		if a.env.Attestation, err = verifierOf(roots); err != nil {
			return exit.Internal
		}
		a.env.Sources, a.env.Terminal = allKeys, &cardHolder{heard: os.Stderr}
	}
	ctx, stop := signal.NotifyContext(s.ctx, os.Interrupt) // as main does
	defer stop()
	return Main(ctx, os.Args[1:], a.env)
}

// cardsVariable gives the child cards, whose holder sits at its terminal. Its
// value is a file with the certificates that it trusts besides Yubico's.
const cardsVariable = "RUST_TUF_TEST_CARDS"

// verifierOf reads such a file: roots, and the intermediates below them.
func verifierOf(file string) (*attest.Verifier, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	roots, between, _ := strings.Cut(string(text), "\n\n")
	tests, err := attest.ParseTestRoots([]byte(roots))
	if err != nil {
		return nil, err
	}
	v, err := attest.Yubico()
	if err != nil {
		return nil, err
	}
	return v.WithTestRoots(tests).WithIntermediates([]byte(between))
}

// cardHolder knows what to type at each prompt about a card, in whatever order
// they come: the test is about what happens in between.
type cardHolder struct {
	heard  io.Writer
	serial string // on the card in their hand; "": 5200001
}

// What every card of the tests is given.
const cardPIN, cardPUK = "428571", "14285714"

func (p *cardHolder) Message(text string) error {
	_, err := fmt.Fprintln(p.heard, text)
	return err
}

func (p *cardHolder) ReadLine(_ context.Context, prompt string) (string, error) {
	switch {
	case strings.HasPrefix(prompt, "Try again?"): // what is run again is the command
		return "no", nil
	case !strings.Contains(prompt, "serial number"):
		return "yes", nil
	case p.serial == "":
		return "5200001", nil
	}
	return p.serial, nil
}

func (p *cardHolder) Secret(_ context.Context, prompt string) ([]byte, error) {
	if strings.Contains(prompt, "PUK") {
		return []byte(cardPUK), nil
	}
	return []byte(cardPIN), nil
}

// onTerminal stands for a digest where the person sits at the child's own
// terminal.
const onTerminal = "terminal"

// child is the command for an actor in a process of its own, with the clock of
// the stage. digest is what they were told on a call, or onTerminal.
func (s *stage) child(t *testing.T, a *actor, digest string, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, args...)
	cmd.Dir = a.clone
	// Without this the race detector lets a second pass at the end of a process.
	detector := "GORACE=" + os.Getenv("GORACE") + " atexit_sleep_ms=0"
	cmd.Env = append(os.Environ(), detector, childVariable+"="+s.dir+"|"+a.name+"|"+s.now.Format("2006-01-02")+"|"+digest)
	return cmd
}

// firstDigest is the digest of root 1 that a person is told on a call, empty
// before there is one.
func (s *stage) firstDigest(t *testing.T) string {
	t.Helper()
	root, err := s.head(t).FirstRoot()
	if err != nil {
		return ""
	}
	return root.Digest().String()
}
