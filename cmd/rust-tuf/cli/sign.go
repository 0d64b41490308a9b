package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/roles"
	"github.com/rust-lang/rust-tuf/signer"
	"github.com/rust-lang/rust-tuf/signer/trust"
	"github.com/rust-lang/rust-tuf/verify"
	"github.com/spf13/cobra"
)

func (c *command) signCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "sign [event]",
		Short: "review and sign what waits for your key",
		Long: `sign finds the open events that need a key you hold, shows the whole change
against the newest version that this machine trusts, and the digest of the
exact bytes. Only after your yes is the key used. Each signature is one file on
one branch, pushed for a pull request.

It can be interrupted at any moment and run again: nothing is lost, and nothing
is signed twice.`,
		Args: argsBetween(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			event := ""
			if len(args) == 1 {
				event = args[0]
			}
			return c.runSign(cmd.Context(), event)
		},
	}
}

// signTask is one signature that a key in hand can make.
type signTask struct {
	event  *metadata.Event
	p      *metadata.PayloadStanding
	holder verify.Holder
	key    signer.Key
}

// branch is where the signature goes. Its name says whose it is, so that a
// list of branches reads as a list of signers.
func (t *signTask) branch() string {
	return fmt.Sprintf("sign/%s/%s/%s-%s", t.event.Name, t.p.Role, t.holder.Owner, shortID(t.holder.KeyID))
}

type signResult struct {
	Signatures []signedFile `json:"signatures"`
	Waiting    []string     `json:"waiting"` // for signatures by others, sentence by sentence
	Nothing    string       `json:"nothing,omitempty"`
}

type signedFile struct {
	Event   string `json:"event"`
	Role    string `json:"role"`
	Version int64  `json:"version"`
	Owner   string `json:"owner"`
	KeyID   string `json:"keyid"`
	SHA256  string `json:"sha256"`
	Path    string `json:"path"`
	Branch  string `json:"branch"`
	Remote  string `json:"remote"`
	Commit  string `json:"commit"`
	Again   bool   `json:"again"` // made by an earlier run, now pushed
	Pull    string `json:"pull_request"`
}

func (r *signResult) text(w io.Writer) {
	for _, s := range r.Signatures {
		what := "Signed"
		if s.Again {
			what = "Signed earlier, found on this machine"
		}
		fmt.Fprintf(w, "%s: %s version %d, by %s. Pushed to branch %s of %s.\n", what, s.Role, s.Version, s.Owner, s.Branch, s.Remote)
	}
	if r.Nothing != "" {
		fmt.Fprintln(w, r.Nothing)
	}
	for _, l := range r.Waiting {
		fmt.Fprintf(w, "Still missing: %s\n", l)
	}
	if len(r.Signatures) > 0 {
		fmt.Fprintln(w, "Next: open a pull request for each branch, so that a maintainer can merge it:")
		for _, s := range r.Signatures {
			fmt.Fprintf(w, "    %s\n", s.Pull)
		}
	}
}

func (c *command) runSign(ctx context.Context, event string) error {
	person := c.person()
	w, err := c.open(ctx)
	if err != nil {
		return err
	}
	trusted, pin, err := w.pinned()
	if err != nil {
		return err
	}
	s := &signing{command: c, w: w, trusted: trusted, pin: pin, person: person, ui: person.ui(),
		result: signResult{Signatures: []signedFile{}, Waiting: []string{}}}
	tasks, err := s.tasks(ctx, event)
	if err != nil {
		return err
	}
	if err := s.openLedger(ctx, tasks); err != nil {
		return err
	}
	for i, t := range tasks {
		if len(tasks) > 1 {
			s.say("\n[%d of %d that need your key]", i+1, len(tasks))
		}
		if err := s.do(ctx, t); err != nil {
			if len(s.result.Signatures) > 0 { // what was pushed before is done all the same
				return errors.Join(c.show(&s.result), err)
			}
			return err
		}
	}
	if len(s.result.Signatures) == 0 && len(s.result.Waiting) > 0 {
		if err := c.show(&s.result); err != nil {
			return err
		}
		return &codedError{ExitPending, errors.New("your part is done; signatures by others are missing")}
	}
	return c.show(&s.result)
}

