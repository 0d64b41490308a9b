//go:build linux && cgo && !nopiv

package piv

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/rust-lang/rust-tuf/signer"
	"github.com/rust-lang/rust-tuf/signer/signertest"
	"github.com/rust-lang/rust-tuf/tests/refusaltest"
	"github.com/rust-lang/rust-tuf/tests/vyubikey/card"
)

func TestSign(t *testing.T) {
	everyFirmware(t, func(t *testing.T, firmware card.Firmware) {
		algorithms := []card.Algorithm{card.P256, card.P384, card.RSA2048}
		if firmware.AtLeast(5, 7, 0) {
			algorithms = append(algorithms, card.RSA3072)
		}
		for _, algorithm := range algorithms {
			c := insert(t, card.Config{Firmware: firmware, StrictFreshness: true})
			c.Generate(card.Signature, algorithm, card.PINAlways, card.TouchAlways)
			key := keyOf(t, c)
			if !key.Public().Equal(publicOf(t, c, card.Signature)) || key.Describe() != says(c, "%s, slot 9c") {
				t.Errorf("listed is %s", key.Describe())
			}
			seen, err := sign(t, key, signertest.Types("PIN", rightPIN))
			if err != nil {
				t.Errorf("%s: %v", key.Public().Algorithm(), err)
			}
			want := []string{
				says(c, "secret: PIN of %s, 3 tries left"),
				says(c, "waiting: a touch of %s"),
				says(c, "waited: a touch of %s"),
			}
			if !slices.Equal(seen, want) {
				t.Errorf("seen %q", seen)
			}
			spent(t, c, 1, 0, 1)
			usable(t, c)
		}
	})
}

// A key is asked for what its policy demands, and for no more.
func TestSignPolicies(t *testing.T) {
	everyFirmware(t, func(t *testing.T, firmware card.Firmware) {
		for _, pin := range []card.PINPolicy{card.PINNever, card.PINOnce, card.PINAlways} {
			for _, touch := range []card.TouchPolicy{card.TouchNever, card.TouchAlways, card.TouchCached} {
				c := insert(t, card.Config{Firmware: firmware})
				c.Generate(card.Signature, card.P256, pin, touch)
				key := keyOf(t, c)
				var script []signertest.Reply
				var want []string
				if pin != card.PINNever {
					script = append(script, signertest.Types("PIN", rightPIN))
					want = append(want, says(c, "secret: PIN of %s, 3 tries left"))
				}
				if touch != card.TouchNever {
					want = append(want, says(c, "waiting: a touch of %s"), says(c, "waited: a touch of %s"))
				}
				for range 2 { // nothing is remembered from one signature to the next
					seen, err := sign(t, key, script...)
					if err != nil || !slices.Equal(seen, want) {
						t.Errorf("PIN %d, touch %d: %v, seen %q", pin, touch, err, seen)
					}
				}
				usable(t, c)
				world.Remove(c)
			}
		}
	})
}

// Whoever used the card before and left its PIN verified saves nobody the PIN.
func TestSignAfterAnotherProgram(t *testing.T) {
	everyFirmware(t, func(t *testing.T, firmware card.Firmware) {
		c := insert(t, card.Config{Firmware: firmware})
		c.Generate(card.Signature, card.P256, card.PINOnce, card.TouchAlways)
		key := keyOf(t, c)
		other := another(t, c)
		if err := other.VerifyPIN(rightPIN); err != nil {
			t.Fatal(err)
		}
		other.Close()
		if _, err := sign(t, key, signertest.Types(says(c, "PIN of %s, 3 tries left"), rightPIN)); err != nil {
			t.Error(err)
		}
		usable(t, c)
	})
}

