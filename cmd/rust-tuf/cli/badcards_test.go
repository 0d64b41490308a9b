//go:build cgo && !nopiv && linux

package cli

import (
	"cmp"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/roles"
	"github.com/rust-lang/rust-tuf/roles/attest"
	"github.com/rust-lang/rust-tuf/signer/piv"
	"github.com/rust-lang/rust-tuf/tests/vyubikey"
	"github.com/rust-lang/rust-tuf/tests/vyubikey/ca"
	"github.com/rust-lang/rust-tuf/tests/vyubikey/card"
)

// finds tells whether the rules refuse, and which of them.
func finds(err error, rules ...string) bool {
	var refused *metadata.RefusedError
	if !errors.As(err, &refused) {
		return false
	}
	var found []string
	for _, f := range refused.Findings {
		if f.Severity == roles.Refused && !slices.Contains(found, f.Rule) {
			found = append(found, f.Rule)
		}
	}
	return slices.Equal(found, rules)
}

// badCard is a card whose key must not become a member's.
type badCard struct {
	name   string
	config card.Config
	pin    card.PINPolicy   // zero: always
	touch  card.TouchPolicy // zero: always
	set    func(t *testing.T, world *vyubikey.World, c *card.Card)
	policy [2]string // what stands in rust-tuf.toml, and what instead
	is     func(err error) bool
	code   int
	words  []string // of the error, and of what to do next
}

// forgedCard answers with another certificate when it is asked to attest.
func forgedCard(name, words string, of func(*testing.T, *vyubikey.World, *card.Card) []byte) badCard {
	var forged atomic.Pointer[[]byte] // the card answers in a goroutine of its own
	return badCard{name: name, is: is[*attest.CertificateError], code: exit.Rejected, words: []string{words, "ykman piv keys attest 9c"},
		config: card.Config{Forge: func(_ card.Slot, honest []byte) []byte {
			if instead := forged.Load(); instead != nil {
				return *instead
			}
			return honest
		}},
		set: func(t *testing.T, world *vyubikey.World, c *card.Card) {
			der := of(t, world, c)
			forged.Store(&der)
		}}
}

