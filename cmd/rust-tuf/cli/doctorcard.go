package cli

import (
	"context"
	"fmt"

	"github.com/rust-lang/rust-tuf/roles"
	"github.com/rust-lang/rust-tuf/roles/attest"
	"github.com/rust-lang/rust-tuf/signer/file"
	"github.com/rust-lang/rust-tuf/signer/piv"
)

// cards looks at the reader service and every card, and counts them.
func (d *diagnosis) cards(ctx context.Context) int {
	cards, err := piv.Cards(ctx)
	if err != nil {
		state := markWrong
		for _, k := range d.hand.keys {
			if _, ok := k.(*file.Key); ok { // somebody who signs without cards
				state = markWarning
			}
		}
		d.trouble(state, "card", err)
		return 0
	}
	d.line(markOK, "card", "", "the smart card service answers; YubiKeys plugged in: %d", len(cards))
	for _, root := range d.known.proof.TestRoots() {
		d.line(markWarning, "card", "outside a rehearsal, run the program as it is shipped", "a TEST ROOT is trusted, so that nothing is proven about real cards: %s", root)
	}
	for _, info := range cards {
		if info.Err != nil {
			d.trouble(markWrong, "card", info.Err)
			continue
		}
		d.card(ctx, info)
	}
	return len(cards)
}

// card looks at one card. Nothing of this spends a try.
func (d *diagnosis) card(ctx context.Context, info piv.CardInfo) {
	name := fmt.Sprintf("YubiKey %d", info.Serial)
	d.line(markOK, "card", "", "%s: %s, firmware %s", name, info.Form, info.Firmware)
	if info.PIN.Left == 0 && info.PUK.Left == 0 {
		d.line(markWrong, "card", resetCard, "%s: its PIN and its PUK are blocked: its keys can never be used again", name)
	} else {
		d.counters(name, info)
	}
	d.managementKey(name, info)
	d.places(ctx, name, info)
}

// resetCard is what is left where nothing of a card can be used any more.
const resetCard = "ykman piv reset, which destroys every PIV key of the card, and then `rust-tuf member enrol NAME`"

// counters looks at PIN and PUK.
func (d *diagnosis) counters(name string, info piv.CardInfo) {
	d.counter(name, "PIN", info.PIN, d.mends(info, "ykman piv access change-pin"))
	d.counter(name, "PUK", info.PUK, d.mends(info, "ykman piv access change-puk"))
}

// managementKey looks at the key that makes and destroys others.
func (d *diagnosis) managementKey(name string, info piv.CardInfo) {
	switch info.FactoryManagementKey {
	case piv.Yes:
		d.line(markWrong, "card", d.mends(info, "ykman piv access change-management-key --generate --protect"),
			"%s: its management key is the one of every new YubiKey, so that any program can replace its keys", name)
	case piv.No:
		d.line(markOK, "card", "", "%s: its management key is not the factory's", name)
	default:
		d.line(markWarning, "card", "if you never changed it, "+d.mends(info, "ykman piv access change-management-key --generate --protect"), "%s: whether its management key is the factory's could not be found out", name)
	}
}

// places looks at the slots where the policy allows a member's key.
func (d *diagnosis) places(ctx context.Context, name string, info piv.CardInfo) {
	var slots []piv.SlotInfo
	inUse := false
	for _, text := range d.known.terms.Devices.Slots {
		slot, err := piv.ParseSlot(text)
		if err != nil {
			d.trouble(markWrong, "card", err)
			continue
		}
		held := info.Slot(slot)
		slots, inUse = append(slots, held), inUse || held.State == piv.Used
	}
	makes := "`rust-tuf member enrol NAME`"
	if !inUse && !d.fits(ctx, name, info) {
		makes = "take another card"
	}
	for _, held := range slots {
		d.slot(ctx, name, info, held, makes)
	}
}

// fits judges a card on which a key is to be made yet, as enrolling does; one
// that holds a key is judged by what it attests of that.
func (d *diagnosis) fits(ctx context.Context, name string, info piv.CardInfo) bool {
	candidate := candidateOf(info)
	const newcomer = "you" // for whom only exceptions hold that name nobody
	if against := append(d.known.terms.Meets(newcomer, candidate), d.known.terms.Advised(newcomer, candidate)...); len(against) > 0 {
		d.trouble(markWrong, "card", &UnfitCardError{info.Serial, against})
		return false
	}
	card, err := piv.FindCard(ctx, info.Serial)
	if err != nil {
		d.trouble(markWrong, "card", err)
		return false
	}
	device, err := card.Device(ctx)
	if err == nil {
		err = d.known.proof.CheckDevice(device, info.Serial, d.now)
	}
	if err != nil {
		d.ails(markWrong, "card", useNoMore, fmt.Errorf("%s: nothing that it attests would prove anything: %w", name, err))
		return false
	}
	d.line(markOK, "card", "", "%s: the policy lets a member's key be made on it", name)
	return true
}

