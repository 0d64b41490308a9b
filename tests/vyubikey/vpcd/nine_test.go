//go:build linux && cgo

package vpcd_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/go-piv/piv-go/v2/piv"

	"github.com/rust-lang/rust-tuf/tests/vyubikey/card"
)

// Nine cards in a real pcscd, all at once.
func TestNineCards(t *testing.T) {
	need(t, nil)
	names, err := piv.Cards()
	if err != nil || len(names) != 12 {
		t.Fatalf("readers %q, %v; want twelve", names, err)
	}
	start := time.Now()
	var all sync.WaitGroup
	for i, c := range members {
		all.Go(func() {
			if err := ceremony(c, daemon.Reader(c)); err != nil {
				t.Errorf("card %d: %v", i+1, err)
			}
		})
	}
	all.Wait()
	t.Attr("measured", fmt.Sprintf("nine cards at once in a real pcscd: opened, generated, attested and signed in %s", time.Since(start).Round(time.Millisecond)))
}

// ceremony makes a key, has it attested and signs with it.
func ceremony(c *card.Card, reader string) error {
	yk, err := piv.Open(reader)
	if err != nil {
		return err
	}
	defer yk.Close()
	if serial, err := yk.Serial(); err != nil || serial != c.Serial() {
		return fmt.Errorf("serial %d, %v; want %d", serial, err, c.Serial())
	}
	public, err := yk.GenerateKey(card.FactoryManagementKey(), piv.SlotSignature, piv.Key{
		Algorithm: piv.AlgorithmEC256, PINPolicy: piv.PINPolicyAlways, TouchPolicy: piv.TouchPolicyAlways,
	})
	if err != nil {
		return err
	}
	if _, err := yk.Attest(piv.SlotSignature); err != nil {
		return err
	}
	private, err := yk.PrivateKey(piv.SlotSignature, public, piv.KeyAuth{PIN: card.FactoryPIN, PINPolicy: piv.PINPolicyAlways})
	if err != nil {
		return err
	}
	return sign(private)
}

// sign signs and verifies.
func sign(private crypto.PrivateKey) error {
	signer := private.(crypto.Signer)
	digest := sha256.Sum256([]byte("root"))
	signature, err := signer.Sign(rand.Reader, digest[:], crypto.SHA256)
	if err != nil {
		return err
	}
	if !ecdsa.VerifyASN1(signer.Public().(*ecdsa.PublicKey), digest[:], signature) {
		return fmt.Errorf("the signature does not verify")
	}
	return nil
}
