//go:build cgo && !nopiv && linux

package cli

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/roles"
	"github.com/rust-lang/rust-tuf/roles/attest"
	"github.com/rust-lang/rust-tuf/signer"
	"github.com/rust-lang/rust-tuf/tests/vyubikey"
	"github.com/rust-lang/rust-tuf/tests/vyubikey/ca"
	"github.com/rust-lang/rust-tuf/tests/vyubikey/card"
)

// testRoots trusts the authorities of a world besides Yubico's.
func testRoots(t *testing.T, world *vyubikey.World) *attest.Verifier {
	t.Helper()
	v, err := verifierOf(rootsFile(t, world))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// rootsFile is the same for a process of its own.
func rootsFile(t *testing.T, world *vyubikey.World) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "roots.pem")
	if err := writeRoots(file, world); err != nil {
		t.Fatal(err)
	}
	return file
}

// writeRoots writes the certificates of a world's authorities.
func writeRoots(file string, world *vyubikey.World) error {
	var roots, between []*x509.Certificate
	for _, f := range []card.Firmware{{5, 4, 3}, {5, 7, 4}} {
		a := world.Authority(f)
		root, err := a.Root()
		if err != nil {
			return err
		}
		more, err := a.Intermediates()
		if err != nil {
			return err
		}
		roots, between = append(roots, root), append(between, more...)
	}
	return os.WriteFile(file, []byte(ca.PEM(roots...)+"\n\n"+ca.PEM(between...)), 0o600)
}

// newcomerWithCard is mallory, who is no member yet, at a repository in which
// nobody has signed anything. Who else is there is as for play.
func newcomerWithCard(t *testing.T, people ...string) (*stage, *actor, *vyubikey.World) {
	t.Helper()
	world := plugged(t)
	s := play(t, "gathered", people...)
	s.now = dawn
	mallory, err := s.enter("mallory")
	if err != nil {
		t.Fatal(err)
	}
	mallory.withCards().env.Attestation = testRoots(t, world)
	return s, mallory, world
}

var (
	serialBack = reply{"To agree, type the card's serial number", "5200001"}
	newPIN     = reply{"New PIN for YubiKey 5200001, 6 to 8 characters", cardPIN}
	newPIN2    = reply{"The same new PIN again", cardPIN}
	newPUK     = reply{"New PUK for YubiKey 5200001, 6 to 8 characters", cardPUK}
	newPUK2    = reply{"The same new PUK again", cardPUK}
	askPIN     = reply{"PIN of YubiKey 5200001, 3 tries left", cardPIN}
	fresh      = []reply{serialBack, newPIN, newPIN2, newPUK, newPUK2, askPIN}
)

var enrolArgs = []string{"member", "enrol", "mallory", "--affiliation", "works-mallory", "--country", "lives-mallory"}

// From the box to the pull request, word for word.
func TestEnrol(t *testing.T) {
	s, mallory, world := newcomerWithCard(t)
	c := world.Insert(card.Config{Serial: 5200001, StrictFreshness: true})
	shown := mallory.answers(t, fresh...)
	out := s.exits(t, mallory, exit.Done, enrolArgs)
	s.golden(t, "enrol.golden", shown.String()+"--- standard output ---\n"+out)
	for _, secret := range []string{cardPIN, cardPUK} {
		if strings.Contains(shown.String()+out, secret) {
			t.Errorf("%s is shown", secret)
		}
	}
	if n := c.Counters(); n.PINFailures != 0 || n.PUKFailures != 0 || n.ManagementFailures != 0 || n.Generated != 1 || n.Signatures != 1 {
		t.Errorf("%+v", n)
	}
	nowhereBelow(t, s.dir, c.ManagementKey())
	tree := s.treeOf(t, "member/mallory")
	repo, err := metadata.Read(tree)
	if err != nil {
		t.Fatal(err)
	}
	members, err := repo.Members()
	if err != nil {
		t.Fatal(err)
	}
	k := members["mallory"].Keys[0]
	if k.Kind != roles.KindPIV || k.Serial != 5200001 || k.Slot != "9c" || k.Evidence.Slot == "" || k.Evidence.Device == "" || k.Possession == "" {
		t.Errorf("%+v", k)
	}
	if pem, err := pemOf(c); err != nil || string(pem) != string(k.Public.PEM()) {
		t.Errorf("%s, %v", pem, err)
	}
	// Again: the same files, and the card is not asked to sign.
	c.ClearLog()
	before := s.remoteState(t)
	mallory.answers(t, reply{"Enrol this key instead of making a new one?", "yes"})
	s.exits(t, mallory, exit.Done, enrolArgs, "Pushed members/mallory/member.toml")
	spent(t, c, 0, 0)
	if after := s.remoteState(t); before != after {
		t.Errorf("the remote changed from\n%s\nto\n%s", before, after)
	}
}

