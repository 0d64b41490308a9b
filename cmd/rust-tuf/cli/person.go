package cli

import (
	"context"
	"strings"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/terminal"
	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/words"
	"github.com/rust-lang/rust-tuf/signer"
	"github.com/rust-lang/rust-tuf/signer/piv"
)

// person is whoever sits at the terminal. What is said and asked never goes
// to standard output, and answers never come from standard input.
type person struct{ terminal terminal.Terminal }

func (c *command) person() person { return person{c.env.Terminal} }

// say shows lines as [words.Lines] makes them: no name or reason from a repository
// can fake one.
func (p person) say(format string, args ...any) error {
	var lines words.Lines
	lines.Printf(format, args...)
	return p.show(&lines)
}

func (p person) show(text *words.Lines) error {
	for line := range strings.Lines(text.String()) {
		if err := p.terminal.Message(strings.TrimSuffix(line, "\n")); err != nil {
			return err
		}
	}
	return nil
}

// line asks for one line, which is shown while it is typed.
func (p person) line(ctx context.Context, prompt string) (string, error) {
	return p.terminal.ReadLine(ctx, prompt)
}

// ui is the same terminal for keys: secrets, yes or no.
func (p person) ui() signer.UI { return terminal.UI(p.terminal) }

// signingAs is the terminal for a signature with a card: who is asked for a PIN
// reads as whom they sign. owner is empty for nobody in particular.
func (p person) signingAs(owner string, k signer.Key) signer.UI {
	ui := p.ui()
	if _, card := k.(*piv.Key); !card || owner == "" {
		return ui
	}
	ask := ui.Secret
	ui.Secret = func(ctx context.Context, prompt string) ([]byte, error) {
		return ask(ctx, prompt+", to sign as "+owner)
	}
	return ui
}

// confirm asks for a yes; anything else is the person's no.
func (p person) confirm(ctx context.Context, question string) error {
	yes, err := terminal.Confirm(ctx, p.terminal, question)
	if err == nil && !yes {
		err = signer.ErrDeclined
	}
	return err
}
