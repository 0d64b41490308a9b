package roles

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rust-lang/rust-tuf/roles/attest"
)

// keyUse is a member's key where a rule meets it.
type keyUse struct {
	role       string // that names the key; empty when no judged role does
	repository string
	devices    Devices
	member     CharterMember
	key        CharterKey
}

// String is "alice/main in root".
func (u keyUse) String() string { return u.name() + u.in() }

// same reports whether both are one key under one name.
func (u keyUse) same(o keyUse) bool {
	return u.name() == o.name() && u.key.Public.Equal(o.key.Public.PublicKey)
}

func (u keyUse) name() string { return u.member.Name + "/" + u.key.Label }

func (u keyUse) in() string {
	if u.role == "" {
		return ""
	}
	return " in " + u.role
}

// about is what is said of this key, of nobody else's and of no other key of
// its member.
func (u keyUse) about(text string) string {
	return u.name() + " " + u.key.Public.Fingerprint().String() + " " + text
}

// missing names the files of evidence that are not there.
func (u keyUse) missing() string {
	e := u.key.Attestation
	switch {
	case e == nil:
		return SlotFile + " and " + DeviceFile + " are missing"
	case e.Slot == "":
		return SlotFile + " is missing"
	case e.Device == "":
		return DeviceFile + " is missing"
	}
	return ""
}

// cardKey is what is known about a key on a card.
type cardKey struct {
	keyUse
	facts attest.Facts // what the evidence proves
	err   error        // why the evidence proves nothing; nil when files are missing
	found []attest.Finding
}

// findUses lists the keys of members: those that judged roles name, then those
// of members whose files are judged by themselves.
func (l *linter) findUses() {
	l.eachPeopleRole(func(c *Charter, r CharterRole) {
		for _, m := range c.Members {
			for _, k := range m.Keys {
				if slices.Contains(r.Members, m.Name+"/"+k.Label) {
					l.uses = append(l.uses, keyUse{r.Name, c.Repository, c.devices(), m, k})
				}
			}
		}
	})
	if l.Declaration == nil {
		return
	}
	for _, name := range l.Members {
		m := l.Declaration.Members[name]
		if m == nil {
			continue
		}
		for _, k := range m.Keys {
			u := keyUse{"", l.Declaration.Policy.Repository, l.Declaration.Policy.Devices, CharterMember{Name: m.Name, Login: m.Login}, k.chartered()}
			if k.Status == StatusActive && !slices.ContainsFunc(l.uses, u.same) {
				l.uses = append(l.uses, u)
			}
		}
	}
}

// eachGroup puts the keys of one role about which the same is to be said
// together; an empty reason says nothing. keys is "alice/main, bob/main in root".
func (l *linter) eachGroup(reason func(keyUse) string, say func(role, keys, reason string)) {
	type group struct{ role, in, reason string }
	var order []group
	names := map[group][]string{}
	for _, u := range l.uses {
		g := group{u.role, u.in(), reason(u)}
		if g.reason == "" {
			continue
		}
		if names[g] == nil {
			order = append(order, g)
		}
		names[g] = append(names[g], u.name())
	}
	for _, g := range order {
		say(g.role, strings.Join(names[g], ", ")+g.in, g.reason)
	}
}

// devices are the demands of a charter, also of one that was made before there
// were any.
func (c *Charter) devices() Devices {
	if c.Devices == nil {
		return DefaultDevices()
	}
	return *c.Devices
}

// judgeCards verifies the evidence of all keys on cards.
func (l *linter) judgeCards() {
	if l.Verifier == nil {
		l.Verifier, l.damaged = attest.Yubico()
	}
	for _, u := range l.uses {
		if u.key.Kind != KindPIV {
			continue
		}
		c := cardKey{keyUse: u}
		if u.missing() == "" && l.damaged == nil {
			c.facts, c.found, c.err = l.judgeCard(u)
		}
		l.cards = append(l.cards, c)
	}
}

func (l *linter) judgeCard(u keyUse) (attest.Facts, []attest.Finding, error) {
	var none attest.Facts
	if u.key.Serial < 1 || u.key.Serial > maxSerial {
		return none, nil, fmt.Errorf("%d is no serial number of a card", u.key.Serial)
	}
	policy, err := u.devices.policy()
	if err != nil {
		return none, nil, err
	}
	slot, err := attest.ParseSlot(u.key.Slot)
	if err != nil {
		return none, nil, err
	}
	evidence, err := attest.Parse([]byte(u.key.Attestation.Slot), []byte(u.key.Attestation.Device))
	if err != nil {
		return none, nil, err
	}
	facts, err := l.verify(evidence)
	if err != nil {
		return none, nil, err
	}
	policy.Algorithms = []string{facts.Key.Algorithm()} // the rule card-algorithm judges it
	return facts, policy.Findings(facts, attest.Declared{Key: u.key.Public.PublicKey, Serial: uint32(u.key.Serial), Slot: slot}), nil
}

