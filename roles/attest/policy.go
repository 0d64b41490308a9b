package attest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rust-lang/rust-tuf/verify"
)

// Policy is what a quorum demands of its members' cards. A list names what is
// allowed; an empty one means the default, so that the zero Policy is the
// strictest there is. What Yubico's advisories say applies whatever a policy
// says.
type Policy struct {
	// MinFirmware is the oldest firmware allowed; the zero value leaves it to
	// the advisories.
	MinFirmware Version
	// Slots are the slots where the key may live; by default 9c.
	Slots []Slot
	// PIN and Touch are the policies that the key may have; by default always
	// and always.
	PIN   []PINPolicy
	Touch []TouchPolicy
	// Algorithms are the kinds of keys allowed, as [verify.PublicKey.Algorithm]
	// names them; by default "ECDSA P-256" and "ECDSA P-384".
	Algorithms []string
	// FIPS demands a FIPS card.
	FIPS bool
}

// withDefaults fills in the empty lists.
func (p Policy) withDefaults() Policy {
	if len(p.Slots) == 0 {
		p.Slots = []Slot{Slot9C}
	}
	if len(p.PIN) == 0 {
		p.PIN = []PINPolicy{PINAlways}
	}
	if len(p.Touch) == 0 {
		p.Touch = []TouchPolicy{TouchAlways}
	}
	if len(p.Algorithms) == 0 {
		p.Algorithms = []string{"ECDSA P-256", "ECDSA P-384"}
	}
	return p
}

// Declared is what a member's file says about a key.
type Declared struct {
	Key    verify.PublicKey
	Serial uint32
	Slot   Slot
}

// Severity is what follows from a finding.
type Severity string

const (
	// Refused must be repaired, or excused where the rule allows it.
	Refused Severity = "refused"
	// Note is good to know.
	Note Severity = "note"
)

// Finding is one thing that a rule has to say about a key.
type Finding struct {
	// Rule is its id.
	Rule     string   `json:"rule"`
	Severity Severity `json:"severity"`
	// Text says what is wrong, with the card and both values.
	Text string `json:"text"`
	// Why is the rule's reason.
	Why string `json:"why"`
	// Next says what to do; empty for what asks for nothing.
	Next string `json:"next,omitempty"`
	// Excusable says that an exception with a reason, signed with the policy,
	// may set this finding aside.
	Excusable bool `json:"excusable"`
}

// Findings compares facts with what the policy demands and with what the
// member declared, in the order of [Rules]. Without any the key is accepted.
func (p Policy) Findings(f Facts, d Declared) []Finding {
	if f.Trust == "" { // nobody verified this, and nothing in it means anything
		f = Facts{}
	}
	j := &judgement{policy: p.withDefaults(), facts: f, declared: d}
	for _, r := range Rules() {
		if f.Trust == "" && r.ID != "not-verified" {
			continue
		}
		j.rule = r
		r.check(j)
	}
	return j.found
}

// judgement is one run of the rules over one key.
type judgement struct {
	policy   Policy
	facts    Facts
	declared Declared
	rule     Rule
	found    []Finding
}

// refuse adds a finding.
func (j *judgement) refuse(next, format string, args ...any) {
	j.found = append(j.found, Finding{j.rule.ID, Refused, fmt.Sprintf(format, args...), j.rule.Reason, next, j.rule.Excusable})
}

// card names the card that is judged.
func (j *judgement) card() string { return fmt.Sprintf("card %d", j.facts.Serial) }

// place names the slot that is judged.
func (j *judgement) place() string {
	return fmt.Sprintf("slot %s of card %d", j.facts.Slot, j.facts.Serial)
}

// allowed refuses a value that is not in a list of the policy.
func allowed[T comparable](j *judgement, what string, value T, list []T, next string) {
	if !slices.Contains(list, value) {
		j.refuse(next, "%s %v, the policy allows %s", what, value, either(list))
	}
}

// either joins values for people: "9a or 9c".
func either[T any](list []T) string {
	words := make([]string, len(list))
	for i, v := range list {
		words[i] = fmt.Sprint(v)
	}
	return strings.Join(words, " or ")
}
