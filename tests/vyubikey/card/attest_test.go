package card_test

import (
	"crypto/ecdsa"
	"crypto/x509"
	"testing"

	"github.com/rust-lang/rust-tuf/tests/vyubikey/ca"
	"github.com/rust-lang/rust-tuf/tests/vyubikey/card"
)

// long runs a command whose response comes in parts.
func long(t *testing.T, c *card.Card, command string) []byte {
	t.Helper()
	response, status := send(t, c, command)
	for status>>8 == 0x61 {
		var more []byte
		more, status = send(t, c, "00C0000000")
		response = append(response, more...)
	}
	if status != 0x9000 {
		t.Fatalf("%s: %04X", command, status)
	}
	return response
}

// The attestation is of the generated key and signed by the certificate in f9.
func TestAttest(t *testing.T) {
	c := fresh(t, card.Config{Authority: authority, Serial: 20000001})
	public := c.Generate(card.Signature, card.P256, card.PINAlways, card.TouchAlways)
	slot, err := x509.ParseCertificate(long(t, c, "00F99C0000"))
	if err != nil {
		t.Fatal(err)
	}
	object := content(t, long(t, c, "00CB3FFF055C035FFF01"))
	device, err := x509.ParseCertificate(object[4 : len(object)-5])
	if err != nil {
		t.Fatal(err)
	}
	if err := device.CheckSignature(slot.SignatureAlgorithm, slot.RawTBSCertificate, slot.Signature); err != nil {
		t.Fatal(err)
	}
	if !public.(*ecdsa.PublicKey).Equal(slot.PublicKey) {
		t.Fatal("another key is attested")
	}
	want(t, c, "00F99B0000", 0x6a86)
	if n := c.Counters(); n.Attested != 1 || n.PINAttempts != 0 {
		t.Fatalf("counters %+v", n)
	}
}

// A card may lie: by its certificates' content, or by another certificate altogether.
func TestForgedAttestation(t *testing.T) {
	c := fresh(t, card.Config{Authority: authority, SlotFaults: []ca.Fault{ca.Named("YubiKey PIV Attestation 9a")}})
	c.Generate(card.Signature, card.P256, card.PINAlways, card.TouchAlways)
	slot, err := x509.ParseCertificate(long(t, c, "00F99C0000"))
	if err != nil || slot.Subject.CommonName != "YubiKey PIV Attestation 9a" {
		t.Fatalf("%v, %v", slot.Subject, err)
	}
	c = fresh(t, card.Config{Authority: authority, Forge: func(slot card.Slot, der []byte) []byte {
		if slot != card.Signature || len(der) < 500 {
			t.Errorf("slot %02x, %d bytes", byte(slot), len(der))
		}
		return []byte("forged")
	}})
	c.Generate(card.Signature, card.P256, card.PINAlways, card.TouchAlways)
	if got := want(t, c, "00F99C0000", 0x9000); string(got) != "forged" {
		t.Fatalf("%q", got)
	}
}
