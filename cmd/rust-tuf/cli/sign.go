package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/frame"
	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/words"
	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/signer"
	"github.com/rust-lang/rust-tuf/signer/trust"
	"github.com/rust-lang/rust-tuf/verify"
	"github.com/spf13/cobra"
)

func (c *command) signCommand() *cobra.Command {
	var o signOptions
	cmd := &cobra.Command{
		Use:   "sign [event]",
		Short: "review and sign what waits for your key",
		Long: `sign finds the open events that need a key you hold, shows the whole change
against the newest version that this machine trusts, and the digest of the
exact bytes. Only after your yes is the key used. Each signature is one file on
one branch, pushed for a pull request.

It can be interrupted at any moment and run again: nothing is lost, and nothing
is signed twice.

On a machine without a network, --bundle takes the place of clone and remote: what
is to be signed comes from a file of "rust-tuf bundle export", and the signatures
go into one file, which "rust-tuf bundle import" pushes from another machine.`,
		Args: frame.Args(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				o.event = args[0]
			}
			return c.runSign(cmd.Context(), o)
		},
	}
	cmd.Flags().StringVar(&o.bundle, "bundle", "", "`file` of "+"\"rust-tuf bundle export\", on a machine without a network")
	cmd.Flags().StringVar(&o.answer, "answer", "", "`file` to write the signatures to, with --bundle (default: beside the bundle, FILE.answer)")
	return cmd
}

type signOptions struct {
	event  string // "" for all that are open, or the bundle's
	bundle string
	answer string
}

type signResult struct {
	Signatures []signedFile `json:"signatures"`
	Waiting    []string     `json:"waiting"` // for signatures by others, sentence by sentence
	Nothing    string       `json:"nothing,omitempty"`
	Answer     string       `json:"answer,omitempty"` // the file to carry to a machine with a network
}

type signedFile struct {
	Event   string `json:"event"`
	Role    string `json:"role"`
	Version int64  `json:"version"`
	Owner   string `json:"owner"`
	KeyID   string `json:"keyid"`
	SHA256  string `json:"sha256"`
	Path    string `json:"path"`
	Branch  string `json:"branch,omitempty"`
	Remote  string `json:"remote,omitempty"`
	Commit  string `json:"commit,omitempty"`
	Again   bool   `json:"again"`     // made earlier, now pushed
	Found   bool   `json:"recovered"` // made on another machine, found on the remote
	pullRequest
}

func (r *signResult) text(w *words.Lines) {
	for _, s := range r.Signatures {
		what := "Signed"
		switch {
		case s.Found:
			what = "Signed on another machine, found on the remote"
		case s.Again:
			what = "Signed earlier, found on this machine"
		}
		w.Printf("%s: %s version %d, by %s.", what, s.Role, s.Version, s.Owner)
		if s.Branch != "" {
			w.Printf(" Pushed to branch %s of %s.", s.Branch, s.Remote)
		}
		w.Printf("\n")
	}
	if r.Nothing != "" {
		w.Printf("%s\n", r.Nothing)
	}
	for _, l := range r.Waiting {
		w.Printf("Still missing: %s\n", l)
	}
	if r.Answer != "" {
		writeAnswered(w, r.Answer)
		return
	}
	var pulls []pullRequest
	for _, s := range r.Signatures {
		pulls = append(pulls, s.pullRequest)
	}
	nextPulls(w, pulls)
}

// nextPulls says which pull requests of signatures are open, and which are to be
// opened yet.
func nextPulls(w *words.Lines, pulls []pullRequest) {
	for _, open := range []bool{true, false} {
		first := true
		for _, s := range pulls {
			switch {
			case s.Opened != open:
				continue
			case first && open:
				w.Printf("A pull request is open. Nothing more is to be done by you: the machine that keeps the gate merges it, or else a maintainer:\n")
			case first:
				w.Printf("Next: open a pull request for each branch; the machine that keeps the gate merges it, or else a maintainer:\n")
			}
			first = false
			w.Printf("    %s\n", s.Pull)
			if s.Note != "" {
				w.Printf("It is not open yet: %s.\n", s.Note)
			}
		}
	}
}

