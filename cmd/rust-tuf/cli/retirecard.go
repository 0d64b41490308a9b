package cli

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/metadata/git"
	"github.com/rust-lang/rust-tuf/roles"
	"github.com/rust-lang/rust-tuf/signer/piv"
)

// findCard finds the card that the member's file names, and tells whether the
// key is no longer in it.
func (r *retiring) findCard(ctx context.Context) (gone bool, err error) {
	cards, err := piv.Cards(ctx)
	if err != nil {
		return false, err
	}
	wanted := uint32(r.key.Serial)
	missing := &piv.NotThisCardError{Serial: wanted}
	for _, info := range cards {
		switch {
		case info.Err != nil:
			missing.Unread = append(missing.Unread, info.Err)
		case info.Serial == wanted:
			r.info = info
		default:
			missing.Found = append(missing.Found, info.Serial)
		}
	}
	if r.info.Serial == 0 {
		return false, &AwayError{missing, r.member.Name, r.key.Label}
	}
	if r.card, err = piv.FindCard(ctx, wanted); err != nil {
		return false, err
	}
	return !r.findSlot(), nil
}

// findSlot finds the slot that holds the key: the declared one, or where somebody
// moved it. In another one than the declared a certificate is not believed, for
// the key below it would be destroyed and may be any.
func (r *retiring) findSlot() bool {
	holds := func(held piv.SlotInfo) bool {
		return held.State == piv.Used && held.Fingerprint == r.key.Public.Fingerprint()
	}
	if holds(r.info.Slot(r.slot)) {
		return true
	}
	for _, held := range r.info.Slots {
		if holds(held) && held.Told != piv.ByCertificate {
			r.slot, r.out.Slot = held.Slot, held.Slot.String()
			return true
		}
	}
	return false
}

func (r *retiring) branch() string { return "member/" + r.member.Name + "-retires-" + r.key.Label }

func (r *retiring) recordPath() string { return metadata.RetirementPath(r.member.Name, r.key.Label) }

// saidBefore is what an earlier run pushed: no card signs twice in the same
// bytes, so a rerun takes that, where the branch is what this run would push. Of
// a key that is gone it takes what there is, for there will be no more. Whoever
// changed the branch is found out before the key is destroyed: the error is a
// *BranchTakenError.
func (r *retiring) saidBefore(ctx context.Context, gone bool) (*roles.Retirement, error) {
	at, err := r.w.git.Fetch(ctx, r.w.push, r.branch())
	if err != nil {
		return nil, ctx.Err()
	}
	said := r.saidAt(ctx, at)
	if gone {
		return said, nil
	}
	if said != nil {
		change, err := r.record(said)
		if err != nil {
			return nil, err
		}
		if holds, err := r.w.holds(ctx, r.w.head, at, change); err != nil || holds {
			return said, err
		}
	}
	return nil, &BranchTakenError{Remote: r.w.push, Branch: r.branch(), Found: at}
}

// saidAt is what a commit holds of the end of this key; nil where that proves
// nothing.
func (r *retiring) saidAt(ctx context.Context, at git.Commit) *roles.Retirement {
	repo, err := r.w.read(ctx, at)
	if err != nil {
		return nil
	}
	members, err := repo.Members()
	if err != nil || members[r.member.Name] == nil {
		return nil
	}
	k, _ := members[r.member.Name].Key(r.key.Label)
	said := r.key // as it is declared, whatever the branch says of card and slot
	said.Status, said.Retirement = k.Status, k.Retirement
	if roles.CheckRetirement(r.terms.Repository, r.member.Name, said) != nil {
		return nil
	}
	return said.Retirement
}

// record is the change that says that the key is retired.
func (r *retiring) record(said *roles.Retirement) (metadata.Change, error) {
	path := metadata.MemberPath(r.member.Name)
	text, err := r.w.repo.Tree().Read(path)
	if err == nil && r.key.Status == roles.StatusActive {
		text, err = withStatus(path, text, r.key.Label, roles.StatusRetired)
	}
	return metadata.Change{Put: map[string][]byte{path: text, r.recordPath(): said.TOML()}}, err
}