// badCards are the cases about certificates and their contents.
func badCards() []badCard {
	chain, extension := is[*attest.ChainError], is[*attest.ExtensionError]
	policy := func(err error) bool { return finds(err, "device-policy") }
	attestation := func(err error) bool { return finds(err, "attestation") }
	return []badCard{
		{name: "a root that nobody knows", config: card.Config{Authority: ca.New(ca.Long)}, is: chain, code: exit.Rejected,
			words: []string{`issued by "Yubico PIV Attestation B 1": that issuer's key did not sign it; whoever made it only used the name`, "do not accept this key"}},
		{name: "a root that nobody knows, in the old shape", config: card.Config{Authority: ca.New(ca.Short), Firmware: card.Firmware{5, 7, 0}}, is: chain, code: exit.Rejected,
			words: []string{`issued by "Yubico PIV Root CA Serial 263751": that issuer's key did not sign it`, "do not accept this key"}},
		forgedCard("the device certificate as slot certificate", "is a device certificate, in the place of the slot certificate", func(t *testing.T, _ *vyubikey.World, c *card.Card) []byte {
			found, err := piv.FindCard(t.Context(), c.Serial())
			if err != nil {
				t.Fatal(err)
			}
			honest, err := found.Attest(t.Context(), piv.Signature)
			if err != nil {
				t.Fatal(err)
			}
			return honest.Device
		}),
		forgedCard("an intermediate as slot certificate", "is an intermediate certificate, in the place of the slot certificate", func(t *testing.T, world *vyubikey.World, c *card.Card) []byte {
			between, err := world.Authority(c.Firmware()).Intermediates()
			if err != nil {
				t.Fatal(err)
			}
			return between[0].Raw
		}),
		{name: "no serial number", config: card.Config{SlotFaults: []ca.Fault{ca.Missing(ca.OIDSerial)}}, is: extension, code: exit.Rejected, words: []string{"serial number"}},
		{name: "the policies twice", config: card.Config{SlotFaults: []ca.Fault{ca.Duplicated(ca.OIDPolicies)}}, is: is[*piv.CardError], code: exit.Card, words: []string{"YubiKey 5200001: attesting slot 9c: ", "duplicate extension"}},
		{name: "a serial number cut short", config: card.Config{SlotFaults: []ca.Fault{ca.Corrupted(ca.OIDSerial)}}, is: extension, code: exit.Rejected, words: []string{"serial number"}},
		{name: "another firmware in the device certificate", config: card.Config{DeviceFaults: []ca.Fault{ca.Replaced(ca.OIDFirmware, []byte{5, 7, 5})}}, is: is[*attest.FirmwareError], code: exit.Rejected,
			words: []string{"the slot certificate says firmware 5.7.4, the device certificate 5.7.5"}},
		{name: "another slot", config: card.Config{SlotFaults: []ca.Fault{ca.Named("YubiKey PIV Attestation 9a")}}, is: func(err error) bool { return finds(err, "attestation", "device-policy") }, code: exit.Rejected,
			words: []string{"the attestation is of slot 9a, declared is slot 9c (card 5200001)"}},
		{name: "another card", config: card.Config{SlotFaults: []ca.Fault{ca.OtherSerial(5200099)}}, is: attestation, code: exit.Rejected,
			words: []string{"the attestation is of card 5200099, declared is card 5200001"}},
		{name: "PIN once", pin: card.PINOnce, is: policy, code: exit.Rejected, words: []string{"has the PIN policy once, the policy allows always", "make a new key with PIN policy always"}},
		{name: "PIN never", pin: card.PINNever, is: policy, code: exit.Rejected, words: []string{"has the PIN policy never, the policy allows always"}},
		{name: "touch never", touch: card.TouchNever, is: policy, code: exit.Rejected, words: []string{"has the touch policy never, the policy allows always", "make a new key with touch policy always"}},
		{name: "touch cached", touch: card.TouchCached, is: policy, code: exit.Rejected, words: []string{"has the touch policy cached, the policy allows always"}},
		{name: "an imported key", set: func(t *testing.T, _ *vyubikey.World, c *card.Card) {
			key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
			if err != nil {
				t.Fatal(err)
			}
			c.Import(card.Signature, key, card.PINAlways, card.TouchAlways)
		}, is: is[*piv.NotGeneratedError], code: exit.Card, words: []string{"YubiKey 5200001 does not attest slot 9c: its key was imported, not made on the card", "make a new key on the card with member enrol"}},
		{name: "old firmware", config: card.Config{Firmware: card.Firmware{5, 4, 3}}, is: is[*UnfitCardError], code: exit.Rejected,
			words: []string{"YubiKey 5200001 cannot hold a member's key: its firmware is 5.4.3, the policy demands 5.7.0 or newer", "firmware cannot be updated: use another one"}},
		{name: "old firmware that the policy allows, without a reason", config: card.Config{Firmware: card.Firmware{5, 4, 3}}, policy: [2]string{"[devices]", "[devices]\nmin-firmware = \"5.4.0\""},
			is: func(err error) bool { return finds(err, "advisory") }, code: exit.Rejected, words: []string{"lives on firmware 5.4.3, must be 5.7.0 or newer", `with [[exception]] rule = "advisory", role = "…", member = "mallory"`}},
		{name: "firmware 4.3.7", config: card.Config{Firmware: card.Firmware{4, 3, 7}}, is: is[*UnfitCardError], code: exit.Rejected, words: []string{"its firmware is 4.3.7"}},
		{name: "no card of the FIPS series", policy: [2]string{"[devices]", "[devices]\nfips = true"}, is: is[*UnfitCardError], code: exit.Rejected,
			words: []string{"it is not of the FIPS series, which the policy demands"}},
	}
}

// Each of them is refused by its own error and words, before any secret is asked
// for: nothing is written anywhere, no try is spent, and the card serves others.
func TestBadCards(t *testing.T) {
	s, mallory, world := newcomerWithCard(t) // nothing is changed, so one stage serves
	for _, test := range badCards() {
		t.Run(test.name, func(t *testing.T) {
			s, mallory := s, mallory
			if test.policy[0] != "" {
				s, mallory, _ = newcomerWithCard(t)
				s.policySays(t, test.policy[0], test.policy[1])
			}
			world.Clear()
			test.config.Serial = 5200001
			c := world.Insert(test.config)
			ready(c)
			c.Set(card.State{PIN: cardPIN, PUK: cardPUK})
			c.Generate(card.Signature, card.P256, cmp.Or(test.pin, card.PINAlways), cmp.Or(test.touch, card.TouchAlways))
			if test.set != nil {
				test.set(t, world, c)
			}
			c.ClearLog()
			mallory.answers(t)
			args := append(slices.Clone(enrolArgs), "--existing")
			s.unchanged(t, func() {
				s.fails(t, mallory, test.code, test.is, args, test.words...)
			})
			usableByOthers(t, c)
		})
	}
}

// usableByOthers: nothing was spent or changed on a card, and it can be opened.
func usableByOthers(t *testing.T, c *card.Card) {
	t.Helper()
	if n := c.Counters(); n.PINAttempts+n.PUKAttempts+n.Signatures+n.Generated+n.Imported+n.Resets > 0 {
		t.Errorf("card %d: %+v", c.Serial(), n)
	}
	if n := reader.Connections(); n > 0 {
		t.Errorf("%d connections to cards are still open", n)
	}
	if _, err := piv.FindCard(t.Context(), c.Serial()); err != nil {
		t.Error(err)
	}
}

