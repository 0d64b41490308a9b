package git

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// silence keeps whatever git starts from asking anybody: at the terminal, in a
// window, and in that of a credential helper.
func silence() (env, set []string) {
	return []string{"GIT_TERMINAL_PROMPT=0", "GIT_ASKPASS=", "SSH_ASKPASS_REQUIRE=never", "GCM_INTERACTIVE=never"},
		[]string{"credential.interactive=false"}
}

// TryPush finds out whether a remote lets this user in to push c to a new
// branch, by going as far as a push goes before it sends anything: the remote
// is reached as [Repo.Push] would reach it, says who may write, and is left. It
// changes nothing there or here. Nobody is asked for anything, and what takes
// longer than half a minute ends.
//
// A nil error is no promise: a rule about branches or commits, and a full disk,
// are met only by a push. Errors: *RemoteError, whose Unanswered tells that a
// push may still succeed; *NoAnswerError, *NameError.
func (r *Repo) TryPush(ctx context.Context, remote string, c Commit, branch string) error {
	if err := r.checkPush(ctx, remote, c, branch, ""); err != nil {
		return err
	}
	p := r.pushTo(remote, c, "refs/heads/"+branch, "")
	if err := checkRemote(p.to.url); err != nil {
		return err
	}
	try := p.command("--dry-run")
	var set []string
	try.env, set = silence()
	try.set = append(try.set, set...)
	try.asks = false
	short, cancel := context.WithTimeout(ctx, r.limits.trial)
	defer cancel()
	_, err := r.run(short, try)
	if err != nil && ctx.Err() == nil && errors.Is(short.Err(), context.DeadlineExceeded) {
		return &NoAnswerError{Remote: withoutSecret(remote), After: r.limits.trial}
	}
	return p.failure(err)
}

// NoAnswerError is a remote, or a program that git starts to reach it, that did
// not answer in time.
type NoAnswerError struct {
	Remote string
	After  time.Duration
}

func (e *NoAnswerError) Error() string {
	return fmt.Sprintf("git push, remote %s: no answer within %s", e.Remote, e.After)
}

// Hint names the next step.
func (e *NoAnswerError) Hint() string {
	return fmt.Sprintf("`git push --dry-run %s HEAD:refs/heads/try` tells what it waits for: the network, or a program that asks for a password", e.Remote)
}

// unanswered are words with which git and ssh end when they would have asked
// somebody, or used a key that is locked.
var unanswered = []string{"terminal prompts disabled", "could not read username", "could not read password",
	"permission denied (publickey", "host key verification failed"}

// Unanswered reports whether the remote may let this user in after all, once
// somebody answers what it, or a locked key, asks. Like every hint, it rests on
// words.
func (e *RemoteError) Unanswered() bool {
	lower := strings.ToLower(e.Output)
	return slices.ContainsFunc(unanswered, func(words string) bool { return strings.Contains(lower, words) })
}

// denied are words of forges and of git about users who are let in, but not to
// write.
var denied = []string{"denied to", "error: 403", "access denied", "service not enabled", "read only", "read-only"}

// Denied reports whether the remote was reached and lets this user write
// nothing. Like every hint, it rests on words.
func (e *RemoteError) Denied() bool {
	lower := strings.ToLower(e.Output)
	return slices.ContainsFunc(denied, func(words string) bool { return strings.Contains(lower, words) })
}
