//go:build linux && cgo && !nopiv

package piv

import (
	"crypto"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rust-lang/rust-tuf/signer"
	"github.com/rust-lang/rust-tuf/signer/signertest"
	"github.com/rust-lang/rust-tuf/tests/refusaltest"
	"github.com/rust-lang/rust-tuf/tests/vyubikey/card"
	"github.com/rust-lang/rust-tuf/tests/vyubikey/pcsc"
	"github.com/rust-lang/rust-tuf/verify"
)

// Listing costs nothing: no try, no touch, no card held.
func TestKeysCostNothing(t *testing.T) {
	everyFirmware(t, func(t *testing.T, firmware card.Firmware) {
		c := insert(t, card.Config{Firmware: firmware})
		for _, slot := range []card.Slot{0x82, 0x95, card.CardAuthentication, card.Signature, card.KeyManagement, card.Authentication} {
			c.Generate(slot, card.P256, card.PINAlways, card.TouchAlways)
		}
		found, lines := keys(t, Source{})
		var slots []string
		for _, key := range found {
			slots = append(slots, key.Info().Slot.String())
			if info := key.Info(); info.PIN != PINAlways || info.Touch != TouchAlways || info.Origin != Generated ||
				info.Algorithm != "ECDSA P-256" || info.Fingerprint != key.Public().Fingerprint() {
				t.Errorf("told about itself: %+v", info)
			}
		}
		if got := strings.Join(slots, " "); got != "9c 9a 9e 82 95" || len(lines) > 0 {
			t.Errorf("slots %s; %q", got, lines)
		}
		if n := c.Counters(); n.PINAttempts+n.ManagementAttempts+n.Signatures+n.Touches != 0 {
			t.Errorf("listing cost %+v", n)
		}
		usable(t, c)
	})
}

func TestKeysNoCard(t *testing.T) {
	if found, lines := keys(t, Source{}); len(found)+len(lines) > 0 {
		t.Errorf("found %d keys; %q", len(found), lines)
	}
}

// Only YubiKeys are opened, whatever the case of their reader's name, and two
// whose names begin alike are not mixed up.
func TestKeysByReaderName(t *testing.T) {
	foreign := world.Make(card.Config{})
	own(t, foreign)
	world.PlugInto("ACS ACR122U", foreign)
	world.PlugInto("Yubico YubiKey empty", nil)
	t.Cleanup(world.Clear)
	var cards []*card.Card
	for _, name := range []string{"Yubico YubiKey", "Yubico YubiKey 00", "YUBICO YUBIKEY CCID"} {
		c := world.Make(card.Config{})
		own(t, c)
		c.Generate(card.Signature, card.P256, card.PINAlways, card.TouchAlways)
		world.PlugInto(name, c)
		cards = append(cards, c)
	}
	found, lines := keys(t, Source{})
	if len(found) != len(cards) || len(lines) != 1 || !strings.HasPrefix(lines[0], `message: left out: the card in "Yubico YubiKey empty 01 00": the card was removed (`) {
		t.Fatalf("found %d keys; %q", len(found), lines)
	}
	for i, key := range found {
		if key.Serial() != cards[i].Serial() || !key.Public().Equal(publicOf(t, cards[i], card.Signature)) {
			t.Errorf("key %d is %s", i, key.Describe())
		}
		for _, c := range cards {
			c.ClearLog()
		}
		if _, err := sign(t, key, signertest.Types(key.device.String(), rightPIN)); err != nil {
			t.Error(err)
		}
		for j, c := range cards {
			if n := len(c.Log()); (n > 0) != (i == j) {
				t.Errorf("%s signed, and %s got %d commands", key.Describe(), cardName(c.Serial()), n)
			}
		}
	}
	if len(foreign.Log()) > 0 {
		t.Errorf("a reader that is no YubiKey was opened: %v", foreign.Log())
	}
}

// Nine cards of a quorum in one computer.
func TestNineCards(t *testing.T) {
	var cards []*card.Card
	for range 9 {
		cards = append(cards, member(t, card.Config{}))
	}
	began := time.Now()
	found, lines := keys(t, Source{})
	if len(found) != 9 || len(lines) > 0 {
		t.Fatalf("found %d keys; %q", len(found), lines)
	}
	for i, key := range found {
		if key.Serial() != cards[i].Serial() {
			t.Errorf("key %d is %s", i, key.Describe())
		}
		if _, err := sign(t, key, signertest.Types(key.device.String(), rightPIN)); err != nil {
			t.Error(err)
		}
	}
	t.Logf("nine cards listed, nine signatures: %v", time.Since(began).Round(time.Millisecond))
	for _, c := range cards {
		spent(t, c, 1, 0, 1)
		usable(t, c)
	}
}

