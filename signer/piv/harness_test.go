//go:build linux && cgo && !nopiv

package piv

import (
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"os"
	"strings"
	"testing"
	"time"

	pivgo "github.com/go-piv/piv-go/v2/piv"

	"github.com/rust-lang/rust-tuf/signer"
	plain "github.com/rust-lang/rust-tuf/signer/piv/internal/pcsc"
	"github.com/rust-lang/rust-tuf/signer/signertest"
	"github.com/rust-lang/rust-tuf/tests/vyubikey"
	"github.com/rust-lang/rust-tuf/tests/vyubikey/card"
	"github.com/rust-lang/rust-tuf/tests/vyubikey/pcsc"
	"github.com/rust-lang/rust-tuf/verify"
)

// The computer of these tests: virtual YubiKeys behind the real libpcsclite and
// the real piv-go.
var (
	world  = vyubikey.New()
	server *pcsc.Server
	finger relay
)

func TestMain(m *testing.M) {
	var err error
	if server, err = pcsc.Start(world); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if err = finger.up(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	finger.down()
	if err := server.Close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// What a member has chosen.
const (
	rightPIN = "428571"
	wrongPIN = "999999"
	rightPUK = "14285714"
)

var message = []byte(`{"_type":"root","version":2}`)

// everyFirmware runs a test for each personality of the virtual card.
func everyFirmware(t *testing.T, test func(t *testing.T, firmware card.Firmware)) {
	on(t, []card.Firmware{{4, 3, 7}, {5, 2, 7}, {5, 4, 3}, {5, 7, 4}}, test)
}

func on(t *testing.T, firmwares []card.Firmware, test func(t *testing.T, firmware card.Firmware)) {
	for _, firmware := range firmwares {
		t.Run(firmware.String(), func(t *testing.T) { test(t, firmware) })
	}
}

// insert plugs in a card with a PIN and a PUK of its own. At the end of the test
// nobody may hold it.
func insert(t *testing.T, config card.Config) *card.Card {
	t.Helper()
	c := world.Insert(config)
	own(t, c)
	return c
}

func own(t *testing.T, c *card.Card) {
	t.Helper()
	c.Set(card.State{PIN: rightPIN, PUK: rightPUK})
	t.Cleanup(func() {
		if n := held(); n != 0 {
			t.Errorf("%d connections to cards are still open", n)
		}
		world.Remove(c)
	})
}

// lost counts the connections that piv-go lost when a card was pulled out while
// it was opening it. Those of a real service end with the reader.
var lost int

// held is how many connections to cards there are.
func held() int { return server.Connections() - lost }

// member plugs in a card as a member of the quorum has it: a P-256 key in 9c,
// PIN always, touch always.
func member(t *testing.T, config card.Config) *card.Card {
	t.Helper()
	c := insert(t, config)
	c.Generate(card.Signature, card.P256, card.PINAlways, card.TouchAlways)
	return c
}

// keys lists what is plugged in; lines are the messages.
func keys(t *testing.T, s Source) (found []*Key, lines []string) {
	t.Helper()
	person := signertest.NewPerson(t)
	listed, err := s.Keys(t.Context(), person.UI())
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range listed {
		found = append(found, key.(*Key))
	}
	return found, person.Seen()
}

// keyOf lists the one key of a card.
func keyOf(t *testing.T, c *card.Card) *Key {
	t.Helper()
	found, lines := keys(t, Source{Serials: []uint32{c.Serial()}})
	if len(found) != 1 || found[0].Serial() != c.Serial() {
		t.Fatalf("found %d keys; %q", len(found), lines)
	}
	c.ClearLog()
	return found[0]
}

// sign asks key for a signature, with a person who answers as script says, and
// returns what they saw.
func sign(t *testing.T, key *Key, script ...signertest.Reply) (seen []string, err error) {
	t.Helper()
	person := signertest.NewPerson(t, script...)
	signature, err := signer.Sign(t.Context(), key, key.Public(), message, person.UI())
	if (signature == nil) == (err == nil) {
		t.Errorf("signature %x together with error %v", signature, err)
	}
	return person.Seen(), err
}

// says is a line with the card's name in the place of %s.
func says(c *card.Card, line string) string {
	return strings.ReplaceAll(line, "%s", cardName(c.Serial()))
}

// spent fails the test unless these many tries of the PIN and the PUK were
// spent, and signatures made, since the card was last asked.
func spent(t *testing.T, c *card.Card, pin, puk, signatures int) {
	t.Helper()
	n := c.Counters()
	if n.PINAttempts != pin || n.PUKAttempts != puk || n.Signatures != signatures {
		t.Errorf("spent %d tries of the PIN, %d of the PUK, and made %d signatures; want %d, %d, %d",
			n.PINAttempts, n.PUKAttempts, n.Signatures, pin, puk, signatures)
	}
	c.ClearLog()
}

// usable fails the test unless another program can use the card, and is asked
// for the PIN even if it goes on where the last one stopped.
func usable(t *testing.T, c *card.Card) {
	t.Helper()
	reader, ok := world.Reader(c)
	if !ok {
		t.Fatalf("card %d is in no reader", c.Serial())
	}
	err := plain.Exchange(reader.Name, func(transmit plain.Transmit) error {
		_, status, err := transmit([]byte{0, 0x20, 0, 0x80, 0})
		if status == plain.OK {
			t.Error("the next program finds the PIN verified")
		}
		return err
	})
	if err != nil {
		t.Errorf("another program cannot use the card: %v", err)
	}
	another(t, c).Close()
}

// another is another program that has the card open.
func another(t *testing.T, c *card.Card) *pivgo.YubiKey {
	t.Helper()
	reader, ok := world.Reader(c)
	if !ok {
		t.Fatalf("card %d is in no reader", c.Serial())
	}
	other, err := pivgo.Open(reader.Name)
	if err != nil {
		t.Fatalf("another program cannot use the card: %v", err)
	}
	return other
}

// publicOf returns the public key in a slot as the card itself has it.
func publicOf(t *testing.T, c *card.Card, s card.Slot) verify.PublicKey {
	t.Helper()
	public, err := verify.NewPublicKey(c.PublicKey(s))
	if err != nil {
		t.Fatal(err)
	}
	return public
}

// certify stores a certificate about the key in 9c, or about another one, as
// another program would.
func certify(t *testing.T, c *card.Card, public any) {
	t.Helper()
	key := signertest.P256(t, "somebody")
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "somebody"},
		NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1<<33, 0),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, public, key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	other := another(t, c)
	defer other.Close()
	if err := other.SetCertificate(card.FactoryManagementKey(), pivgo.SlotSignature, certificate); err != nil {
		t.Fatal(err)
	}
}
