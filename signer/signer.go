// Package signer is the seam between a document to be signed and a private key
// in somebody's hand: a card or a key file.
//
// A [Key] signs, a [Source] finds the keys that this person has now, a [UI] is
// how either of them speaks with the person. [Sign] is the only way a signature
// leaves this package: the right key first, and nothing is returned that does
// not verify.
//
// Nothing here reads a clock, a file, the environment or a terminal. Packages
// signer/file and signer/piv hold the kinds of keys; signer/trust is what this
// machine remembers of what it trusted and signed.
package signer

import (
	"context"
	"slices"

	"github.com/rust-lang/rust-tuf/verify"
)

// Key is one private key that can be asked for a signature.
type Key interface {
	// Public is the public half, known without asking for a secret.
	Public() verify.PublicKey

	// Describe names the key as its holder knows it, in one line without
	// control characters: "key file alice.key", "YubiKey 123, slot 9c".
	Describe() string

	// Sign signs message, the canonical bytes themselves and not a hash of
	// them, in the scheme of Public. It asks for its secret and its touch
	// through ui, every callback of which is set, and returns soon after ctx is
	// done. Errors need not name the key: Sign of this package does. It may
	// return *WrongSecretError, ErrDeclined, ErrNoTouch, ErrRemoved,
	// *CancelledError, or any other.
	Sign(ctx context.Context, message []byte, ui UI) ([]byte, error)
}

// Source finds the keys of one kind that are in this person's hand now: the
// cards plugged in, the key files in a folder. None at all is no error. Listing
// never asks for a secret; what cannot be used is told through ui.Message and
// ui.LeftOut and left out, so that one damaged key does not hide the others.
type Source interface {
	Keys(ctx context.Context, ui UI) ([]Key, error)
}

// Sign asks k to sign message and returns the signature once it has been
// verified with want over the same bytes.
//
// A key that is not want is refused before its holder is asked for anything:
// *WrongKeyError. A signature that does not verify is never returned:
// *BadSignatureError. What the key itself answers comes as *KeyError, which
// unwraps to it; when ctx is done it unwraps to *CancelledError too. A good
// signature is returned even if ctx ended meanwhile: a touch is not asked for
// twice. Callbacks missing in ui are filled in by [UI.Complete].
func Sign(ctx context.Context, k Key, want verify.PublicKey, message []byte, ui UI) ([]byte, error) {
	name := k.Describe()
	if found := k.Public(); !found.Equal(want) {
		return nil, &WrongKeyError{Key: name, Want: want.Fingerprint(), Found: found.Fingerprint()}
	}
	if ctx.Err() != nil {
		return nil, &KeyError{Key: name, Err: Cancelled(ctx, nil)}
	}
	sig, err := k.Sign(ctx, slices.Clone(message), ui.Complete())
	if err != nil {
		if ctx.Err() != nil {
			err = Cancelled(ctx, err)
		}
		return nil, &KeyError{Key: name, Err: err}
	}
	if err := want.Verify(message, sig); err != nil {
		return nil, &BadSignatureError{Key: name, Fingerprint: want.Fingerprint(), Err: err}
	}
	return sig, nil
}

// Find returns the keys of all sources that are among want, in the order of the
// sources, each public key once. If there is none the error is *NoKeyError. A
// source's own error ends the search.
func Find(ctx context.Context, sources []Source, want []verify.PublicKey, ui UI) ([]Key, error) {
	var found []Key
	missing := &NoKeyError{}
	for _, source := range sources {
		keys, err := source.Keys(ctx, ui.Complete())
		if err != nil {
			return nil, err
		}
		for _, key := range keys {
			public := key.Public()
			if !slices.ContainsFunc(want, public.Equal) {
				missing.Found = append(missing.Found, key.Describe())
				continue
			}
			same := func(k Key) bool { return k.Public().Equal(public) }
			if !slices.ContainsFunc(found, same) {
				found = append(found, key)
			}
		}
	}
	if len(found) > 0 {
		return found, nil
	}
	for _, public := range want {
		missing.Want = append(missing.Want, public.Fingerprint())
	}
	return nil, missing
}