// A card that moved to another port is found again, by its number.
func TestSignInAnotherPort(t *testing.T) {
	c := member(t, card.Config{})
	key := keyOf(t, c)
	world.Remove(c)
	stranger := member(t, card.Config{}) // takes the place
	world.Plug(c)
	if _, err := sign(t, key, signertest.Types(says(c, "%s"), rightPIN)); err != nil {
		t.Error(err)
	}
	spent(t, stranger, 0, 0, 0)
}

func TestSerials(t *testing.T) {
	alice, bob := member(t, card.Config{}), member(t, card.Config{})
	found, lines := keys(t, Source{Serials: []uint32{bob.Serial()}})
	if len(found) != 1 || found[0].Serial() != bob.Serial() || len(lines) > 0 {
		t.Errorf("found %d keys; %q", len(found), lines)
	}
	_, err := Source{Serials: []uint32{7}}.Keys(t.Context(), signer.UI{})
	var missing *NotThisCardError
	if !errors.As(err, &missing) || missing.Serial != 7 || !slices.Equal(missing.Found, []uint32{alice.Serial(), bob.Serial()}) {
		t.Errorf("error %#v", err)
	}
	refusaltest.Says(t, err, "YubiKey 7 is not plugged in; plugged in: "+cardName(alice.Serial())+", "+cardName(bob.Serial()))
	refusaltest.Hints(t, err, "plug in the card that has 7 printed on it")
}

// The wrong card in hand: said before anything is asked or spent.
func TestSignWrongCard(t *testing.T) {
	c := member(t, card.Config{})
	key := keyOf(t, c)
	world.Remove(c)
	_, err := sign(t, key)
	refusaltest.Says(t, err, says(c, "%s is not plugged in, nor is any other"))
	stranger := member(t, card.Config{})
	_, err = sign(t, key)
	var missing *NotThisCardError
	if !errors.As(err, &missing) || missing.Serial != c.Serial() || !slices.Equal(missing.Found, []uint32{stranger.Serial()}) {
		t.Errorf("error %#v", err)
	}
	refusaltest.Says(t, err, says(c, "%s is not plugged in; plugged in: ")+cardName(stranger.Serial()))
	spent(t, stranger, 0, 0, 0)
	usable(t, stranger)
}

// The right card whose slot holds another key by now, or none.
func TestSignWrongKey(t *testing.T) {
	everyFirmware(t, func(t *testing.T, firmware card.Firmware) {
		c := member(t, card.Config{Firmware: firmware})
		key := keyOf(t, c)
		c.Generate(card.Signature, card.P256, card.PINAlways, card.TouchAlways)
		found := publicOf(t, c, card.Signature).Fingerprint()
		_, err := sign(t, key)
		var other *NotThisKeyError
		if !errors.As(err, &other) || other.Serial != c.Serial() || other.Slot != Signature ||
			other.Want != key.Public().Fingerprint() || other.Found != found {
			t.Errorf("error %#v", err)
		}
		refusaltest.Says(t, err, says(c, "slot 9c of %s holds the key ")+found.String()+", wanted is "+key.Public().Fingerprint().String())
		refusaltest.Hints(t, err, "rust-tuf doctor")

		emptied := insert(t, card.Config{Firmware: firmware, Serial: c.Serial()})
		world.Remove(c)
		_, err = sign(t, key)
		refusaltest.Says(t, err, says(c, "slot 9c of %s holds no readable key, wanted is ")+key.Public().Fingerprint().String())
		spent(t, c, 0, 0, 0)
		spent(t, emptied, 0, 0, 0)
	})
}

