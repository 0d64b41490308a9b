package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/frame"
	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/words"
	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/roles"
	"github.com/rust-lang/rust-tuf/roles/attest"
	"github.com/rust-lang/rust-tuf/signer"
	"github.com/rust-lang/rust-tuf/signer/piv"
	"github.com/spf13/cobra"
)

func (c *command) retireCommand() *cobra.Command {
	var label string
	cmd := &cobra.Command{
		Use:   "retire NAME",
		Short: "destroy your key on its YubiKey, and record that, when you leave",
		Long: `retire ends a key that no role lists any more. The key first signs, with your PIN
and your touch, that it is retired; that goes to a branch for a pull request. Then
the card destroys it. Nothing else on the card is touched.

It is said what will be destroyed, and needs the card's serial number, typed. A key
that a trusted version, an open event or the declared policy still lists is never
destroyed. It can be interrupted and run again.`,
		Args: frame.Args(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error { return c.runRetire(cmd.Context(), args[0], label) },
	}
	cmd.Flags().StringVar(&label, "label", "", "`name` of the key, for members who have several")
	return cmd
}

type retireResult struct {
	Member      string   `json:"member"`
	Label       string   `json:"label"`
	Serial      int64    `json:"serial"`
	Slot        string   `json:"slot"`
	Fingerprint string   `json:"fingerprint"`
	Way         string   `json:"way"`      // "deleted" or "overwritten", as far as the card came
	OnCard      bool     `json:"on_card"`  // that the card itself attested that it made the key
	Copyable    bool     `json:"copyable"` // that its firmware is one whose keys can be copied (YSA-2024-03)
	Again       bool     `json:"again"`    // the card had destroyed it before this run
	Recorded    bool     `json:"recorded"` // its end was merged before this run, and there is nothing to push
	Paths       []string `json:"paths"`
	Branch      string   `json:"branch,omitempty"`
	TestRoots   []string `json:"test_roots,omitempty"`
	pullRequest
}

func (r *retireResult) text(w *words.Lines) {
	writeTestRoots(w, r.TestRoots)
	if r.Again {
		w.Printf("The key %s of %s is no longer in slot %s of YubiKey %d: an earlier run destroyed it.\n", r.Label, r.Member, r.Slot, r.Serial)
	} else if r.Way == roles.WayDeleted {
		w.Printf("The key %s of %s is deleted from slot %s of YubiKey %d.\n", r.Label, r.Member, r.Slot, r.Serial)
	} else {
		w.Printf("The key %s of %s is overwritten in slot %s of YubiKey %d, with a new key that nobody lists.\n", r.Label, r.Member, r.Slot, r.Serial)
	}
	w.Printf("Its fingerprint was:\n")
	w.Digest(r.Fingerprint)
	w.Printf("What others can check: whoever held the key signed with it that it is retired.\n")
	w.Printf("What nobody can check: that it is destroyed. For that there is your word.\n")
	switch {
	case r.OnCard && !r.Copyable:
		w.Printf("There is no copy: the card attests that it made the key, and it gives none away.\n")
	case r.OnCard:
		w.Printf("The card attests that it made the key; but its firmware is one whose keys can be copied in a laboratory (YSA-2024-03).\n")
	default:
		w.Printf("Nothing proves that the card made the key, so there may be copies elsewhere: destroy them too.\n")
	}
	if !r.Recorded {
		w.Printf("Pushed %s to branch %s.\n", words.Join(r.Paths), r.Branch)
	}
	w.Printf("The card's PIN, PUK and other slots are as they were; before you give it away, run `ykman piv reset`.\n")
	if r.Recorded {
		w.Printf("Nothing is left to do: its end was merged before, in %s.\n", words.Join(r.Paths))
		return
	}
	r.next(w, "Next: open a pull request:", "A pull request is open:")
}

// retiring is one run of `member retire`.
type retiring struct {
	*command
	w      *workspace
	person person
	ui     signer.UI
	terms  *roles.Terms
	proof  *attest.Verifier

	member *roles.Member
	key    roles.MemberKey
	slot   piv.Slot
	info   piv.CardInfo
	card   *piv.Card
	out    *retireResult
}

func (c *command) runRetire(ctx context.Context, name, label string) error {
	r, err := c.newRetiring(ctx, name, label)
	if err != nil {
		return err
	}
	if err := r.refuseListed(); err != nil {
		return err
	}
	gone, err := r.findCard(ctx)
	if r.out.Recorded && (gone || err != nil && ctx.Err() == nil) {
		return rejected(&RecordedError{name, r.key.Label, uint32(r.key.Serial), err})
	}
	if err != nil {
		return err
	}
	said := r.key.Retirement
	if said == nil {
		if said, err = r.saidBefore(ctx, gone); err != nil {
			return err
		}
	}
	if gone {
		if said == nil {
			return &KeyGoneError{name, r.key.Label, uint32(r.key.Serial), r.slot, r.info.Slot(r.slot).State, r.key.Status}
		}
		r.out.Way, r.out.Again = said.Way, true
		return r.finish(ctx)
	}
	if err := r.agree(ctx, said != nil); err != nil {
		return err
	}
	pin, err := r.mayWipe(ctx, said != nil)
	if err != nil {
		return err
	}
	defer pin.Wipe()
	if said == nil {
		if err := r.sayIt(ctx); err != nil {
			return err
		}
	}
	if err := r.wipe(ctx, pin); err != nil {
		return err
	}
	return r.finish(ctx)
}

// finish asks for the end to be merged, now that it is true, and tells of it.
func (r *retiring) finish(ctx context.Context) error {
	if !r.out.Recorded {
		r.out.pullRequest = r.w.openPull(ctx, r.out.Branch, r.message())
	}
	return r.show(r.out)
}

// newRetiring finds the key in the member's file.
func (c *command) newRetiring(ctx context.Context, name, label string) (*retiring, error) {
	w, err := c.open(ctx)
	if err != nil {
		return nil, err
	}
	r := &retiring{command: c, w: w, person: c.person()}
	r.ui = r.person.ui()
	raw, err := w.repo.Tree().Read(metadata.PolicyFile)
	if err != nil {
		return nil, rejected(fmt.Errorf("%s has no %s, so no member's key can be retired in it", w.branch, metadata.PolicyFile))
	}
	if r.terms, err = roles.ParseTerms(metadata.PolicyFile, raw); err != nil {
		return nil, err
	}
	if r.proof, err = w.repo.Verifier(); err != nil {
		return nil, err
	}
	members, err := w.repo.Members()
	if err != nil {
		return nil, err
	}
	if r.member = members[name]; r.member == nil {
		return nil, rejected(fmt.Errorf("%s has no member %s", w.branch, name))
	}
	if r.key, err = keyToRetire(r.member, label); err != nil {
		return nil, err
	}
	if r.slot, err = piv.ParseSlot(r.key.Slot); err != nil {
		return nil, err
	}
	if r.key.Retirement != nil {
		if err := roles.CheckRetirement(r.terms.Repository, name, r.key); err != nil {
			return nil, rejected(err)
		}
	}
	r.out = &retireResult{Member: name, Label: r.key.Label, Serial: r.key.Serial, Slot: r.key.Slot, Fingerprint: r.key.Public.Fingerprint().String(),
		TestRoots: r.proof.TestRoots(), Recorded: r.key.Retirement != nil, Paths: []string{metadata.MemberPath(name), metadata.RetirementPath(name, r.key.Label)}}
	if !r.out.Recorded {
		r.out.Branch = r.branch()
	}
	r.out.OnCard, r.out.Copyable = r.madeThere()
	return r, nil
}

// keyToRetire is the named key on a card, or the only one there is. A key whose
// end is recorded may still be on its card; it is the last to be meant.
func keyToRetire(m *roles.Member, label string) (roles.MemberKey, error) {
	if label != "" {
		k, ok := m.Key(label)
		switch {
		case !ok:
			return k, usage(fmt.Errorf("%s has no key with the label %s", m.Name, label))
		case k.Kind != roles.KindPIV:
			return k, rejected(fmt.Errorf("the key %s of %s is a file: delete it and every copy of it, and set its status to \"retired\" in %s, in a pull request", label, m.Name, metadata.MemberPath(m.Name)))
		}
		return k, unlost(m.Name, k)
	}
	var on, recorded []roles.MemberKey
	for _, k := range m.Keys {
		switch {
		case k.Kind != roles.KindPIV:
		case k.Retirement == nil:
			on = append(on, k)
		default:
			recorded = append(recorded, k)
		}
	}
	if len(on) == 0 {
		on = recorded
	}
	switch len(on) {
	case 0:
		return roles.MemberKey{}, rejected(fmt.Errorf("%s has no key on a card that could be retired", m.Name))
	case 1:
		return on[0], unlost(m.Name, on[0])
	}
	var names []string
	for _, k := range on {
		names = append(names, fmt.Sprintf("%s (YubiKey %d, %s)", k.Label, k.Serial, k.Status))
	}
	return roles.MemberKey{}, usage(fmt.Errorf("%s has %d keys on cards; name one with --label: %s", m.Name, len(on), strings.Join(names, ", ")))
}

// unlost refuses a key that is declared lost and has turned up.
func unlost(name string, k roles.MemberKey) error {
	if k.Status != roles.StatusLost {
		return nil
	}
	return rejected(fmt.Errorf("the key %s of %s is declared lost; if you have it after all, set its status to \"retired\" in %s first, in a pull request", k.Label, name, metadata.MemberPath(name)))
}

// refuseListed refuses a key that somebody still counts on.
func (r *retiring) refuseListed() error {
	by, err := r.w.listedBy(r.key.Public.Fingerprint())
	if err != nil {
		return err
	}
	if by != "" {
		return rejected(&StillListedError{r.member.Name, r.key.Label, by})
	}
	return nil
}

// madeThere tells whether the card attests that it made the key, and whether its
// firmware is one whose keys can be copied all the same.
func (r *retiring) madeThere() (there, copyable bool) {
	proof, err := attest.Parse([]byte(r.key.Evidence.Slot), []byte(r.key.Evidence.Device))
	if err != nil {
		return false, false
	}
	facts, err := r.proof.Verify(proof, r.w.now)
	if err != nil || !facts.Key.Equal(r.key.Public.PublicKey) || int64(facts.Serial) != r.key.Serial {
		return false, false
	}
	copyable, _ = facts.Copyable()
	return true, copyable
}
