package cli

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/rust-lang/rust-tuf/roles"
	"github.com/rust-lang/rust-tuf/roles/attest"
	"github.com/rust-lang/rust-tuf/signer/piv"
	"github.com/rust-lang/rust-tuf/verify"
)

// chooseCard finds the card by its serial number: never by its place in a list.
func (e *enrolment) chooseCard(ctx context.Context) error {
	cards, err := piv.Cards(ctx)
	if err != nil {
		return err
	}
	var usable []piv.CardInfo
	var unread []error
	for _, info := range cards {
		if info.Err != nil {
			unread = append(unread, info.Err)
			continue
		}
		usable = append(usable, info)
	}
	if len(usable) == 0 {
		return &NoCardError{unread}
	}
	wanted := e.o.serial
	if wanted == 0 && len(usable) == 1 {
		wanted = usable[0].Serial
	}
	if wanted == 0 {
		if wanted, err = e.askSerial(ctx, usable); err != nil {
			return err
		}
	}
	missing := &piv.NotThisCardError{Serial: wanted, Unread: unread}
	for _, info := range usable {
		missing.Found = append(missing.Found, info.Serial)
		if info.Serial == wanted {
			e.info = info
		}
	}
	if e.info.Serial == 0 {
		return missing
	}
	candidate := candidateOf(e.info)
	against := e.terms.Meets(e.member.Name, candidate)
	if len(against) == 0 && !e.o.existing { // a key that exists is judged by what it attests
		against = e.terms.Advised(e.member.Name, candidate)
	}
	if len(against) > 0 {
		return rejected(&UnfitCardError{wanted, against})
	}
	e.card, err = piv.FindCard(ctx, wanted)
	return err
}

// candidateOf is what the policy judges of a card before a key is made on it.
func candidateOf(info piv.CardInfo) roles.Candidate {
	firmware := attest.Version{Major: uint8(info.Firmware.Major), Minor: uint8(info.Firmware.Minor), Patch: uint8(info.Firmware.Patch)}
	return roles.Candidate{Serial: info.Serial, Firmware: firmware, FormFactor: attest.FormFactor(info.Form)}
}

func (e *enrolment) askSerial(ctx context.Context, cards []piv.CardInfo) (uint32, error) {
	e.say("%d YubiKeys are plugged in:", len(cards))
	for _, info := range cards {
		e.say("  %d (%s, firmware %s), slot %s %s", info.Serial, info.Form, info.Firmware, e.slot, info.Slot(e.slot).State)
	}
	typed, err := e.person.line(ctx, "Serial number of the one to enrol, as printed on it")
	if err != nil {
		return 0, err
	}
	serial, err := strconv.ParseUint(strings.TrimSpace(typed), 10, 32)
	plugged := slices.ContainsFunc(cards, func(info piv.CardInfo) bool { return uint64(info.Serial) == serial })
	if err != nil || !plugged { // a PIN is a number too, which no error may repeat
		return 0, &SerialError{}
	}
	return uint32(serial), nil
}

// plan is what will be done to a card.
type plan struct {
	steps   []string
	changes bool // destroys a key or changes a factory value

	puk, protect, make bool
	replaces           verify.Digest
}

// manages tells whether a step needs the card's management key.
func (p *plan) manages() bool { return p.protect || p.make }

func (p *plan) step(format string, args ...any) {
	p.steps = append(p.steps, fmt.Sprintf(format, args...))
}

// secret is the step for a PIN or a PUK.
func (p *plan) secret(what string, factory piv.Answer) {
	switch factory {
	case piv.Yes:
		p.changes = true
		p.step("its %s is changed: it is the one of every new YubiKey", what)
	case piv.Untold:
		p.step("its %s is changed, if it is the one of every new YubiKey: this card does not tell", what)
	}
}

// prepare takes the card to one that holds the member's key, and returns that.
// Everything is asked before anything is changed.
func (e *enrolment) prepare(ctx context.Context) (verify.PublicKey, error) {
	var none verify.PublicKey
	held := e.info.Slot(e.slot)
	existing, err := e.takeHeld(ctx, held)
	if err != nil {
		return none, err
	}
	p, err := e.plan(held, existing)
	if err != nil {
		return none, err
	}
	if p.make { // what is on the branch cannot be about a key that does not exist yet
		if err := e.vouched(ctx); err != nil {
			return none, err
		}
		if at, err := e.w.git.Fetch(ctx, e.w.push, e.branch()); err == nil {
			return none, &BranchTakenError{Remote: e.w.push, Branch: e.branch(), Found: at}
		}
	}
	if len(p.steps) > 0 {
		if err := e.change(ctx, p); err != nil {
			return none, err
		}
	}
	if existing {
		return held.Public, nil
	}
	now, err := e.card.Key(ctx, e.slot)
	if err != nil {
		return none, err
	}
	return now.Public(), nil
}