// A card that another program holds: told and left out, without spoiling the
// others; alone, the reason.
func TestBusy(t *testing.T) {
	alice, bob := member(t, card.Config{}), member(t, card.Config{})
	key := keyOf(t, alice)
	reader, _ := world.Reader(alice)
	world.Occupy(alice)
	found, lines := keys(t, Source{})
	want := fmt.Sprintf("message: left out: the card in %q is in use by another program (run gpgconf --kill scdaemon", reader.Name)
	if len(found) != 1 || found[0].Serial() != bob.Serial() || len(lines) != 1 || !strings.HasPrefix(lines[0], want) {
		t.Errorf("found %d keys; %q", len(found), lines)
	}
	_, err := sign(t, key)
	var missing *NotThisCardError
	var busy *BusyError
	if !errors.As(err, &missing) || !errors.As(err, &busy) || busy.Reader != reader.Name {
		t.Errorf("error %#v", err)
	}
	refusaltest.Says(t, err, says(alice, "%s is not plugged in; plugged in: ")+cardName(bob.Serial())+"; the card in")
	refusaltest.Hints(t, err, "it may be the one in use: run gpgconf --kill scdaemon")

	world.Remove(bob)
	_, err = sign(t, key)
	if !errors.As(err, &busy) || errors.As(err, &missing) {
		t.Errorf("error %#v", err)
	}
	refusaltest.Hints(t, err, "run gpgconf --kill scdaemon")
	spent(t, alice, 0, 0, 0)

	world.Vacate(alice)
	if _, err := sign(t, key, signertest.Types("PIN", rightPIN)); err != nil {
		t.Error(err)
	}
}

// A card without PIV is told, left out, and free for others afterwards.
func TestNoPIV(t *testing.T) {
	c := insert(t, card.Config{PIVDisabled: true})
	other := member(t, card.Config{})
	reader, _ := world.Reader(c)
	for range 2 {
		found, lines := keys(t, Source{})
		if len(found) != 1 || found[0].Serial() != other.Serial() || len(lines) != 1 ||
			!strings.Contains(lines[0], fmt.Sprintf("left out: the card in %q has no PIV (switch PIV on: ykman config usb --enable PIV)", reader.Name)) {
			t.Errorf("found %d keys; %q", len(found), lines)
		}
		if n := held(); n != 0 {
			t.Fatalf("%d connections to cards are still open", n)
		}
	}
	_, err := FindCard(t.Context(), c.Serial())
	var none *NoPIVError
	if !errors.As(err, &none) || none.Reader != reader.Name {
		t.Errorf("error %#v", err)
	}
}

func TestNoService(t *testing.T) {
	c := member(t, card.Config{})
	key := keyOf(t, c)
	finger.down()
	_, listing := Source{}.Keys(t.Context(), signer.UI{})
	_, signing := sign(t, key)
	_, telling := Cards(t.Context())
	_, finding := FindCard(t.Context(), c.Serial())
	if err := finger.up(); err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{listing, signing, telling, finding} {
		if !errors.As(err, new(*NoServiceError)) {
			t.Errorf("error %#v", err)
		}
		refusaltest.Says(t, err, "the smart card service is not running")
		refusaltest.Hints(t, err, "sudo systemctl enable --now pcscd.socket")
	}
	if _, err := sign(t, key, signertest.Types("PIN", rightPIN)); err != nil {
		t.Error(err)
	}
}

// A service that hangs up: it stopped, or does not want to serve this person.
func TestServiceHangsUp(t *testing.T) {
	finger.hangUp(true)
	_, err := Source{}.Keys(t.Context(), signer.UI{})
	finger.hangUp(false)
	if !errors.As(err, new(*NoServiceError)) {
		t.Errorf("error %#v", err)
	}
	refusaltest.Hints(t, err, "if it runs already, it may refuse you over ssh")
}

// Pulled out while it blinks, or while its holder types the PIN.
func TestRemoved(t *testing.T) {
	t.Cleanup(func() { server.OnRemoval(pcsc.NotTransacted, pcsc.ReaderUnavailable) })
	for _, code := range []pcsc.Code{pcsc.NotTransacted, pcsc.ReaderUnavailable, pcsc.RemovedCard, pcsc.NoSmartCard, pcsc.InvalidHandle, pcsc.InvalidValue} {
		server.OnRemoval(code, code)
		c := member(t, card.Config{Touch: card.Always(card.Pulled)})
		_, err := sign(t, keyOf(t, c), signertest.Types("PIN", rightPIN))
		if !errors.Is(err, signer.ErrRemoved) {
			t.Errorf("%s: %v", code, err)
		}
		refusaltest.Says(t, err, says(c, "%s, slot 9c: the card was removed"))
		refusaltest.Hints(t, err, "plug the card in")
		spent(t, c, 1, 0, 0)
	}
}

