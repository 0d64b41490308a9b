package roles

import (
	"cmp"
	"fmt"
	"strconv"
)

// Exception allows one role what one excusable rule refuses: whatever the rule
// refuses there, or what it says of one member, or of one card. A rule says in
// [Rule].Narrows what its exceptions can be bound to.
type Exception struct {
	Rule string `toml:"rule" json:"rule"`
	Role string `toml:"role" json:"role"`
	// Member is the only one whom it holds for; empty for whoever is in the
	// role, now and later.
	Member string `toml:"member" json:"member,omitempty"`
	// Serial is the only card that it holds for; 0 for any.
	Serial int64 `toml:"serial" json:"serial,omitempty"`
	// Reason is what every signer reads.
	Reason string `toml:"reason" json:"reason"`
}

// String names the exception for people, without its reason.
func (e Exception) String() string {
	return "exception from " + e.Rule + " for " + e.Role + boundTo(e.Member, serialWords(e.Serial))
}

// boundTo says for whom alone an exception holds, behind its name; nothing when
// it is bound to nobody and no card.
func boundTo(member, serial string) string {
	switch {
	case member != "" && serial != "":
		return " (only for YubiKey " + serial + " of " + member + ")"
	case member != "":
		return " (only for " + member + ")"
	case serial != "":
		return " (only for YubiKey " + serial + ")"
	}
	return ""
}

func serialWords(serial int64) string {
	if serial == 0 {
		return ""
	}
	return strconv.FormatInt(serial, 10)
}

// identity tells exceptions apart, whatever their reasons, and orders them.
func (e Exception) identity() string {
	id := e.Rule + " " + e.Role
	if e.Member != "" {
		id += " member " + e.Member
	}
	if e.Serial != 0 {
		id += " serial " + serialWords(e.Serial)
	}
	return id
}

func (e Exception) check(check func(key string, err error)) {
	check("rule", checkName("rule", e.Rule))
	check("reason", checkText("reason", e.Reason))
	if e.Member != "" {
		check("member", checkName("member", e.Member))
	}
	if e.Serial < 0 || e.Serial > maxSerial {
		check("serial", fmt.Errorf("%d is no serial number of a card", e.Serial))
	}
}

// binds counts what the exception is bound to.
func (e Exception) binds() int {
	n := 0
	for _, bound := range []bool{e.Member != "", e.Serial != 0} {
		if bound {
			n++
		}
	}
	return n
}

// covers reports whether the exception is about what a finding says of a
// member and a card: empty and 0 where it says nothing of one. The role is
// compared elsewhere, since a key may not have one yet.
func (e Exception) covers(rule, member string, serial int64) bool {
	return e.Rule == rule && (e.Member == "" || e.Member == member) && (e.Serial == 0 || e.Serial == serial)
}

// example is what somebody could write to have a finding excused.
func (e Exception) example() string {
	text := fmt.Sprintf("[[exception]] rule = %q", e.Rule)
	text += fmt.Sprintf(", role = %q", cmp.Or(e.Role, "…"))
	if e.Member != "" {
		text += fmt.Sprintf(", member = %q", e.Member)
	}
	if e.Serial != 0 {
		text += fmt.Sprintf(", serial = %d", e.Serial)
	}
	return text + ", reason = \"…\""
}

// compareExceptions is their order in a charter.
func compareExceptions(a, b Exception) int { return cmp.Compare(a.identity(), b.identity()) }
