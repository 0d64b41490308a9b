package git

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
)

// program is the git program together with the environment in which it runs.
type program struct {
	path     string
	env      []string
	dir      string   // where it runs
	global   []string // options before the verb
	terminal bool
	limits   limits
}

// command is one run of git.
type command struct {
	args  []string // verb and arguments
	set   []string // configuration for this run, "key=value"
	env   []string // wins over the program's own
	dir   string   // where to run it, if not where the program runs
	stdin []byte
	asks  bool // it may have to ask the person at the terminal
}

// prepare builds the process of c without starting it.
func (p *program) prepare(ctx context.Context, c command) *exec.Cmd {
	args := make([]string, 0, 2*len(overrides())+len(p.global)+len(c.args)+2*len(c.set))
	for _, setting := range append(overrides(), c.set...) {
		args = append(args, "-c", setting)
	}
	args = append(args, p.global...)
	args = append(args, c.args...)
	cmd := exec.CommandContext(ctx, p.path, args...)
	cmd.Dir = p.dir
	if c.dir != "" {
		cmd.Dir = c.dir
	}
	cmd.Env = append(append([]string{}, p.env...), c.env...)
	cmd.WaitDelay = p.limits.grace
	return cmd
}

// run runs git to its end and returns what it printed. An exit code other than
// zero is a *CommandError; when the context ended first, the error Is that of
// the context.
func (p *program) run(ctx context.Context, c command) ([]byte, error) {
	cmd := p.prepare(ctx, c)
	var out, words capture
	out.most, out.strict = p.limits.output, true
	words.most = p.limits.words
	cmd.Stdout, cmd.Stderr = &out, &words
	if c.stdin != nil {
		cmd.Stdin = bytes.NewReader(c.stdin)
	}
	var s session
	err := s.begin(cmd, c.asks && p.terminal)
	if err == nil {
		err = wait(cmd, &s)
	}
	switch {
	case err == nil:
		return out.kept, nil
	case ctx.Err() != nil:
		return nil, fmt.Errorf("git %s: %w", c.args[0], ctx.Err())
	case interrupted(cmd):
		// The person pressed Ctrl-C, and git learned it before the context.
		return nil, fmt.Errorf("git %s: interrupted: %w", c.args[0], context.Canceled)
	case out.over:
		return nil, &LimitError{What: "bytes printed by git " + c.args[0], Limit: int64(out.most), Found: int64(out.most) + 1}
	}
	return nil, &CommandError{Command: c.args[0], Output: clean(string(words.kept)), stdout: out.kept, err: err}
}

// wait waits for the process. A background process that git left behind with
// its output open (a shared ssh connection does so) is no failure of git.
func wait(cmd *exec.Cmd, s *session) error {
	err := cmd.Wait()
	s.end(cmd)
	if errors.Is(err, exec.ErrWaitDelay) && cmd.ProcessState != nil && cmd.ProcessState.Success() {
		return nil
	}
	return err
}

// line runs git and returns its output without the line end.
func (p *program) line(ctx context.Context, c command) (string, error) {
	out, err := p.run(ctx, c)
	return strings.TrimSuffix(string(out), "\n"), err
}

// capture keeps a bounded part of what is written to it. When it is strict,
// more than that is an error, which ends the process; otherwise the end is
// kept, where git says what went wrong.
type capture struct {
	kept   []byte
	most   int
	strict bool
	over   bool
}

var errFull = errors.New("more output than expected")

func (c *capture) Write(b []byte) (int, error) {
	c.over = c.over || len(c.kept)+len(b) > c.most
	if c.over && c.strict {
		return 0, errFull
	}
	c.kept = append(c.kept, b...)
	if surplus := len(c.kept) - c.most; surplus > 0 {
		c.kept = append(c.kept[:0], c.kept[surplus:]...)
	}
	return len(b), nil
}