// Imported keys: told as such where the firmware tells, found through the
// certificate of the slot where not, and not at all without one.
func TestImportedKey(t *testing.T) {
	everyFirmware(t, func(t *testing.T, firmware card.Firmware) {
		c := insert(t, card.Config{Firmware: firmware})
		private := signertest.P256(t, "alice")
		c.Import(card.Signature, private, card.PINAlways, card.TouchAlways)
		found, _ := keys(t, Source{})
		if firmware.AtLeast(5, 3, 0) {
			if len(found) != 1 || found[0].Info().Origin != Imported || found[0].Info().Told != ByCard {
				t.Fatalf("found %+v", found)
			}
		} else {
			if len(found) != 0 {
				t.Fatalf("found %+v", found)
			}
			certify(t, c, private.Public())
			found, _ = keys(t, Source{})
			if len(found) != 1 || found[0].Info().Origin != OriginUnknown || found[0].Info().Told != ByCertificate {
				t.Fatalf("found %+v", found)
			}
		}
		if !found[0].Public().Equal(signertest.Public(t, private)) {
			t.Error("another key")
		}
		c.ClearLog()
		if _, err := sign(t, found[0], signertest.Types("PIN", rightPIN)); err != nil {
			t.Error(err)
		}
		spent(t, c, 1, 0, 1)
	})
}

// A certificate about another key fools nobody: what the card signs is verified
// before it is used.
func TestCertificateOfAnotherKey(t *testing.T) {
	c := insert(t, card.Config{Firmware: card.Firmware{5, 2, 7}})
	c.Import(card.Signature, signertest.P256(t, "alice"), card.PINAlways, card.TouchAlways)
	certify(t, c, signertest.P256(t, "bob").Public())
	_, err := sign(t, keyOf(t, c), signertest.Types("PIN", rightPIN))
	var bad *signer.BadSignatureError
	if !errors.As(err, &bad) {
		t.Errorf("error %#v", err)
	}
}

// Keys that cannot sign here are named and left out.
func TestUnusableKeys(t *testing.T) {
	c := member(t, card.Config{})
	c.Generate(card.Authentication, card.Ed25519, card.PINAlways, card.TouchAlways)
	found, lines := keys(t, Source{})
	want := says(c, "message: left out: slot 9a of %s cannot sign: it holds an Ed25519 key, and the card would have to take in the whole document (use a key on P-256 or P-384 with a PIN policy; member enrol makes one)")
	if len(found) != 1 || len(lines) != 1 || lines[0] != want {
		t.Errorf("found %d keys; %q", len(found), lines)
	}
	whole, err := FindCard(t.Context(), c.Serial())
	if err != nil {
		t.Fatal(err)
	}
	_, err = whole.Key(t.Context(), Authentication)
	var unusable *UnusableKeyError
	if !errors.As(err, &unusable) || unusable.Slot != Authentication {
		t.Errorf("error %#v", err)
	}
	_, err = whole.Key(t.Context(), KeyManagement)
	if !errors.As(err, new(*EmptyError)) {
		t.Errorf("error %#v", err)
	}
	refusaltest.Says(t, err, says(c, "slot 9d of %s shows no key"))
	refusaltest.Hints(t, err, "member enrol")
}

// What a damaged card answers is told about its slot; the others go on.
func TestDamaged(t *testing.T) {
	forge := func(slot card.Slot, der []byte) []byte {
		if slot == card.Authentication {
			return der[:len(der)/2]
		}
		return der
	}
	c := member(t, card.Config{Firmware: card.Firmware{5, 2, 7}, Forge: forge})
	c.Generate(card.Authentication, card.P256, card.PINAlways, card.TouchAlways)
	found, lines := keys(t, Source{})
	if len(found) != 1 || len(lines) != 1 || !strings.HasPrefix(lines[0], says(c, "message: left out: %s: attesting slot 9a: ")) ||
		!strings.Contains(lines[0], "unplug the card") {
		t.Errorf("found %d keys; %q", len(found), lines)
	}
}

// Each kind of key is found under the SHA-256 of its SubjectPublicKeyInfo.
func TestFingerprint(t *testing.T) {
	for _, public := range []crypto.PublicKey{signertest.P256(t, "alice").Public(), signertest.Ed25519("alice").Public()} {
		want, err := verify.NewPublicKey(public)
		if err != nil {
			t.Fatal(err)
		}
		if info := used(Signature, ByCard, public); info.Fingerprint != want.Fingerprint() || !info.Public.Equal(want) {
			t.Errorf("%+v", info)
		}
	}
	if info := used(Signature, ByCard, nil); info.Told != ByNobody || unusable(info) != "its public key cannot be read" {
		t.Errorf("%+v", info)
	}
}
