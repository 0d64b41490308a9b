package attest

import (
	"crypto/rsa"
	"crypto/x509"
	"slices"
	"strings"
)

// Rule is one rule about keys on cards.
type Rule struct {
	// ID is its name in findings.
	ID string
	// Reason says why the rule exists, in one sentence for whoever meets it.
	Reason string
	// Excusable rules can be set aside by an exception with a reason. The
	// others would make an attestation worthless.
	Excusable bool

	check func(*judgement)
}

// Rules returns the rules in the order of their findings.
func Rules() []Rule {
	return []Rule{
		{
			ID:     "not-verified",
			Reason: "what nobody verified, anybody may have written",
			check:  (*judgement).notVerified,
		}, {
			ID:     "attested-key",
			Reason: "an attestation speaks of one key; any other one may lie in a file that others can copy",
			check:  (*judgement).attestedKey,
		}, {
			ID:     "attested-serial",
			Reason: "the serial number is how one card is counted once, and how its owner finds it",
			check:  (*judgement).attestedSerial,
		}, {
			ID:     "attested-slot",
			Reason: "the tools look for the key in the slot that its owner declared",
			check:  (*judgement).attestedSlot,
		}, {
			ID:        "test-root",
			Reason:    "anyone can make a test root, so it proves nothing about a card",
			Excusable: true,
			check:     (*judgement).testRoot,
		}, {
			ID:     "roca",
			Reason: "YSA-2017-01 (ROCA, CVE-2017-15361): the private key can be computed from the public key",
			check:  (*judgement).roca,
		}, {
			ID:     "weak-random",
			Reason: "YSA-2019-02: such a card's first numbers after it is plugged in are partly known, and signatures give its key away",
			check:  (*judgement).weakRandom,
		}, {
			ID:        "eucleak",
			Reason:    "YSA-2024-03 (EUCLEAK, CVE-2024-45678): whoever has the card, the PIN of a key that asks for one, and a laboratory for some hours can copy its elliptic-curve keys",
			Excusable: true,
			check:     (*judgement).eucleak,
		}, {
			ID:        "min-firmware",
			Reason:    "a card's firmware can never be updated, so its faults stay",
			Excusable: true,
			check:     (*judgement).minFirmware,
		}, {
			ID:        "slot",
			Reason:    "other programs use the keys of other slots, log-in among them, and teach their owner to touch without reading",
			Excusable: true,
			check:     (*judgement).slot,
		}, {
			ID:        "pin-policy",
			Reason:    "a PIN that is asked for once serves every program on the machine until the card is pulled out",
			Excusable: true,
			check:     (*judgement).pinPolicy,
		}, {
			ID:        "touch-policy",
			Reason:    "without a touch for each signature, a program on the machine can sign what its user never saw",
			Excusable: true,
			check:     (*judgement).touchPolicy,
		}, {
			ID:        "algorithm",
			Reason:    "every reader of the metadata has to understand the key, and the card has to sign documents of any length",
			Excusable: true,
			check:     (*judgement).algorithm,
		}, {
			ID:        "fips",
			Reason:    "the policy demands certified cards",
			Excusable: true,
			check:     (*judgement).fips,
		}, {
			ID:     "unread",
			Reason: "the card states something that this version does not understand",
			check:  (*judgement).unread,
		},
	}
}

// The firmwares that advisories name.
var (
	// YSA-2017-01: RSA keys made on a YubiKey 4 before this one.
	fixedROCA = Version{4, 3, 5}
	// YSA-2019-02: FIPS cards, the only ones with firmware 4.4; 4.4.5 mends it.
	weakRandom = []Version{{4, 4, 2}, {4, 4, 4}}
	// YSA-2024-03: every card before 5.7.0, those with a fingerprint reader
	// before 5.7.2.
	fixedEUCLEAK    = Version{5, 7, 0}
	fixedEUCLEAKBio = Version{5, 7, 2}
)

func (j *judgement) notVerified() {
	if j.facts.Trust == "" {
		j.refuse("verify the two certificates first", "no attestation of this key was verified")
	}
}

func (j *judgement) attestedKey() {
	if j.facts.Key.Equal(j.declared.Key) {
		return
	}
	j.refuse("attest the slot that holds the declared key, or declare the attested one",
		"%s attests the key %s, declared is %s", j.place(), j.facts.Key.Fingerprint().Groups(), j.declared.Key.Fingerprint().Groups())
}