// nowhereBelow: no file of anybody holds the secret, as it is or in hex.
func nowhereBelow(t *testing.T, dir string, secret []byte) {
	t.Helper()
	if len(secret) == 0 || bytes.Equal(secret, card.FactoryManagementKey()) {
		t.Fatalf("not a management key of its own: %x", secret)
	}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(path)
		if bytes.Contains(data, secret) || bytes.Contains(bytes.ToLower(data), fmt.Appendf(nil, "%x", secret)) {
			t.Errorf("%s holds the management key", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A run that ends anywhere is run again and goes on where it ended.
func TestEnrolAgain(t *testing.T) {
	for _, test := range []struct {
		name          string
		first, second []reply
	}{
		{"at the serial", []reply{{"serial number", "5200002"}}, fresh},
		{"at the new PIN", []reply{serialBack, newPIN, {"The same new PIN again", "other123"}, giveUp}, fresh},
		{"at the new PUK", []reply{serialBack, newPIN, newPIN2, {"New PUK", card.FactoryPUK}, giveUp}, fresh},
		{"at the first signature", []reply{serialBack, newPIN, newPIN2, newPUK, newPUK2, {"PIN of YubiKey 5200001, 3 tries left", "000000"}, giveUp},
			[]reply{{"Enrol this key instead of making a new one?", "yes"}, {"PIN of YubiKey 5200001, 2 tries left", cardPIN}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, mallory, world := newcomerWithCard(t)
			c := world.Insert(card.Config{Serial: 5200001})
			mallory.answers(t, test.first...)
			s.unchanged(t, func() {
				if out, code := s.run(mallory, enrolArgs...); code == exit.Done || out != "" {
					t.Errorf("exit code %d: %s", code, out)
				}
			})
			mallory.answers(t, test.second...)
			s.exits(t, mallory, exit.Done, enrolArgs)
			if n := c.Counters(); n.Generated != 1 {
				t.Errorf("%+v", n)
			}
		})
	}
}

// Two cards: the one to enrol is named by its serial; the other is left alone.
func TestEnrolTwoCards(t *testing.T) {
	s, mallory, world := newcomerWithCard(t)
	other := world.Insert(card.Config{Serial: 5200009})
	world.Insert(card.Config{Serial: 5200001})
	mallory.answers(t, append([]reply{{"Serial number of the one to enrol", "5200001"}}, fresh...)...)
	s.exits(t, mallory, exit.Done, enrolArgs)
	if n := other.Counters(); n.PINAttempts != 0 || n.Generated != 0 {
		t.Errorf("%+v", n)
	}
	mallory.answers(t, reply{"Serial number of the one to enrol", "5200007"})
	s.exits(t, mallory, exit.Other, enrolArgs, "what was typed is the serial number of no YubiKey that is plugged in; nothing was changed on any")
	mallory.answers(t)
	s.exits(t, mallory, exit.Card, append(enrolArgs, "--card", "5200007"), "YubiKey 5200007 is not plugged in")
}

// A PIN that is typed where a serial number is asked for stays out of the error,
// which ends up in logs and reports.
func TestAPINTypedAsSerialIsNotRepeated(t *testing.T) {
	s, mallory, world := newcomerWithCard(t)
	world.Insert(card.Config{Serial: 5200001})
	refused := func(serial uint32, script ...reply) {
		t.Helper()
		mallory.answers(t, script...)
		s.fails(t, mallory, exit.Other, func(err error) bool {
			var e *SerialError
			return errors.As(err, &e) && e.Serial == serial && errors.Is(err, signer.ErrDeclined)
		}, enrolArgs, "what was typed is ", "nothing was changed on")
		if strings.Contains(mallory.err.String(), cardPIN) {
			t.Errorf("the PIN is repeated: %s", mallory.err)
		}
	}
	refused(5200001, reply{"To agree, type the card's serial number", cardPIN})
	world.Insert(card.Config{Serial: 5200009})
	refused(0, reply{"Serial number of the one to enrol", cardPIN})
}

// An occupied slot: nothing is destroyed without the serial, and the old key's
// fingerprint is named.
func TestEnrolOccupied(t *testing.T) {
	s, mallory, world := newcomerWithCard(t)
	c := world.Insert(card.Config{Serial: 5200001})
	c.Set(card.State{PIN: cardPIN, PUK: cardPUK})
	c.Generate(card.Signature, card.P256, card.PINOnce, card.TouchNever)
	before, _ := pemOf(c)
	shown := mallory.answers(t, reply{"To agree, type the card's serial number", "yes"})
	s.unchanged(t, func() {
		s.exits(t, mallory, exit.Other, enrolArgs, `what was typed is not the serial number of YubiKey 5200001; nothing was changed on it`)
	})
	if !strings.Contains(shown.String(), "THE KEY IN SLOT 9c IS DESTROYED for good: ECDSA P-256, fingerprint ") {
		t.Errorf("shown: %s", shown)
	}
	spent(t, c, 0, 0)
	if after, _ := pemOf(c); string(after) != string(before) {
		t.Error("the key was replaced")
	}
	mallory.answers(t, serialBack, askPIN, askPIN)
	s.exits(t, mallory, exit.Done, enrolArgs)
	if after, _ := pemOf(c); string(after) == string(before) {
		t.Error("the key was not replaced")
	}
}

// listsTheCard lets judy sign with her card, and publishes root 2, which lists it.
func (s *stage) listsTheCard(t *testing.T, judy *actor, world *vyubikey.World, c *card.Card) {
	t.Helper()
	if err := s.pin("frank"); err != nil { // alice to erin pinned root 1 by signing it
		t.Fatal(err)
	}
	world.Plug(c)
	judy.answers(t, signSecond, reply{"PIN of YubiKey 5200042", cardPIN})
	s.exits(t, judy, exit.Done, []string{"sign"})
	branches, err := s.branches("sign/")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.merge(branches...); err != nil {
		t.Fatal(err)
	}
	if err := s.sign(secondEvent, "alice", "bob", "carol", "dave", "erin"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.complete(secondEvent); err != nil {
		t.Fatal(err)
	}
}

// A key that a trusted role lists is never destroyed.
func TestEnrolNeverOverwritesAListedKey(t *testing.T) {
	s, judy, world, c := judyAtDesk(t)
	s.listsTheCard(t, judy, world, c)
	judy.answers(t)
	before, _ := pemOf(c)
	for _, label := range []string{"main2", "other"} {
		s.unchanged(t, func() {
			s.exits(t, judy, exit.Rejected, []string{"member", "enrol", "judy", "--label", label, "--replaces", "main"},
				"slot 9c of YubiKey 5200042 holds a key that is still listed by the trusted version of root and targets; it is never overwritten", "enrol another YubiKey, or wait")
		})
	}
	if after, _ := pemOf(c); string(after) != string(before) {
		t.Error("the key was replaced")
	}
}

// A key made with other tools: taken as it is where it is good enough, and told
// what falls short where it is not.
func TestEnrolExisting(t *testing.T) {
	own := func(c *card.Card) {
		c.Set(card.State{PIN: cardPIN, PUK: cardPUK, ManagementAlgorithm: card.AES192, ManagementKey: []byte("somebody's own 24 bytes.")})
	}
	for _, test := range []struct {
		name   string
		config card.Config
		set    func(t *testing.T, c *card.Card)
		args   []string
		script []reply
		code   int
		words  []string
	}{
		{"good", card.Config{}, func(t *testing.T, c *card.Card) {
			own(c)
			c.Generate(card.Signature, card.P256, card.PINAlways, card.TouchAlways)
		}, nil, []reply{askPIN}, exit.Done, []string{"mallory, with an ECDSA P-256 key in slot 9c of YubiKey 5200001"}},
		{"factory values", card.Config{}, func(t *testing.T, c *card.Card) {
			c.Generate(card.Signature, card.P256, card.PINAlways, card.TouchAlways)
		}, nil, fresh, exit.Done, nil},
		{"PIN once, no touch", card.Config{}, func(t *testing.T, c *card.Card) {
			own(c)
			c.Generate(card.Signature, card.P256, card.PINOnce, card.TouchNever)
		}, nil, nil, exit.Rejected, []string{"device-policy", "once", "never"}},
		{"imported", card.Config{}, func(t *testing.T, c *card.Card) {
			own(c)
			key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
			if err != nil {
				t.Fatal(err)
			}
			c.Import(card.Signature, key, card.PINAlways, card.TouchAlways)
		}, nil, nil, exit.Card, []string{"imported"}},
		{"an empty slot", card.Config{}, func(_ *testing.T, c *card.Card) { own(c) }, nil, nil, exit.Card, []string{"slot 9c of YubiKey 5200001 shows no key"}},
		{"another slot", card.Config{}, func(_ *testing.T, c *card.Card) { own(c) }, []string{"--slot", "9a"}, nil, exit.Rejected, []string{"the policy wants keys in slot 9c, not 9a"}},
		{"old firmware", card.Config{Firmware: card.Firmware{5, 4, 3}}, func(_ *testing.T, c *card.Card) {
			own(c)
			c.Generate(card.Signature, card.P256, card.PINAlways, card.TouchAlways)
		}, nil, nil, exit.Rejected, []string{"YubiKey 5200001 cannot hold a member's key: its firmware is 5.4.3, the policy demands 5.7.0 or newer", "use another one"}},
		{"another root", card.Config{Authority: ca.New(ca.Long)}, func(_ *testing.T, c *card.Card) {
			own(c)
			c.Generate(card.Signature, card.P256, card.PINAlways, card.TouchAlways)
		}, nil, nil, exit.Rejected, []string{"rust-tuf: error: "}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, mallory, world := newcomerWithCard(t)
			test.config.Serial = 5200001
			c := world.Insert(test.config)
			test.set(t, c)
			mallory.answers(t, test.script...)
			do := func() {
				s.exits(t, mallory, test.code, append(append(enrolArgs, "--existing"), test.args...), test.words...)
			}
			if test.code == exit.Done {
				do()
			} else {
				s.unchanged(t, do)
				spent(t, c, 0, 0)
			}
			if n := c.Counters(); n.Generated != 0 || n.PINFailures != 0 {
				t.Errorf("%+v", n)
			}
		})
	}
}

// What is refused before any card is asked.
func TestEnrolRefuses(t *testing.T) {
	for _, test := range []struct {
		name  string
		args  []string
		code  int
		words []string
	}{
		{"no card", nil, exit.Card, []string{"no YubiKey is plugged in", "plug in your YubiKey"}},
		{"a P-384 key", []string{"--algorithm", "p384"}, exit.Rejected, []string{"readers that cannot use a P-384 key: tuf-js hashes", "tough knows no such scheme", "take p256"}},
		{"an unknown algorithm", []string{"--algorithm", "rsa"}, exit.Usage, []string{`no algorithm "rsa" for a card`}},
		{"a bad label", []string{"--label", "Card 1"}, exit.Usage, []string{`"Card 1" cannot be the label of a key`}},
		{"a bad slot", []string{"--slot", "f9"}, exit.Usage, []string{"f9"}},
		{"a bad affiliation", []string{"--affiliation", "a\x1bb"}, exit.Usage, []string{"affiliations"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, mallory, _ := newcomerWithCard(t)
			mallory.answers(t)
			s.unchanged(t, func() {
				s.exits(t, mallory, test.code, append([]string{"member", "enrol", "mallory"}, test.args...), test.words...)
			})
		})
	}
}

// Yubico's roots do not know a virtual card. It is refused before its holder
// gives it a PIN.
func TestEnrolTrustsYubicoAlone(t *testing.T) {
	s, mallory, world := newcomerWithCard(t)
	mallory.env.Attestation = nil
	c := world.Insert(card.Config{Serial: 5200001})
	mallory.answers(t)
	s.unchanged(t, func() {
		s.fails(t, mallory, exit.Rejected, is[*attest.ChainError], enrolArgs, "that issuer's key did not sign it; whoever made it only used the name", "do not accept this key")
	})
	untouched(t, c)
}

// A member adds a second card; their file keeps what stands in it.
func TestEnrolSecondCard(t *testing.T) {
	s, _, world := newcomerWithCard(t)
	alice := s.people["alice"].withCards()
	alice.env.Attestation = testRoots(t, world)
	path := metadata.MemberPath("alice")
	m := s.maintainer
	if err := s.fetch(); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(filepath.Join(m.clone, path))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.edit(m, "a comment", map[string]string{path: "# alice's own words\n" + string(before)}); err != nil {
		t.Fatal(err)
	}
	if err := s.pushMerged(); err != nil {
		t.Fatal(err)
	}
	world.Insert(card.Config{Serial: 5200001})
	alice.answers(t)
	s.exits(t, alice, exit.Usage, []string{"member", "enrol", "alice"}, "alice has a key with the label main already; give this one another with --label")
	s.exits(t, alice, exit.Usage, []string{"member", "enrol", "alice", "--label", "card", "--login", "other"}, "alice is declared already, with login alice")
	alice.answers(t, fresh...)
	s.exits(t, alice, exit.Done, []string{"member", "enrol", "alice", "--label", "card"})
	text, err := s.treeOf(t, "member/alice-adds-card").Read(path)
	if err != nil || !strings.HasPrefix(string(text), "# alice's own words\n"+strings.TrimSpace(string(before))) || !strings.Contains(string(text), "label = \"card\"") {
		t.Errorf("%v\n%s", err, text)
	}
}