// Three wrong PINs: the last one is only tried after a yes, and a blocked card
// asks for nothing.
func TestSignWrongPINs(t *testing.T) {
	everyFirmware(t, func(t *testing.T, firmware card.Firmware) {
		c := member(t, card.Config{Firmware: firmware})
		key := keyOf(t, c)
		steps := []struct {
			script []signertest.Reply
			left   int
			words  string
			hint   string
		}{
			{[]signertest.Reply{signertest.Types("3 tries left", wrongPIN)}, 2, "wrong PIN, 2 tries left", "try again with the right PIN"},
			{[]signertest.Reply{signertest.Types("2 tries left", wrongPIN)}, 1, "wrong PIN, 1 try left", "make sure of the PIN first"},
			{[]signertest.Reply{
				signertest.Agrees(says(c, "%s has 1 try left for its PIN, and a wrong one blocks it; use the last try")),
				signertest.Types(says(c, "PIN of %s, 1 try left"), wrongPIN),
			}, 0, "wrong PIN, no tries left", "its PUK unblocks it"},
		}
		for _, step := range steps {
			seen, err := sign(t, key, step.script...)
			var wrong *signer.WrongSecretError
			if !errors.As(err, &wrong) || wrong.Left != step.left || wrong.What != "PIN" {
				t.Error(err)
			}
			refusaltest.Says(t, err, says(c, "%s, slot 9c: ")+step.words)
			refusaltest.Hints(t, err, step.hint)
			if len(seen) != len(step.script) {
				t.Errorf("seen %q", seen)
			}
			spent(t, c, 1, 0, 0)
		}
		_, err := sign(t, key)
		var blocked *BlockedError
		if !errors.As(err, &blocked) || blocked.Serial != c.Serial() || blocked.What != "PIN" {
			t.Error(err)
		}
		refusaltest.Says(t, err, says(c, "the PIN of %s is blocked: no tries left"))
		refusaltest.Hints(t, err, "unblock it with the PUK")
		spent(t, c, 0, 0, 0)
		usable(t, c)
	})
}

func TestSignLastTry(t *testing.T) {
	c := member(t, card.Config{})
	c.Set(card.State{PINTries: 1})
	key := keyOf(t, c)
	_, err := sign(t, key, signertest.Refuses("use the last try"))
	if !errors.Is(err, signer.ErrDeclined) {
		t.Error(err)
	}
	spent(t, c, 0, 0, 0)
	if _, err := sign(t, key, signertest.Agrees("use the last try"), signertest.Types("1 try left", rightPIN)); err != nil {
		t.Error(err)
	}
	spent(t, c, 1, 0, 1)
	if _, err := sign(t, key, signertest.Types("3 tries left", rightPIN)); err != nil {
		t.Error(err)
	}
}

// Tries that are lost while the person types are seen before theirs is spent.
// That another program can lose them shows that the card is not held meanwhile.
func TestSignFewerTries(t *testing.T) {
	c := member(t, card.Config{})
	key := keyOf(t, c)
	_, err := signer.Sign(t.Context(), key, key.Public(), message, signer.UI{
		Secret: func(context.Context, string) ([]byte, error) {
			other := another(t, c)
			defer other.Close()
			for range 2 {
				if other.VerifyPIN(wrongPIN) == nil {
					t.Error("a wrong PIN is right")
				}
			}
			c.ClearLog()
			return []byte(rightPIN), nil
		},
	})
	var fewer *FewerTriesError
	if !errors.As(err, &fewer) || fewer.Shown != 3 || fewer.Left != 1 {
		t.Error(err)
	}
	refusaltest.Says(t, err, says(c, "%s has 1 try left for its PIN, not 3 as when you were asked"))
	refusaltest.Hints(t, err, "nothing was tried now")
	spent(t, c, 0, 0, 0)
}

// A PIN that cannot be right is not tried.
func TestSignImpossiblePIN(t *testing.T) {
	c := member(t, card.Config{})
	key := keyOf(t, c)
	for _, typed := range []string{"", "12345", "123456789"} {
		_, err := sign(t, key, signertest.Types("PIN", typed))
		var length *LengthError
		if !errors.As(err, &length) || length.What != "PIN" {
			t.Errorf("%q: %v", typed, err)
		}
		refusaltest.Says(t, err, "a PIN has 6 to 8 characters")
		refusaltest.Hints(t, err, "nothing was tried")
	}
	spent(t, c, 0, 0, 0)
}

