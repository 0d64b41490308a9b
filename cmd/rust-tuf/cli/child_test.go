package cli

import (
	"os"
	"strings"
	"testing"
	"time"
)

// childVariable makes the test binary be the command, for one actor.
const childVariable = "RUST_TUF_TEST_CHILD"

// beChild is the process that is killed.
func beChild(spec string) int {
	parts := strings.Split(spec, "|")
	s := newStage(parts[0])
	at, err := parseInstant(parts[2])
	if err != nil {
		return ExitInternal
	}
	s.now = at.Add(dawn.Sub(dawn.Truncate(24 * time.Hour)))
	a := s.actor(parts[1])
	a.env.Stdout, a.env.Stderr, a.env.Terminal = os.Stdout, os.Stderr, &agreeable{os.Stderr, parts[3]}
	return Main(s.ctx, os.Args[1:], a.env)
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
