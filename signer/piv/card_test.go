//go:build linux && cgo && !nopiv

package piv

import (
	"bytes"
	"crypto/x509"
	"errors"
	"testing"

	"github.com/rust-lang/rust-tuf/signer/signertest"
	"github.com/rust-lang/rust-tuf/tests/refusaltest"
	"github.com/rust-lang/rust-tuf/tests/vyubikey/card"
	"github.com/rust-lang/rust-tuf/verify"
)

// find returns the card for managing.
func find(t *testing.T, c *card.Card) *Card {
	t.Helper()
	found, err := FindCard(t.Context(), c.Serial())
	if err != nil {
		t.Fatal(err)
	}
	c.ClearLog()
	return found
}

// What a card tells, on every firmware, without a try spent.
func TestInfo(t *testing.T) {
	everyFirmware(t, func(t *testing.T, firmware card.Firmware) {
		c := fresh(t, card.Config{Firmware: firmware, FormFactor: card.USBANano, FIPS: true})
		c.Generate(card.Signature, card.P384, card.PINOnce, card.TouchCached)
		all, err := Cards(t.Context())
		if err != nil || len(all) != 1 {
			t.Fatal(all, err)
		}
		reader, _ := world.Reader(c)
		info, describes := all[0], firmware.AtLeast(5, 3, 0)
		if info.Err != nil || info.Reader != reader.Name || info.Serial != c.Serial() || info.Firmware.String() != firmware.String() {
			t.Errorf("%+v", info)
		}
		if want := map[bool]string{true: "USB-A Nano FIPS", false: "unknown"}[firmware[0] >= 5]; info.Form.String() != want {
			t.Errorf("form %s, want %s", info.Form, want)
		}
		pin, puk := Counter{3, -1, Untold}, untold
		if describes {
			pin, puk = Counter{3, 3, Yes}, Counter{3, 3, Yes}
		}
		if info.PIN != pin || info.PUK != puk || info.FactoryManagementKey != Yes {
			t.Errorf("PIN %+v, PUK %+v, factory management key %s", info.PIN, info.PUK, info.FactoryManagementKey)
		}
		if len(info.Slots) != 24 {
			t.Errorf("%d slots", len(info.Slots))
		}
		slot := info.Slot(Signature)
		told := map[bool]Witness{true: ByCard, false: ByAttestation}[describes]
		if slot.State != Used || slot.Algorithm != "ECDSA P-384" || slot.PIN != PINOnce || slot.Touch != TouchCached ||
			slot.Origin != Generated || slot.Told != told || !slot.Public.Equal(publicOf(t, c, card.Signature)) {
			t.Errorf("%+v", slot)
		}
		if state := info.Slot(Authentication).State; state != map[bool]SlotState{true: Empty, false: Hidden}[describes] {
			t.Errorf("slot 9a is %s", state)
		}
		spent(t, c, 0, 0, 0)
		usable(t, c)

		c.Set(card.State{PIN: rightPIN, PUK: rightPUK, PINTries: 1, PUKTries: -1,
			ManagementAlgorithm: 0x03, ManagementKey: bytes.Repeat([]byte{7}, 24)})
		info, err = find(t, c).Info(t.Context())
		pin, puk = Counter{1, -1, Untold}, untold
		if describes {
			pin, puk = Counter{1, 3, No}, Counter{0, 3, No}
		}
		if err != nil || info.PIN != pin || info.PUK != puk || info.FactoryManagementKey != No {
			t.Errorf("%v, PIN %+v, PUK %+v, factory management key %s", err, info.PIN, info.PUK, info.FactoryManagementKey)
		}
		spent(t, c, 0, 0, 0)
	})
}

// Cards that cannot be read are told, last.
func TestCards(t *testing.T) {
	busy, alice := member(t, card.Config{Serial: 30000009}), member(t, card.Config{Serial: 30000002})
	bob := member(t, card.Config{Serial: 30000001})
	world.Occupy(busy)
	all, err := Cards(t.Context())
	if err != nil || len(all) != 3 || all[0].Serial != bob.Serial() || all[1].Serial != alice.Serial() {
		t.Fatal(all, err)
	}
	if !errors.As(all[2].Err, new(*BusyError)) || all[2].Serial != 0 || all[2].Reader == "" || all[2].PIN != untold || all[2].PUK != untold {
		t.Errorf("%+v", all[2])
	}
}

// What cannot be attested says why, as far as the card tells.
func TestAttestRefuses(t *testing.T) {
	everyFirmware(t, func(t *testing.T, firmware card.Firmware) {
		c := insert(t, card.Config{Firmware: firmware})
		c.Import(card.Signature, signertest.P256(t, "alice"), card.PINAlways, card.TouchAlways)
		found := find(t, c)
		for slot, words := range map[Slot]string{Signature: "its key was imported, not made on the card", Authentication: "it is empty"} {
			if !firmware.AtLeast(5, 3, 0) {
				words = "it is empty, or its key was imported"
			}
			_, err := found.Attest(t.Context(), slot)
			var none *NotGeneratedError
			if !errors.As(err, &none) || none.Slot != slot || none.Serial != c.Serial() {
				t.Errorf("error %#v", err)
			}
			refusaltest.Says(t, err, cardName(c.Serial())+" does not attest slot "+slot.String()+": "+words)
		}
	})
	old := member(t, card.Config{Firmware: card.Firmware{4, 2, 8}})
	_, err := find(t, old).Attest(t.Context(), Signature)
	_, whole := find(t, old).Device(t.Context())
	for _, err := range []error{err, whole} {
		var firmware *FirmwareError
		if !errors.As(err, &firmware) || firmware.Have != (Version{4, 2, 8}) || firmware.Need != attests {
			t.Errorf("error %#v", err)
		}
		refusaltest.Says(t, err, cardName(old.Serial())+" cannot attest: its firmware is 4.2.8, that needs 4.3.0")
	}
}

func checkAttestation(t *testing.T, a Attestation, public verify.PublicKey) {
	t.Helper()
	slot, err := x509.ParseCertificate(a.Slot)
	if err != nil {
		t.Fatal(err)
	}
	device, err := x509.ParseCertificate(a.Device)
	if err != nil {
		t.Fatal(err)
	}
	if err := device.CheckSignature(slot.SignatureAlgorithm, slot.RawTBSCertificate, slot.Signature); err != nil {
		t.Error(err)
	}
	if got, err := verify.NewPublicKey(slot.PublicKey); err != nil || !got.Equal(public) {
		t.Errorf("attested is another key: %v", err)
	}
	slotPEM, devicePEM := a.PEM()
	if !bytes.HasPrefix(slotPEM, []byte("-----BEGIN CERTIFICATE-----\n")) || !bytes.HasPrefix(devicePEM, []byte("-----BEGIN CERTIFICATE-----\n")) {
		t.Errorf("%s%s", slotPEM, devicePEM)
	}
}