// signing is one run of `sign`.
type signing struct {
	*command
	w       *workspace
	trusted *metadata.Trusted
	pin     *trust.Pin
	person  person
	ui      signer.UI
	ledger  *trust.Ledger
	home    *trust.Home
	result  signResult
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
	var refused error
	done := false
	for _, e := range events {
		standing, err := s.judge(e)
		if err != nil {
			s.say("Not to be signed: %v", err)
			refused = errors.Join(refused, err)
			continue
		}
		for _, p := range standing.Payloads {
			for _, h := range p.Holders() {
				wanted = append(wanted, h)
				for _, k := range hand.keys {
					if !k.Public().Equal(h.Key) {
						continue
					}
					if p.Signed(h.KeyID) {
						done = true
						continue
					}
					tasks = append(tasks, &signTask{event: e, p: p, holder: h, key: k})
				}
			}
		}
		s.result.Waiting = append(s.result.Waiting, standing.Wants()...)
	}
	switch {
	case len(tasks) > 0:
		s.result.Waiting = []string{}
	case refused != nil:
		return nil, rejected(refused)
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

// judge is the judgement of a signer: besides everything that decides whether
// an event can complete, the rules for a quorum must allow it. Whoever merged
// the event may have passed over them; a signer's machine does not.
func (s *signing) judge(e *metadata.Event) (*metadata.Standing, error) {
	standing, err := s.trusted.Judge(e)
	if err != nil {
		return nil, err
	}
	var instant *metadata.InstantError
	if err := standing.CheckOpened(s.w.now); errors.As(err, &instant) && instant.Role == "" {
		s.say("Warning: %v", err) // two clocks differ, and the signer knows which is right
	} else if err != nil {
		return nil, err
	}
	// Before the first root nothing else ties an event to the repository whose
	// pin and ledger this machine has opened.
	id, err := s.w.repo.UnverifiedID()
	if err != nil {
		return nil, err
	}
	for _, p := range e.Payloads {
		if p.Charter.Repository != id {
			return nil, fmt.Errorf("event %s: %w", e.Name, &verify.RepositoryError{Role: p.Role, Version: p.Version, Want: id, Found: p.Charter.Repository})
		}
	}
	findings, err := s.trusted.Lint(e)
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

// do takes one signature from review to pushed branch. The order is what
// makes a kill harmless: the intention is durable before the key is used, the
// signature is durable before it is committed, and each step that a rerun
// finds done is not done again.
func (s *signing) do(ctx context.Context, t *signTask) error {
	if err := s.ledger.Allows(s.entry(t)); err != nil {
		return rejected(err)
	}
	file, again, err := s.earlier(t)
	if err != nil {
		return err
	}
	if !again {
		if err := s.consent(ctx, t); err != nil {
			return err
		}
		if file, err = s.sign(ctx, t); err != nil {
			return err
		}
	}
	if err := s.pinGenesis(t); err != nil {
		return err
	}
	commit, err := s.pushSignature(ctx, t, file)
	if err != nil {
		return err
	}
	s.result.Signatures = append(s.result.Signatures, signedFile{
		Event: t.event.Name, Role: t.p.Role, Version: t.p.Version, Owner: t.holder.Owner, KeyID: t.holder.KeyID, SHA256: t.p.Digest.String(),
		Path: metadata.SignaturePath(t.event.Name, t.p.Role, t.holder.KeyID), Branch: t.branch(), Remote: s.w.push, Commit: string(commit), Again: again,
		Pull: s.w.pullRequest(t.branch()),
	})
	return nil
}

// earlier finds a signature that an earlier run made and could not push.
func (s *signing) earlier(t *signTask) (*metadata.SignatureFile, bool, error) {
	for _, e := range s.ledger.Find(t.p.Role, t.p.Version) {
		if e.Digest != t.p.Digest || e.KeyID != t.holder.KeyID || e.File == nil {
			continue
		}
		f, err := metadata.ParseSignatureFile(e.File)
		if err != nil {
			return nil, false, fmt.Errorf("this machine's ledger holds a damaged signature: %w", err)
		}
		if err := t.holder.Key.Verify(t.p.Document.Signed(), f.Sig); err != nil {
			return nil, false, fmt.Errorf("this machine's ledger holds a signature that does not verify: %w", err)
		}
		return f, true, nil
	}
	return nil, false, nil
}

// consent shows everything and asks. Nothing has been written yet when the
// answer is no.
func (s *signing) consent(ctx context.Context, t *signTask) error {
	review, err := reviewOf(s.trusted, t.event, t.p)
	if err != nil {
		return err
	}
	var text strings.Builder
	review.text(&text)
	s.say("%s", text.String())
	s.say("%s", s.basis(t))
	if err := s.supersede(ctx, t); err != nil {
		return err
	}
	s.say("You sign as %s, with the %s (%s).", ownerOf(t.holder), t.key.Describe(), t.key.Public().Algorithm())
	return s.person.confirm(ctx, fmt.Sprintf("Have you read the changes, is the digest the one that was announced, and do you want to sign %s version %d?", t.p.Role, t.p.Version))
}

// basis says from which root this machine judged.
func (s *signing) basis(t *signTask) string {
	switch {
	case s.trusted.Root == nil && t.p.Role != "root":
		return "No root is published yet: what counts is the rule of the root that is signed in the same event.\n"
	case s.trusted.Root == nil:
		return "This is the first root of a new repository: there is no earlier root to judge it by.\nCompare every key with its owner before you sign. Signing it makes it the root that this machine trusts.\n"
	}
	return fmt.Sprintf("Judged from root version %d, which this machine reached from its own pinned root (%s).\n", s.trusted.Root.Version(), s.pin.How)
}

// supersede asks for the first group of the digest of an earlier payload that
// this key's holder signed and that this one replaces.
func (s *signing) supersede(ctx context.Context, t *signTask) error {
	asked := map[verify.Digest]bool{t.p.Digest: true}
	for _, e := range trust.Standing(s.ledger.Find(t.p.Role, t.p.Version)) {
		if asked[e.Digest] { // with two keys, there are two entries
			continue
		}
		asked[e.Digest] = true
		first, _, _ := strings.Cut(e.Digest.Groups(), " ")
		s.say("You signed another %s version %d before (%s). This one replaces it:\n    %s", t.p.Role, t.p.Version, date(e.At), e.Digest.Groups())
		typed, err := s.person.line(ctx, "To agree, type the first group of that earlier digest")
		if err != nil {
			return err
		}
		if !strings.EqualFold(strings.TrimSpace(typed), first) {
			return fmt.Errorf("%q is not the first group of the earlier digest; %w", typed, signer.ErrDeclined)
		}
	}
	return nil
}

func (s *signing) sign(ctx context.Context, t *signTask) (*metadata.SignatureFile, error) {
	if err := s.ledger.Intend(s.entry(t)); err != nil {
		return nil, rejected(err)
	}
	sig, err := signer.Sign(ctx, t.key, t.holder.Key, t.p.Document.Signed(), s.ui)
	if err != nil {
		return nil, err
	}
	f := &metadata.SignatureFile{Repository: t.p.Charter.Repository, Role: t.p.Role, Version: t.p.Version, Digest: t.p.Digest,
		KeyID: t.holder.KeyID, Sig: sig, SignedAt: s.w.now}
	if err := s.ledger.Record(t.p.Role, t.p.Version, t.p.Digest, t.holder.KeyID, f.Bytes()); err != nil {
		return nil, err
	}
	return f, nil
}

// pinGenesis makes the first root that this machine signs the one it trusts.
// It comes after the record, and again in a rerun: a kill in between leaves
// the signature on record, and the pin is made from that.
func (s *signing) pinGenesis(t *signTask) error {
	if t.p.Role != "root" || t.p.Version != 1 {
		return nil
	}
	pin := trust.Pin{Repository: t.p.Charter.Repository, Version: 1, Digest: t.p.Digest, How: trust.SignedFirstRoot, Since: s.w.now}
	if s.pin == nil {
		s.pin = &pin
		return s.home.Establish(pin)
	}
	if s.pin.Digest == t.p.Digest {
		return nil
	}
	// A superseding first root: the ledger has accepted that it replaces the
	// one that this machine pinned by signing it.
	return s.home.Supersede(pin.Repository, s.pin.Digest, t.p.Document)
}

// say shows a line to the person. A terminal that cannot show anything cannot
// ask either, so the question that follows gives the error.
func (s *signing) say(format string, args ...any) { _ = s.person.say(fmt.Sprintf(format, args...)) }

// entry is what the ledger remembers of a task.
func (s *signing) entry(t *signTask) trust.Entry {
	return trust.Entry{Role: t.p.Role, Version: t.p.Version, Digest: t.p.Digest, Supersedes: t.p.Supersedes, KeyID: t.holder.KeyID, At: s.w.now}
}
