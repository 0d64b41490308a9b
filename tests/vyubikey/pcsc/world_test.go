//go:build linux && cgo

package pcsc_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-piv/piv-go/v2/piv"

	"github.com/rust-lang/rust-tuf/tests/vyubikey/card"
	"github.com/rust-lang/rust-tuf/tests/vyubikey/pcsc"
)

// cards returns what piv-go lists.
func cards(t *testing.T) string {
	t.Helper()
	names, err := piv.Cards()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(names, ", ")
}

// Readers come and go while the process runs; the lowest free number is used again.
func TestPlugAndUnplug(t *testing.T) {
	if got := cards(t); got != "" {
		t.Fatalf("an empty world: %s", got)
	}
	alice := insert(t, card.Config{})
	bob := insert(t, card.Config{Firmware: card.Firmware{4, 3, 7}})
	if got, want := cards(t), "Yubico YubiKey OTP+FIDO+CCID 00 00, Yubico Yubikey 4 OTP+U2F+CCID 01 00"; got != want {
		t.Fatalf("%s, want %s", got, want)
	}
	other := world.PlugInto("Gemalto PC Twin Reader", nil)
	defer world.RemoveReader(other)
	if _, err := piv.Open(other); err == nil || !strings.Contains(err.Error(), "no Smart Card is currently in the device") {
		t.Fatalf("an empty reader: %v", err)
	}
	world.Remove(alice)
	carol := insert(t, card.Config{})
	if r, _ := world.Reader(carol); r.Name != "Yubico YubiKey OTP+FIDO+CCID 00 00" {
		t.Fatalf("carol's card is in %s", r.Name)
	}
	if _, err := piv.Open("Yubico YubiKey OTP+FIDO+CCID 09 00"); err == nil || !strings.Contains(err.Error(), "reader name is not recognized") {
		t.Fatalf("a reader that is not there: %v", err)
	}
	if bob.Serial() == carol.Serial() {
		t.Fatal("two cards have one serial number")
	}
}

// A card that another program holds is busy; so is one that this process has open.
func TestBusy(t *testing.T) {
	const busy = "the smart card cannot be accessed because of other connections outstanding"
	c := insert(t, card.Config{})
	r, _ := world.Reader(c)
	world.Occupy(c)
	if _, err := piv.Open(r.Name); err == nil || !strings.Contains(err.Error(), busy) {
		t.Fatalf("occupied: %v", err)
	}
	world.Vacate(c)
	yk, err := piv.Open(r.Name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := piv.Open(r.Name); err == nil || !strings.Contains(err.Error(), busy) {
		t.Fatalf("opened twice: %v", err)
	}
	if err := yk.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, c)
	if n := c.Counters(); n != (card.Counters{}) {
		t.Fatalf("busy cost %+v", n)
	}
}

// Without a service clients say so, and later find it again.
func TestNoService(t *testing.T) {
	c := insert(t, card.Config{})
	yk := open(t, c)
	server.Down()
	if _, err := piv.Cards(); err == nil || !strings.Contains(err.Error(), "the Smart card resource manager is not running") {
		t.Fatalf("no service: %v", err)
	}
	if _, err := yk.Serial(); err == nil {
		t.Fatal("a connection outlived the service")
	}
	if err := server.Up(); err != nil {
		t.Fatal(err)
	}
	open(t, c)
}

// The moment in which a card is pulled out, by its owner or by the test while it blinks, and what clients see.
func TestPulled(t *testing.T) {
	for _, test := range []struct {
		interrupted, gone pcsc.Code
		first, then       string
	}{
		{pcsc.NotTransacted, pcsc.ReaderUnavailable, "an attempt was made to end a non-existent transaction", "reader is not currently available for use"},
		{pcsc.RemovedCard, pcsc.NoSmartCard, "the smart card has been removed", "no Smart Card is currently in the device"},
	} {
		server.OnRemoval(test.interrupted, test.gone)
		for _, how := range []string{"in the person's hand", "by the test"} {
			c := insert(t, card.Config{})
			public := c.Generate(card.Signature, card.P256, card.PINAlways, card.TouchAlways)
			yk := open(t, c)
			c.OnTouch(func() card.Touch {
				if how == "by the test" {
					world.Remove(c)
					return card.Touched
				}
				return card.Pulled
			})
			if err := signWith(yk, public, piv.PINPolicyAlways); err == nil || !strings.Contains(err.Error(), test.first) {
				t.Fatalf("pulled %s: %v", how, err)
			}
			if _, err := yk.Serial(); err == nil || !strings.Contains(err.Error(), test.then) {
				t.Fatalf("after it was pulled %s: %v", how, err)
			}
			if got := cards(t); got != "" {
				t.Fatalf("pulled %s: still %s", how, got)
			}
			if err := yk.Close(); err != nil {
				t.Fatalf("pulled %s: closing: %v", how, err)
			}
			// Put back, it is a card like before.
			world.Plug(c)
			c.OnTouch(nil)
			if err := signWith(open(t, c), public, piv.PINPolicyAlways); err != nil {
				t.Fatal(err)
			}
			world.Remove(c)
		}
	}
	server.OnRemoval(pcsc.NotTransacted, pcsc.ReaderUnavailable)
}