// mends is what changes a factory value: enrolling a card that has no key yet, and
// a command of its own on any other.
func (d *diagnosis) mends(info piv.CardInfo, command string) string {
	for _, s := range info.Slots {
		if s.State == piv.Used {
			return command
		}
	}
	return "`rust-tuf member enrol NAME`, which changes it"
}

// counter looks at a PIN or a PUK.
func (d *diagnosis) counter(name, what string, c piv.Counter, change string) {
	switch {
	case c.Left == 0 && what == "PIN":
		d.line(markWrong, "card", "ykman piv access unblock-pin", "%s: its PIN is blocked: no tries left", name)
	case c.Left == 0:
		d.line(markWarning, "card", resetCard+"; or go on without a PUK", "%s: its PUK is blocked: a blocked PIN could only be mended by a reset, which destroys the keys", name)
		return // nobody can use or change it
	case c.Left == 1 || c.Left == 2:
		d.line(markWarning, "card", "the next right "+what+" gives back all tries", "%s: its %s has tries left: %d", name, what, c.Left)
	case c.Left > 0:
		d.line(markOK, "card", "", "%s: its %s has tries left: %d", name, what, c.Left)
	}
	switch c.Factory {
	case piv.Yes:
		d.line(markWrong, "card", change, "%s: its %s is the one of every new YubiKey", name, what)
	case piv.No:
		d.line(markOK, "card", "", "%s: its %s is not the factory's", name, what)
	default:
		d.line(markWarning, "card", "if you never changed it, "+change, "%s: it does not tell whether its %s is the factory's", name, what)
	}
}

// slot looks at the place of the member's key; makes is what puts one there.
func (d *diagnosis) slot(ctx context.Context, name string, info piv.CardInfo, held piv.SlotInfo, makes string) {
	where := fmt.Sprintf("%s, slot %s", name, held.Slot)
	switch held.State {
	case piv.Empty:
		d.line(markWarning, "card", makes, "%s: there is no key", where)
		return
	case piv.Hidden:
		d.line(markWarning, "card", makes, "%s: there is no key that this card would show", where)
		return
	}
	d.line(markOK, "card", "", "%s: %s key, fingerprint %s", where, held.Algorithm, held.Fingerprint.Groups())
	card, err := piv.FindCard(ctx, info.Serial)
	if err != nil {
		d.trouble(markWrong, "card", err)
		return
	}
	answer, err := card.Attest(ctx, held.Slot)
	if err != nil {
		d.trouble(markWrong, "card", err)
		return
	}
	proof, err := attest.ParseDER(answer.Slot, answer.Device)
	if err == nil {
		var facts attest.Facts
		if facts, err = d.known.proof.Verify(proof, d.now); err == nil {
			d.line(markOK, "card", "", "%s: attested: %s", where, facts)
			d.demands(where, info, held, proof, facts)
			return
		}
	}
	d.trouble(markWrong, "card", fmt.Errorf("%s: its attestation proves nothing: %w", where, err))
}

const useNoMore = "no YubiKey does that: take another card, and tell a maintainer of this one"

// demands compares a key with [devices] of the policy, by the rules of the gate.
func (d *diagnosis) demands(where string, info piv.CardInfo, held piv.SlotInfo, proof *attest.Attestation, facts attest.Facts) {
	switch {
	case !facts.Key.Equal(held.Public):
		d.line(markWrong, "card", useNoMore, "%s: the card attests another key than it shows", where)
		return
	case facts.Serial != info.Serial || facts.Slot.String() != held.Slot.String():
		d.line(markWrong, "card", useNoMore, "%s: the card attests slot %s of card %d instead", where, facts.Slot, facts.Serial)
		return
	}
	short := d.known.shortcomings(facts, roles.Evidence{Slot: string(proof.SlotPEM()), Device: string(proof.DevicePEM())})
	for _, f := range short {
		d.line(markWrong, "card", f.Next, "%s: %s", where, f.Text)
	}
	if len(short) == 0 {
		d.line(markOK, "card", "", "%s: it meets what the policy demands of cards", where)
	}
}
