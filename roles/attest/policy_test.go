package attest_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/roles/attest"
	"github.com/rust-lang/rust-tuf/verify"
)

func version(t testing.TB, s string) attest.Version {
	t.Helper()
	v, err := attest.ParseVersion(s)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// proven are facts that the strictest policy accepts.
func proven(t testing.TB) attest.Facts {
	return attest.Facts{
		Serial: 36011225, Firmware: version(t, "5.7.4"), Slot: attest.Slot9C, PIN: attest.PINAlways, Touch: attest.TouchAlways, FormFactor: 3,
		Key: publicKey(t, newKey(t).Public()), Trust: attest.YubicoRoots, Root: "Yubico Attestation Root 1", At: at,
	}
}

func TestFindings(t *testing.T) {
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	_, edwards, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	other := publicKey(t, p384.Public())
	rsa := publicKey(t, rsaKey().Public())
	ed := publicKey(t, edwards.Public())
	plain := proven(t).Key
	firmware := func(s string) func(*attest.Facts, *attest.Declared) {
		return func(f *attest.Facts, _ *attest.Declared) { f.Firmware = version(t, s) }
	}
	rsaOn := func(s string) func(*attest.Facts, *attest.Declared) {
		return func(f *attest.Facts, d *attest.Declared) { f.Firmware, f.Key, d.Key = version(t, s), rsa, rsa }
	}
	bio := func(s string) func(*attest.Facts, *attest.Declared) {
		return func(f *attest.Facts, _ *attest.Declared) { f.Firmware, f.FormFactor = version(t, s), 7 }
	}
	anyRSA := attest.Policy{Algorithms: []string{"RSA 2048"}}
	type findings = []string // rule: text; next
	for _, c := range []struct {
		name   string
		policy attest.Policy
		change func(*attest.Facts, *attest.Declared)
		want   findings
	}{
		{"nothing wrong", attest.Policy{}, nil, nil},
		{"P-384", attest.Policy{}, func(f *attest.Facts, d *attest.Declared) { f.Key, d.Key = other, other }, nil},
		{"all demands met", attest.Policy{
			MinFirmware: version(t, "5.7.4"), Slots: []attest.Slot{attest.Slot9A, attest.Slot9C}, PIN: []attest.PINPolicy{attest.PINOnce, attest.PINAlways},
			Touch: []attest.TouchPolicy{attest.TouchAlways, attest.TouchCached}, Algorithms: []string{"ECDSA P-256"}, FIPS: true,
		}, func(f *attest.Facts, _ *attest.Declared) { f.FIPS = true }, nil},

		{"nobody verified", attest.Policy{}, func(f *attest.Facts, _ *attest.Declared) { f.Trust = "" }, findings{
			"not-verified: no attestation of this key was verified; verify the two certificates first",
		}},
		{"another key", attest.Policy{}, func(f *attest.Facts, d *attest.Declared) { f.Key, d.Key = plain, other }, findings{
			"attested-key: slot 9c of card 36011225 attests the key " + plain.Fingerprint().Groups() + ", declared is " + other.Fingerprint().Groups() +
				"; attest the slot that holds the declared key, or declare the attested one",
		}},
		{"no key", attest.Policy{}, func(f *attest.Facts, d *attest.Declared) { f.Key, d.Key = plain, verify.PublicKey{} }, findings{
			"attested-key: slot 9c of card 36011225 attests the key " + plain.Fingerprint().Groups() + ", declared is 0000 0000",
		}},
		{"another card", attest.Policy{}, func(_ *attest.Facts, d *attest.Declared) { d.Serial = 10550341 }, findings{
			"attested-serial: the attestation is of card 36011225, declared is card 10550341; correct the declared serial number, or bring the attestation of the declared card",
		}},
		{"another slot", attest.Policy{}, func(_ *attest.Facts, d *attest.Declared) { d.Slot = attest.Slot9A }, findings{
			"attested-slot: the attestation is of slot 9c, declared is slot 9a (card 36011225); correct the declared slot, or attest the declared one",
		}},
		{"nothing declared", attest.Policy{}, func(_ *attest.Facts, d *attest.Declared) { *d = attest.Declared{} }, findings{
			"attested-key: slot 9c of card 36011225 attests the key ", "attested-serial: the attestation is of card 36011225, declared is card 0", "attested-slot: the attestation is of slot 9c, declared is slot 00",
		}},
		{"test root", attest.Policy{}, func(f *attest.Facts, _ *attest.Declared) { f.Trust = attest.TestRootsOnly }, findings{
			`test-root: card 36011225 is proven by a test root only: "Yubico Attestation Root 1"; outside a rehearsal, take a YubiKey`,
		}},
		{"unknown trust", attest.Policy{}, func(f *attest.Facts, _ *attest.Declared) { f.Trust = "mine" }, findings{"test-root: card 36011225 is proven by a test root only"}},

		{"ROCA", anyRSA, rsaOn("4.3.4"), findings{
			"roca: the RSA 2048 key in slot 9c of card 36011225 was made by firmware 4.3.4, must be 4.3.5 or newer; make a new key on a card with newer firmware; never use this one again",
		}},
		{"ROCA, mended", anyRSA, rsaOn("4.3.5"), nil},
		{"ROCA is about RSA", attest.Policy{}, firmware("4.3.4"), findings{"eucleak: "}},
		{"weak random 4.4.2", anyRSA, rsaOn("4.4.2"), findings{"weak-random: card 36011225 has firmware 4.4.2; take another card, and never use this key again"}},
		{"weak random 4.4.4", attest.Policy{}, firmware("4.4.4"), findings{"weak-random: card 36011225 has firmware 4.4.4", "eucleak: "}},
		{"weak random, mended", anyRSA, rsaOn("4.4.5"), nil},
		{"EUCLEAK", attest.Policy{}, firmware("5.6.9"), findings{
			"eucleak: the ECDSA P-256 key in slot 9c of card 36011225 lives on firmware 5.6.9, must be 5.7.0 or newer; " +
				"take a card with firmware 5.7.0 or newer (no card can be updated)",
		}},
		{"EUCLEAK, the oldest with attestation", attest.Policy{}, firmware("4.3.0"), findings{"eucleak: "}},
		{"EUCLEAK, mended", attest.Policy{}, firmware("5.7.0"), nil},
		{"EUCLEAK is not about RSA", anyRSA, rsaOn("5.4.3"), nil},
		{"EUCLEAK, Bio before the others' repair", attest.Policy{}, bio("5.6.9"), findings{"eucleak: the ECDSA P-256 key in slot 9c of card 36011225 lives on firmware 5.6.9, must be 5.7.2 or newer"}},
		{"EUCLEAK, Bio", attest.Policy{}, bio("5.7.1"), findings{"eucleak: the ECDSA P-256 key in slot 9c of card 36011225 lives on firmware 5.7.1, must be 5.7.2 or newer"}},
		{"EUCLEAK, Bio mended", attest.Policy{}, bio("5.7.2"), nil},

		{"minimum firmware", attest.Policy{MinFirmware: version(t, "5.7.4")}, firmware("5.7.3"), findings{
			"min-firmware: card 36011225 has firmware 5.7.3, the policy demands 5.7.4 or newer; take a card with newer firmware (no card can be updated)",
		}},
		{"slot", attest.Policy{}, func(f *attest.Facts, d *attest.Declared) { f.Slot, d.Slot = attest.Slot9A, attest.Slot9A }, findings{
			"slot: the key on card 36011225 is in slot 9a, the policy allows 9c; make a new key in slot 9c",
		}},
		{"other slots", attest.Policy{Slots: []attest.Slot{attest.Slot9A, 0x82}}, nil, findings{"slot: the key on card 36011225 is in slot 9c, the policy allows 9a or 82"}},
		{"PIN once", attest.Policy{}, func(f *attest.Facts, _ *attest.Declared) { f.PIN = attest.PINOnce }, findings{
			"pin-policy: the key in slot 9c of card 36011225 has the PIN policy once, the policy allows always; " +
				"make a new key with PIN policy always (a key keeps its policy for life)",
		}},
		{"PIN always where once is asked", attest.Policy{PIN: []attest.PINPolicy{attest.PINOnce}}, nil, findings{"pin-policy: the key in slot 9c of card 36011225 has the PIN policy always, the policy allows once"}},
		{"fingerprint", attest.Policy{}, func(f *attest.Facts, _ *attest.Declared) { f.PIN = attest.PINMatchAlways }, findings{"pin-policy: the key in slot 9c of card 36011225 has the PIN policy match-always, the policy allows always"}},
		{"touch cached", attest.Policy{}, func(f *attest.Facts, _ *attest.Declared) { f.Touch = attest.TouchCached }, findings{
			"touch-policy: the key in slot 9c of card 36011225 has the touch policy cached, the policy allows always; " +
				"make a new key with touch policy always (a key keeps its policy for life)",
		}},
		{"touch never", attest.Policy{}, func(f *attest.Facts, _ *attest.Declared) { f.Touch = attest.TouchNever }, findings{"touch-policy: "}},
		{"Ed25519", attest.Policy{}, func(f *attest.Facts, d *attest.Declared) { f.Key, d.Key = ed, ed }, findings{
			"algorithm: the key in slot 9c of card 36011225 is Ed25519, the policy allows ECDSA P-256 or ECDSA P-384; make a new key of the kind ECDSA P-256 or ECDSA P-384",
		}},
		{"FIPS", attest.Policy{FIPS: true}, nil, findings{
			"fips: card 36011225 is no FIPS card, the policy demands one; take a YubiKey of the FIPS series",
		}},
		{"unread", attest.Policy{}, func(f *attest.Facts, _ *attest.Declared) {
			f.Unread = []string{"slot certificate: 1.3.6.1.4.1.41482.3.12", "device certificate: 1.2.3"}
		}, findings{
			"unread: card 36011225 has certificates with extensions unknown here: slot certificate: 1.3.6.1.4.1.41482.3.12; device certificate: 1.2.3; look whether a newer version of rust-tuf knows them",
		}},
		{"the Rust team's card", attest.Policy{}, func(f *attest.Facts, d *attest.Declared) {
			f.Slot, d.Slot, f.PIN = attest.Slot9A, attest.Slot9A, attest.PINOnce
		}, findings{"slot: ", "pin-policy: "}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := proven(t)
			f.Key = plain
			d := f.Declared()
			if c.change != nil {
				c.change(&f, &d)
			}
			got := c.policy.Findings(f, d)
			for i, g := range got {
				line := fmt.Sprintf("%s: %s; %s", g.Rule, g.Text, g.Next)
				if i < len(c.want) && strings.HasPrefix(line, c.want[i]) {
					continue
				}
				t.Errorf("finding %s", line)
			}
			if len(got) != len(c.want) {
				t.Errorf("%d findings, want %q", len(got), c.want)
			}
			for _, g := range got {
				if (g.Severity == attest.Refused) != (g.Rule != "unread") || g.Why == "" || g.Next == "" {
					t.Errorf("%+v", g)
				}
			}
		})
	}
}

