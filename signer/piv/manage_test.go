//go:build linux && cgo && !nopiv

package piv

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	pivgo "github.com/go-piv/piv-go/v2/piv"

	"github.com/rust-lang/rust-tuf/signer"
	"github.com/rust-lang/rust-tuf/signer/signertest"
	"github.com/rust-lang/rust-tuf/tests/refusaltest"
	"github.com/rust-lang/rust-tuf/tests/vyubikey/card"
	"github.com/rust-lang/rust-tuf/verify"
)

// typed is the PIN as it was typed while all tries were left.
func typed(text string) *PIN { return &PIN{secret{"PIN", []byte(text), 3}} }

func typedPUK(text string) *PUK { return &PUK{secret{"PUK", []byte(text), -1}} }

// fresh plugs in a card as it comes from the shop.
func fresh(t *testing.T, config card.Config) *card.Card {
	t.Helper()
	c := insert(t, config)
	c.Set(card.State{PIN: card.FactoryPIN, PUK: card.FactoryPUK})
	return c
}

// From the shop to a member's card: what enrolment does, on every firmware.
func TestEnrolment(t *testing.T) {
	everyFirmware(t, func(t *testing.T, firmware card.Firmware) {
		c := fresh(t, card.Config{Firmware: firmware})
		found := find(t, c)
		person := signertest.NewPerson(t, signertest.Types(says(c, "PIN of %s, 3 tries left"), card.FactoryPIN),
			signertest.Types(says(c, "PUK of %s"), card.FactoryPUK))
		oldPIN, err := found.AskPIN(t.Context(), person.UI())
		if err != nil || !oldPIN.Factory() {
			t.Fatal(err)
		}
		oldPUK, err := found.AskPUK(t.Context(), person.UI())
		if err != nil || !oldPUK.Factory() {
			t.Fatal(err)
		}
		pin, err := NewPIN([]byte(rightPIN))
		if err != nil {
			t.Fatal(err)
		}
		puk, err := NewPUK([]byte(rightPUK))
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(found.SetPIN(t.Context(), oldPIN, pin), found.SetPUK(t.Context(), oldPUK, puk)); err != nil {
			t.Fatal(err)
		}
		spent(t, c, 1, 1, 0)
		if err := found.ProtectManagementKey(t.Context(), pin); err != nil {
			t.Fatal(err)
		}
		public, err := found.Generate(t.Context(), pin, NewKey{Slot: Signature, Algorithm: P256, PIN: PINAlways, Touch: TouchAlways})
		if err != nil || !public.Equal(publicOf(t, c, card.Signature)) {
			t.Fatal(err)
		}
		attestation, err := found.Attest(t.Context(), Signature)
		if err != nil {
			t.Fatal(err)
		}
		checkAttestation(t, attestation, public)
		if err := found.StoreCertificate(t.Context(), pin, Signature, attestation.Slot); err != nil {
			t.Fatal(err)
		}
		key, err := found.Key(t.Context(), Signature)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := sign(t, key, signertest.Types("PIN", rightPIN)); err != nil {
			t.Error(err)
		}
		info, err := found.Info(t.Context())
		if err != nil || info.FactoryManagementKey != No || info.PIN.Factory == Yes || info.PUK.Factory == Yes {
			t.Errorf("%+v, %v", info, err)
		}
		usable(t, c)
	})
}

// The management key is exchanged again and again, also when an exchange was cut
// short after the new key was stored and before the card demanded it.
func TestProtectManagementKey(t *testing.T) {
	everyFirmware(t, func(t *testing.T, firmware card.Firmware) {
		c := insert(t, card.Config{Firmware: firmware})
		found := find(t, c)
		for range 2 {
			if err := found.ProtectManagementKey(t.Context(), typed(rightPIN)); err != nil {
				t.Fatal(err)
			}
		}
		factory := byte(0x03)
		if firmware.AtLeast(5, 7, 0) {
			factory = 0x0a
		}
		c.Set(card.State{ManagementAlgorithm: card.Algorithm(factory), ManagementKey: card.FactoryManagementKey()})
		if err := found.ProtectManagementKey(t.Context(), typed(rightPIN)); err != nil {
			t.Fatal(err)
		}
		info, err := found.Info(t.Context())
		if err != nil || info.FactoryManagementKey != No {
			t.Errorf("%+v, %v", info, err)
		}
		// It is where other programs look for it.
		other := another(t, c)
		data, err := other.Metadata(rightPIN)
		other.Close()
		if err != nil || data.ManagementKey == nil || len(*data.ManagementKey) != 24 || bytes.Equal(*data.ManagementKey, card.FactoryManagementKey()) {
			t.Errorf("%+v, %v", data, err)
		}
	})
}

