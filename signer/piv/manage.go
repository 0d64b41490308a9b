package piv

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"fmt"
	"sync/atomic"

	"github.com/rust-lang/rust-tuf/signer"
	"github.com/rust-lang/rust-tuf/verify"
)

// SetPIN exchanges the PIN. It spends a try of old. Its errors are
// *RefusedError too.
func (c *Card) SetPIN(ctx context.Context, old, new *PIN) error {
	return c.device.use(ctx, func(card applet, own []*secret) error {
		if err := affordable(ctx, card, own[0]); err != nil {
			return err
		}
		return card.changePIN(own[0].text, own[1].text)
	}, &old.secret, &new.secret)
}

// SetPUK exchanges the PUK. It spends a try of old. Its errors are
// *RefusedError too.
func (c *Card) SetPUK(ctx context.Context, old, new *PUK) error {
	return c.device.use(ctx, func(card applet, own []*secret) error {
		if err := affordable(ctx, card, own[0]); err != nil {
			return err
		}
		return card.changePUK(own[0].text, own[1].text)
	}, &old.secret, &new.secret)
}

// ProtectManagementKey exchanges the management key for a random one of 24
// bytes, which the card keeps under its PIN and nobody ever sees. Its errors are
// *ManagementKeyError too.
func (c *Card) ProtectManagementKey(ctx context.Context, pin *PIN) error {
	return c.manage(ctx, pin, func(card applet, own *secret, management []byte) error {
		random := make([]byte, 24)
		defer clear(random)
		if _, err := rand.Read(random); err != nil {
			return err
		}
		return card.protectKey(own.text, management, random)
	})
}

// CanManage finds out, without changing anything, whether the card's keys can be
// made and destroyed with this PIN. It spends a try of it. Its errors are
// *RefusedError and *ManagementKeyError too.
func (c *Card) CanManage(ctx context.Context, pin *PIN) error {
	return c.manage(ctx, pin, func(applet, *secret, []byte) error { return nil })
}

// NewKey is a key to be made.
type NewKey struct {
	Slot      Slot
	Algorithm Algorithm
	PIN       PINPolicy   // PINNever, PINOnce or PINAlways
	Touch     TouchPolicy // TouchNever, TouchAlways or TouchCached

	// Replaces is the fingerprint of the key that the slot holds and that is
	// destroyed. When it is zero the slot must not be in use.
	Replaces verify.Digest
}

// Generate makes a key on the card and returns its public half. The certificate
// in the slot, if there is one, stays as it is. On a card that does not show
// imported keys ([Hidden]) such a key is replaced too. Its errors are
// *NotThisKeyError and *ManagementKeyError too.
func (c *Card) Generate(ctx context.Context, pin *PIN, k NewKey) (verify.PublicKey, error) {
	if err := k.check(); err != nil {
		return verify.PublicKey{}, err
	}
	var made verify.PublicKey
	err := c.manage(ctx, pin, func(card applet, _ *secret, management []byte) error {
		public, err := card.generate(management, k.Slot, k.Algorithm, k.PIN, k.Touch)
		if err != nil {
			return err
		}
		made, err = verify.NewPublicKey(public)
		return err
	}, func(card applet) error { return holds(card, k.Slot, k.Replaces) })
	if err != nil {
		return verify.PublicKey{}, err
	}
	return made, nil
}

func (k NewKey) check() error {
	switch {
	case !k.Slot.valid():
		_, err := ParseSlot(k.Slot.String())
		return err
	case k.Algorithm != P256 && k.Algorithm != P384:
		return fmt.Errorf("no algorithm %q: choose one of %s, %s", k.Algorithm, P256, P384)
	case k.PIN < PINNever || k.PIN > PINAlways:
		return fmt.Errorf("no PIN policy %s: choose one of %s, %s, %s", k.PIN, PINNever, PINOnce, PINAlways)
	case k.Touch < TouchNever || k.Touch > TouchCached:
		return fmt.Errorf("no touch policy %s: choose one of %s, %s, %s", k.Touch, TouchNever, TouchAlways, TouchCached)
	}
	return nil
}

