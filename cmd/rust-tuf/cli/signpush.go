package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/words"
	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/metadata/git"
	"github.com/rust-lang/rust-tuf/verify"
)

// pushSignature commits the one file on top of the remote's default branch
// and pushes it. Reading takes people time, so the remote is asked again
// before each try: the signature goes on top of what is there now, or the
// reason why it is not needed any more is said.
func (s *signing) pushSignature(ctx context.Context, t *signTask, f *metadata.SignatureFile) (git.Commit, error) {
	for {
		commit, err := s.tryPush(ctx, t, f)
		if err == nil {
			return commit, nil
		}
		if isRefusal(err) { // trying again would not change it
			return "", rejected(err)
		}
		again, aerr := s.tryAgain(ctx, err)
		if aerr != nil {
			return "", aerr
		}
		if !again {
			return "", fmt.Errorf("%w\nYour signature is kept on this machine; run `rust-tuf sign` again and it is pushed without the key being used", err)
		}
	}
}

func (s *signing) tryPush(ctx context.Context, t *signTask, f *metadata.SignatureFile) (git.Commit, error) {
	if err := s.lookAgain(ctx, t); err != nil {
		return "", err
	}
	return s.w.pushSignatureFile(ctx, f, t.holder.Owner)
}

// pushSignatureFile pushes the branch of one signature, on top of the default
// branch. It is the same branch wherever the signature was made.
func (w *workspace) pushSignatureFile(ctx context.Context, f *metadata.SignatureFile, owner string) (git.Commit, error) {
	return w.pushBranch(ctx, w.head, signatureChange(f), signatureMessage(f, owner), signatureBranch(f.Event, f.Role, owner, f.KeyID), f.SignedAt)
}

// signatureMessage is that of the commit with a signature.
func signatureMessage(f *metadata.SignatureFile, owner string) string {
	return fmt.Sprintf("sign: %s version %d by %s\n\nEvent %s, digest %s.\n", f.Role, f.Version, owner, f.Event, f.Digest)
}

// signatureChange is the one file that a signature adds.
func signatureChange(f *metadata.SignatureFile) metadata.Change {
	return metadata.Change{Put: map[string][]byte{metadata.SignaturePath(f.Event, f.Role, f.KeyID): f.Bytes()}}
}

// signatureBranch is where a signature goes. Its name says whose it is, so that
// a list of branches reads as a list of signers.
func signatureBranch(event, role, owner, keyID string) string {
	return fmt.Sprintf("sign/%s/%s/%s-%s", event, role, owner, words.ShortID(keyID))
}

// lookAgain fetches, and judges a task again where the default branch is not
// any more where it was when the task was judged, whoever of this run's tasks
// noticed that first. Then the task is of the new state; the caller sees an
// error before anything is asked or pushed.
func (s *signing) lookAgain(ctx context.Context, t *signTask) error {
	if err := s.w.refresh(ctx); err != nil || s.w.head == t.judged {
		return err
	}
	var err error
	if s.trusted, s.pin, err = s.w.pinned(); err != nil {
		return err
	}
	event, err := s.w.repo.Event(t.event.Name)
	if err != nil {
		return err
	}
	standing, err := s.judge(event)
	if err != nil {
		return err
	}
	p := standing.Payload(t.p.Role)
	changed := func(reason string) error {
		return &metadata.PayloadError{Event: event.Name, Role: t.p.Role, Version: t.p.Version, Reason: reason}
	}
	switch {
	case p == nil || p.Version != t.p.Version || p.Digest != t.p.Digest:
		return changed("is not the one any more that this run began with")
	case !slices.ContainsFunc(p.Holders(), func(h verify.Holder) bool { return h.KeyID == t.holder.KeyID && h.Key.Equal(t.holder.Key) }):
		return changed(fmt.Sprintf("does not ask for key %s of %s any more", words.ShortID(t.holder.KeyID), t.holder.Owner))
	case p.Signed(t.holder.KeyID):
		return &mergedError{event: event.Name, role: p.Role, version: p.Version, owner: t.holder.Owner}
	}
	if err := s.remember(); err != nil {
		return err
	}
	if err := s.ledger.Allows(s.entry(t)); err != nil {
		return err
	}
	t.event, t.p, t.judged = event, p, s.w.head
	return nil
}

// mergedError is a signature that another machine of the same person pushed
// while this one was at work.
type mergedError struct {
	event, role string
	version     int64
	owner       string
}

func (e *mergedError) Error() string {
	return fmt.Sprintf("event %s: a signature on %s version %d by %s is merged already; this one is not needed", e.event, e.role, e.version, e.owner)
}

func (s *signing) tryAgain(ctx context.Context, err error) (bool, error) {
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	s.say("The branch could not be pushed: %v", err)
	var h hinted
	if errors.As(err, &h) && h.Hint() != "" {
		s.say("What may help: %s", h.Hint())
	}
	return s.ui.Confirm(ctx, "Try again?")
}

// mayCommit refuses, before a key is used, what could not become a commit.
func (s *signing) mayCommit(ctx context.Context, tasks []*signTask) error {
	if s.w.carried != nil || len(tasks) == 0 {
		return nil
	}
	return s.w.git.Identity(ctx)
}