// No touch is 6982 although the PIN was right, and costs no wait of real time.
func TestNoTouch(t *testing.T) {
	c := insert(t, card.Config{Touch: card.Always(card.Ignored)})
	public := c.Generate(card.Signature, card.P256, card.PINAlways, card.TouchAlways)
	yk := open(t, c)
	if err := signWith(yk, public, piv.PINPolicyAlways); status(err) != 0x6982 {
		t.Fatalf("no touch: %v", err)
	}
	if n := c.Counters(); n.PINAttempts != 1 || n.PINFailures != 0 || n.TouchTimeouts != 1 || n.Signatures != 0 || c.Elapsed() != 15*time.Second {
		t.Fatalf("counters %+v after %s", n, c.Elapsed())
	}
}

// A test may look at a card while it waits for the person.
func TestWaitingForTouch(t *testing.T) {
	blinking, touched := make(chan struct{}), make(chan struct{})
	c := insert(t, card.Config{})
	public := c.Generate(card.Signature, card.P256, card.PINAlways, card.TouchAlways)
	c.OnTouch(func() card.Touch {
		close(blinking)
		<-touched
		return card.Touched
	})
	yk := open(t, c)
	signed := make(chan error)
	go func() { signed <- signWith(yk, public, piv.PINPolicyAlways) }()
	<-blinking
	if n := c.Counters(); n.Touches != 1 || n.Signatures != 0 {
		t.Errorf("counters %+v", n)
	}
	if got := cards(t); got == "" {
		t.Error("a blinking card is not listed")
	}
	close(touched)
	if err := <-signed; err != nil {
		t.Fatal(err)
	}
}

// On a card without PIV, piv-go's Open keeps the exclusive handle: callers have to filter names first. When
// this fails, that filter can go.
func TestOpenWithoutPIV(t *testing.T) {
	before := server.Connections()
	c := insert(t, card.Config{PIVDisabled: true})
	r, _ := world.Reader(c)
	if _, err := piv.Open(r.Name); err == nil || !strings.Contains(err.Error(), "data object or application not found") {
		t.Fatalf("a card without PIV: %v", err)
	}
	if n := server.Connections() - before; n != 1 {
		t.Fatalf("piv-go left %d handles open", n)
	}
	if _, err := piv.Open(r.Name); err == nil || !strings.Contains(err.Error(), "other connections outstanding") {
		t.Fatalf("the second time: %v", err)
	}
}

// Nine cards at once: opened, key generated, attested, signed.
func TestNineCards(t *testing.T) {
	var members []*card.Card
	for range 9 {
		members = append(members, insert(t, card.Config{StrictFreshness: true}))
	}
	start := time.Now()
	var all sync.WaitGroup
	for _, c := range members {
		all.Go(func() {
			r, _ := world.Reader(c)
			yk, err := piv.Open(r.Name)
			if err != nil {
				t.Error(err)
				return
			}
			defer yk.Close()
			public, err := yk.GenerateKey(card.FactoryManagementKey(), piv.SlotSignature, p256)
			if err != nil {
				t.Error(err)
				return
			}
			if _, err := yk.Attest(piv.SlotSignature); err != nil {
				t.Error(err)
			}
			if err := signWith(yk, public, piv.PINPolicyAlways); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	t.Logf("nine cards opened, generated, attested and signed in %s", time.Since(start).Round(time.Millisecond))
}
