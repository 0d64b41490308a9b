package roles

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rust-lang/rust-tuf/verify"
)

// declared is a key and where it is declared.
type declared struct {
	holder string // member/label, or online/name
	file   string
	key    verify.PublicKey
}

func (d declared) String() string { return d.holder + " (" + d.file + ")" }

// keyTwice refuses a public key that is declared twice.
func (l *linter) keyTwice() {
	first := map[verify.Digest]declared{}
	for _, d := range l.declaredKeys() {
		if other, ok := first[d.key.Fingerprint()]; ok {
			l.refuse(l.roleOf(other.holder, d.holder), "ask both whose key it is, and remove it from the other file",
				"%s and %s declare the same public key %s", other, d, d.key.Fingerprint().Groups())
			continue
		}
		first[d.key.Fingerprint()] = d
	}
}

// declaredKeys are all keys of the declaration, or of the charters without one.
func (l *linter) declaredKeys() []declared {
	var keys []declared
	add := func(d declared) {
		if !slices.ContainsFunc(keys, func(o declared) bool { return o.holder == d.holder }) {
			keys = append(keys, d)
		}
	}
	if d := l.Declaration; d != nil {
		for _, name := range sortedKeys(d.Members) {
			for _, k := range d.Members[name].Keys {
				add(declared{name + "/" + k.Label, d.Members[name].file, k.Public.PublicKey})
			}
		}
		for _, name := range sortedKeys(d.Policy.Online) {
			add(declared{"online/" + name, d.Policy.outline.file, d.Policy.Online[name].Public.PublicKey})
		}
		return keys
	}
	l.eachRole(func(c *Charter, r CharterRole) {
		for _, h := range c.Holders(r.Name) {
			add(declared{h.String(), "charter of " + c.Role, h.Key})
		}
	})
	return keys
}

// roleOf is the first judged role that uses one of the keys, or "".
func (l *linter) roleOf(holders ...string) string {
	role := ""
	l.eachRole(func(c *Charter, r CharterRole) {
		for _, h := range c.Holders(r.Name) {
			if role == "" && slices.Contains(holders, h.String()) {
				role = r.Name
			}
		}
	})
	return role
}

// onlineRoot refuses machines in the root role.
func (l *linter) onlineRoot() {
	l.eachRole(func(c *Charter, r CharterRole) {
		if r.Name == Root && len(r.Online) > 0 {
			l.refuse(Root, "remove roles.root.online", "root has the online keys %s; only people sign it", strings.Join(r.Online, ", "))
		}
	})
}

// onlineAmongPeople refuses machines that count beside people.
func (l *linter) onlineAmongPeople() {
	l.eachPeopleRole(func(c *Charter, r CharterRole) {
		if r.Name != Root && len(r.Online) > 0 {
			l.refuse(r.Name, "remove roles."+r.Name+".online, or delegate to a role of its own",
				"%s counts the online keys %s beside its members, so %d people are enough", r.Name, strings.Join(r.Online, ", "), max(r.Threshold-len(r.Online), 0))
		}
	})
}

// delegatorOnline refuses people who depend on a machine's word.
func (l *linter) delegatorOnline() {
	if l.Declaration == nil {
		return
	}
	for _, c := range l.charters {
		by := l.Declaration.Delegator(c.Role)
		if r := l.Declaration.Policy.Roles[by]; r != nil && len(r.Members) == 0 {
			l.refuse(c.Role, "let people sign "+by+", or let "+c.Role+" be named by a role that people sign",
				"%s is signed by people, but %s, which names its keys, is signed by a machine", c.Role, by)
		}
	}
}

