package attest_test

import (
	"bytes"
	"crypto/x509"
	"maps"
	"slices"
	"testing"
	"unicode/utf8"

	"github.com/rust-lang/rust-tuf/roles/attest"
)

// FuzzParse: what is read can be kept and read again, and nothing that a
// fuzzer writes is proven by Yubico's roots.
func FuzzParse(f *testing.F) {
	cards := long(f)
	device := cards.last().device(f)
	slot := device.attest(f, newKey(f).Public())
	f.Add(text(slot), text(device.Certificate))
	f.Add(text(device.Certificate), text(cards.root.Certificate))
	f.Add(text(slot)[:100], text(slot, slot))
	v := yubico(f)
	f.Fuzz(func(t *testing.T, slot, device []byte) {
		a, err := attest.Parse(slot, device)
		if err != nil {
			return
		}
		again, err := attest.Parse(a.SlotPEM(), a.DevicePEM())
		if err != nil || !bytes.Equal(again.SlotPEM(), a.SlotPEM()) || !bytes.Equal(again.DevicePEM(), a.DevicePEM()) {
			t.Fatalf("kept as something else: %v", err)
		}
		if facts, err := v.Verify(a, at); err == nil {
			t.Fatalf("proven: %v", facts)
		}
	})
}

// FuzzStatements: values of the extensions, signed by a card of ours. What is
// accepted has the one encoding.
func FuzzStatements(f *testing.F) {
	cards := short(f)
	v := cards.verifier(f)
	device := cards.root.device(f)
	key := newKey(f).Public()
	f.Add([]byte{5, 7, 4}, []byte{2, 4, 2, 0x25, 0x7c, 0xd9}, []byte{3, 2}, []byte{3}, "9c")
	f.Add([]byte{5, 7}, []byte{2, 5, 0, 2, 0x25, 0x7c, 0xd9}, []byte{0, 9}, []byte{}, "f9")
	f.Fuzz(func(t *testing.T, firmware, serial, use, form []byte, slot string) {
		if !utf8.ValidString(slot) {
			return // cannot be written as a name
		}
		template := &x509.Certificate{}
		for _, e := range []edit{with(3, firmware...), with(7, serial...), with(8, use...), with(9, form...)} {
			e(template)
		}
		c := &issuer{Certificate: device.Certificate, key: device.key}
		cert := c.attest(t, key, func(c *x509.Certificate) { c.ExtraExtensions = template.ExtraExtensions }, named("YubiKey PIV Attestation "+slot))
		got, err := check(v, cert, device.Certificate, at)
		if err != nil {
			return
		}
		n := got.Serial
		value := []byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}
		for len(value) > 1 && value[0] == 0 {
			value = value[1:]
		}
		if value[0] >= 0x80 {
			value = append([]byte{0}, value...)
		}
		if !bytes.Equal(serial, append([]byte{2, byte(len(value))}, value...)) ||
			!bytes.Equal(firmware, []byte{got.Firmware.Major, got.Firmware.Minor, got.Firmware.Patch}) ||
			!bytes.Equal(use, []byte{byte(got.PIN), byte(got.Touch)}) || !bytes.Equal(form, []byte{byte(got.FormFactor)}) || slot != got.Slot.String() {
			t.Fatalf("%x %x %x %x %q read as %+v", firmware, serial, use, form, slot, got)
		}
	})
}

// FuzzBundle: no file of intermediates or roots makes a verifier that trusts a
// stranger's card as Yubico's.
func FuzzBundle(f *testing.F) {
	cards := long(f)
	device := cards.last().device(f)
	slot := device.attest(f, newKey(f).Public())
	f.Add(text(cards.between[0].Certificate, cards.between[1].Certificate))
	f.Add(text(cards.root.Certificate))
	f.Add([]byte("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"))
	f.Fuzz(func(t *testing.T, file []byte) {
		v := yubico(t)
		if more, err := v.WithIntermediates(file); err == nil {
			v = more
		}
		if facts, err := check(v, slot, device.Certificate, at); err == nil {
			t.Fatalf("proven: %v", facts)
		}
		if roots, err := attest.ParseTestRoots(file); err == nil && len(v.WithTestRoots(roots).TestRoots()) == 0 {
			t.Fatal("test roots that do not show")
		}
	})
}

// FuzzFind: no path is read in two ways.
func FuzzFind(f *testing.F) {
	f.Add("k/7/attestation-9a.pem", "k/7/f9-intermediate.pem", uint32(7))
	f.Add("7_key_cert.pem", "7_device_cert.pem", uint32(7))
	f.Add("7_key_cert.pem", "7_device_cert.pem", uint32(0))
	f.Add("k/7/8_attestation-zz.pem", "k/07/attestation-", uint32(8))
	f.Fuzz(func(t *testing.T, one, two string, serial uint32) {
		tree := files(one+"=1", two+"=2")
		found, err := attest.Find(tree, serial)
		if err == nil && len(found) != 1 {
			t.Fatalf("%q: %+v", slices.Sorted(maps.Keys(tree)), found)
		}
		all, _ := attest.FindAll(tree)
		for _, p := range found {
			if p.Serial != serial || p.SlotPath == p.DevicePath || len(all) != 1 {
				t.Fatalf("%+v, %+v", p, all)
			}
		}
	})
}

// FuzzTexts: each word has one spelling.
func FuzzTexts(f *testing.F) {
	for _, s := range []string{"5.7.4", "9c", "always", "05.7.4", "9C", "match-once", "cached"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if v, err := attest.ParseVersion(s); err == nil && v.String() != s {
			t.Errorf("firmware %q read as %s", s, v)
		}
		if v, err := attest.ParseSlot(s); err == nil && (v.String() != s || !v.Valid()) {
			t.Errorf("slot %q read as %s", s, v)
		}
		if v, err := attest.ParsePINPolicy(s); err == nil && (v.String() != s || !v.Valid()) {
			t.Errorf("PIN policy %q read as %s", s, v)
		}
		if v, err := attest.ParseTouchPolicy(s); err == nil && (v.String() != s || !v.Valid()) {
			t.Errorf("touch policy %q read as %s", s, v)
		}
	})
}