// vouched refuses a card whose attestations nobody could believe, before its
// holder gives it a PIN or a key.
func (e *enrolment) vouched(ctx context.Context) error {
	device, err := e.card.Device(ctx)
	if err != nil {
		return err
	}
	if err := e.proof.CheckDevice(device, e.info.Serial, e.w.now); err != nil {
		return rejected(err)
	}
	return nil
}

// takeHeld tells whether the key in the slot is the one to enrol: because of
// --existing, or because it is just what would be made, as after a run that was
// interrupted.
func (e *enrolment) takeHeld(ctx context.Context, held piv.SlotInfo) (bool, error) {
	if held.State != piv.Used || held.Public.SPKI() == nil {
		if e.o.existing {
			if held.State == piv.Used {
				return false, &piv.UnusableKeyError{Serial: e.info.Serial, Slot: e.slot, Reason: "its key is of a kind that is not used here"}
			}
			return false, &piv.EmptyError{Serial: e.info.Serial, Slot: e.slot}
		}
		return false, nil
	}
	own := e.w.ownKey(e.member.Name, held.Public)
	elsewhere, err := e.w.listedElsewhere(held.Fingerprint)
	if err != nil {
		return false, err
	}
	if e.o.existing {
		if own != nil {
			return false, rejected(own)
		}
		if elsewhere != "" {
			e.say("Warning: %s, lists this key too: whoever takes it over signs for both. A key of its own needs another card, or another slot that the policy allows.", elsewhere)
		}
		if unreadable := e.terms.UnreadableP384(); held.Algorithm == "ECDSA P-384" && len(unreadable) > 0 {
			return false, rejected(fmt.Errorf("the policy lists readers that cannot use a P-384 key: %s; the key in slot %s of YubiKey %d is one", strings.Join(unreadable, "; "), e.slot, e.info.Serial))
		}
		return true, e.fits(ctx, held)
	}
	if own != nil || elsewhere != "" {
		return false, nil
	}
	if e.fits(ctx, held) != nil {
		return false, ctx.Err()
	}
	e.say("Slot %s of YubiKey %d holds a key that was made there and meets the policy, as after a run that was interrupted; its fingerprint is\n    %s",
		e.slot, e.info.Serial, held.Fingerprint.Groups())
	return e.ui.Confirm(ctx, "Enrol this key instead of making a new one?")
}

// fits says why the key in the slot cannot be the member's, before anything on
// the card is changed for it.
func (e *enrolment) fits(ctx context.Context, held piv.SlotInfo) error {
	evidence, _, err := e.attest(ctx)
	if err != nil {
		return err
	}
	return e.judge(roles.MemberKey{Label: e.o.label, Public: roles.PublicKey{PublicKey: held.Public}, Kind: roles.KindPIV,
		Serial: int64(e.info.Serial), Slot: e.slot.String(), Status: roles.StatusActive, Evidence: evidence}, "possession")
}

// plan finds out what has to be done, and refuses what must not be.
func (e *enrolment) plan(held piv.SlotInfo, existing bool) (*plan, error) {
	if e.info.PIN.Left == 0 {
		return nil, &piv.BlockedError{Serial: e.info.Serial, What: "PIN"}
	}
	blockedPUK := e.info.PUK.Left == 0
	p := &plan{puk: e.info.PUK.Factory != piv.No && !blockedPUK, protect: e.info.FactoryManagementKey != piv.No}
	p.secret("PIN", e.info.PIN.Factory)
	if p.protect {
		p.changes = true
		p.step("its management key, with which programs replace its keys, becomes a random one that the card keeps under the PIN and nobody sees")
	}
	if p.puk {
		p.secret("PUK", e.info.PUK.Factory)
	}
	if blockedPUK {
		e.say("Warning: the PUK of YubiKey %d is blocked, and stays so: once its PIN is blocked too, only a reset helps, which destroys the key. To have a PUK, give up here and run `ykman piv reset`, which destroys every PIV key of the card; then run this command again.", e.info.Serial)
	}
	if existing {
		return p, nil
	}
	p.make = true
	if held.State == piv.Used {
		listed, err := e.w.listedBy(held.Fingerprint)
		if err != nil {
			return nil, err
		}
		if listed != "" {
			return nil, rejected(&ListedKeyError{e.info.Serial, e.slot, listed})
		}
		p.changes, p.replaces = true, held.Fingerprint
		also := ""
		if held.Public.SPKI() != nil {
			if err := e.w.ownKey(e.member.Name, held.Public); err != nil {
				also = "; " + err.Error()
			}
		}
		p.step("THE KEY IN SLOT %s IS DESTROYED for good: %s, fingerprint %s%s", e.slot, held.Algorithm, held.Fingerprint.Groups(), also)
	}
	if held.State == piv.Hidden {
		p.changes = true
		p.step("a key that was imported into slot %s, if there is one, IS DESTROYED: this card does not show such keys", e.slot)
	}
	p.step("a key (%s) is made in slot %s; to sign, it wants %s; a certificate that is in the slot gives way to the card's own, about this key", "P-"+strings.TrimPrefix(e.o.algorithm, "p"), e.slot, wants(e.terms.Devices))
	return p, nil
}

