package roles

import (
	"strings"

	"github.com/rust-lang/rust-tuf/verify"
)

// charterLists are the lists in a charter whose elements have names.
var charterLists = identities{
	"/roles":          always("name"),
	"/members":        always("name"),
	"/members/*/keys": always("label"),
	"/online":         always("name"),
	"/targets":        always("path"),
	"/exceptions":     exceptionIdentity,
}

// What a charter says about one role, member, key and so on.
var (
	charterFields = []field{
		{IdentityChanged, "repository", "repository", readText},
		{IdentityChanged, "role", "role", readText},
		{PolicyChanged, "name of the repository", "name", readText},
		{PolicyChanged, "form of key ids", "keyid", readText},
		{SnapshotChanged, "file names carry versions (consistent snapshot)", "consistent-snapshot", readYesNo},
		{LifetimeChanged, "lifetime", "lifetime", readLifetime},
		{FormatChanged, "format of the policy", "format", readNumber},
	}
	roleFields = []field{
		{ThresholdChanged, "threshold", "threshold", readNumber},
		{PolicyChanged, "rules for a quorum", "quorum", readOnOff},
		{KeysChanged, "keys of members", "members", nil},
		{KeysChanged, "keys of machines", "online", nil},
		{LifetimeChanged, "lifetime", "lifetime", readLifetime},
		{PathsChanged, "paths", "paths", nil},
		{Terminating, "terminating", "terminating", readYesNo},
	}
	memberFields = []field{
		{PolicyChanged, "login", "login", readText},
		{PolicyChanged, "affiliations", "affiliations", nil},
		{PolicyChanged, "countries", "countries", nil},
	}
	keyFields = []field{
		{PolicyChanged, "kind", "kind", readKind},
		{PolicyChanged, "YubiKey", "serial", readNumber},
		{PolicyChanged, "slot", "slot", readText},
		{KeyReplaced, "public key", "public", readPublic},
	}
	onlineFields = []field{
		{KeyReplaced, "public key", "public", readPublic},
	}
	fileFields = []field{
		{TargetChanged, "length in bytes", "length", readNumber},
		{TargetChanged, "SHA-256", "sha256", readDigest},
		{TargetChanged, "root of the repository", "root-of", readText},
	}
	exceptionIdentity = append(always("rule", "role"), part{member: "member", optional: true}, part{member: "serial", optional: true, integer: true})
	exceptionFields   = []field{
		{ExceptionAdded, "reason", "reason", readProse},
	}
)

// DiffCharters compares the policies behind two versions of a document, with
// the same promise as [Diff]. With a nil old, everything in new is listed as
// new. Versions are 0: a charter has none. Where the charter decides what the
// document says, such as thresholds and keys, both differences tell of it.
func DiffCharters(old, new *Charter) Difference {
	return diffCharters(charterNode(old), charterNode(new))
}

// charterNode reads a charter; nil for no charter.
func charterNode(c *Charter) *jsonNode {
	if c == nil {
		return nil
	}
	canonical, err := verify.Canonical(c.JSON(), charterLimits())
	if err != nil {
		return readOrWhole(c.JSON())
	}
	return readOrWhole(canonical)
}

func diffCharters(old, new *jsonNode) Difference {
	x := &charterComparison{
		comparer: comparer{ledger: newLedger(old, new, charterLists), first: old == nil},
		old:      spot{node: old}, new: spot{node: new},
	}
	x.explain()
	d := Difference{Role: "policy", Changes: x.changes(), Outcomes: []string{}}
	for _, c := range []spot{x.new, x.old} {
		if role, ok := c.node.member("role").str(); ok {
			d.Role = "policy of " + shownName(role)
			break
		}
	}
	d.Headline = d.Role + ": " + charterHeadline(d.Changes)
	return d
}

// charterHeadline counts what changes, with exceptions by name.
func charterHeadline(changes []Change) string {
	if len(changes) == 0 {
		return "nothing changes"
	}
	parts := append(namedParts(changes), countedParts(changes)...)
	line := counted(len(changes), "change")
	for _, part := range parts {
		line += "; " + part
	}
	return line
}

// A charterComparison explains two charters.
type charterComparison struct {
	comparer
	old, new spot
}

func (x *charterComparison) explain() {
	for _, f := range charterFields {
		x.explainPair(f.kind, f.noun, f.read, x.old.to(f.name), x.new.to(f.name))
	}
	x.explainList(PolicyChanged, "clients that must be able to read the documents", x.old.to("readers"), x.new.to("readers"))
	x.explainDevices()
	x.explainBounds()
	for _, t := range charterThings {
		x.explainThings(t, x.old.to(t.list), x.new.to(t.list))
	}
	x.explainMemberKeys(keyFields)
	x.explainEmptyLists()
}

