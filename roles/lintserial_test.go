package roles

import (
	"slices"
	"strings"
	"testing"
)

// shared gives judy, of release, the card that alice has in root and targets.
func shared(t testing.TB) *repo { return nine().edit(t, "judy", "serial = 2000", "serial = 1000") }

// TestOneCardInTwoHands: a card is one person's, whatever roles name it.
func TestOneCardInTwoHands(t *testing.T) {
	d := shared(t).declare(t)
	charters := map[string]*Charter{Root: mustCharter(t, d, Root), Targets: mustCharter(t, d, Targets)}
	across := want{"serial-twice", "release", Refused, []string{"alice/main in root and judy/main in release are on one card, 1000, which is one person's", "ask alice and judy whose card it is"}}
	for name, p := range map[string]Proposal{
		"the whole declaration":                   {Declaration: d},
		"an edit of one of them":                  {Declaration: d, Members: []string{"judy"}},
		"an edit of both":                         {Declaration: d, Members: []string{"alice", "judy"}},
		"frozen policies alone":                   {Charters: charters},
		"an event of one role, and what is known": {Declaration: withoutAlice(t), Charters: map[string]*Charter{Targets: mustCharter(t, withoutAlice(t), Targets)}},
	} {
		t.Run(name, func(t *testing.T) {
			p.Opened = opened
			found := lint(t, p)
			if !across.in(found) {
				t.Errorf("%s", show(found))
			}
			n := 0
			for _, f := range found {
				if f.Rule == "serial-twice" {
					n++
				}
			}
			if n != 1 {
				t.Errorf("said %d times:\n%s", n, show(found))
			}
		})
	}
}

// withoutAlice is a declaration in which alice has her key still, and targets
// does not name it.
func withoutAlice(t testing.TB) *Declaration {
	r := shared(t)
	head, rest, _ := strings.Cut(r.policy, "[roles.targets]")
	r.policy = head + "[roles.targets]" + strings.Replace(rest, `"alice", `, "", 1)
	return r.declare(t)
}

// TestOneCardWithTwoKeys: two slots of one card are two keys in one hand, and
// count once in a quorum. No declaration can say so, but a frozen policy of a
// stranger could.
func TestOneCardWithTwoKeys(t *testing.T) {
	r := nine()
	spare := "\n[[key]]\nlabel = \"spare\"\npublic = \"\"\"\n" + public(p256("spare")).PEM() + "\"\"\"\nkind = \"piv\"\nserial = 1000\nslot = \"9a\"\nstatus = \"active\"\n"
	if _, err := ParseMember("members/alice/member.toml", []byte(r.members["alice"]+spare)); err == nil || !strings.Contains(err.Error(), "main is an active key on card 1000 too; a card has one active key of a member") {
		t.Errorf("declared: %v", err)
	}
	c := r.charter(t, Root)
	key := c.Members[0].Keys[0]
	key.Label, key.Public, key.Slot = "spare", PublicKey{public(p256("spare"))}, "9a"
	key.Attestation = &Evidence{}
	*key.Attestation = card{serial: 1000, slot: "9a", key: key.Public.PublicKey}.attest()
	c.Members[0].Keys = append(c.Members[0].Keys, key)
	c.Roles[0].Members = append(c.Roles[0].Members, "alice/spare")
	slices.Sort(c.Roles[0].Members)
	found := lint(t, Proposal{Charters: map[string]*Charter{Root: c}, Opened: opened})
	for _, w := range []want{
		{"serial-twice", Root, Refused, []string{"alice/main and alice/spare in root are on one card, 1000, whose holder would count for two", "leave one of them in the role"}},
		{"distinct-people", Root, Refused, []string{"alice has 2 keys in root"}},
	} {
		if !w.in(found) {
			t.Errorf("no %s:\n%s", w.rule, show(found))
		}
	}
}

// TestCardThatChangedHands: whose key on it is retired or lost has no vote, so
// somebody else may have one on the same card.
func TestCardThatChangedHands(t *testing.T) {
	for _, status := range []string{"retired", "lost"} {
		r := nine()
		r.members["wendy"] = strings.Replace(memberTOML("wendy", "a", "b", 2000), `"active"`, `"`+status+`"`, 1)
		found := lint(t, Proposal{Declaration: r.declare(t), Members: []string{"judy", "wendy"}, Opened: opened})
		if f := refusals(found); len(f) > 0 {
			t.Errorf("%s:\n%s", status, show(f))
		}
	}
}