// verify judges certificates at the opening of the event, or without an event
// at the first instant at which all of them are valid.
func (l *linter) verify(evidence *attest.Attestation) (attest.Facts, error) {
	at := l.Opened
	if at.IsZero() {
		at = time.Unix(0, 0)
	}
	for {
		facts, err := l.Verifier.Verify(evidence, at)
		var invalid *attest.ValidityError
		if !l.Opened.IsZero() || !errors.As(err, &invalid) || !at.Before(invalid.NotBefore) {
			return facts, err
		}
		at = invalid.NotBefore
	}
}

// ruleOf is the rule of the lint that a rule of package attest belongs to; a
// rule that is not known here belongs to the strictest one.
func ruleOf(f attest.Finding) string {
	switch f.Rule {
	case "min-firmware", "slot", "pin-policy", "touch-policy", "fips":
		return "device-policy"
	case "eucleak", "roca", "weak-random":
		return "advisory"
	case "test-root":
		return "" // told once for all
	}
	return "attestation"
}

// devicePolicy refuses keys on cards that are not what the policy demands, and
// says where it demands less than usual.
func (l *linter) devicePolicy() {
	for _, c := range l.charters {
		if c.Devices == nil {
			continue
		}
		for _, words := range c.Devices.looser() {
			l.say(Warning, c.Role, "", "for keys on cards, the policy of %s allows %s", c.Role, words)
		}
	}
	l.cardFindings()
}

// cardFindings tells what package attest found and the current rule is about.
func (l *linter) cardFindings() {
	for _, c := range l.cards {
		for _, f := range c.found {
			if ruleOf(f) != l.rule.ID {
				continue
			}
			told := Finding{Role: c.role, Severity: Refused, Text: c.String() + ": " + f.Text, Next: f.Next, final: !f.Excusable}
			told.subject, told.members, told.serial = c.about(f.Text), c.member.Name, c.key.Serial
			if f.Severity == attest.Note {
				told.Severity = Note
			}
			l.add(l.untilNamed(told))
		}
	}
}

// untilNamed softens what an exception may allow in the role that will name the
// key, when there is such an exception and no role names it yet.
func (l *linter) untilNamed(f Finding) Finding {
	if f.Role != "" || f.final || f.Severity != Refused || !l.rule.Excusable {
		return f
	}
	if slices.ContainsFunc(l.exceptions, func(e Exception) bool { return e.covers(l.rule.ID, f.member(), f.serial) }) {
		f.Severity = Warning
		return f
	}
	f.Next += "; or name the key in a role in the same pull request, with " + Exception{Rule: l.rule.ID, Member: f.member(), Serial: f.serial}.example()
	return f
}

// attestation refuses keys that no certificate proves to be where they are
// declared.
func (l *linter) attestation() {
	if len(l.cards) == 0 {
		return
	}
	if l.damaged != nil {
		l.refuse("", "install rust-tuf again", "the certificates built into this program cannot be read: %v", l.damaged)
		return
	}
	if roots := l.Verifier.TestRoots(); len(roots) > 0 {
		l.say(Warning, "", "outside a rehearsal, run this again without test roots",
			"test roots are in use, so that attestations prove nothing about real cards: %s", strings.Join(roots, "; "))
	}
	l.eachGroup(func(u keyUse) string {
		if u.key.Kind != KindPIV {
			return ""
		}
		return u.missing()
	}, func(role, keys, missing string) {
		l.refuse(role, "let them attest their keys, and add the files to members/<name>/<serial>/",
			"no card is proven to hold %s: %s", keys, missing)
	})
	for _, c := range l.cards {
		if c.err == nil {
			continue
		}
		next := "attest the slot again and export both certificates"
		var hint interface{ Hint() string }
		if errors.As(c.err, &hint) {
			next = hint.Hint()
		}
		l.refuse(c.role, next, "%s is not proven to be on card %d: %v", c, c.key.Serial, c.err)
	}
	l.cardFindings()
}

// possession refuses keys of which it is not proven that their members hold
// them.
func (l *linter) possession() {
	l.eachGroup(func(u keyUse) string {
		if u.key.Kind != KindPIV && u.key.Possession == "" {
			return ""
		}
		var refused *PossessionError
		err := CheckPossession(u.repository, u.member.Name, u.member.Login, u.key.Public.PublicKey, u.key.Possession)
		if errors.As(err, &refused) {
			return refused.Reason
		}
		return ""
	}, func(role, keys, reason string) {
		l.refuse(role, "let them sign the statement with these keys, as the members they are now, and write possession = \"…\" beside the key",
			"possession of %s is not proven: %s", keys, reason)
	})
}