// Nobody signs with the PIN that every new card has: where the card tells, nobody
// is even asked.
func TestSignFactoryPIN(t *testing.T) {
	everyFirmware(t, func(t *testing.T, firmware card.Firmware) {
		c := member(t, card.Config{Firmware: firmware})
		c.Set(card.State{PIN: card.FactoryPIN})
		var script []signertest.Reply
		words := says(c, "%s still has the PIN of every new YubiKey")
		if !firmware.AtLeast(5, 3, 0) {
			script = append(script, signertest.Types("PIN", card.FactoryPIN))
			words = "this is the PIN of every new YubiKey"
		}
		_, err := sign(t, keyOf(t, c), script...)
		var factory *FactoryError
		if !errors.As(err, &factory) || factory.What != "PIN" {
			t.Error(err)
		}
		refusaltest.Says(t, err, words)
		refusaltest.Hints(t, err, "ykman piv access change-pin")
		spent(t, c, 0, 0, 0)
	})
}

func TestSignNobodyThere(t *testing.T) {
	c := member(t, card.Config{})
	key := keyOf(t, c)
	if _, err := key.Sign(t.Context(), message, signer.UI{}); !errors.Is(err, signer.ErrNobody) {
		t.Error(err)
	}
	refused := errors.New("refused")
	if _, err := sign(t, key, signertest.Ends("PIN", refused)); !errors.Is(err, refused) {
		t.Error(err)
	}
	c.Set(card.State{PINTries: 1})
	if _, err := sign(t, key, signertest.Ends("last try", refused)); !errors.Is(err, refused) {
		t.Error(err)
	}
	spent(t, c, 0, 0, 0)
	usable(t, c)
}

// The PIN that was typed is not left in the memory it was returned in.
func TestSignWipesPIN(t *testing.T) {
	c := member(t, card.Config{})
	key := keyOf(t, c)
	for _, entered := range []string{rightPIN, wrongPIN, "12345", "123456789", card.FactoryPIN} {
		typed := []byte(entered)
		_, _ = key.Sign(t.Context(), message, signer.UI{
			Secret: func(context.Context, string) ([]byte, error) { return typed, nil },
		})
		if !bytes.Equal(typed, make([]byte, len(typed))) {
			t.Errorf("left in memory: %q", typed)
		}
	}
}

// Nor are the copies that are made for the card.
func TestUseWipesSecrets(t *testing.T) {
	c := member(t, card.Config{})
	var kept []*secret
	err := newDevice(c.Serial(), "").use(t.Context(), func(_ applet, own []*secret) error {
		kept = own
		if string(own[0].text) != rightPIN || string(own[1].text) != wrongPIN {
			t.Errorf("given %q, %q", own[0].text, own[1].text)
		}
		return nil
	}, &typed(rightPIN).secret, &typed(wrongPIN).secret)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range kept {
		if !bytes.Equal(s.text, make([]byte, len(s.text))) {
			t.Errorf("left in memory: %q", s.text)
		}
	}
}

// A touch that never comes is not a wrong PIN.
func TestSignNoTouch(t *testing.T) {
	everyFirmware(t, func(t *testing.T, firmware card.Firmware) {
		for _, policy := range []card.PINPolicy{card.PINNever, card.PINOnce, card.PINAlways} {
			c := insert(t, card.Config{Firmware: firmware, Touch: card.Always(card.Ignored)})
			c.Generate(card.Signature, card.P256, policy, card.TouchAlways)
			key := keyOf(t, c)
			var script []signertest.Reply
			if policy != card.PINNever {
				script = append(script, signertest.Types("3 tries left", rightPIN))
			}
			_, err := sign(t, key, script...)
			if !errors.Is(err, signer.ErrNoTouch) {
				t.Error(err)
			}
			refusaltest.Says(t, err, says(c, "%s, slot 9c: the card was not touched in time"))
			refusaltest.Hints(t, err, "touch the card when it blinks")
			spent(t, c, len(script), 0, 0)
			usable(t, c)
		}
	})
}
