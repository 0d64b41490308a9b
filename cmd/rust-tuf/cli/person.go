package cli

import (
	"context"

	"github.com/rust-lang/rust-tuf/signer"
)

// Person is whoever sits at the terminal. What is said and asked never goes
// to standard output, and answers never come from standard input.
type Person interface {
	Say(text string)                                         // shows text and a line end
	Line(ctx context.Context, prompt string) (string, error) // asks for one line, which is shown while it is typed
	UI() signer.UI                                           // the same terminal for keys: secrets, yes or no
	Close() error
}

func (c *command) person() (Person, error) { return c.env.Person() }
