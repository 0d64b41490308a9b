package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/metadata/git"
	"github.com/rust-lang/rust-tuf/roles"
	"github.com/rust-lang/rust-tuf/signer"
	"github.com/rust-lang/rust-tuf/signer/trust"
	"github.com/rust-lang/rust-tuf/verify"
)

// signTask is one signature that a key in hand can make.
type signTask struct {
	event  *metadata.Event
	p      *metadata.PayloadStanding
	holder verify.Holder
	key    signer.Key
	judged git.Commit // the state of the default branch that event and p are of
}

// branch is where the signature goes.
func (t *signTask) branch() string {
	return signatureBranch(t.event.Name, t.p.Role, t.holder.Owner, t.holder.KeyID)
}

// isMade tells whether an entry of the ledger holds this very signature.
func (t *signTask) isMade(e trust.Entry) bool {
	return e.Digest == t.p.Digest && e.KeyID == t.holder.KeyID && e.File != nil
}

// tasks finds, for every open event (or the named one), the payloads that a
// key in hand may sign and has not signed.
func (s *signing) tasks(ctx context.Context, name string) ([]*signTask, error) {
	hand, err := s.env.keysInHand(ctx, s.ui)
	if err != nil {
		return nil, err
	}
	events := s.w.repo.Open
	if name != "" {
		e, err := s.w.repo.Event(name)
		if err != nil {
			return nil, rejected(err)
		}
		events = []*metadata.Event{e}
	}
	var tasks []*signTask
	var wanted []verify.Holder
	var refused []error
	done := false
	for _, e := range events {
		standing, err := s.judge(e)
		if err != nil {
			if !slices.ContainsFunc(refused, func(r error) bool { return r.Error() == err.Error() }) { // two events in conflict say the same
				s.say("Not to be signed: %v", err)
				refused = append(refused, err)
			}
			continue
		}
		for _, p := range standing.Payloads {
			for _, h := range p.Holders() {
				wanted = append(wanted, h)
				key := hand.keyOf(p, h)
				if key == nil {
					continue
				}
				s.mine[h.KeyID] = h
				if p.Signed(h.KeyID) {
					done = true
					continue
				}
				tasks = append(tasks, &signTask{event: e, p: p, holder: h, key: key, judged: s.w.head})
			}
		}
		s.result.Waiting = append(s.result.Waiting, standing.Wants()...)
	}
	switch {
	case len(tasks) > 0:
		s.result.Waiting = []string{}
	case len(refused) > 0:
		return nil, rejected(errors.Join(refused...))
	case len(events) == 0:
		s.result.Nothing = fmt.Sprintf("No event is open on %s: there is nothing to sign.", s.w.source())
	case done:
		s.result.Nothing = "Your signatures are all there."
	default:
		s.result.Waiting = []string{}
		return nil, hand.none(wanted, keyFolder(s.env.Home))
	}
	return tasks, nil
}

// keyOf is the key in hand that is a holder's, nil if none is. Of several copies
// it is the one that is where the policy says.
func (h *keysInHand) keyOf(p *metadata.PayloadStanding, holder verify.Holder) signer.Key {
	listed, _ := p.Device(holder)
	var key signer.Key
	for _, k := range h.keys {
		if k.Public().Equal(holder.Key) && (key == nil || deviceOf(k) == listed) {
			key = k
		}
	}
	return key
}

// judge is the judgement of a signer.
func (s *signing) judge(e *metadata.Event) (*metadata.Standing, error) {
	return s.w.judgeToSign(s.trusted, e)
}

// judgeToSign holds an event to more than what decides whether it can complete:
// its opening instant must fit this machine's clock, and the rules for a quorum
// must allow it. Whoever merged the event may have passed over them; a signer's
// machine does not.
func (w *workspace) judgeToSign(trusted *metadata.Trusted, e *metadata.Event) (*metadata.Standing, error) {
	standing, err := trusted.Judge(e)
	if err != nil {
		return nil, err
	}
	if err := standing.CheckOpened(w.now); err != nil {
		return nil, err
	}
	// Before the first root nothing else ties an event to the repository whose
	// pin and ledger this machine has opened.
	id, err := w.repo.UnverifiedID()
	if err != nil {
		return nil, err
	}
	for _, p := range e.Payloads {
		if p.Charter.Repository != id {
			return nil, fmt.Errorf("event %s: %w", e.Name, &verify.RepositoryError{Role: p.Role, Version: p.Version, Want: id, Found: p.Charter.Repository})
		}
	}
	findings, err := trusted.Lint(e)
	if err != nil {
		return nil, err
	}
	for _, f := range findings {
		if f.Severity == roles.Refused {
			return nil, fmt.Errorf("event %s: %w", e.Name, &metadata.RefusedError{Findings: findings})
		}
	}
	return standing, nil
}
