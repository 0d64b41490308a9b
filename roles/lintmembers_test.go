package roles

import (
	"slices"
	"testing"
)

// TestMembersByThemselves: a key that is sent before any role names it is
// judged when its member is asked for, and not otherwise.
func TestMembersByThemselves(t *testing.T) {
	wendy := func(edit func(r *repo)) *repo {
		r := nine()
		r.members["wendy"] = memberTOML("wendy", "a", "b", 3000)
		edit(r)
		return r
	}
	old := func(r *repo) {
		r.cards["wendy"] = card{serial: 3000, slot: "9c", key: public(p256("wendy")), firmware: [3]byte{5, 4, 3}}
	}
	for name, test := range map[string]struct {
		r     *repo
		wants []want
	}{
		"in order":       {wendy(func(*repo) {}), nil},
		"no attestation": {wendy(func(r *repo) { r.files[[2]string{"wendy", SlotFile}] = "" }), []want{{"attestation", "", Refused, []string{"no card is proven to hold wendy/main: slot.pem is missing"}}}},
		"no possession":  {wendy(func(r *repo) { r.edit(t, "wendy", `"active"`, "\"active\"\npossession = \"ab\"") }), []want{{"possession", "", Refused, []string{"possession of wendy/main is not proven: "}}}},
		"old firmware": {wendy(old), []want{
			{"advisory", "", Refused, []string{"wendy/main: the ECDSA P-256 key", `or name the key in a role in the same pull request, with [[exception]] rule = "advisory"`}},
			{"device-policy", "", Refused, []string{"wendy/main: card 3000 has firmware 5.4.3"}},
		}},
		"old firmware, where some is allowed": {wendy(func(r *repo) { old(r); excuse(t, r, "advisory", Root) }), []want{
			{"advisory", "", Warning, []string{"wendy/main: the ECDSA P-256 key"}},
			{"device-policy", "", Refused, nil},
		}},
		"alice's card": {wendy(func(r *repo) { r.edit(t, "wendy", "serial = 3000", "serial = 1000") }), []want{
			{"serial-twice", "", Refused, []string{"alice/main and wendy/main are on one card, 1000", "ask alice and wendy"}},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			d := test.r.declare(t)
			if found := refusals(lint(t, Proposal{Declaration: d, Opened: opened})); len(found) > 0 {
				t.Errorf("judged although nobody asked:\n%s", show(found))
			}
			found := lint(t, Proposal{Declaration: d, Opened: opened, Members: []string{"wendy", "nobody", "alice"}})
			for _, w := range test.wants {
				if !w.in(found) {
					t.Errorf("no %s %s with %q:\n%s", w.severity, w.rule, w.words, show(found))
				}
			}
			for _, f := range refusals(slices.Clone(found)) {
				if !slices.ContainsFunc(test.wants, func(w want) bool { return w.rule == f.Rule && f.Role == "" }) || !f.Gate() {
					t.Errorf("not meant: %s", show([]Finding{f}))
				}
			}
		})
	}
	// Two new members with one card: it is said once.
	r := wendy(func(*repo) {})
	r.members["victor"] = memberTOML("victor", "a", "b", 3000)
	found := refusals(lint(t, Proposal{Declaration: r.declare(t), Opened: opened, Members: []string{"victor", "wendy"}}))
	if len(found) != 1 || !(want{"serial-twice", "", Refused, []string{"victor/main and wendy/main are on one card, 3000"}}).in(found) {
		t.Errorf("%s", show(found))
	}
	// A key that is lost proves nothing any more, and nobody asks it to.
	r = wendy(func(r *repo) { r.edit(t, "wendy", `"active"`, `"lost"`) })
	if found := refusals(lint(t, Proposal{Declaration: r.declare(t), Opened: opened, Members: []string{"wendy"}})); len(found) > 0 {
		t.Errorf("a lost key:\n%s", show(found))
	}
}
