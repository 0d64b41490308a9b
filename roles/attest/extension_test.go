package attest_test

import (
	"bytes"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"slices"
	"testing"

	"github.com/rust-lang/rust-tuf/roles/attest"
	"github.com/rust-lang/rust-tuf/tests/refusaltest"
)

func TestExtensions(t *testing.T) {
	f := short(t)
	v := f.verifier(t)
	key := newKey(t).Public()
	device := f.root.device(t)
	big := bytes.Repeat([]byte{2}, 4000)
	for _, c := range []struct {
		name   string
		device bool // the edit is made to the device certificate
		edit   edit
		words  string
	}{
		{"firmware missing", false, without(3), "slot certificate: the firmware (extension 1.3.6.1.4.1.41482.3.3) is missing"},
		{"firmware empty", false, with(3), "the firmware (extension 1.3.6.1.4.1.41482.3.3) has length 0, must have 3 byte"},
		{"firmware short", false, with(3, 5, 7), "has length 2, must have 3 byte"},
		{"firmware long", false, with(3, 5, 7, 4, 0), "has length 4, must have 3 byte"},
		{"firmware in DER", false, with(3, 4, 3, 5, 7, 4), "has length 5, must have 3 byte"},
		{"firmware huge", false, with(3, big...), "has length 4000, must have 3 byte"},
		{"serial missing", false, without(7), "the serial number (extension 1.3.6.1.4.1.41482.3.7) is missing"},
		{"serial empty", false, with(7), "is no DER integer"},
		{"serial bare", false, with(7, 0x02, 0x25, 0x7c, 0xd9), "is no DER integer"},
		{"serial cut", false, with(7, 2, 4, 0x02, 0x25, 0x7c), "is no DER integer"},
		{"serial with data behind", false, with(7, 2, 4, 0x02, 0x25, 0x7c, 0xd9, 0), "is not encoded as DER demands"},
		{"serial padded", false, with(7, 2, 5, 0x00, 0x02, 0x25, 0x7c, 0xd9), "is no DER integer"},
		{"serial with a long length", false, with(7, 2, 0x81, 4, 0x02, 0x25, 0x7c, 0xd9), "is no DER integer"},
		{"serial as string", false, with(7, 4, 4, 0x02, 0x25, 0x7c, 0xd9), "is no DER integer"},
		{"serial negative", false, with(7, 2, 4, 0x82, 0x25, 0x7c, 0xd9), "is -2111472423, must be from 1 to 4294967295"},
		{"serial zero", false, with(7, 2, 1, 0), "is 0, must be from 1 to 4294967295"},
		{"serial of five bytes", false, with(7, 2, 5, 0x01, 0x02, 0x25, 0x7c, 0xd9), "is 4330978521, must be from 1 to 4294967295"},
		{"serial of twenty bytes", false, with(7, append([]byte{2, 20}, big[:20]...)...), "is no DER integer"},
		{"serial huge", false, with(7, append([]byte{2, 0x82, 0x0f, 0x9c}, big[:3996]...)...), "is no DER integer"},
		{"policies missing", false, without(8), "the PIN and touch policy (extension 1.3.6.1.4.1.41482.3.8) is missing"},
		{"policies short", false, with(8, 3), "has length 1, must have 2 byte"},
		{"policies long", false, with(8, 3, 2, 1), "has length 3, must have 2 byte"},
		{"PIN policy default", false, with(8, 0, 2), "names the PIN policy 0, known are 1 to 5"},
		{"PIN policy unknown", false, with(8, 6, 2), "names the PIN policy 6, known are 1 to 5"},
		{"touch policy default", false, with(8, 3, 0), "names the touch policy 0, known are 1 to 3"},
		{"touch policy unknown", false, with(8, 3, 4), "names the touch policy 4, known are 1 to 3"},
		{"form factor empty", false, with(9), "the form factor (extension 1.3.6.1.4.1.41482.3.9) has length 0, must have 1 byte"},
		{"form factor long", false, with(9, 3, 3), "has length 2, must have 1 byte"},
		{"device: firmware long", true, with(3, 5, 7, 4, 0), "device certificate: the firmware (extension 1.3.6.1.4.1.41482.3.3) has length 4, must have 3 bytes"},
		{"device: serial damaged", true, with(7, 1, 2, 3), "device certificate: the serial number (extension 1.3.6.1.4.1.41482.3.7) is no DER integer"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, slotEdits := device, []edit{c.edit}
			if c.device {
				d, slotEdits = f.root.device(t, c.edit), nil
			}
			_, err := check(v, d.attest(t, key, slotEdits...), d.Certificate, at)
			var e *attest.ExtensionError
			if !errors.As(err, &e) || (e.Part == attest.DeviceCertificate) != c.device {
				t.Errorf("%T", err)
			}
			refusaltest.Says(t, err, c.words)
			refusaltest.Hints(t, err, "do not accept this key")
		})
	}
}