// delegatedTwice refuses one key in two delegated roles.
func (l *linter) delegatedTwice() {
	var uses []delegatedUse
	for _, u := range l.delegatedUses() {
		for _, o := range uses {
			if o.role == u.role || !o.holder.Key.Equal(u.holder.Key) || !l.names(o.role) && !l.names(u.role) {
				continue
			}
			l.add(Finding{
				Role: u.role, also: o.role, Severity: Refused,
				Text:    fmt.Sprintf("the key %s signs two delegated roles, %s and %s", u.holder, o.role, u.role),
				subject: u.holder.Key.Fingerprint().String() + " in " + o.role, members: u.holder.person(),
				Next: "give " + u.holder.Owner() + " another key in one of them",
			})
		}
		uses = append(uses, u)
	}
}

type delegatedUse struct {
	role   string
	holder Holder
}

// delegatedUses are the keys of all delegated roles that are known, those that
// are not named in this event included.
func (l *linter) delegatedUses() []delegatedUse {
	charters := slices.Clone(l.charters)
	if l.Declaration != nil {
		for _, role := range l.Declaration.PeopleRoles() {
			if !l.signs(role) {
				if c, err := l.Declaration.Charter(role); err == nil {
					charters = append(charters, c)
				}
			}
		}
	}
	var uses []delegatedUse
	for _, c := range charters {
		for _, r := range c.Roles {
			if TopLevel(r.Name) {
				continue
			}
			for _, h := range c.Holders(r.Name) {
				uses = append(uses, delegatedUse{r.Name, h})
			}
		}
	}
	return uses
}

// names reports whether a judged charter names the role.
func (l *linter) names(role string) bool {
	return slices.ContainsFunc(l.charters, func(c *Charter) bool { _, ok := c.role(role); return ok })
}

// signs reports whether the role's own charter is judged.
func (l *linter) signs(role string) bool {
	return slices.ContainsFunc(l.charters, func(c *Charter) bool { return c.Role == role })
}

// readers refuses what a listed client cannot read.
func (l *linter) readers() {
	for _, c := range l.charters {
		for _, reader := range listedReaders(c.Readers) {
			if why := reader.refusesForm(c.KeyID); why != "" && len(c.Roles) > 0 {
				l.refuse(c.Role, "write keyid = \"spec\", or take "+reader.name+" from the readers",
					"%s cannot read %s with key ids of the form %q: it %s", reader.name, c.Role, c.KeyID, why)
			}
			l.unreadableKeys(c, reader)
		}
	}
}

func (l *linter) unreadableKeys(c *Charter, reader reader) {
	why := map[string][]Holder{}
	for _, r := range c.Roles {
		for _, h := range c.Holders(r.Name) {
			reason := reader.refusesKey(h.Key)
			if reason != "" && !slices.ContainsFunc(why[reason], func(o Holder) bool { return o.String() == h.String() }) {
				why[reason] = append(why[reason], h)
			}
		}
	}
	for _, reason := range sortedKeys(why) {
		holders := why[reason]
		l.refuse(c.Role, "use ECDSA P-256 keys, or take "+reader.name+" from the readers",
			"%s cannot use the %s key of %s in %s: it %s", reader.name, holders[0].Key.Algorithm(), enumerate(holders), c.Role, reason)
	}
}

// cardAlgorithm refuses keys that their card cannot use for our documents, or
// that the tools do not use on cards.
func (l *linter) cardAlgorithm() {
	for _, u := range l.uses {
		text := ""
		switch {
		case u.key.Kind != KindPIV:
		case u.key.Public.KeyType() == "ed25519":
			text = fmt.Sprintf("the key %s is Ed25519 on card %d, which signs messages up to about 3 kB", u.name(), u.key.Serial)
		case u.key.Public.KeyType() != "ecdsa":
			text = fmt.Sprintf("the key %s is %s on card %d; rust-tuf signs with ECDSA P-256 and P-384 on cards", u.name(), u.key.Public.Algorithm(), u.key.Serial)
		}
		if text != "" {
			l.add(l.untilNamed(Finding{Role: u.role, Severity: Refused, Text: text, subject: u.about(text), members: u.member.Name, serial: u.key.Serial, Next: "let " + u.member.Name + " make an ECDSA P-256 key on the card"}))
		}
	}
}
