package signertest

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/rust-lang/rust-tuf/signer"
)

// Person reads messages, and answers questions with the next line of a script.
// Its methods ReadLine, Secret and Message are those of a terminal. It may be
// used by several goroutines.
type Person struct {
	t testing.TB

	mu     sync.Mutex
	script []Reply
	seen   []string
}

// Reply is the answer to one question.
type Reply struct {
	kind     string
	question string // a part of it
	answer   string
	err      error
}

// Types answers a question for a secret that contains question.
func Types(question, secret string) Reply { return Reply{"secret", question, secret, nil} }

// Says answers a question for a line that contains question.
func Says(question, line string) Reply { return Reply{"line", question, line, nil} }

// Agrees answers a yes-or-no question that contains question with yes.
func Agrees(question string) Reply { return Reply{"confirm", question, "yes", nil} }

// Refuses answers a yes-or-no question that contains question with no.
func Refuses(question string) Reply { return Reply{"confirm", question, "no", nil} }

// Ends answers a question of any kind that contains question with an error,
// such as a *signer.CancelledError.
func Ends(question string, err error) Reply { return Reply{"", question, "", err} }

// NewPerson returns a person who answers as script says, in this order. A
// question that the script does not foresee fails the test at once, an answer
// that nobody asked for at its end.
func NewPerson(t testing.TB, script ...Reply) *Person {
	t.Helper()
	p := &Person{t: t, script: script}
	t.Cleanup(func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if len(p.script) > 0 && !t.Failed() {
			t.Errorf("%d answers were never asked for, the first to %q", len(p.script), p.script[0].question)
		}
	})
	return p
}

// UI returns the callbacks that end at this person. Waiting announces at once:
// "waiting: …" when a wait begins and "waited: …" when it is over.
func (p *Person) UI() signer.UI {
	return signer.UI{
		Message: p.Message,
		Secret:  p.Secret,
		Confirm: func(ctx context.Context, question string) (bool, error) {
			answer, err := p.answer(ctx, "confirm", question)
			return answer == "yes", err
		},
		Waiting: func(what string) func() {
			p.see("waiting: " + what)
			return func() { p.see("waited: " + what) }
		},
	}
}

// Message shows a line.
func (p *Person) Message(text string) error {
	p.see("message: " + text)
	return nil
}

// Secret asks for a secret.
func (p *Person) Secret(ctx context.Context, prompt string) ([]byte, error) {
	answer, err := p.answer(ctx, "secret", prompt)
	return []byte(answer), err
}

// ReadLine asks for a line.
func (p *Person) ReadLine(ctx context.Context, prompt string) (string, error) {
	return p.answer(ctx, "line", prompt)
}

// Seen returns everything that was shown and asked, in order, one line each:
// the kind ("message", "secret", "line", "confirm", "waiting", "waited"), a
// colon, a space, the text. Answers are not in it.
func (p *Person) Seen() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.seen...)
}

func (p *Person) see(line string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen = append(p.seen, line)
}

func (p *Person) answer(ctx context.Context, kind, question string) (string, error) {
	p.t.Helper()
	p.see(kind + ": " + question)
	if ctx.Err() != nil {
		return "", signer.Cancelled(ctx, nil)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.script) == 0 {
		p.t.Errorf("the script does not foresee the question %q (%s)", question, kind)
		return "", signer.ErrNobody
	}
	next := p.script[0]
	if next.kind != "" && next.kind != kind || !strings.Contains(question, next.question) {
		p.t.Errorf("asked %q (%s) where the script foresees %q (%s)", question, kind, next.question, next.kind)
		return "", signer.ErrNobody
	}
	p.script = p.script[1:]
	return next.answer, next.err
}