func TestUnknownManagementKey(t *testing.T) {
	c := member(t, card.Config{})
	before := c.PublicKey(card.Signature)
	c.Set(card.State{ManagementAlgorithm: 0x0c, ManagementKey: bytes.Repeat([]byte{7}, 32)})
	found := find(t, c)
	key := publicOf(t, c, card.Signature).Fingerprint()
	_, generating := found.Generate(t.Context(), typed(rightPIN), NewKey{Signature, P256, PINAlways, TouchAlways, key})
	_, wiping := found.Wipe(t.Context(), typed(rightPIN), Signature, key)
	asking := found.CanManage(t.Context(), typed(rightPIN))
	protecting := found.ProtectManagementKey(t.Context(), typed(rightPIN))
	for _, err := range []error{generating, wiping, asking, protecting} {
		var unknown *ManagementKeyError
		if !errors.As(err, &unknown) || unknown.Serial != c.Serial() {
			t.Errorf("error %#v", err)
		}
		refusaltest.Hints(t, err, "ykman piv access change-management-key")
	}
	if c.PublicKey(card.Signature) != before {
		t.Error("the key was replaced")
	}
	usable(t, c)
}

// A slot in use is only touched by who names the key in it, before any PIN is
// spent.
func TestOccupied(t *testing.T) {
	everyFirmware(t, func(t *testing.T, firmware card.Firmware) {
		c := member(t, card.Config{Firmware: firmware})
		c.Generate(card.Authentication, card.RSA2048, card.PINAlways, card.TouchAlways)
		before, key := c.PublicKey(card.Signature), publicOf(t, c, card.Signature).Fingerprint()
		other := publicOf(t, c, card.Authentication).Fingerprint()
		found := find(t, c)
		generate := func(s Slot, replaces verify.Digest) error {
			_, err := found.Generate(t.Context(), typed(rightPIN), NewKey{s, P256, PINAlways, TouchAlways, replaces})
			return err
		}
		wipe := func(s Slot, key verify.Digest) error {
			done, err := found.Wipe(t.Context(), typed(rightPIN), s, key)
			if done != NotErased {
				t.Errorf("slot %s is %s", s, done)
			}
			return err
		}
		for i, err := range []error{
			generate(Signature, verify.Digest{}), generate(Signature, other), generate(KeyManagement, key),
			wipe(Signature, verify.Digest{}), wipe(Signature, other), wipe(KeyManagement, key),
		} {
			if !errors.As(err, new(*NotThisKeyError)) {
				t.Errorf("%d: %v", i, err)
			}
		}
		spent(t, c, 0, 0, 0)
		if c.PublicKey(card.Signature) != before {
			t.Error("the key was replaced")
		}
		if err := generate(Signature, key); err != nil || c.PublicKey(card.Signature) == before {
			t.Errorf("the key was not replaced: %v", err)
		}
	})
}

// A key that is wiped is gone, and so is its certificate.
func TestWipe(t *testing.T) {
	everyFirmware(t, func(t *testing.T, firmware card.Firmware) {
		for _, protected := range []bool{false, true} {
			c := member(t, card.Config{Firmware: firmware})
			certify(t, c, c.PublicKey(card.Signature))
			found := find(t, c)
			if protected {
				if err := found.ProtectManagementKey(t.Context(), typed(rightPIN)); err != nil {
					t.Fatal(err)
				}
			}
			key := publicOf(t, c, card.Signature)
			if err := found.CanManage(t.Context(), typed(rightPIN)); err != nil || !publicOf(t, c, card.Signature).Equal(key) {
				t.Errorf("asked whether it could be wiped: %v", err)
			}
			want := Overwritten
			if firmware.AtLeast(5, 7, 0) {
				want = Deleted
			}
			done, err := found.Wipe(t.Context(), typed(rightPIN), Signature, key.Fingerprint())
			if err != nil || done != want {
				t.Errorf("%s, %v", done, err)
			}
			switch now := c.PublicKey(card.Signature); {
			case want == Deleted && now != nil:
				t.Error("the slot holds a key")
			case want == Overwritten && (now == nil || publicOf(t, c, card.Signature).Equal(key)):
				t.Error("the slot holds the key")
			}
			other := another(t, c)
			if _, err := other.Certificate(pivgo.SlotSignature); !errors.Is(err, pivgo.ErrNotFound) {
				t.Errorf("the certificate is there: %v", err)
			}
			other.Close()
			if n := c.Counters(); n.Touches != 0 {
				t.Errorf("%d touches", n.Touches)
			}
			usable(t, c)
		}
	})
}

