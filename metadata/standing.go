package metadata

import (
	"fmt"
	"slices"
	"sort"

	"github.com/rust-lang/rust-tuf/roles"
	"github.com/rust-lang/rust-tuf/verify"
)

// Standing is the judgement of one open event against what is trusted: which
// rules each payload must meet, and how far the signatures that are present
// meet them. It exists only for an event that could complete; one that never
// can gives an error from Judge instead.
type Standing struct {
	Event    *Event
	Payloads []*PayloadStanding // delegators before what they delegate
	Rivals   []Rival            // other open events of which it matters which completes first
}

// PayloadStanding is the judgement of one payload.
type PayloadStanding struct {
	*Payload
	Rules   []Rule                // every one must be met
	Refused []*SignatureFileError // files that do not count under any rule, and why

	// Handovers are the roots of other repositories that the payload lists, and
	// that are other ones than in the version before.
	Handovers []*Handover
}

// Rule is one threshold that a payload must meet: for a root the one of the
// version before and its own (TUF 1.0.34, 5.3.4), for a delegated role its
// delegator's.
type Rule struct {
	By     string // whose rule it is, in words: "root version 1 (in force)"
	Quorum *verify.Quorum
	Tally  verify.Tally // its Unknown leaves out who counts under another rule

	of      Delegator      // whose rule it is
	devices []roles.Holder // as the policy that named the quorum lists them; nil where none is known
}

// Met tells whether every rule of this payload is met.
func (s *PayloadStanding) Met() bool {
	for _, r := range s.Rules {
		if !r.Tally.Met() {
			return false
		}
	}
	return true
}

// Complete tells whether every rule of every payload is met.
func (s *Standing) Complete() bool {
	for _, p := range s.Payloads {
		if !p.Met() {
			return false
		}
	}
	return true
}

// Wants says, rule by rule, what is missing: one sentence each.
func (s *Standing) Wants() []string {
	var out []string
	for _, p := range s.Payloads {
		out = append(out, p.wants()...)
	}
	return out
}

func (s *PayloadStanding) wants() []string {
	var out []string
	for _, r := range s.Rules {
		if !r.Tally.Met() {
			out = append(out, fmt.Sprintf("%s, signers named in %s: %s", s.Payload, r.By, r.Tally))
		}
	}
	return out
}

// counted are the ids of the keys that count under some rule.
func (s *PayloadStanding) counted() []string {
	var ids []string
	for _, f := range s.Files {
		if s.Signed(f.KeyID) {
			ids = append(ids, f.KeyID)
		}
	}
	return ids
}

// Payload returns the standing of role's payload, or nil.
func (s *Standing) Payload(role string) *PayloadStanding {
	for _, p := range s.Payloads {
		if p.Role == role {
			return p
		}
	}
	return nil
}

// Holder finds who may sign this payload with the key called keyID, under
// any of its rules.
func (s *PayloadStanding) Holder(keyID string) (verify.Holder, bool) {
	for _, r := range s.Rules {
		if h, ok := r.Quorum.Holder(keyID); ok {
			return h, true
		}
	}
	return verify.Holder{}, false
}

// Device is where the policy says that a holder's key lives; known is false
// where no policy is.
func (s *PayloadStanding) Device(h verify.Holder) (device Device, known bool) {
	for _, r := range s.Rules {
		for _, d := range r.devices {
			if d.Key.Equal(h.Key) {
				return Device{d.Kind, d.Serial, d.Slot}, true
			}
		}
	}
	return Device{}, false
}

// Holders are all keys that some rule of this payload lists, each once,
// ordered by owner and key id.
func (s *PayloadStanding) Holders() []verify.Holder {
	seen := map[string]bool{}
	var out []verify.Holder
	for _, r := range s.Rules {
		for _, h := range r.Quorum.Keys() {
			if !seen[h.KeyID] {
				seen[h.KeyID] = true
				out = append(out, h)
			}
		}
	}
	sort.Slice(out, func(i, j int) bool {
		return out[i].Owner < out[j].Owner || out[i].Owner == out[j].Owner && out[i].KeyID < out[j].KeyID
	})
	return out
}

// Needs tells whether some rule that is not met yet could count a signature by the
// key called keyID.
func (s *PayloadStanding) Needs(keyID string) bool {
	for _, r := range s.Rules {
		if !r.Tally.Met() && slices.ContainsFunc(r.Tally.Missing, func(h verify.Holder) bool { return h.KeyID == keyID }) {
			return true
		}
	}
	return false
}

// Signed tells whether the key called keyID has a signature that counts.
func (s *PayloadStanding) Signed(keyID string) bool {
	for _, r := range s.Rules {
		for _, h := range r.Tally.Valid {
			if h.KeyID == keyID {
				return true
			}
		}
	}
	return false
}