// explainBounds tells of the bounds of the lint that the policy sets itself.
func (x *charterComparison) explainBounds() {
	old, new := x.old.to("lint"), x.new.to("lint")
	for _, bound := range []struct {
		noun, name string
		read       reading
	}{
		{"most keys of one affiliation", "max-affiliation", readNumber},
		{"most keys of one country", "max-country", readNumber},
		{"fewest spare keys", "min-spares", readNumber},
		{"shortest lifetime where people sign", "min-people-lifetime", readLifetime},
		{"longest lifetime of root", "max-root-lifetime", readLifetime},
		{"longest lifetime where people sign", "max-people-lifetime", readLifetime},
		{"longest lifetime where machines sign", "max-online-lifetime", readLifetime},
	} {
		x.explainPair(PolicyChanged, "bound that the policy sets itself, "+bound.noun, bound.read, old.to(bound.name), new.to(bound.name))
	}
}

// A thing is a kind of element of a charter's lists.
type thing struct {
	list        string
	noun, many  string
	added, gone ChangeKind
	fields      []field
	identity    []part
	proofs      []proof
}

var charterThings = []thing{
	{"exceptions", "exception from", "exceptions", ExceptionAdded, ExceptionRemoved, exceptionFields, exceptionIdentity, nil},
	{"roles", "role", "roles", KeysChanged, KeysChanged, roleFields, always("name"), nil},
	{"members", "member", "members", PolicyChanged, PolicyChanged, memberFields, always("name"), nil},
	{"online", "machine", "machines", PolicyChanged, PolicyChanged, onlineFields, always("name"), nil},
	{"targets", "file", "files", TargetAdded, TargetRemoved, fileFields, always("path"), nil},
}

// explainThings tells of every element of a list.
func (x *charterComparison) explainThings(t thing, oldList, newList spot) {
	old, oldOK := oldList.elements(t.identity...)
	new, newOK := newList.elements(t.identity...)
	if !oldOK || !newOK {
		return
	}
	for _, name := range union(old, new) {
		was, is := old.byName[name], new.byName[name]
		s := x.explainThing(t.added, t.gone, t.subject(was, is), t.identity, t.fields, was, is)
		x.explainProofs(t.proofs, s, t.subject(was, is), was, is)
	}
	// The list stands at the same place unless it belongs to a member, whose
	// own move is told with the members.
	if oldList.at == newList.at {
		x.explainPlaces(PolicyChanged, t.many, newList.at, old, new)
	}
}

// subject names an element: "member judy", "exception from spares for root",
// "exception from advisory for root (only for alice)".
func (t thing) subject(was, is spot) string {
	if is.node == nil {
		is = was
	}
	var parts []string
	bound := map[string]string{}
	for _, p := range t.identity {
		text, _ := p.read(is.node)
		switch {
		case !p.optional:
			parts = append(parts, shownName(text))
		case text != "":
			bound[p.member] = shownName(text)
		}
	}
	return t.noun + " " + strings.Join(parts, " for ") + boundTo(bound["member"], bound["serial"])
}

// explainMemberKeys tells of every key of every member.
func (x *charterComparison) explainMemberKeys(fields []field) {
	old, oldOK := x.old.to("members").elements(always("name")...)
	new, newOK := x.new.to("members").elements(always("name")...)
	if !oldOK || !newOK {
		return
	}
	for _, name := range union(old, new) {
		t := thing{
			noun: shownName(name) + "'s key", many: "keys of " + shownName(name),
			added: PolicyChanged, gone: PolicyChanged, fields: fields, identity: always("label"), proofs: keyProofs,
		}
		x.explainThings(t, old.byName[name].to("keys"), new.byName[name].to("keys"))
	}
}

// readKind reads where a key lives.
func readKind(n *jsonNode) (string, bool) {
	s, ok := n.str()
	switch Kind(s) {
	case KindPIV:
		return "on a card (piv)", ok
	case KindSoftware:
		return "in a file (software)", ok
	}
	return shownName(s), ok
}

// readPublic reads a public key in PEM as a charter writes it.
func readPublic(n *jsonNode) (string, bool) {
	s, _ := n.str()
	key, err := verify.ParsePublicKeyPEM([]byte(s))
	if err != nil || key.PEM() != s {
		return "", false
	}
	return key.Algorithm() + ", fingerprint " + key.Fingerprint().Groups(), true
}

// explainEmptyLists tells of lists that have or had nothing in them.
func (x *charterComparison) explainEmptyLists() {
	for _, name := range []string{"readers", "devices", "lint", "roles", "members", "online", "targets", "exceptions"} {
		x.explainEmptiness(x.old.to(name), x.new.to(name))
	}
}
