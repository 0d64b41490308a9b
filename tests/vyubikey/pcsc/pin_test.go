//go:build linux && cgo

package pcsc_test

import (
	"errors"
	"testing"

	"github.com/go-piv/piv-go/v2/piv"

	"github.com/rust-lang/rust-tuf/tests/vyubikey/card"
)

// status returns the status word of piv-go's errors, 0 if there is none.
func status(err error) uint16 {
	var s interface{ Status() uint16 }
	if errors.As(err, &s) {
		return s.Status()
	}
	return 0
}

// Wrong PINs up to the block, and the PUK's way out.
func TestPIN(t *testing.T) {
	c := insert(t, card.Config{})
	yk := open(t, c)
	if n, err := yk.Retries(); err != nil || n != 3 {
		t.Fatalf("%d tries, %v; want three", n, err)
	}
	for left := 2; left >= 0; left-- {
		var wrong piv.AuthErr
		if err := yk.VerifyPIN("999999"); !errors.As(err, &wrong) || wrong.Retries != left {
			t.Fatalf("wrong PIN: %v, want %d tries left", err, left)
		}
	}
	if err := yk.VerifyPIN(card.FactoryPIN); status(err) != 0x6983 {
		t.Fatalf("right PIN when blocked: %v", err)
	}
	if err := yk.Unblock("99999999", "777777"); status(err) != 0x63c2 {
		t.Fatalf("wrong PUK: %v", err)
	}
	if err := yk.Unblock(card.FactoryPUK, "777777"); err != nil {
		t.Fatal(err)
	}
	if err := yk.VerifyPIN("777777"); err != nil {
		t.Fatal(err)
	}
	if err := yk.SetPIN("777777", "888888"); err != nil {
		t.Fatal(err)
	}
	if err := yk.SetPUK(card.FactoryPUK, "88888888"); err != nil {
		t.Fatal(err)
	}
	if n := c.Counters(); n.PINAttempts != 6 || n.PINFailures != 4 || n.PUKAttempts != 3 || n.PUKFailures != 1 {
		t.Fatalf("counters %+v", n)
	}
}

// Asking for the tries, and a policy "once" that is met already, spend no attempt.
func TestAskingSpendsNoAttempt(t *testing.T) {
	c := insert(t, card.Config{})
	public := c.Generate(card.Signature, card.P256, card.PINOnce, card.TouchNever)
	yk := open(t, c)
	for range 5 {
		if _, err := yk.Retries(); err != nil {
			t.Fatal(err)
		}
	}
	if n := c.Counters().PINAttempts; n != 0 {
		t.Fatalf("asking cost %d attempts", n)
	}
	for range 3 {
		if err := signWith(yk, public, piv.PINPolicyOnce); err != nil {
			t.Fatal(err)
		}
	}
	if n := c.Counters(); n.PINAttempts != 1 || n.Signatures != 3 {
		t.Fatalf("counters %+v", n)
	}
	if _, err := yk.Retries(); err == nil {
		t.Fatal("piv-go tells tries although the PIN is verified: its answer should be looked at again")
	}
}

// SetRetries puts PIN and PUK back to the factory's, Reset everything.
func TestRetriesAndReset(t *testing.T) {
	c := insert(t, card.Config{})
	c.Set(card.State{PIN: "777777", PUK: "88888888"})
	c.Generate(card.Signature, card.P256, card.PINAlways, card.TouchAlways)
	yk := open(t, c)
	if err := yk.SetRetries(card.FactoryManagementKey(), "777777", 5, 4); err != nil {
		t.Fatal(err)
	}
	if pin, puk := c.Tries(); pin != 5 || puk != 4 {
		t.Fatalf("%d and %d tries", pin, puk)
	}
	if err := yk.VerifyPIN(card.FactoryPIN); err != nil {
		t.Fatal(err)
	}
	if err := yk.Reset(); err != nil {
		t.Fatal(err)
	}
	if pin, puk := c.Tries(); pin != 3 || puk != 3 || c.PublicKey(card.Signature) != nil {
		t.Fatalf("after the reset: %d and %d tries, key %v", pin, puk, c.PublicKey(card.Signature))
	}
}
