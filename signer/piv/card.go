package piv

import (
	"cmp"
	"context"
	"encoding/pem"
	"errors"
	"slices"

	"github.com/rust-lang/rust-tuf/signer"
	"github.com/rust-lang/rust-tuf/verify"
)

// Card is one YubiKey, known by its serial. It is not held between calls: each
// looks for it in all readers, holds it alone while it works, and lets go of it
// on every path, with no PIN verified. Calls may come from several goroutines;
// they wait for each other.
//
// Besides their own errors all methods return signer.ErrRemoved,
// *signer.CancelledError, *NotThisCardError, *BusyError, *NoPIVError,
// *NoServiceError, *DeniedError, *CardError and *NotBuiltInError. When ctx ends
// the call returns at once, and a change that it had begun is finished without
// it.
//
// Methods that take a PIN spend a try of it, and refuse it untried when fewer
// tries are left than when it was asked for: *FewerTriesError, *BlockedError. A
// wrong one is *signer.WrongSecretError.
type Card struct {
	device *device
}

// Cards tells everything about all cards, ordered by serial; those that cannot
// be read come last, with the reason. It takes a second or two for each, spends
// no tries, and holds no card afterwards. No card at all is no error.
func Cards(ctx context.Context) ([]CardInfo, error) {
	var cards []CardInfo
	err := attempt(ctx, func() error {
		return each(ctx, "", func(reader string, card applet, err error) bool {
			info := CardInfo{Reader: reader, Err: err, PIN: untold, PUK: untold}
			if err == nil {
				info = inspect(ctx, reader, card)
			}
			cards = append(cards, info)
			return true
		})
	})
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(cards, func(a, b CardInfo) int {
		if (a.Serial == 0) != (b.Serial == 0) {
			return cmp.Compare(b.Serial, a.Serial)
		}
		return cmp.Compare(a.Serial, b.Serial)
	})
	return cards, nil
}

// FindCard returns the card of this serial, which is plugged in.
func FindCard(ctx context.Context, serial uint32) (*Card, error) {
	device := newDevice(serial, "")
	err := device.use(ctx, func(applet, []*secret) error { return nil })
	if err != nil {
		return nil, err
	}
	return &Card{device}, nil
}

// Serial returns the number printed on the card.
func (c *Card) Serial() uint32 { return c.device.number }

// Info tells everything about the card, as [Cards] does.
func (c *Card) Info(ctx context.Context) (CardInfo, error) {
	var info CardInfo
	err := c.device.use(ctx, func(card applet, _ []*secret) error {
		info = inspect(ctx, c.device.near, card)
		return info.Err
	})
	if err != nil {
		return CardInfo{}, err
	}
	return info, nil
}

// inspect reads all facts, up to the first error.
func inspect(ctx context.Context, reader string, card applet) CardInfo {
	info := CardInfo{Reader: reader, Serial: card.serial(), Firmware: card.firmware(), PIN: untold, PUK: untold}
	if info.PIN, info.PUK, info.Err = card.counters(); info.Err != nil {
		return info
	}
	for _, s := range Slots() {
		if ctx.Err() != nil {
			info.Err = signer.Cancelled(ctx, nil)
			return info
		}
		slot, err := card.slot(s)
		if err != nil {
			info.Err = err
			return info
		}
		info.Slots = append(info.Slots, slot)
	}
	factory, err := card.isManagementKey(factoryManagementKey())
	switch {
	case err != nil:
		info.Err = err
	case factory:
		info.FactoryManagementKey = Yes
	default:
		info.FactoryManagementKey = No
	}
	info.Form = card.form() // last: some firmware knows no other place to tell it than outside PIV
	return info
}

