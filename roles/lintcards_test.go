package roles

import (
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// cards are the rules about keys on cards.
var cardRules = []string{"attestation", "possession", "serial-twice", "device-policy", "advisory"}

// alices changes what alice's card attests.
func alices(edit func(c *card)) func(testing.TB, *repo) {
	return func(_ testing.TB, r *repo) {
		c := card{serial: 1000, slot: "9c", key: public(p256("alice"))}
		edit(&c)
		r.cards["alice"] = c
	}
}

func replaceFile(name, file, text string) func(testing.TB, *repo) {
	return func(_ testing.TB, r *repo) { r.files[[2]string{name, file}] = text }
}

func demanding(lines string) func(testing.TB, *repo) {
	return func(t testing.TB, r *repo) { r.with(t, "[roles.root]", "[devices]\n"+lines+"\n[roles.root]") }
}

// TestCardRules: each edit is refused, in root and targets alike, by just the
// rules that are named.
func TestCardRules(t *testing.T) {
	mallory := card{serial: 1000, slot: "9c", key: public(p256("alice"))}.attest()
	other := card{serial: 4321, slot: "9c", key: public(p256("alice"))}.attest()
	for name, test := range map[string]struct {
		edits []func(testing.TB, *repo)
		wants map[string][]string // words by rule
	}{
		"no attestation": {
			[]func(testing.TB, *repo){replaceFile("alice", SlotFile, ""), replaceFile("alice", DeviceFile, ""), replaceFile("bob", SlotFile, ""), replaceFile("bob", DeviceFile, "")},
			map[string][]string{"attestation": {"no card is proven to hold alice/main, bob/main in @: slot.pem and device.pem are missing", "add the files to members/<name>/<serial>/"}},
		},
		"no slot certificate": {
			[]func(testing.TB, *repo){replaceFile("alice", SlotFile, "")},
			map[string][]string{"attestation": {"no card is proven to hold alice/main in @: slot.pem is missing"}},
		},
		"no device certificate": {
			[]func(testing.TB, *repo){replaceFile("alice", DeviceFile, "")},
			map[string][]string{"attestation": {"no card is proven to hold alice/main in @: device.pem is missing"}},
		},
		"another key": {
			[]func(testing.TB, *repo){alices(func(c *card) { c.key = public(p256("mallory")) })},
			map[string][]string{"attestation": {"alice/main in @: slot 9c of card 1000 attests the key ", ", declared is "}},
		},
		"another card": {
			[]func(testing.TB, *repo){alices(func(c *card) { c.serial = 1234 })},
			map[string][]string{"attestation": {"alice/main in @: the attestation is of card 1234, declared is card 1000"}},
		},
		"another slot": {
			[]func(testing.TB, *repo){alices(func(c *card) { c.slot = "9a" })},
			map[string][]string{
				"attestation":   {"alice/main in @: the attestation is of slot 9a, declared is slot 9c"},
				"device-policy": {"is in slot 9a, the policy allows 9c"},
			},
		},
		"the other certificate": {
			[]func(testing.TB, *repo){replaceFile("alice", SlotFile, mallory.Device)},
			map[string][]string{"attestation": {"alice/main in @ is not proven to be on card 1000: slot certificate", "device certificate, in the place of the slot certificate", "attest the slot again"}},
		},
		"a certificate of another card": {
			[]func(testing.TB, *repo){replaceFile("alice", DeviceFile, other.Device)},
			map[string][]string{"attestation": {"is not proven to be on card 1000: ", "the two are not of one card"}},
		},
		"a root": {
			[]func(testing.TB, *repo){replaceFile("alice", DeviceFile, pemOf(testRoot()))},
			map[string][]string{"attestation": {"is not proven to be on card 1000: device certificate", "a root or self-signed certificate"}},
		},
		"no certificate": {
			[]func(testing.TB, *repo){replaceFile("alice", SlotFile, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")},
			map[string][]string{"attestation": {"is not proven to be on card 1000: slot certificate: is no X.509 certificate"}},
		},
		"old firmware": {
			[]func(testing.TB, *repo){alices(func(c *card) { c.firmware = [3]byte{5, 4, 3} })},
			map[string][]string{
				"device-policy": {"alice/main in @: card 1000 has firmware 5.4.3, the policy demands 5.7.0 or newer", `[[exception]] rule = "device-policy", role = "@"`},
				"advisory":      {"alice/main in @: the ECDSA P-256 key in slot 9c of card 1000 lives on firmware 5.4.3, must be 5.7.0 or newer", `[[exception]] rule = "advisory", role = "@"`},
			},
		},
		"old firmware, allowed": {
			[]func(testing.TB, *repo){alices(func(c *card) { c.firmware = [3]byte{5, 4, 3} }), demanding(`min-firmware = "5.4.3"`)},
			map[string][]string{"advisory": {"lives on firmware 5.4.3"}},
		},
		"newer firmware demanded": {
			[]func(testing.TB, *repo){demanding(`min-firmware = "5.8.0"`)},
			map[string][]string{"device-policy": {"card 1000 has firmware 5.7.4, the policy demands 5.8.0 or newer"}},
		},
		"PIN once":      {[]func(testing.TB, *repo){alices(func(c *card) { c.pin = 2 })}, map[string][]string{"device-policy": {"has the PIN policy once, the policy allows always"}}},
		"PIN never":     {[]func(testing.TB, *repo){alices(func(c *card) { c.pin = 1 }), demanding(`pin = "once"`)}, map[string][]string{"device-policy": {"has the PIN policy never, the policy allows always or once"}}},
		"a fingerprint": {[]func(testing.TB, *repo){alices(func(c *card) { c.pin = 5 }), demanding(`pin = "once"`)}, map[string][]string{"device-policy": {"has the PIN policy match-always, the policy allows always or once"}}},
		"touch cached":  {[]func(testing.TB, *repo){alices(func(c *card) { c.touch = 3 })}, map[string][]string{"device-policy": {"has the touch policy cached, the policy allows always"}}},
		"touch never":   {[]func(testing.TB, *repo){alices(func(c *card) { c.touch = 1 }), demanding(`touch = "cached"`)}, map[string][]string{"device-policy": {"has the touch policy never, the policy allows always or cached"}}},
		"no FIPS":       {[]func(testing.TB, *repo){demanding(`fips = true`)}, map[string][]string{"device-policy": {"alice/main in @: card 1000 is no FIPS card, the policy demands one", "take a YubiKey of the FIPS series"}}},
		"another slot demanded": {
			[]func(testing.TB, *repo){demanding(`slots = ["9a", "82"]`)},
			map[string][]string{"device-policy": {"the key on card 1000 is in slot 9c, the policy allows 82 or 9a"}},
		},
		"FIPS of 2018": {
			[]func(testing.TB, *repo){alices(func(c *card) { c.firmware, c.fips = [3]byte{4, 4, 2}, true }), demanding(`min-firmware = "4.3.0"`)},
			map[string][]string{"advisory": {"alice/main in @: card 1000 has firmware 4.4.2", "never use this key again"}},
		},
		"one card twice": {
			[]func(testing.TB, *repo){func(t testing.TB, r *repo) { r.edit(t, "bob", "serial = 1001", "serial = 1000") }},
			map[string][]string{"serial-twice": {"alice/main and bob/main in @ are on one card, 1000, whose holder would count for two", "ask alice and bob whose card it is"}},
		},
		"no possession": {
			[]func(testing.TB, *repo){func(t testing.TB, r *repo) {
				r.edit(t, "alice", public(p256("alice")).PEM(), public(p256("unknown")).PEM())
				r.edit(t, "bob", public(p256("bob")).PEM(), public(p256("unknown to bob")).PEM())
			}},
			map[string][]string{"possession": {"possession of alice/main, bob/main in @ is not proven: there is no signature that proves it", "let them sign the statement"}},
		},
		"possession for another login": {
			[]func(testing.TB, *repo){func(t testing.TB, r *repo) {
				m := member(t, r.members["alice"])
				r.edit(t, "alice", `"active"`, fmt.Sprintf("\"active\"\npossession = %q", possess(t, repositoryID, m, m.Keys[0])))
				r.edit(t, "alice", "alice-at-forge", "mallory")
			}},
			map[string][]string{"possession": {"possession of alice/main in @ is not proven: the signature is not this key's, or was made for another repository, name or login"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := nine()
			for _, edit := range test.edits {
				edit(t, r)
			}
			found := lint(t, Proposal{Declaration: r.declare(t), Opened: opened})
			for rule, words := range test.wants {
				for _, role := range []string{Root, Targets} {
					w := want{rule, role, Refused, strings.Split(strings.ReplaceAll(strings.Join(words, "\n"), "@", role), "\n")}
					if !w.in(found) {
						t.Errorf("no finding of %s for %s with %q:\n%s", rule, role, w.words, show(found))
					}
				}
			}
			for _, f := range refusals(slices.Clone(found)) {
				if test.wants[f.Rule] == nil {
					t.Errorf("a rule that was not meant fires: %s", show([]Finding{f}))
				}
				if !f.Gate() {
					t.Errorf("%s does not refuse the edit of the member's file", f.Rule)
				}
				if f.Next == "" || strings.Contains(f.Next, "record an exception") {
					t.Errorf("%s says as next %q", f.Rule, f.Next)
				}
			}
		})
	}
}

// TestCardsThatMeetLooserDemands: what a policy allows needs no exception.
func TestCardsThatMeetLooserDemands(t *testing.T) {
	r := nine()
	demanding("pin = \"once\"\ntouch = \"cached\"\nslots = [\"9c\", \"9a\"]\nfips = false")(t, r)
	alices(func(c *card) { c.pin, c.touch = 2, 3 })(t, r)
	r.edit(t, "bob", `"9c"`, `"9a"`)
	found := lint(t, Proposal{Declaration: r.declare(t), Opened: opened})
	for _, role := range []string{Root, Targets} {
		for _, words := range []string{"for keys on cards, the policy of " + role + " allows the PIN policy once; usual is always", "allows the touch policy cached; usual is always", "allows keys in slot 9a; usual is 9c"} {
			if w := (want{"device-policy", role, Warning, []string{words}}); !w.in(found) {
				t.Errorf("nobody is told that %s:\n%s", words, show(found))
			}
		}
	}
	if len(found) != 2*3+1 {
		t.Errorf("findings:\n%s", show(found))
	}
	r = nine().with(t, "[roles.root]", "[devices]\nmin-firmware = \"5.6.255\"\n[roles.root]")
	w := want{"device-policy", Root, Warning, []string{"allows firmware from 5.6.255; usual is 5.7.0"}}
	if found := lint(t, Proposal{Declaration: r.declare(t), Role: Root, Opened: opened}); !w.in(found) {
		t.Errorf("%s", show(found))
	}
	fips := nine()
	demanding("fips = true")(t, fips)
	for i, name := range []string{"alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi", "ivan"} {
		fips.cards[name] = card{serial: int64(1000 + i), slot: "9c", key: public(p256(name)), fips: true}
	}
	if found := refusals(lint(t, Proposal{Declaration: fips.declare(t), Role: Root, Opened: opened})); len(found) > 0 {
		t.Errorf("a quorum of FIPS cards:\n%s", show(found))
	}
}

// TestCardsExcused: a card that falls short is accepted with a reason, which
// stands beside what it allows; what nobody could excuse is refused with it.
func TestCardsExcused(t *testing.T) {
	r := nine()
	alices(func(c *card) { c.firmware, c.pin = [3]byte{5, 4, 3}, 2 })(t, r)
	for _, rule := range []string{"device-policy", "advisory"} {
		excuse(t, r, rule, Root, Targets)
	}
	d := r.declare(t)
	found := lint(t, Proposal{Declaration: d, Opened: opened})
	for _, w := range []want{
		{"device-policy", Root, Excused, []string{"alice/main in root: card 1000 has firmware 5.4.3"}},
		{"device-policy", Root, Excused, []string{"has the PIN policy once"}},
		{"advisory", Root, Excused, []string{"lives on firmware 5.4.3"}},
		{"advisory", Targets, Excused, nil},
	} {
		if !w.in(found) {
			t.Errorf("no %s of %s with %q:\n%s", w.severity, w.rule, w.words, show(found))
		}
	}
	for _, f := range found {
		if f.Severity == Excused && (f.Reason != "rehearsal with throw-away keys" || !f.New) {
			t.Errorf("%+v", f)
		}
	}
	if refused := refusals(slices.Clone(found)); len(refused) > 0 {
		t.Errorf("refused although excused:\n%s", show(refused))
	}

	// Every later signer sees it, from the charters alone.
	charters := map[string]*Charter{Root: mustCharter(t, d, Root)}
	found = lint(t, Proposal{Charters: charters, InForce: charters, Opened: opened})
	w := want{"advisory", Root, Excused, []string{"lives on firmware 5.4.3"}}
	if !w.in(found) || len(refusals(slices.Clone(found))) > 0 {
		t.Errorf("a later signer sees:\n%s", show(found))
	}
	for _, f := range found {
		if f.Severity == Excused && f.New {
			t.Errorf("an exception in force is called new: %+v", f)
		}
	}
}

func mustCharter(t testing.TB, d *Declaration, role string) *Charter {
	t.Helper()
	c, err := d.Charter(role)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCardsBeyondExcuse(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		edits []func(testing.TB, *repo)
		rule  string
		words string
	}{
		"ROCA": {
			[]func(testing.TB, *repo){
				func(t testing.TB, r *repo) { r.edit(t, "alice", public(p256("alice")).PEM(), public(key).PEM()) },
				alices(func(c *card) { c.firmware, c.key = [3]byte{4, 3, 4}, public(key) }),
			},
			"advisory", "was made by firmware 4.3.4, must be 4.3.5 or newer",
		},
		"YSA-2019-02": {
			[]func(testing.TB, *repo){alices(func(c *card) { c.firmware, c.fips = [3]byte{4, 4, 4}, true })},
			"advisory", "card 1000 has firmware 4.4.4",
		},
		"no attestation": {[]func(testing.TB, *repo){replaceFile("alice", SlotFile, "")}, "attestation", "slot.pem is missing"},
		"another key":    {[]func(testing.TB, *repo){alices(func(c *card) { c.key = public(p256("mallory")) })}, "attestation", "attests the key"},
		"one card twice": {[]func(testing.TB, *repo){func(t testing.TB, r *repo) { r.edit(t, "bob", "serial = 1001", "serial = 1000") }}, "serial-twice", "on one card, 1000"},
		"no possession": {
			[]func(testing.TB, *repo){func(t testing.TB, r *repo) {
				r.edit(t, "alice", public(p256("alice")).PEM(), public(p256("unknown")).PEM())
			}},
			"possession", "there is no signature",
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := nine()
			for _, edit := range test.edits {
				edit(t, r)
			}
			for _, rule := range append(slices.Clone(cardRules), "card-algorithm") {
				excuse(t, r, rule, Root, Targets)
			}
			found := lint(t, Proposal{Declaration: r.declare(t), Opened: opened})
			for _, role := range []string{Root, Targets} {
				w := want{test.rule, role, Refused, []string{test.words}}
				if !w.in(found) {
					t.Errorf("excused in %s:\n%s", role, show(found))
				}
			}
			for _, f := range found {
				if f.Rule == "advisory" && f.Severity == Refused && strings.Contains(f.Next, "[[exception]]") {
					t.Errorf("an exception is suggested that does not help: %+v", f)
				}
			}
		})
	}
}

func TestRSAOnACard(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	r := nine().edit(t, "alice", public(p256("alice")).PEM(), public(key).PEM())
	found := lint(t, Proposal{Declaration: r.declare(t), Opened: opened})
	w := want{"card-algorithm", Root, Refused, []string{"the key alice/main is RSA 2048 on card 1000; rust-tuf signs with ECDSA P-256 and P-384 on cards"}}
	if !w.in(found) {
		t.Errorf("%s", show(found))
	}
}

// TestYubicosRootsAreTheDefault: without a verifier of their own, nobody's
// root counts but the maker's.
func TestYubicosRootsAreTheDefault(t *testing.T) {
	d := nine().declare(t)
	found := Lint(Proposal{Declaration: d, Role: Root, Opened: opened})
	w := want{"attestation", Root, Refused, []string{"alice/main in root is not proven to be on card 1000: device certificate", "that issuer is not known here"}}
	if !w.in(found) || len(refusals(slices.Clone(found))) != 2*9 {
		t.Errorf("nine cards of a test's root:\n%s", show(found))
	}
	excused := excuse(t, nine(), "attestation", Root).declare(t)
	if len(refusals(Lint(Proposal{Declaration: excused, Role: Root, Opened: opened}))) != 2*9+1 {
		t.Error("an exception excuses an unknown root")
	}

	found = Lint(Proposal{Declaration: d, Role: Root, Opened: opened, Verifier: verifier(t)})
	w = want{"attestation", "", Warning, []string{`test roots are in use, so that attestations prove nothing about real cards: "Root of a test", SHA-256 `, "outside a rehearsal"}}
	if !w.in(found) || len(refusals(slices.Clone(found))) > 0 {
		t.Errorf("with test roots:\n%s", show(found))
	}
	for _, f := range Lint(Proposal{Declaration: excuse(t, software(t, nine()), "software-key", Root, Targets).declare(t), Role: Root, Opened: opened, Verifier: verifier(t)}) {
		if f.Rule == "attestation" {
			t.Errorf("without a card: %+v", f)
		}
	}
}

// TestCardsAreJudgedAtTheOpening: the event's instant decides, and nobody's
// clock; without an event, an instant at which the certificates are valid.
func TestCardsAreJudgedAtTheOpening(t *testing.T) {
	d := nine().declare(t)
	for _, at := range []time.Time{time.Date(2016, time.March, 13, 0, 0, 0, 0, time.UTC), time.Date(2052, time.April, 18, 0, 0, 0, 0, time.UTC)} {
		found := lint(t, Proposal{Declaration: d, Role: Root, Opened: at})
		w := want{"attestation", Root, Refused, []string{"is not proven to be on card 1000: ", "not at " + at.Format(time.RFC3339)}}
		if !w.in(found) {
			t.Errorf("at %s:\n%s", at, show(found))
		}
	}
	if found := refusals(lint(t, Proposal{Declaration: d, Role: Root})); len(found) > 0 {
		t.Errorf("without an event:\n%s", show(found))
	}
}

func TestSoftwareKeysAndPossession(t *testing.T) {
	r := excuse(t, software(t, nine()), "software-key", Root, Targets)
	d := r.declare(t)
	alice := d.Members["alice"]
	for signature, words := range map[string]string{
		"":                       "",
		alice.Keys[0].Possession: "",
		"abcd":                   "possession of alice/main in root is not proven: the signature is not this key's",
	} {
		alice.Keys[0].Possession = signature
		refused := refusals(lint(t, Proposal{Declaration: d, Opened: opened, Role: Root}))
		w := want{"possession", Root, Refused, []string{words}}
		if words == "" && len(refused) > 0 || words != "" && (len(refused) != 2 || !w.in(refused)) {
			t.Errorf("possession %q:\n%s", signature, show(refused))
		}
	}
}

// TestCharterFromBeforeIsJudged: a charter without evidence is read, and its
// keys prove nothing.
func TestCharterFromBeforeIsJudged(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("testdata", "root-before-devices.charter.json"))
	if err != nil {
		t.Fatal(err)
	}
	c, err := ReadCharter(raw)
	if err != nil {
		t.Fatal(err)
	}
	found := lint(t, Proposal{Charters: map[string]*Charter{Root: c}, Opened: opened})
	w := want{"attestation", Root, Refused, []string{"alice/main, bob/main, carol/main, dave/main, erin/main, frank/main, grace/main, heidi/main, ivan/main in root: slot.pem and device.pem are missing"}}
	if !w.in(found) {
		t.Errorf("%s", show(found))
	}
}
