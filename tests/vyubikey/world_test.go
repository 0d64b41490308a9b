package vyubikey_test

import (
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/tests/vyubikey"
	"github.com/rust-lang/rust-tuf/tests/vyubikey/ca"
	"github.com/rust-lang/rust-tuf/tests/vyubikey/card"
)

// names lists the readers of a world.
func names(w *vyubikey.World) string {
	var all []string
	for _, r := range w.Readers() {
		all = append(all, r.Name)
	}
	return strings.Join(all, ", ")
}

// Readers come and go as pcsc-lite numbers them.
func TestReaders(t *testing.T) {
	w := vyubikey.New()
	alice := w.Insert(card.Config{})
	bob := w.Insert(card.Config{Firmware: card.Firmware{4, 3, 7}})
	carol := w.Make(card.Config{Serial: 7})
	other := w.PlugInto("Gemalto PC Twin Reader", carol)
	if got, want := names(w), "Yubico YubiKey OTP+FIDO+CCID 00 00, Yubico Yubikey 4 OTP+U2F+CCID 01 00, Gemalto PC Twin Reader 02 00"; got != want {
		t.Fatalf("%s, want %s", got, want)
	}
	if alice.Serial() == bob.Serial() || carol.Serial() != 7 {
		t.Fatalf("serial numbers %d, %d, %d", alice.Serial(), bob.Serial(), carol.Serial())
	}
	w.Remove(bob)
	if _, ok := w.Reader(bob); ok {
		t.Fatal("a removed card is in a reader")
	}
	if got := w.Plug(bob); got != "Yubico Yubikey 4 OTP+U2F+CCID 01 00" {
		t.Fatal(got)
	}
	w.Occupy(bob)
	if r, _ := w.Reader(bob); !r.Occupied {
		t.Fatal("not occupied")
	}
	w.Vacate(bob)
	if r, _ := w.Reader(bob); r.Occupied {
		t.Fatal("still occupied")
	}
	w.RemoveReader(other)
	w.Clear()
	if got := names(w); got != "" {
		t.Fatal(got)
	}
}

// Whoever waits is told of each change.
func TestChanged(t *testing.T) {
	w := vyubikey.New()
	changed := w.Changed()
	select {
	case <-changed:
		t.Fatal("nothing changed yet")
	default:
	}
	c := w.Insert(card.Config{})
	<-changed
	changed = w.Changed()
	w.Remove(c)
	<-changed
}

// Cards are certified by the authority of their firmware.
func TestAuthorities(t *testing.T) {
	w := vyubikey.New()
	for firmware, shape := range map[card.Firmware]ca.Shape{
		{4, 3, 7}: ca.Short, {5, 4, 3}: ca.Short, {5, 7, 2}: ca.Short, {5, 7, 4}: ca.Long, {6, 0, 0}: ca.Long,
	} {
		if got := w.Authority(firmware).Shape(); got != shape {
			t.Errorf("%s: shape %d, want %d", firmware, got, shape)
		}
	}
}

// A seventeenth reader is a mistake of the test.
func TestTooManyReaders(t *testing.T) {
	w := vyubikey.New()
	for range vyubikey.MaxReaders {
		w.Insert(card.Config{})
	}
	defer func() {
		if recover() == nil {
			t.Error("pcsc-lite knows sixteen readers")
		}
	}()
	w.Insert(card.Config{})
}