// A card of Yubico's newer hierarchy, where an intermediate is missing: the
// member is told where it comes from, and with it the same card is accepted.
func TestCardWithAMissingIntermediate(t *testing.T) {
	s, mallory, world := newcomerWithCard(t)
	whole := mallory.env.Attestation
	root, err := world.Authority(card.Firmware{5, 7, 4}).Root()
	if err != nil {
		t.Fatal(err)
	}
	roots, err := attest.ParseTestRoots([]byte(ca.PEM(root)))
	if err != nil {
		t.Fatal(err)
	}
	yubico, err := attest.Yubico()
	if err != nil {
		t.Fatal(err)
	}
	mallory.env.Attestation = yubico.WithTestRoots(roots)
	c := world.Insert(card.Config{Serial: 5200001})
	ready(c)
	c.Set(card.State{PIN: cardPIN, PUK: cardPUK})
	c.Generate(card.Signature, card.P256, card.PINAlways, card.TouchAlways)
	c.ClearLog()
	mallory.answers(t)
	args := append(slices.Clone(enrolArgs), "--existing")
	s.unchanged(t, func() {
		s.fails(t, mallory, exit.Rejected, is[*attest.ChainError], args, `issued by "Yubico PIV Attestation B 1": that issuer's key did not sign it`)
	})
	usableByOthers(t, c)
	mallory.env.Attestation = whole
	mallory.answers(t, askPIN)
	s.exits(t, mallory, exit.Done, args)
}

// One card does not become the key of two people, in whichever slot.
func TestOneCardForTwoPeople(t *testing.T) {
	s, mallory, world := newcomerWithCard(t)
	s.maintainer.env.Attestation = mallory.env.Attestation
	s.policySays(t, "[devices]", "[devices]\nslots = [\"9c\", \"9a\"]")
	c := world.Insert(card.Config{Serial: 5200001})
	mallory.answers(t, fresh...)
	s.exits(t, mallory, exit.Done, enrolArgs)
	if err := s.merge("member/mallory"); err != nil {
		t.Fatal(err)
	}
	c.Generate(card.Authentication, card.P256, card.PINAlways, card.TouchAlways)
	karl, err := s.enter("karl")
	if err != nil {
		t.Fatal(err)
	}
	karl.withCards().env.Attestation = mallory.env.Attestation
	c.ClearLog()
	for _, test := range []struct {
		slot  string
		is    func(error) bool
		words string
	}{
		{"9c", is[*DeclaredKeyError], "this key is declared as mallory/main in members/mallory/member.toml"},
		{"9a", func(err error) bool { return finds(err, "serial-twice") }, "are on one card, 5200001, whose holder would count for two"},
	} {
		karl.answers(t)
		args := []string{"member", "enrol", "karl", "--affiliation", "works-karl", "--country", "lives-karl", "--existing", "--slot", test.slot}
		s.unchanged(t, func() {
			s.fails(t, karl, exit.Rejected, test.is, args, test.words)
		})
		usableByOthers(t, c)
	}
}

// A new card that Yubico did not make, or that is damaged, is refused before its
// holder gives it a PIN.
func TestEnrolCounterfeit(t *testing.T) {
	s, mallory, world := newcomerWithCard(t)
	for _, test := range []struct {
		name   string
		config card.Config
		is     func(error) bool
		words  []string
	}{
		{"a root that nobody knows", card.Config{Authority: ca.New(ca.Long)}, is[*attest.ChainError], []string{"that issuer's key did not sign it", "do not accept this key"}},
		{"the same, in the old shape", card.Config{Authority: ca.New(ca.Short), Firmware: card.Firmware{5, 7, 0}}, is[*attest.ChainError], []string{"that issuer's key did not sign it"}},
		{"a device that is no CA", card.Config{DeviceFaults: []ca.Fault{ca.Missing(ca.OIDBasicConstraints)}}, is[*attest.CertificateError], []string{"is no CA"}},
		{"a firmware cut short", card.Config{DeviceFaults: []ca.Fault{ca.Corrupted(ca.OIDFirmware)}}, is[*attest.ExtensionError], []string{"device certificate: the firmware"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			world.Clear()
			test.config.Serial = 5200001
			c := world.Insert(test.config)
			mallory.answers(t)
			s.unchanged(t, func() { s.fails(t, mallory, exit.Rejected, test.is, enrolArgs, test.words...) })
			usableByOthers(t, c)
		})
	}
}