func (c *command) runSign(ctx context.Context, o signOptions) error {
	s, err := c.startSigning(ctx, o)
	if err != nil {
		return err
	}
	tasks, err := s.tasks(ctx, s.event)
	if err != nil {
		return err
	}
	if err := s.openLedger(ctx, tasks); err != nil {
		return err
	}
	if err := errors.Join(s.mayAnswer(tasks), s.mayCommit(ctx, tasks)); err != nil {
		return err
	}
	for i, t := range tasks {
		if len(tasks) > 1 {
			s.say("\n[%d of %d that need your key]", i+1, len(tasks))
		}
		if err := s.do(ctx, t); err != nil {
			if len(s.result.Signatures) > 0 { // what was pushed before is done all the same
				return errors.Join(s.writeAnswer(), c.show(&s.result), err)
			}
			return err
		}
	}
	if err := s.writeAnswer(); err != nil {
		return err
	}
	if len(s.result.Signatures) == 0 && len(s.result.Waiting) > 0 {
		if err := c.show(&s.result); err != nil {
			return err
		}
		return exit.With(exit.Pending, errors.New("your part is done; signatures by others are missing"))
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
	mine    map[string]verify.Holder // by key id: who the keys in hand are
	result  signResult
	event   string // to sign; "" for all that are open

	// With a bundle: the file to write, and what goes into it.
	answerFile string
	answer     []*metadata.SignatureFile

	// agreedToNew is a yes to a repository that this machine has never seen.
	agreedToNew bool

	// What this machine remembers of one repository; see openLedger.
	repository string
	home       *trust.Home
	ledger     *trust.Ledger
}

// startSigning reads the remote's state and what this machine trusts of it.
func (c *command) startSigning(ctx context.Context, o signOptions) (*signing, error) {
	if o.answer != "" && o.bundle == "" {
		return nil, usage(errors.New("--answer goes with --bundle; without it, signatures are pushed"))
	}
	w, err := c.openFrom(ctx, o.bundle)
	if err != nil {
		return nil, err
	}
	if w.carried != nil {
		if o.event, err = w.carriedEvent(o.event); err != nil {
			return nil, err
		}
	}
	trusted, pin, err := w.pinned()
	if err != nil {
		return nil, err
	}
	person := c.person()
	return &signing{command: c, w: w, event: o.event, answerFile: c.answerPath(o), trusted: trusted, pin: pin, person: person, ui: person.ui(), mine: map[string]verify.Holder{},
		result: signResult{Signatures: []signedFile{}, Waiting: []string{}}}, nil
}

// do takes one signature from review to pushed branch. The order is what
// makes a kill harmless: the intention is durable before the key is used, the
// signature is durable before it is committed, and each step that a rerun
// finds done is not done again.
func (s *signing) do(ctx context.Context, t *signTask) error {
	if len(s.result.Signatures) > 0 && s.w.carried == nil { // the remote may have moved while the one before was made
		err := s.lookAgain(ctx, t)
		if is[*mergedError](err) {
			s.say("Nothing to do: %v.", err)
			return nil
		}
		if err != nil {
			return err
		}
	}
	if err := s.ledger.Allows(s.entry(t)); err != nil {
		return rejected(err)
	}
	file, found, err := s.earlier(t)
	if err != nil {
		return err
	}
	again := file != nil
	if !again {
		if err := t.inPlace(); err != nil {
			return err
		}
	}
	if !again || found {
		if err := s.consent(ctx, t, file); err != nil {
			return err
		}
	}
	if !again {
		if file, err = s.sign(ctx, t); err != nil {
			return err
		}
	}
	if err := s.pinGenesis(t); err != nil {
		return err
	}
	done := signedFile{
		Event: t.event.Name, Role: t.p.Role, Version: t.p.Version, Owner: t.holder.Owner, KeyID: t.holder.KeyID, SHA256: t.p.Digest.String(),
		Path: metadata.SignaturePath(t.event.Name, t.p.Role, t.holder.KeyID), Again: again, Found: found,
	}
	if s.w.carried != nil {
		s.answer = append(s.answer, file)
	} else {
		commit, err := s.pushSignature(ctx, t, file)
		if err != nil {
			return err
		}
		done.Branch, done.Remote, done.Commit, done.pullRequest = t.branch(), s.w.push, string(commit), s.w.openPull(ctx, t.branch(), signatureMessage(file, t.holder.Owner))
	}
	s.result.Signatures = append(s.result.Signatures, done)
	return nil
}

// earlier is the signature that the ledger holds already, nil if there is
// none. One that an earlier run made here, after a yes, is pushed again as it
// is. One that was found on the remote is only known to be by this key: what
// its maker saw, this machine does not know.
func (s *signing) earlier(t *signTask) (file *metadata.SignatureFile, found bool, err error) {
	for _, e := range s.ledger.Find(t.p.Role, t.p.Version) {
		if !t.isMade(e) {
			continue
		}
		f, err := metadata.ParseSignatureFile(e.File)
		if err != nil {
			return nil, false, fmt.Errorf("this machine's ledger holds a damaged signature: %w", err)
		}
		if err := t.holder.Key.Verify(t.p.Document.Signed(), f.Sig); err != nil {
			return nil, false, fmt.Errorf("this machine's ledger holds a signature that does not verify: %w", err)
		}
		return f, e.Recovered, nil
	}
	return nil, false, nil
}

func (s *signing) sign(ctx context.Context, t *signTask) (*metadata.SignatureFile, error) {
	if err := s.ledger.Intend(s.entry(t)); err != nil {
		return nil, rejected(err)
	}
	f := &metadata.SignatureFile{Repository: t.p.Charter.Repository, Event: t.event.Name, Role: t.p.Role, Version: t.p.Version, Digest: t.p.Digest,
		KeyID: t.holder.KeyID, Device: deviceOf(t.key), Began: s.w.now, SignedAt: s.env.Now().UTC().Truncate(time.Second), Tool: "rust-tuf " + frame.Version()}
	// The statement first: nothing counts without it, so a kill in between
	// leaves nothing that does.
	sitting := signer.NewSitting(s.person.signingAs(words.Owner(t.holder), t.key))
	defer sitting.End()
	var err error
	if f.StatementSig, err = s.person.signIn(ctx, sitting, t.key, t.holder.Key, f.StatementMessage()); err != nil {
		return nil, err
	}
	if f.Sig, err = s.person.signIn(ctx, sitting, t.key, t.holder.Key, t.p.Document.Signed()); err != nil {
		return nil, err
	}
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
func (s *signing) say(format string, args ...any) { _ = s.person.say(format, args...) }

// entry is what the ledger remembers of a task.
func (s *signing) entry(t *signTask) trust.Entry {
	return trust.Entry{Role: t.p.Role, Version: t.p.Version, Digest: t.p.Digest, Supersedes: t.p.Supersedes, KeyID: t.holder.KeyID, At: s.w.now}
}
