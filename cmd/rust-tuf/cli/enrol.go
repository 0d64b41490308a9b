package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strings"
	"time"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/frame"
	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/words"
	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/roles"
	"github.com/rust-lang/rust-tuf/roles/attest"
	"github.com/rust-lang/rust-tuf/signer"
	"github.com/rust-lang/rust-tuf/signer/piv"
	"github.com/rust-lang/rust-tuf/verify"
	"github.com/spf13/cobra"
)

// memberLabel is what tells the keys of one member apart.
var memberLabel = regexp.MustCompile(`^[a-z0-9][a-z0-9-]*$`)

type enrolOptions struct {
	memberOptions
	serial    uint32
	slot      string
	algorithm string
	existing  bool
	replaces  string
	lost      string
}

func (c *command) enrolCommand() *cobra.Command {
	var o enrolOptions
	cmd := &cobra.Command{
		Use:   "enrol NAME",
		Short: "prepare your YubiKey and propose yourself with its key",
		Long: `enrol takes a new YubiKey to one that can sign: it gives the card a PIN, a PUK and
a management key of its own, makes a key in it that never leaves it, has the
card attest that, and pushes members/NAME/ on a branch for a pull request.

Everything that will be changed or destroyed on the card is said first, and
needs the card's serial number, typed. A key that a trusted version, an open event
or the declared policy still lists is never destroyed. It can be interrupted and
run again.

With --existing, a key that you made with other tools is taken as it is. With
--replaces or --lost, the new key takes the place of one that you have.`,
		Args: frame.Args(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error { return c.runEnrol(cmd.Context(), args[0], o) },
	}
	o.addFlags(cmd)
	f := cmd.Flags()
	f.Uint32Var(&o.serial, "card", 0, "`serial` number of the YubiKey, where several are plugged in")
	f.StringVar(&o.slot, "slot", "", "`slot` of the key (default: the first one of [devices] in the policy, usually 9c)")
	f.StringVar(&o.algorithm, "algorithm", string(piv.P256), "`kind` of key: p256, or p384 where every reader of the policy can use it")
	f.BoolVar(&o.existing, "existing", false, "take the key that the slot holds, and tell where it falls short")
	f.StringVar(&o.replaces, "replaces", "", "`label` of your key whose place this one takes: it becomes retired, and signs once more, to hand over")
	f.StringVar(&o.lost, "lost", "", "`label` of your key whose place this one takes because its card is gone")
	return cmd
}

type enrolResult struct {
	Member      string   `json:"member"`
	Serial      uint32   `json:"serial"`
	Slot        string   `json:"slot"`
	Card        string   `json:"card"` // what it attests, in one line
	Algorithm   string   `json:"algorithm"`
	Fingerprint string   `json:"fingerprint"`
	Paths       []string `json:"paths"`
	Branch      string   `json:"branch"`
	TestRoots   []string `json:"test_roots,omitempty"`
	pullRequest
}

func (r *enrolResult) text(w *words.Lines) {
	writeTestRoots(w, r.TestRoots)
	w.Printf("%s, with an %s key in slot %s of YubiKey %d.\nWhat the card itself states of it (its attestation): %s\n", r.Member, r.Algorithm, r.Slot, r.Serial, r.Card)
	w.Printf("The key's fingerprint:\n")
	w.Digest(r.Fingerprint)
	w.Printf("Pushed %s to branch %s.\n", words.Join(r.Paths), r.Branch)
	r.next(w, "Next: open a pull request, and read the fingerprint to whoever reviews it, on a call:",
		"A pull request is open. Next: read the fingerprint to whoever reviews it, on a call:")
}

// enrolment is one run of `member enrol`.
type enrolment struct {
	*command
	o      enrolOptions
	w      *workspace
	person person
	ui     signer.UI
	terms  *roles.Terms
	proof  *attest.Verifier
	others map[string]*roles.Member // as declared

	member *roles.Member // with the new key's predecessor as it will be
	former succession
	info   piv.CardInfo
	card   *piv.Card
	slot   piv.Slot
}

func (c *command) runEnrol(ctx context.Context, name string, o enrolOptions) error {
	e, err := c.newEnrolment(ctx, name, o)
	if err != nil {
		return err
	}
	if err := e.chooseCard(ctx); err != nil {
		return err
	}
	key, err := e.prepare(ctx)
	if err != nil {
		return err
	}
	entry, facts, err := e.attested(ctx, key)
	if err != nil {
		return err
	}
	return e.publish(ctx, key, entry, facts)
}

// newEnrolment finds out what the repository wants, before any card is asked.
func (c *command) newEnrolment(ctx context.Context, name string, o enrolOptions) (*enrolment, error) {
	w, err := c.open(ctx)
	if err != nil {
		return nil, err
	}
	raw, err := w.repo.Tree().Read(metadata.PolicyFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, rejected(fmt.Errorf("%s has no %s, so nobody knows what a member's card must be; `rust-tuf init` makes it", w.branch, metadata.PolicyFile))
	}
	if err != nil {
		return nil, err
	}
	e := &enrolment{command: c, o: o, w: w, person: c.person()}
	e.ui = e.person.ui()
	if e.terms, err = roles.ParseTerms(metadata.PolicyFile, raw); err != nil {
		return nil, err
	}
	if e.proof, err = w.repo.Verifier(); err != nil {
		return nil, err
	}
	if e.others, err = w.repo.Members(); err != nil {
		return nil, err
	}
	if err := e.chooseSlot(); err != nil {
		return nil, err
	}
	switch piv.Algorithm(o.algorithm) {
	case piv.P256:
	case piv.P384:
		if unreadable := e.terms.UnreadableP384(); len(unreadable) > 0 {
			return nil, rejected(fmt.Errorf("the policy lists readers that cannot use a P-384 key: %s; take p256", strings.Join(unreadable, "; ")))
		}
	default:
		return nil, usage(fmt.Errorf("no algorithm %q for a card: choose p256 or p384", o.algorithm))
	}
	return e, e.draft(name)
}

func (e *enrolment) chooseSlot() error {
	text := e.o.slot
	if text == "" {
		text = e.terms.Devices.Slots[0]
	}
	slot, err := piv.ParseSlot(text)
	if err != nil {
		return usage(err)
	}
	for _, allowed := range e.terms.Devices.Slots {
		if allowed == slot.String() {
			e.slot = slot
			return nil
		}
	}
	return rejected(fmt.Errorf("the policy wants keys in slot %s, not %s", strings.Join(e.terms.Devices.Slots, " or "), slot))
}

// draft is the member without the new key, checked as far as that goes: who is
// new is written down, who is declared gets one more key.
func (e *enrolment) draft(name string) error {
	e.member = &roles.Member{Format: 1, Name: name, Login: e.o.login, Affiliations: e.o.affiliations, Countries: e.o.countries}
	if e.member.Login == "" {
		e.member.Login = name
	}
	if known := e.others[name]; known != nil {
		if e.o.login != "" && e.o.login != known.Login || len(e.o.affiliations)+len(e.o.countries) > 0 {
			return usage(fmt.Errorf("%s is declared already, with login %s; enrol only adds a key: leave the other flags out", name, known.Login))
		}
		copied := *known
		e.member = &copied
		e.member.Keys = append([]roles.MemberKey{}, known.Keys...)
	}
	if len(e.o.label) > 63 || !memberLabel.MatchString(e.o.label) {
		return usage(fmt.Errorf("%q cannot be the label of a key; use lower-case letters, digits and hyphens", e.o.label))
	}
	if _, taken := e.member.Key(e.o.label); taken {
		return usage(fmt.Errorf("%s has a key with the label %s already; give this one another with --label", name, e.o.label))
	}
	if _, err := roles.ParseMember(metadata.MemberPath(name), e.member.TOML()); err != nil {
		return usage(err)
	}
	var err error
	e.former, err = e.succeeds()
	return err
}

// attested proves where the key lives and that its holder agrees to be this
// member, and judges both as the gate will.
func (e *enrolment) attested(ctx context.Context, key verify.PublicKey) (roles.MemberKey, attest.Facts, error) {
	entry := roles.MemberKey{Label: e.o.label, Public: roles.PublicKey{PublicKey: key}, Kind: roles.KindPIV,
		Serial: int64(e.info.Serial), Slot: e.slot.String(), Status: roles.StatusActive}
	evidence, facts, err := e.attest(ctx)
	if err != nil {
		return entry, facts, err
	}
	entry.Evidence = evidence
	if err := e.judge(entry, "possession"); err != nil { // the signature is asked for only when the rest is right
		return entry, facts, err
	}
	id, err := e.terms.KeyID.KeyID(key)
	if err != nil {
		return entry, facts, err
	}
	known, ok, err := e.pushedBefore(ctx, entry, facts)
	if err != nil {
		return entry, facts, err
	}
	if ok {
		return known, facts, e.judge(known, "")
	}
	e.say("The key now signs that it is %s of repository %s, login %s. Type the PIN, then touch the card when it blinks: that is what signing will be like.", e.member.Name, e.terms.Repository, e.member.Login)
	card, err := e.card.Key(ctx, e.slot)
	if err != nil {
		return entry, facts, err
	}
	statement := roles.PossessionStatement(e.terms.Repository, e.member.Name, e.member.Login, id)
	sig, err := e.person.sign(ctx, e.member.Name, card, key, statement)
	if err != nil {
		return entry, facts, err
	}
	entry.Possession = fmt.Sprintf("%x", sig)
	return entry, facts, e.judge(entry, "")
}

// attest asks the card, and proves what it answers.
func (e *enrolment) attest(ctx context.Context) (roles.Evidence, attest.Facts, error) {
	var none roles.Evidence
	answer, err := e.card.Attest(ctx, e.slot)
	if err != nil {
		return none, attest.Facts{}, err
	}
	proof, err := attest.ParseDER(answer.Slot, answer.Device)
	if err != nil {
		return none, attest.Facts{}, rejected(err)
	}
	facts, err := e.proof.Verify(proof, e.w.now)
	if err != nil {
		return none, attest.Facts{}, rejected(err)
	}
	return roles.Evidence{Slot: string(proof.SlotPEM()), Device: string(proof.DevicePEM())}, facts, nil
}

// judge applies the rules of the gate, but for one of them.
func (e *enrolment) judge(entry roles.MemberKey, but string) error {
	with := *e.member
	with.Keys = append(append([]roles.MemberKey{}, e.member.Keys...), entry)
	all := map[string]*roles.Member{with.Name: &with}
	for name, m := range e.others {
		if name != with.Name {
			all[name] = m
		}
	}
	var refused []roles.Finding
	for _, f := range e.terms.Judge(all, []string{with.Name}, e.proof) {
		switch {
		case f.Severity == roles.Refused && f.Rule != but:
			refused = append(refused, f)
		case f.Severity == roles.Warning && but == "": // the last time that it is asked
			e.say("Warning: %s", f.Text)
		}
	}
	if len(refused) > 0 {
		return &metadata.RefusedError{Findings: refused}
	}
	return nil
}

// branch has a name of its own for each further key: the branch of an earlier
// one may still be there, merged long ago.
func (e *enrolment) branch() string {
	if e.others[e.member.Name] == nil {
		return "member/" + e.member.Name
	}
	return "member/" + e.member.Name + "-adds-" + e.o.label
}

// publish writes the member's files in one commit and pushes it.
func (e *enrolment) publish(ctx context.Context, key verify.PublicKey, entry roles.MemberKey, facts attest.Facts) error {
	change, err := e.files(entry)
	if err != nil {
		return err
	}
	name := e.member.Name
	out := &enrolResult{Member: name, Serial: e.info.Serial, Slot: e.slot.String(), Card: facts.String(), Algorithm: key.Algorithm(),
		Fingerprint: key.Fingerprint().String(), Branch: e.branch(), TestRoots: e.proof.TestRoots(),
		Paths: []string{metadata.MemberPath(name), metadata.EvidencePath(name, entry.Serial, roles.SlotFile), metadata.EvidencePath(name, entry.Serial, roles.DeviceFile)}}
	message := fmt.Sprintf("member: enrol %s\n\nKey %s in slot %s of YubiKey %d, SHA-256 of its\nSubjectPublicKeyInfo %s.\n",
		name, key.Algorithm(), out.Slot, out.Serial, key.Fingerprint()) + recordTestRoots(out.TestRoots)
	if _, err := e.w.pushBranch(ctx, e.w.head, change, message, out.Branch, time.Time{}); err != nil {
		return err
	}
	out.pullRequest = e.w.openPull(ctx, out.Branch, message)
	return e.show(out)
}

// files are the member's files with the new key.
func (e *enrolment) files(entry roles.MemberKey) (metadata.Change, error) {
	name, path := e.member.Name, metadata.MemberPath(e.member.Name)
	text, err := e.file(path, entry)
	return metadata.Change{Put: map[string][]byte{
		path: text,
		metadata.EvidencePath(name, entry.Serial, roles.SlotFile):   []byte(entry.Evidence.Slot),
		metadata.EvidencePath(name, entry.Serial, roles.DeviceFile): []byte(entry.Evidence.Device),
	}}, err
}

// file is the member's file with the new key at its end; what stands before it,
// comments too, is not touched.
func (e *enrolment) file(path string, entry roles.MemberKey) ([]byte, error) {
	with := *e.member
	with.Keys = []roles.MemberKey{entry}
	text := with.TOML()
	if e.others[e.member.Name] != nil {
		before, err := e.w.repo.Tree().Read(path)
		if err == nil && e.former.label != "" {
			before, err = withStatus(path, before, e.former.label, e.former.status)
		}
		if err != nil {
			return nil, err
		}
		_, key, _ := strings.Cut(string(text), "\n[[key]]")
		text = []byte(strings.TrimRight(string(before), "\n") + "\n\n[[key]]" + key)
	}
	if _, err := roles.ParseMember(path, text); err != nil {
		return nil, err
	}
	return text, nil
}

// say shows a line to the person.
func (e *enrolment) say(format string, args ...any) { _ = e.person.say(format, args...) }