// A YubiKey 4 that does not say which one it is.
func TestCardsWithoutSerial(t *testing.T) {
	f := short(t)
	device := f.root.device(t, with(3, 4, 3, 7))
	_, err := check(f.verifier(t), device.attest(t, newKey(t).Public(), with(3, 4, 3, 7), without(7), without(9)), device.Certificate, at)
	var e *attest.ExtensionError
	if !errors.As(err, &e) || e.Part != attest.SlotCertificate {
		t.Errorf("%T", err)
	}
	refusaltest.Says(t, err, "the serial number (extension 1.3.6.1.4.1.41482.3.7) is missing, as on some cards with firmware 4; it is needed to count a card once")
	refusaltest.Hints(t, err, "take a card with firmware 5 or newer")
}

// Two extensions of one kind: the one that is read would be a matter of taste.
func TestDuplicateExtensions(t *testing.T) {
	f := short(t)
	device := f.root.device(t)
	for n, value := range map[int][]byte{3: {5, 7, 4}, 7: {2, 1, 1}, 8: {1, 1}, 9: {3}, 12: {1}} {
		second := also(pkix.Extension{Id: under(n), Value: value})
		slot := device.attest(t, newKey(t).Public(), second)
		if n == 12 {
			slot = device.attest(t, newKey(t).Public(), second, second)
		}
		_, err := check(f.verifier(t), slot, device.Certificate, at)
		certificateError(t, err, attest.SlotCertificate, "duplicate extension")

		doubled := f.root.device(t, second, second)
		_, err = check(f.verifier(t), device.attest(t, newKey(t).Public()), doubled.Certificate, at)
		certificateError(t, err, attest.DeviceCertificate, "duplicate extension")
	}
}

func TestUnknownExtensions(t *testing.T) {
	f := short(t)
	v := f.verifier(t)
	key := newKey(t).Public()
	far := pkix.Extension{Id: asn1.ObjectIdentifier{1, 2, 3, 4}, Value: []byte{5, 0}}

	// Tolerated, listed, and not believed where they do not belong.
	device := f.root.device(t, with(12, 1), with(8, 1, 1), also(far))
	slot := device.attest(t, key, with(13, 2), with(10, 2, 1, 3), with(11, 1))
	got, err := check(v, slot, device.Certificate, at)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"slot certificate: 1.3.6.1.4.1.41482.3.13", "slot certificate: 1.3.6.1.4.1.41482.3.10", "slot certificate: 1.3.6.1.4.1.41482.3.11",
		"device certificate: 1.3.6.1.4.1.41482.3.12", "device certificate: 1.3.6.1.4.1.41482.3.8", "device certificate: 1.2.3.4",
	}
	slices.Sort(want)
	slices.Sort(got.Unread)
	if !slices.Equal(got.Unread, want) || got.FIPS || got.CSPN || got.PIN != attest.PINAlways {
		t.Errorf("%+v", got)
	}

	// Critical, they must be understood; and cards mark nothing as critical.
	for name, e := range map[string]edit{
		"1.2.3.4":                 also(pkix.Extension{Id: far.Id, Critical: true, Value: far.Value}),
		"1.3.6.1.4.1.41482.3.12":  also(pkix.Extension{Id: under(12), Critical: true, Value: []byte{1}}),
		"1.3.6.1.4.1.41482.3.10 ": also(pkix.Extension{Id: under(10), Critical: true, Value: []byte{1}}),
	} {
		words := "marks the extension " + name[:7]
		device := f.root.device(t)
		_, err := check(v, device.attest(t, key, e), device.Certificate, at)
		certificateError(t, err, attest.SlotCertificate, words)
		refusaltest.Hints(t, err, "do not accept this key")
		marked := f.root.device(t, e)
		_, err = check(v, marked.attest(t, key), marked.Certificate, at)
		certificateError(t, err, attest.DeviceCertificate, words)
	}

	crowd := func(c *x509.Certificate) {
		for n := range 20 {
			c.ExtraExtensions = append(c.ExtraExtensions, pkix.Extension{Id: under(100 + n), Value: []byte{1}})
		}
	}
	device = f.root.device(t)
	_, err = check(v, device.attest(t, key, crowd), device.Certificate, at)
	certificateError(t, err, attest.SlotCertificate, "has 25 extensions, at most 16")
}

func TestTwoCardsInOnePair(t *testing.T) {
	f := short(t)
	v := f.verifier(t)
	key := newKey(t).Public()
	device := f.root.device(t)
	_, err := check(v, device.attest(t, key, with(3, 5, 7, 5)), device.Certificate, at)
	var firmware *attest.FirmwareError
	if !errors.As(err, &firmware) || firmware.Slot.Patch != 5 || firmware.Device.Patch != 4 {
		t.Errorf("%#v", err)
	}
	refusaltest.Says(t, err, "the slot certificate says firmware 5.7.5, the device certificate 5.7.4")
	refusaltest.Hints(t, err, "attest the slot again")

	device = f.root.device(t, with(7, 2, 1, 9))
	_, err = check(v, device.attest(t, key), device.Certificate, at)
	var serial *attest.SerialError
	if !errors.As(err, &serial) || serial.Slot != 36011225 || serial.Device != 9 {
		t.Errorf("%#v", err)
	}
	refusaltest.Says(t, err, "the slot certificate is of card 36011225, the device certificate of card 9")
	refusaltest.Hints(t, err, "attest the slot again")
}