// wants says what a key that is made by the policy wants of its holder.
func wants(d roles.Devices) string {
	pin, touch := "the PIN each time", "a touch each time"
	if d.PIN == roles.PolicyOnce {
		pin = "the PIN once while the card is plugged in"
	}
	if d.Touch == roles.PolicyCached {
		touch = "a touch, which serves for 15 seconds"
	}
	return pin + ", and " + touch
}

// change asks for everything, then does what the plan says. Each step leaves
// the card in a state from which a rerun goes on. What needs the PIN comes
// first: where it is wrong, nothing has been changed.
func (e *enrolment) change(ctx context.Context, p *plan) error {
	e.say("What will be done to YubiKey %d (%s, firmware %s):", e.info.Serial, e.info.Form, e.info.Firmware)
	for i, s := range p.steps {
		e.say("  %d. %s", i+1, s)
	}
	e.say("Other slots, and FIDO, OpenPGP and one-time passwords on it, are left alone.")
	if err := e.agree(ctx, p.changes); err != nil {
		return err
	}
	secrets, err := e.secrets(ctx, p)
	if err != nil {
		return err
	}
	defer secrets.wipe()
	if secrets.newPIN != nil {
		if secrets.newPIN, err = exchanged(ctx, e, "PIN", secrets.pin, secrets.newPIN, piv.NewPIN, e.card.SetPIN); err != nil {
			return err
		}
		e.say("Done: the PIN is your own.")
	}
	if p.protect {
		if err := e.card.ProtectManagementKey(ctx, secrets.current()); err != nil {
			return err
		}
		e.say("Done: the management key is random, and under the PIN.")
	}
	if secrets.newPUK != nil {
		if secrets.newPUK, err = exchanged(ctx, e, "PUK", secrets.puk, secrets.newPUK, piv.NewPUK, e.card.SetPUK); err != nil {
			return err
		}
		e.say("Done: the PUK is your own.")
	}
	if !p.make {
		return nil
	}
	k := piv.NewKey{Slot: e.slot, Algorithm: piv.Algorithm(e.o.algorithm), PIN: piv.PINAlways, Touch: piv.TouchAlways, Replaces: p.replaces}
	if e.terms.Devices.PIN == roles.PolicyOnce {
		k.PIN = piv.PINOnce
	}
	if e.terms.Devices.Touch == roles.PolicyCached {
		k.Touch = piv.TouchCached
	}
	if _, err := e.card.Generate(ctx, secrets.current(), k); err != nil {
		return err
	}
	e.say("Done: the key is made.")
	return e.certify(ctx, secrets.current())
}

// certify stores the card's own statement beside the key: some programs see no
// key without a certificate, and the one of a destroyed key must not stay.
func (e *enrolment) certify(ctx context.Context, pin *piv.PIN) error {
	answer, err := e.card.Attest(ctx, e.slot)
	if err != nil {
		return err
	}
	return e.card.StoreCertificate(ctx, pin, e.slot, answer.Slot)
}

// agree asks for the serial number where something is changed that cannot be
// changed back, for a yes elsewhere.
func (e *enrolment) agree(ctx context.Context, changes bool) error {
	if !changes {
		return e.person.confirm(ctx, "Go on?")
	}
	typed, err := e.person.line(ctx, "To agree, type the card's serial number")
	if err != nil {
		return err
	}
	if strings.TrimSpace(typed) != strconv.FormatUint(uint64(e.info.Serial), 10) {
		return &SerialError{e.info.Serial}
	}
	return nil
}