// agree says what will happen and asks for the serial number.
func (r *retiring) agree(ctx context.Context, said bool) error {
	held := r.info.Slot(r.slot)
	if r.slot.String() != r.key.Slot {
		r.say("The key is declared in slot %s; this card holds it in slot %s.", r.key.Slot, r.slot)
	}
	r.say("What will be done to YubiKey %d (%s, firmware %s):", r.info.Serial, r.info.Form, r.info.Firmware)
	switch {
	case r.out.Recorded:
		r.say("  1. nothing is signed: that the key in slot %s is retired was merged before, in %s", r.slot, r.recordPath())
	case !said:
		r.say("  1. the key in slot %s signs that it is retired, and that is pushed to branch %s", r.slot, r.branch())
	default:
		r.say("  1. nothing is signed: an earlier run pushed to branch %s that the key in slot %s is retired", r.branch(), r.slot)
	}
	r.say("  2. THE KEY IN SLOT %s IS DESTROYED for good: %s/%s, %s, fingerprint %s", r.slot, r.member.Name, r.key.Label, held.Algorithm, held.Fingerprint.Groups())
	r.say("Other slots, and FIDO, OpenPGP and one-time passwords on it, are left alone.")
	typed, err := r.person.line(ctx, "To agree, type the card's serial number")
	if err != nil {
		return err
	}
	if strings.TrimSpace(typed) != strconv.FormatInt(r.key.Serial, 10) {
		return &SerialError{uint32(r.key.Serial)}
	}
	return nil
}

// mayWipe asks for the PIN, and finds out whether with it the card lets the key
// be destroyed.
func (r *retiring) mayWipe(ctx context.Context, said bool) (pin *piv.PIN, err error) {
	if !said {
		r.say("Before anything is signed: does the card let the key be destroyed? That needs the PIN.")
	}
	err = r.person.again(ctx, func() (err error) {
		if pin, err = r.card.AskPIN(ctx, r.ui); err != nil {
			return err
		}
		if err = r.card.CanManage(ctx, pin); err != nil {
			pin.Wipe()
		}
		return err
	})
	switch {
	case err == nil:
		return pin, nil
	case said:
		return nil, r.unwiped(err)
	case is[*piv.ManagementKeyError](err):
		return nil, &UnmanagedError{r.member.Name, r.key.Label, err}
	}
	return nil, err
}

// sayIt has the key sign its end, and pushes that.
func (r *retiring) sayIt(ctx context.Context) error {
	// Overwritten is what it will be for certain; whether the card then deletes
	// what took its place is known when the key cannot sign any more.
	said := &roles.Retirement{Format: 1, Key: r.out.Fingerprint, Way: roles.WayOverwritten}
	key, err := r.card.Key(ctx, r.slot)
	if err != nil {
		return err
	}
	statement := roles.RetirementStatement(r.terms.Repository, r.member.Name, r.key, said.Way)
	sig, err := r.person.sign(ctx, r.member.Name, key, r.key.Public.PublicKey, statement)
	if err != nil {
		return err
	}
	said.Signature = fmt.Sprintf("%x", sig)
	change, err := r.record(said)
	if err != nil {
		return err
	}
	if _, err := r.w.pushBranch(ctx, r.w.head, change, r.message(), r.branch(), time.Time{}); err != nil {
		return err
	}
	r.say("Done: it is said, on branch %s.", r.branch())
	return nil
}

// message is that of the commit which says it.
func (r *retiring) message() string {
	return fmt.Sprintf("member: retire %s/%s\n\nKey in slot %s of YubiKey %d, SHA-256 of its\nSubjectPublicKeyInfo %s.\n", r.member.Name, r.key.Label, r.slot, r.key.Serial, r.out.Fingerprint) +
		recordTestRoots(r.out.TestRoots)
}

// wipe destroys the key. Where that does not work, others must not believe what
// was pushed.
func (r *retiring) wipe(ctx context.Context, pin *piv.PIN) error {
	done, err := r.card.Wipe(ctx, pin, r.slot, r.key.Public.Fingerprint())
	if err != nil && done == piv.NotErased {
		return r.unwiped(err)
	}
	r.out.Way = done.String()
	if err != nil { // the key is gone all the same
		r.say("Warning: the key is %s, but slot %s could not be emptied: %v", done, r.slot, err)
	}
	return nil
}

func (r *retiring) unwiped(err error) error {
	said := "branch " + r.branch()
	if r.out.Recorded {
		said = r.recordPath()
	}
	return &UnwipedError{said, r.out.Recorded, uint32(r.key.Serial), r.slot, err}
}

// say shows a line to the person.
func (r *retiring) say(format string, args ...any) { _ = r.person.say(format, args...) }