// Key returns the key in a slot, for signing. Its errors are *EmptyError and
// *UnusableKeyError too.
func (c *Card) Key(ctx context.Context, s Slot) (*Key, error) {
	var info SlotInfo
	err := c.device.use(ctx, func(card applet, _ []*secret) (err error) {
		info, err = card.slot(s)
		return err
	})
	if err != nil {
		return nil, err
	}
	if info.State != Used {
		return nil, &EmptyError{c.Serial(), s}
	}
	if reason := unusable(info); reason != "" {
		return nil, &UnusableKeyError{c.Serial(), s, reason}
	}
	return &Key{c.device, info}, nil
}

// AskPIN asks for the card's PIN, with the tries left. The last one needs a yes
// of its own. Nothing is spent yet. Its errors are those of ui,
// signer.ErrDeclined, *BlockedError and *LengthError too.
func (c *Card) AskPIN(ctx context.Context, ui signer.UI) (*PIN, error) {
	s, err := c.ask(ctx, ui, "PIN")
	if err != nil {
		return nil, err
	}
	return &PIN{s}, nil
}

// AskPUK asks for the card's PUK under the rules of [Card.AskPIN]. Firmware
// below 5.3 does not tell the tries left.
func (c *Card) AskPUK(ctx context.Context, ui signer.UI) (*PUK, error) {
	s, err := c.ask(ctx, ui, "PUK")
	if err != nil {
		return nil, err
	}
	return &PUK{s}, nil
}

func (c *Card) ask(ctx context.Context, ui signer.UI, what string) (secret, error) {
	var left int
	err := c.device.use(ctx, func(card applet, _ []*secret) error {
		pin, puk, err := card.counters()
		left = pin.Left
		if what == "PUK" {
			left = puk.Left
		}
		return err
	})
	if err != nil {
		return secret{}, err
	}
	return ask(ctx, ui.Complete(), c.Serial(), what, left)
}

// Attestation is what a card says about a key that it made: two certificates in
// DER. Nothing of it has been verified.
type Attestation struct {
	Slot   []byte // about the key, signed by the card
	Device []byte // about the card, signed by Yubico
}

// PEM returns the two certificates as PEM blocks "CERTIFICATE".
func (a Attestation) PEM() (slot, device []byte) {
	block := func(der []byte) []byte {
		return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	}
	return block(a.Slot), block(a.Device)
}

// Attest has the card attest the key in a slot. Its errors are *FirmwareError
// (below 4.3) and *NotGeneratedError too.
func (c *Card) Attest(ctx context.Context, s Slot) (Attestation, error) {
	var found Attestation
	err := c.device.use(ctx, func(card applet, _ []*secret) error {
		certificate, err := card.attest(s)
		if refusal := new(NotGeneratedError); errors.As(err, &refusal) {
			info, reading := card.slot(s)
			if reading != nil {
				return reading
			}
			refusal.State, refusal.Origin = info.State, info.Origin
			return refusal
		}
		if err != nil {
			return err
		}
		device, err := card.device()
		if err != nil {
			return err
		}
		found = Attestation{certificate.Raw, device.Raw}
		return nil
	})
	if err != nil {
		return Attestation{}, err
	}
	return found, nil
}

// Device returns the card's own certificate in DER, by which it attests: it says
// who made the card, before any key is in it. Nothing of it has been verified.
// Its errors are *FirmwareError (below 4.3) too.
func (c *Card) Device(ctx context.Context) ([]byte, error) {
	var found []byte
	err := c.device.use(ctx, func(card applet, _ []*secret) error {
		if !card.firmware().AtLeast(attests) {
			return &FirmwareError{card.serial(), "attest", card.firmware(), attests}
		}
		device, err := card.device()
		if err == nil {
			found = device.Raw
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}

// holds checks that a slot holds the key with this fingerprint, or no key that
// the card shows when it is zero.
func holds(card applet, s Slot, want verify.Digest) error {
	info, err := card.slot(s)
	if err != nil {
		return err
	}
	if info.State == Used && (info.Fingerprint.IsZero() || info.Fingerprint != want) ||
		info.State != Used && !want.IsZero() {
		return &NotThisKeyError{card.serial(), s, want, info.Fingerprint}
	}
	return nil
}