// Where the build has no way to delete, as on Windows, the key is overwritten,
// and that is what is said, whatever the firmware could do.
func TestWipeWithoutPlainCommands(t *testing.T) {
	everyFirmware(t, func(t *testing.T, firmware card.Firmware) {
		c := member(t, card.Config{Firmware: firmware})
		certify(t, c, c.PublicKey(card.Signature))
		key := publicOf(t, c, card.Signature)
		found := find(t, c)
		found.device.plain = false
		done, err := found.Wipe(t.Context(), typed(rightPIN), Signature, key.Fingerprint())
		if err != nil || done != Overwritten {
			t.Errorf("%s, %v", done, err)
		}
		if c.PublicKey(card.Signature) == nil || publicOf(t, c, card.Signature).Equal(key) {
			t.Error("the slot holds no new key")
		}
		other := another(t, c)
		defer other.Close()
		certificate, err := other.Certificate(pivgo.SlotSignature)
		if err != nil {
			t.Fatal(err)
		}
		beside, err := verify.NewPublicKey(certificate.PublicKey)
		if err != nil || !beside.Equal(publicOf(t, c, card.Signature)) {
			t.Errorf("the certificate is not of the new key: %v", err)
		}
	})
}

func TestReset(t *testing.T) {
	everyFirmware(t, func(t *testing.T, firmware card.Firmware) {
		c := member(t, card.Config{Firmware: firmware})
		if err := find(t, c).Reset(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := c.Counters(); n.Resets != 1 || c.PublicKey(card.Signature) != nil {
			t.Errorf("%+v", n)
		}
		usable(t, c)
	})
}

// Wrong and blocked PINs and PUKs, each with its words, at every call that takes
// one.
func TestWrongSecrets(t *testing.T) {
	everyFirmware(t, func(t *testing.T, firmware card.Firmware) {
		c := member(t, card.Config{Firmware: firmware})
		found := find(t, c)
		key := publicOf(t, c, card.Signature).Fingerprint()
		calls := map[string]func(*PIN) error{
			"SetPIN":               func(p *PIN) error { return found.SetPIN(t.Context(), p, typed("654321")) },
			"ProtectManagementKey": func(p *PIN) error { return found.ProtectManagementKey(t.Context(), p) },
			"Generate": func(p *PIN) error {
				_, err := found.Generate(t.Context(), p, NewKey{Signature, P256, PINAlways, TouchAlways, key})
				return err
			},
			"Wipe": func(p *PIN) error { _, err := found.Wipe(t.Context(), p, Signature, key); return err },
		}
		for name, call := range calls {
			c.Set(card.State{PINTries: 3})
			pin := typed(wrongPIN)
			var wrong *signer.WrongSecretError
			if err := call(pin); !errors.As(err, &wrong) || wrong.Left != 2 || wrong.What != "PIN" {
				t.Errorf("%s: %v", name, err)
			}
			spent(t, c, 1, 0, 0)
			// The same wrong PIN is not tried twice.
			if err := call(pin); !errors.As(err, new(*FewerTriesError)) {
				t.Errorf("%s: %v", name, err)
			}
			c.Set(card.State{PINTries: -1})
			var blocked *BlockedError
			if err := call(typed(rightPIN)); !errors.As(err, &blocked) || blocked.What != "PIN" {
				t.Errorf("%s: %v", name, err)
			}
			spent(t, c, 0, 0, 0)
		}
		if _, err := found.AskPIN(t.Context(), signertest.NewPerson(t).UI()); !errors.As(err, new(*BlockedError)) {
			t.Error(err)
		}
		c.Set(card.State{PINTries: 1})
		if _, err := found.AskPIN(t.Context(), signertest.NewPerson(t, signertest.Refuses("1 try left")).UI()); !errors.Is(err, signer.ErrDeclined) {
			t.Error(err)
		}
		// One try left is not spent by who was not told.
		if err := found.ProtectManagementKey(t.Context(), &PIN{secret{"PIN", []byte(rightPIN), -1}}); !errors.As(err, new(*FewerTriesError)) {
			t.Error(err)
		}
		spent(t, c, 0, 0, 0)
	})
}

func TestWrongPUK(t *testing.T) {
	everyFirmware(t, func(t *testing.T, firmware card.Firmware) {
		c := member(t, card.Config{Firmware: firmware})
		found := find(t, c)
		next := typedPUK("87654321")
		var wrong *signer.WrongSecretError
		for _, left := range []int{2, 1} {
			if firmware.AtLeast(5, 3, 0) && left == 1 {
				break // there the card tells, and typedPUK knows of no tries
			}
			if err := found.SetPUK(t.Context(), typedPUK(wrongPIN), next); !errors.As(err, &wrong) || wrong.What != "PUK" || wrong.Left != left {
				t.Error(err)
			}
		}
		c.Set(card.State{PUKTries: 1})
		if firmware.AtLeast(5, 3, 0) {
			person := signertest.NewPerson(t, signertest.Agrees(says(c, "%s has 1 try left for its PUK")), signertest.Types("PUK", wrongPIN))
			puk, err := found.AskPUK(t.Context(), person.UI())
			if err != nil {
				t.Fatal(err)
			}
			if err := found.SetPUK(t.Context(), puk, next); !errors.As(err, new(*BlockedError)) {
				t.Error(err)
			}
			if _, err := found.AskPUK(t.Context(), person.UI()); !errors.As(err, new(*BlockedError)) {
				t.Error(err)
			}
		} else if err := found.SetPUK(t.Context(), typedPUK(wrongPIN), next); !errors.As(err, new(*BlockedError)) {
			t.Error(err)
		}
		var blocked *BlockedError
		if err := found.SetPUK(t.Context(), typedPUK(rightPUK), next); !errors.As(err, &blocked) || blocked.What != "PUK" {
			t.Error(err)
		}
		if pin, _ := c.Tries(); pin != 3 {
			t.Errorf("%d tries of the PIN", pin)
		}
	})
}

// Where the card tells how many tries its PUK has, they are compared like those
// of the PIN.
func TestFewerTriesOfThePUK(t *testing.T) {
	c := member(t, card.Config{})
	found := find(t, c)
	puk, err := found.AskPUK(t.Context(), signertest.NewPerson(t, signertest.Types(says(c, "PUK of %s, 3 tries left"), rightPUK)).UI())
	if err != nil {
		t.Fatal(err)
	}
	c.Set(card.State{PUKTries: 2})
	err = found.SetPUK(t.Context(), puk, typedPUK("87654321"))
	var fewer *FewerTriesError
	if !errors.As(err, &fewer) || fewer.What != "PUK" || fewer.Shown != 3 || fewer.Left != 2 {
		t.Errorf("error %#v", err)
	}
	spent(t, c, 0, 0, 0)
}

// A request that no card could fulfil is refused before any card is looked for.
func TestNewKeyRefuses(t *testing.T) {
	found := &Card{newDevice(1, "")}
	good := NewKey{Slot: Signature, Algorithm: P256, PIN: PINAlways, Touch: TouchAlways}
	for words, change := range map[string]func(*NewKey){
		`no slot "f9"`:               func(k *NewKey) { k.Slot = 0xf9 },
		`no algorithm "rsa"`:         func(k *NewKey) { k.Algorithm = "rsa" },
		"no PIN policy unknown":      func(k *NewKey) { k.PIN = PINUnknown },
		"no PIN policy match-always": func(k *NewKey) { k.PIN = PINMatchAlways },
		"no touch policy unknown":    func(k *NewKey) { k.Touch = TouchUnknown },
	} {
		k := good
		change(&k)
		_, err := found.Generate(t.Context(), typed(rightPIN), k)
		refusaltest.Says(t, err, words)
	}
	if err := found.StoreCertificate(t.Context(), typed(rightPIN), Signature, []byte("no certificate")); err == nil {
		t.Error("stored")
	}
}

// No PIN leaves this package for a card but the one that was typed: not once is
// a factory's PIN or PUK tried, whatever is asked of a new card.
func TestFactoryIsNotTried(t *testing.T) {
	everyFirmware(t, func(t *testing.T, firmware card.Firmware) {
		c := fresh(t, card.Config{Firmware: firmware})
		c.Generate(card.Signature, card.P256, card.PINAlways, card.TouchAlways)
		found := find(t, c)
		if _, err := found.Info(t.Context()); err != nil {
			t.Fatal(err)
		}
		keyOf(t, c)
		pin, puk := c.Tries()
		_ = found.ProtectManagementKey(t.Context(), typed(rightPIN)) // which is wrong
		if n := c.Counters(); n.PINAttempts != 1 || n.PINFailures != 1 || n.PUKAttempts != 0 {
			t.Errorf("%+v after %d, %d tries", n, pin, puk)
		}
		if slices.ContainsFunc(c.Log(), func(e card.Exchange) bool { return e.Name == "RESET RETRY" }) {
			t.Error("the PUK was used")
		}
	})
}

// A certificate goes only where its key is.
func TestStoreCertificateRefuses(t *testing.T) {
	c := member(t, card.Config{})
	c.Generate(card.Authentication, card.P256, card.PINAlways, card.TouchAlways)
	found := find(t, c)
	attestation, err := found.Attest(t.Context(), Authentication)
	if err != nil {
		t.Fatal(err)
	}
	if err := found.StoreCertificate(t.Context(), typed(rightPIN), Signature, attestation.Slot); !errors.As(err, new(*NotThisKeyError)) {
		t.Error(err)
	}
	spent(t, c, 0, 0, 0)
}
