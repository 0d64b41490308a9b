package piv

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"errors"
	"fmt"

	"github.com/rust-lang/rust-tuf/signer"
	"github.com/rust-lang/rust-tuf/verify"
)

// Key is a key in a slot of a card that was plugged in when it was listed.
type Key struct {
	device *device
	info   SlotInfo
}

var _ signer.Key = (*Key)(nil)

// Public returns the public half as the card told it.
func (k *Key) Public() verify.PublicKey { return k.info.Public }

// Describe returns "YubiKey 12345678, slot 9c".
func (k *Key) Describe() string { return k.device.String() + ", slot " + k.info.Slot.String() }

// Serial returns the number printed on the card.
func (k *Key) Serial() uint32 { return k.device.number }

// Info returns what the card told about the slot.
func (k *Key) Info() SlotInfo { return k.info }

// Sign has the card sign message: ECDSA over its SHA-256 (P-256) or SHA-384
// (P-384), RSA as PSS over its SHA-256.
//
// The card of this serial is looked for in all readers, and its slot must still
// hold this key; only then the PIN is asked for, with the tries left. The card
// is not held while its holder types, and looked at again after that: the PIN is
// only tried when no tries were lost meanwhile. The factory's PIN is not tried
// at all. A touch is waited for as long as the card waits, about 15 seconds.
//
// Errors are those of ui, *signer.WrongSecretError, signer.ErrDeclined,
// signer.ErrNoTouch, signer.ErrRemoved, *signer.CancelledError,
// *NotThisCardError, *NotThisKeyError, *UnusableKeyError, *BlockedError,
// *FewerTriesError, *LengthError, *FactoryError, *BusyError, *NoPIVError,
// *NoServiceError, *DeniedError, *CardError and *NotBuiltInError.
//
// When ctx ends, Sign returns at once, but the card cannot be interrupted: ui is
// told so, and what it may still sign is thrown away.
func (k *Key) Sign(ctx context.Context, message []byte, ui signer.UI) ([]byte, error) {
	ui = ui.Complete()
	work, err := k.work(message)
	if err != nil {
		return nil, err
	}
	var info SlotInfo
	var pin Counter
	err = k.device.use(ctx, func(card applet, _ []*secret) (err error) {
		if info, err = k.same(card); err != nil {
			return err
		}
		pin, _, err = card.counters()
		return err
	})
	switch {
	case err != nil:
		return nil, err
	case info.PIN == PINNever:
		return k.sign(ctx, ui, work)
	case pin.Factory == Yes:
		return nil, &FactoryError{Serial: k.Serial(), What: "PIN"}
	}
	typed, err := ask(ctx, ui, k.Serial(), "PIN", pin.Left)
	if err != nil {
		return nil, err
	}
	defer typed.Wipe()
	if typed.Factory() {
		return nil, &FactoryError{What: "PIN", Changed: pin.Factory == No}
	}
	return k.sign(ctx, ui, work, &typed)
}

// work is what a card is given to sign.
type work struct {
	public crypto.PublicKey
	digest []byte
	opts   crypto.SignerOpts
}

// work hashes message as the scheme of this key wants it.
func (k *Key) work(message []byte) (work, error) {
	if reason := unusable(k.info); reason != "" {
		return work{}, &UnusableKeyError{k.Serial(), k.info.Slot, reason}
	}
	public, err := x509.ParsePKIXPublicKey(k.info.Public.SPKI())
	if err != nil {
		return work{}, err
	}
	sha := sha256.Sum256(message)
	switch key := public.(type) {
	case *ecdsa.PublicKey:
		if key.Curve.Params().BitSize == 384 {
			sha := sha512.Sum384(message)
			return work{public, sha[:], crypto.SHA384}, nil
		}
		return work{public, sha[:], crypto.SHA256}, nil
	case *rsa.PublicKey:
		return work{public, sha[:], &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: crypto.SHA256}}, nil
	}
	return work{}, fmt.Errorf("no way to sign with a %T", public)
}

// unusable says why a key that is there cannot sign here, "" if it can.
func unusable(info SlotInfo) string {
	switch {
	case info.Told == ByNobody:
		return "its public key cannot be read"
	case info.Algorithm == "Ed25519":
		return "it holds an Ed25519 key, and the card would have to take in the whole document"
	case info.Public.SPKI() == nil:
		return fmt.Sprintf("it holds a key of the kind %s, which is not used here", info.Algorithm)
	case info.PIN == PINMatchOnce || info.PIN == PINMatchAlways:
		return "its key wants a fingerprint instead of a PIN, which is not supported"
	}
	return ""
}

// same reads the slot and checks that it still holds this key.
func (k *Key) same(card applet) (SlotInfo, error) {
	info, err := card.slot(k.info.Slot)
	if err != nil {
		return SlotInfo{}, err
	}
	if !info.Public.Equal(k.info.Public) {
		return SlotInfo{}, &NotThisKeyError{k.Serial(), k.info.Slot, k.info.Fingerprint, info.Fingerprint}
	}
	if reason := unusable(info); reason != "" {
		return SlotInfo{}, &UnusableKeyError{k.Serial(), k.info.Slot, reason}
	}
	return info, nil
}

// sign looks at the card once more, verifies the PIN if there is one, and signs.
// Between the PIN and the signature nothing is sent: a key that wants its PIN
// always may take it for no other command than the next.
func (k *Key) sign(ctx context.Context, ui signer.UI, work work, pin ...*secret) ([]byte, error) {
	var signature []byte
	blinks := make(chan struct{})
	done := make(chan error, 1)
	go func() {
		done <- k.device.use(ctx, func(card applet, pin []*secret) error {
			info, err := k.same(card)
			if err != nil {
				return err
			}
			for _, p := range pin {
				if err := affordable(ctx, card, p); err != nil {
					return err
				}
				if err := card.verify(p.text); err != nil {
					return err
				}
			}
			if ctx.Err() != nil {
				return signer.Cancelled(ctx, nil)
			}
			if info.Touch != TouchNever {
				close(blinks)
			}
			signature, err = card.sign(k.info.Slot, work.public, work.digest, work.opts)
			if errors.Is(err, signer.ErrNoTouch) && info.Touch == TouchNever {
				return &CardError{k.device.String(), "signing with slot " + info.Slot.String(), errPINForgotten}
			}
			return err
		}, pin...)
	}()
	var err error
	select {
	case err = <-done:
	case <-blinks:
		stop := ui.Waiting("a touch of " + k.device.String())
		err = <-done
		stop()
	}
	if err == nil {
		return signature, nil
	}
	if errors.As(err, new(*signer.CancelledError)) && closed(blinks) {
		_ = ui.Message(k.device.String() + " cannot be interrupted and may blink on for 15 seconds; what it signs now is thrown away")
	}
	return nil, err
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

var errPINForgotten = errors.New("the card wants its PIN although it was just verified")
