package forge

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"time"
)

// GH asks the tool gh. It is run without a terminal, ends after some seconds, and
// what it says on standard error is dropped.
func GH(ctx context.Context, host string) (string, error) {
	path, err := exec.LookPath("gh")
	if err != nil {
		return "", ErrNoTool
	}
	return askTool(ctx, path, host)
}

func askTool(ctx context.Context, path, host string) (string, error) {
	short, cancel := context.WithTimeout(ctx, toolPatience)
	defer cancel()
	cmd := exec.CommandContext(short, path, "auth", "token", "--hostname", host)
	cmd.WaitDelay = time.Second
	out := bounded{most: maxToken + 2}
	cmd.Stdout = &out
	err := cmd.Run()
	switch {
	case ctx.Err() != nil:
		return "", fmt.Errorf("gh auth token: %w", ctx.Err())
	case err != nil || out.kept.Len() == 0:
		return "", ErrNoTool
	}
	return out.kept.String(), nil
}

// toolPatience is how long gh may take to read its own file or key ring.
const toolPatience = 10 * time.Second

// bounded keeps the beginning of what is written to it.
type bounded struct {
	kept bytes.Buffer
	most int
}

func (b *bounded) Write(p []byte) (int, error) {
	b.kept.Write(p[:min(len(p), b.most-b.kept.Len())])
	return len(p), nil
}
