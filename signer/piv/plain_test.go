//go:build linux && cgo && !nopiv

package piv

import (
	"bytes"
	"errors"
	"testing"

	pivgo "github.com/go-piv/piv-go/v2/piv"

	"github.com/rust-lang/rust-tuf/signer"
	"github.com/rust-lang/rust-tuf/signer/piv/internal/pcsc"
	"github.com/rust-lang/rust-tuf/tests/refusaltest"
	"github.com/rust-lang/rust-tuf/tests/vyubikey/card"
)

// opened is what erase knows of the card that it was told to erase.
type opened struct {
	applet // nothing else is asked
	c      *card.Card
}

func (o opened) serial() uint32 { return o.c.Serial() }

func (o opened) firmware() Version {
	v := o.c.Firmware()
	return Version{int(v[0]), int(v[1]), int(v[2])}
}

// directly sends commands to a card without any service; spoil, if not nil, may
// change the n-th response.
func directly(c *card.Card, spoil func(n int, response []byte) []byte) pcsc.Transmit {
	n := 0
	return func(command []byte) ([]byte, pcsc.Status, error) {
		response, err := c.Transmit(command)
		if err != nil {
			return nil, 0, err
		}
		n++
		if spoil != nil {
			response = spoil(n, response)
		}
		if len(response) < 2 {
			return nil, 0, errors.New("no status")
		}
		end := len(response) - 2
		return response[:end], pcsc.Status(response[end])<<8 | pcsc.Status(response[end+1]), nil
	}
}

// Each response that says something else than it should ends the erasing before
// anything is deleted.
func TestEraseSpoiled(t *testing.T) {
	spoils := map[string]func([]byte) []byte{
		"refused":  func([]byte) []byte { return []byte{0x6f, 0x00} },
		"empty":    func([]byte) []byte { return []byte{0x90, 0x00} },
		"shorter":  func(r []byte) []byte { return append(r[:max(len(r)-3, 0):len(r)], 0x90, 0x00) },
		"longer":   func(r []byte) []byte { return append(r[:len(r)-2:len(r)-2], 0xff, 0x90, 0x00) },
		"another":  func(r []byte) []byte { r = bytes.Clone(r); r[0] ^= 1; return r },
		"mistaken": func(r []byte) []byte { r = bytes.Clone(r); r[len(r)-3] ^= 1; return r },
		"silent":   func([]byte) []byte { return nil },
	}
	c := world.Make(card.Config{})
	c.Generate(card.Signature, card.P256, card.PINAlways, card.TouchAlways)
	key := c.PublicKey(card.Signature)
	for name, spoil := range spoils {
		for _, n := range []int{2, 3, 4, 5} { // serial, kind of management key, witness, proof
			if n == 3 && name != "another" && name != "refused" {
				continue // only its beginning is looked at
			}
			err := erase(directly(c, func(m int, r []byte) []byte {
				if m == n {
					return spoil(r)
				}
				return r
			}), opened{c: c}, card.FactoryManagementKey(), Signature)
			if err == nil || c.PublicKey(card.Signature) != key {
				t.Fatalf("response %d %s: %v", n, name, err)
			}
		}
	}
	if err := erase(directly(c, nil), opened{c: c}, card.FactoryManagementKey(), Signature); err != nil || c.PublicKey(card.Signature) != nil {
		t.Errorf("not deleted: %v", err)
	}
}

