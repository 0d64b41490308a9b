//go:build linux && cgo

package pcsc_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"testing"

	"github.com/go-piv/piv-go/v2/piv"

	"github.com/rust-lang/rust-tuf/tests/vyubikey/card"
)

// Enrolment and one signature, as piv-go does them.
func TestGenerateAttestSign(t *testing.T) {
	for _, firmware := range []card.Firmware{{4, 3, 7}, {5, 2, 7}, {5, 4, 3}, {5, 7, 4}} {
		t.Run(firmware.String(), func(t *testing.T) {
			c := insert(t, card.Config{Firmware: firmware, StrictFreshness: true})
			yk := open(t, c)
			if serial, err := yk.Serial(); err != nil || serial != c.Serial() {
				t.Fatalf("serial %d, %v; want %d", serial, err, c.Serial())
			}
			if v := yk.Version(); [3]int{v.Major, v.Minor, v.Patch} != [3]int{int(firmware[0]), int(firmware[1]), int(firmware[2])} {
				t.Fatalf("version %v, want %v", v, firmware)
			}
			public, err := yk.GenerateKey(card.FactoryManagementKey(), piv.SlotSignature, piv.Key{
				Algorithm: piv.AlgorithmEC256, PINPolicy: piv.PINPolicyAlways, TouchPolicy: piv.TouchPolicyAlways,
			})
			if err != nil {
				t.Fatal(err)
			}
			attested, err := yk.Attest(piv.SlotSignature)
			if err != nil {
				t.Fatal(err)
			}
			if !public.(*ecdsa.PublicKey).Equal(attested.PublicKey) {
				t.Fatal("the attested key is not the generated one")
			}
			private, err := yk.PrivateKey(piv.SlotSignature, public,
				piv.KeyAuth{PIN: card.FactoryPIN, PINPolicy: piv.PINPolicyAlways})
			if err != nil {
				t.Fatal(err)
			}
			digest := sha256.Sum256([]byte("root"))
			signature, err := private.(crypto.Signer).Sign(rand.Reader, digest[:], crypto.SHA256)
			if err != nil {
				t.Fatal(err)
			}
			if !ecdsa.VerifyASN1(public.(*ecdsa.PublicKey), digest[:], signature) {
				t.Fatal("the signature does not verify")
			}
			want := card.Counters{PINAttempts: 1, ManagementAttempts: 1, Signatures: 1, Touches: 1, Generated: 1, Attested: 1}
			if got := c.Counters(); got != want {
				t.Fatalf("counters %+v, want %+v", got, want)
			}
		})
	}
}