func (j *judgement) attestedSerial() {
	if j.facts.Serial != j.declared.Serial {
		j.refuse("correct the declared serial number, or bring the attestation of the declared card",
			"the attestation is of card %d, declared is card %d", j.facts.Serial, j.declared.Serial)
	}
}

func (j *judgement) attestedSlot() {
	if j.facts.Slot != j.declared.Slot {
		j.refuse("correct the declared slot, or attest the declared one",
			"the attestation is of slot %s, declared is slot %s (card %d)", j.facts.Slot, j.declared.Slot, j.facts.Serial)
	}
}

func (j *judgement) testRoot() {
	if j.facts.Trust != YubicoRoots {
		j.refuse("outside a rehearsal, take a YubiKey", "%s is proven by a test root only: %s", j.card(), shown(j.facts.Root))
	}
}

func (j *judgement) roca() {
	if j.facts.Key.KeyType() != "rsa" {
		return
	}
	next := "make a new key on a card with newer firmware; never use this one again"
	if j.facts.Firmware.Before(fixedROCA) {
		j.refuse(next, "the %s key in %s was made by firmware %s, must be %s or newer", j.facts.Key.Algorithm(), j.place(), j.facts.Firmware, fixedROCA)
		return
	}
	k, err := x509.ParsePKIXPublicKey(j.facts.Key.SPKI())
	if r, ok := k.(*rsa.PublicKey); err == nil && ok && hasROCAMark(r.N) {
		j.refuse(next, "the %s key in %s has the mark of keys that can be computed", j.facts.Key.Algorithm(), j.place())
	}
}

// Guessable reports whether YSA-2019-02 is about the card.
func (f Facts) Guessable() bool { return slices.Contains(weakRandom, f.Firmware) }

func (j *judgement) weakRandom() {
	if j.facts.Guessable() {
		j.refuse("take another card, and never use this key again", "%s has firmware %s", j.card(), j.facts.Firmware)
	}
}

// Copyable reports whether YSA-2024-03 (EUCLEAK) is about the key, and the
// firmware that mends it.
func (f Facts) Copyable() (copyable bool, mended Version) {
	mended = fixedEUCLEAK
	if f.FormFactor.Bio() {
		mended = fixedEUCLEAKBio
	}
	return f.Key.KeyType() != "rsa" && f.Firmware.Before(mended), mended
}

func (j *judgement) eucleak() {
	if copyable, fixed := j.facts.Copyable(); copyable {
		j.refuse("take a card with firmware "+fixed.String()+" or newer (no card can be updated)",
			"the %s key in %s lives on firmware %s, must be %s or newer", j.facts.Key.Algorithm(), j.place(), j.facts.Firmware, fixed)
	}
}

func (j *judgement) minFirmware() {
	if j.facts.Firmware.Before(j.policy.MinFirmware) {
		j.refuse("take a card with newer firmware (no card can be updated)",
			"%s has firmware %s, the policy demands %s or newer", j.card(), j.facts.Firmware, j.policy.MinFirmware)
	}
}

func (j *judgement) slot() {
	allowed(j, "the key on "+j.card()+" is in slot", j.facts.Slot, j.policy.Slots, "make a new key in slot "+either(j.policy.Slots))
}

func (j *judgement) pinPolicy() {
	allowed(j, "the key in "+j.place()+" has the PIN policy", j.facts.PIN, j.policy.PIN,
		"make a new key with PIN policy "+either(j.policy.PIN)+" (a key keeps its policy for life)")
}

func (j *judgement) touchPolicy() {
	allowed(j, "the key in "+j.place()+" has the touch policy", j.facts.Touch, j.policy.Touch,
		"make a new key with touch policy "+either(j.policy.Touch)+" (a key keeps its policy for life)")
}

func (j *judgement) algorithm() {
	allowed(j, "the key in "+j.place()+" is", j.facts.Key.Algorithm(), j.policy.Algorithms, "make a new key of the kind "+either(j.policy.Algorithms))
}

func (j *judgement) fips() {
	if j.policy.FIPS && !j.facts.FIPS {
		j.refuse("take a YubiKey of the FIPS series", "%s is no FIPS card, the policy demands one", j.card())
	}
}

func (j *judgement) unread() {
	if len(j.facts.Unread) > 0 {
		j.found = append(j.found, Finding{Rule: j.rule.ID, Severity: Note, Why: j.rule.Reason,
			Text: j.card() + " has certificates with extensions unknown here: " + strings.Join(j.facts.Unread, "; "),
			Next: "look whether a newer version of rust-tuf knows them"})
	}
}