func TestEraseRefuses(t *testing.T) {
	c, other := world.Make(card.Config{}), world.Make(card.Config{})
	c.Generate(card.Signature, card.P256, card.PINAlways, card.TouchAlways)
	for words, err := range map[string]error{
		"another card was plugged in meanwhile":  erase(directly(c, nil), opened{c: other}, card.FactoryManagementKey(), Signature),
		"the card answers 6982 to command 87":    erase(directly(c, nil), opened{c: c}, bytes.Repeat([]byte{7}, 24), Signature),
		"crypto/aes: invalid key size 23":        erase(directly(c, nil), opened{c: c}, make([]byte, 23), Signature),
		"has no PIV":                             erase(directly(world.Make(card.Config{PIVDisabled: true}), nil), opened{c: c}, nil, Signature),
		"the card answers 6a88 to command f6":    erase(directly(c, nil), opened{c: c}, card.FactoryManagementKey(), Authentication),
		"the card answers 6d00 when PIV is sele": selectPIV(func([]byte) ([]byte, pcsc.Status, error) { return nil, 0x6d00, nil }, ""),
	} {
		refusaltest.Says(t, err, words)
	}
	if c.PublicKey(card.Signature) == nil {
		t.Error("the key was deleted")
	}
}

// Whatever a card answers, nothing of it is more than an error.
func FuzzAnswers(f *testing.F) {
	f.Add([]byte("\x05\x01\x01\x06\x02\x03\x03"), []byte("\x7c\x12\x80\x10"))
	f.Add([]byte("\x01\x01\xff\x05\x01\x00\x06\x02\x03\x80"), []byte("\x7c\x0a\x80\x0812345678"))
	f.Add([]byte("\x01\x01\x0a"), []byte("\x7c\x12\x80\x101234567812345678"))
	f.Fuzz(func(t *testing.T, description, response []byte) {
		transmit := func(command []byte) ([]byte, pcsc.Status, error) {
			switch command[1] {
			case insMetadata:
				return bytes.Clone(description), pcsc.OK, nil
			case insSerial:
				return []byte{0, 0, 0, 1}, pcsc.OK, nil
			}
			return bytes.Clone(response), pcsc.OK, nil
		}
		found, err := question(transmit, "reader")
		if err == nil && (found.serial != 1 || found.pin != found.puk || found.pin.Left > 255) {
			t.Errorf("%+v", found)
		}
		if authenticate(transmit, card.FactoryManagementKey()) == nil {
			t.Error("a card that knows nothing has proved its management key")
		}
	})
}

// A PIN that is verified already hides the tries left; they are read all the
// same.
func TestCountersAfterPIN(t *testing.T) {
	everyFirmware(t, func(t *testing.T, firmware card.Firmware) {
		c := member(t, card.Config{Firmware: firmware})
		reader, _ := world.Reader(c)
		open, err := openApplet(reader.Name)
		if err != nil {
			t.Fatal(err)
		}
		defer open.close()
		if err := open.verify([]byte(rightPIN)); err != nil {
			t.Fatal(err)
		}
		if pin, _, err := open.counters(); err != nil || pin.Left != 3 {
			t.Errorf("%+v, %v", pin, err)
		}
		open.close()
		open.close() // twice does no harm
	})
}

// refusal is a status word as piv-go tells it.
type refusal uint16

func (r refusal) Error() string  { return "smart card error" }
func (r refusal) Status() uint16 { return uint16(r) }

// What a card says to a PIN or a PUK, and to a new one.
func TestStatus(t *testing.T) {
	y := &yubikey{number: 5}
	for _, test := range []struct {
		err  error
		want any
	}{
		{y.change("PIN", refusal(0x6985)), new(*RefusedError)},
		{y.change("PUK", refusal(0x6a80)), new(*RefusedError)},
		{y.change("PIN", refusal(0x6983)), new(*BlockedError)},
		{y.change("PIN", pivgo.AuthErr{Retries: 1}), new(*signer.WrongSecretError)},
		{y.change("PIN", pivgo.AuthErr{Retries: 0}), new(*signer.WrongSecretError)},
		{y.change("PUK", pivgo.AuthErr{Retries: 0}), new(*BlockedError)},
		{y.secret("PIN", "verifying the PIN", refusal(0x6a80)), new(*CardError)},
		{y.secret("PIN", "verifying the PIN", refusal(0x6f00)), new(*CardError)},
	} {
		if !errors.As(test.err, test.want) {
			t.Errorf("%T: %v", test.want, test.err)
		}
	}
	if err := y.change("PIN", nil); err != nil {
		t.Error(err)
	}
}
