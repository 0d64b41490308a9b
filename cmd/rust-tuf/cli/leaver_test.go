package cli

import (
	"context"
	"runtime"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/terminal"
	"github.com/rust-lang/rust-tuf/signer"
)

// leaver takes a person away after some steps: the process is as good as
// killed, since nothing of the command runs any more but what was deferred.
type leaver struct{ after int }

func (l *leaver) step() {
	if l.after--; l.after == 0 {
		runtime.Goexit() // a panic would be a defect, which a program catches
	}
}

// leavingTerminal counts what is asked.
type leavingTerminal struct {
	terminal.Terminal
	left *leaver
}

func (p *leavingTerminal) ReadLine(ctx context.Context, prompt string) (string, error) {
	p.left.step()
	return p.Terminal.ReadLine(ctx, prompt)
}

func (p *leavingTerminal) Secret(ctx context.Context, prompt string) ([]byte, error) {
	p.left.step()
	return p.Terminal.Secret(ctx, prompt)
}

// leavingSource counts each use of a key, before and after.
type leavingSource struct {
	signer.Source
	left *leaver
}

func (s leavingSource) Keys(ctx context.Context, ui signer.UI) ([]signer.Key, error) {
	keys, err := s.Source.Keys(ctx, ui)
	for i, k := range keys {
		keys[i] = leavingKey{k, s.left}
	}
	return keys, err
}

type leavingKey struct {
	signer.Key
	left *leaver
}

func (k leavingKey) Sign(ctx context.Context, message []byte, ui signer.UI) ([]byte, error) {
	k.left.step()
	sig, err := k.Key.Sign(ctx, message, ui)
	k.left.step()
	return sig, err
}