// StoreCertificate puts a certificate in DER into a slot that holds its key, for
// other programs to find: some of them see no key without one. Its errors are
// *NotThisKeyError and *ManagementKeyError too.
func (c *Card) StoreCertificate(ctx context.Context, pin *PIN, s Slot, der []byte) error {
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return err
	}
	public, err := verify.NewPublicKey(certificate.PublicKey)
	if err != nil {
		return err
	}
	return c.manage(ctx, pin, func(card applet, _ *secret, management []byte) error {
		return card.store(management, s, certificate)
	}, func(card applet) error { return holds(card, s, public.Fingerprint()) })
}

// Erasure is how a key was destroyed.
type Erasure int

// Ways of destroying a key.
const (
	// NotErased is a key that was not destroyed.
	NotErased Erasure = iota
	// Overwritten is a slot that holds a new key, which nobody knows the public
	// half of: firmware below 5.7 cannot delete.
	Overwritten
	// Deleted is an empty slot.
	Deleted
)

// String returns "overwritten", "deleted" or "not erased".
func (e Erasure) String() string { return name(e, "not erased", "overwritten", "deleted") }

// Wipe destroys the key in a slot, whose fingerprint is key, and the certificate
// beside it: it overwrites the key with a new one, and deletes that where
// firmware (5.7) and this build can: on Windows the new key stays, with the
// card's attestation of it as its certificate. It needs no touch. Its errors are *NotThisKeyError and
// *ManagementKeyError too; how far it came is told together with an error.
func (c *Card) Wipe(ctx context.Context, pin *PIN, s Slot, key verify.Digest) (Erasure, error) {
	var done atomic.Int32 // an Erasure; the card may go on when ctx ends
	err := c.manage(ctx, pin, func(card applet, _ *secret, management []byte) error {
		if _, err := card.generate(management, s, P256, PINAlways, TouchAlways); err != nil {
			return err
		}
		done.Store(int32(Overwritten))
		if !c.device.plain {
			return cover(card, management, s)
		}
		deletes := card.firmware().AtLeast(deletes)
		if err := card.erase(management, s); err != nil {
			return err
		}
		if deletes {
			done.Store(int32(Deleted))
		}
		return nil
	}, func(card applet) error { return holds(card, s, key) })
	return Erasure(done.Load()), err
}

// cover replaces the certificate in a slot by the attestation of the key that is
// there now, where certificates cannot be deleted.
func cover(card applet, management []byte, s Slot) error {
	if !card.firmware().AtLeast(attests) {
		return nil
	}
	certificate, err := card.attest(s)
	if err != nil {
		return err
	}
	return card.store(management, s, certificate)
}

// Reset destroys everything in the card's PIV application, all its keys
// included, and gives it the PIN, PUK and management key of every new YubiKey. It
// needs no PIN: it spends all tries of the PIN and the PUK. Other applications
// (FIDO, OpenPGP, OTP) are left alone.
func (c *Card) Reset(ctx context.Context) error {
	return c.device.use(ctx, func(card applet, _ []*secret) error { return card.reset() })
}

// manage gives the card to f together with its management key, which the card
// keeps under its PIN, or which is the factory's. Before a try of the PIN is
// spent, the checks must agree.
func (c *Card) manage(ctx context.Context, pin *PIN, f func(card applet, own *secret, management []byte) error, checks ...func(applet) error) error {
	return c.device.use(ctx, func(card applet, own []*secret) error {
		for _, check := range checks {
			if err := check(card); err != nil {
				return err
			}
		}
		if err := affordable(ctx, card, own[0]); err != nil {
			return err
		}
		management, err := managementKey(card, own[0].text)
		if err != nil {
			return err
		}
		defer clear(management)
		if ctx.Err() != nil {
			return signer.Cancelled(ctx, nil)
		}
		return f(card, own[0], management)
	}, &pin.secret)
}

// managementKey returns the key that the card demands.
func managementKey(card applet, pin []byte) ([]byte, error) {
	kept, err := card.protectedKey(pin)
	if err != nil {
		return nil, err
	}
	for _, key := range [][]byte{kept, factoryManagementKey()} {
		if key == nil {
			continue
		}
		is, err := card.isManagementKey(key)
		if err != nil {
			clear(kept)
			return nil, err
		}
		if is {
			return key, nil
		}
	}
	clear(kept)
	return nil, &ManagementKeyError{card.serial()}
}