func TestRules(t *testing.T) {
	never := []string{"not-verified", "attested-key", "attested-serial", "attested-slot", "roca", "weak-random", "unread"}
	seen := map[string]bool{}
	for _, r := range attest.Rules() {
		if seen[r.ID] || r.Reason == "" || strings.HasSuffix(r.Reason, ".") || r.Excusable == slices.Contains(never, r.ID) {
			t.Errorf("%+v", r)
		}
		seen[r.ID] = true
	}
	if len(seen) != 15 {
		t.Errorf("%d rules", len(seen))
	}
}

// The verdicts that the real pairs get from the strictest policy.
func TestRealFindings(t *testing.T) {
	v := yubico(t)
	want := [][]string{{"slot", "pin-policy"}, {"eucleak"}, {"eucleak"}, {"eucleak"}}
	for i, p := range pairs {
		a, err := attest.Parse(shared(t, p.slot), shared(t, p.device))
		if err != nil {
			t.Fatal(err)
		}
		f, err := v.Verify(a, at)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, g := range (attest.Policy{}).Findings(f, f.Declared()) {
			got = append(got, g.Rule)
		}
		if !slices.Equal(got, want[i]) {
			t.Errorf("%s: %v, want %v", p.slot, got, want[i])
		}
	}
	// What rust-forge asks of members: PIN once, touch always, 5.7.4.
	forge := attest.Policy{MinFirmware: version(t, "5.7.4"), Slots: []attest.Slot{attest.Slot9A, attest.Slot9C}, PIN: []attest.PINPolicy{attest.PINOnce, attest.PINAlways}}
	a, err := attest.Parse(shared(t, pairs[0].slot), shared(t, pairs[0].device))
	if err != nil {
		t.Fatal(err)
	}
	f, err := v.Verify(a, at)
	if err != nil {
		t.Fatal(err)
	}
	if got := forge.Findings(f, f.Declared()); len(got) != 0 {
		t.Errorf("%+v", got)
	}
}
