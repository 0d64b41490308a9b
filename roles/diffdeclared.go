package roles

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/rust-lang/rust-tuf/verify"
)

// declaredFile is everything that people edit, as one value: the policy and the
// members, whether or not a role names them. It is compared and never signed.
type declaredFile struct {
	*declaredPolicy
	Members []declaredMember `json:"members"`
}

type declaredPolicy struct {
	Name               string             `json:"name"`
	Repository         string             `json:"repository"`
	KeyID              KeyIDForm          `json:"keyid"`
	Readers            []string           `json:"readers"`
	ConsistentSnapshot bool               `json:"consistent-snapshot"`
	Devices            Devices            `json:"devices"`
	Lint               Bounds             `json:"lint"`
	Exceptions         []Exception        `json:"exceptions"`
	Roles              []declaredRole     `json:"roles"`
	Online             []CharterOnline    `json:"online"`
	Targets            []declaredTarget   `json:"targets"`
	Schedule           []declaredSchedule `json:"schedule"`
	Forge              string             `json:"forge"`
}

type declaredRole struct {
	CharterRole
	Delegator string `json:"delegator,omitempty"`
}

type declaredTarget struct {
	Role string `json:"role"`
	CharterTarget
}

type declaredSchedule struct {
	Role  string   `json:"role"`
	Opens Lifetime `json:"opens"`
	Alert Lifetime `json:"alert"`
}

type declaredMember struct {
	Name         string        `json:"name"`
	Login        string        `json:"login"`
	Affiliations []string      `json:"affiliations"`
	Countries    []string      `json:"countries"`
	TermEnds     string        `json:"term-ends,omitempty"`
	Keys         []declaredKey `json:"keys"`
}

type declaredKey struct {
	CharterKey
	Status  Status `json:"status"`
	Retired bool   `json:"retired,omitempty"`
}

// declaredLists are the lists in a declaredFile whose elements have names.
var declaredLists = identities{
	"/roles":          always("name"),
	"/members":        always("name"),
	"/members/*/keys": always("label"),
	"/online":         always("name"),
	"/targets":        always("path", "role"),
	"/schedule":       always("role"),
	"/exceptions":     exceptionIdentity,
}

// What a declaration says beyond what a charter does.
var (
	declaredFields = []field{
		{PolicyChanged, "name of the repository", "name", readText},
		{IdentityChanged, "repository", "repository", readText},
		{PolicyChanged, "form of key ids", "keyid", readText},
		{SnapshotChanged, "file names carry versions (consistent snapshot)", "consistent-snapshot", readYesNo},
		{PolicyChanged, "kind of forge", "forge", readText},
	}
	scheduleFields = []field{
		{LifetimeChanged, "time before expiry at which signing opens", "opens", readLifetime},
		{LifetimeChanged, "time before expiry from which signing is late", "alert", readLifetime},
	}
	declaredThings = []thing{
		{"exceptions", "exception from", "exceptions", ExceptionAdded, ExceptionRemoved, exceptionFields, exceptionIdentity, nil},
		{"roles", "role", "roles", KeysChanged, KeysChanged, append(slices.Clone(roleFields), field{PolicyChanged, "delegator", "delegator", readText}), always("name"), nil},
		{"members", "member", "members", PolicyChanged, PolicyChanged, append(slices.Clone(memberFields), field{PolicyChanged, "end of the term", "term-ends", readText}), always("name"), nil},
		{"online", "machine", "machines", PolicyChanged, PolicyChanged, onlineFields, always("name"), nil},
		{"targets", "file", "files", TargetAdded, TargetRemoved, fileFields, always("path", "role"), nil},
		{"schedule", "schedule of", "schedules", LifetimeChanged, LifetimeChanged, scheduleFields, always("role"), nil},
	}
	declaredKeyFields = append(slices.Clone(keyFields),
		field{PolicyChanged, "status", "status", readText},
		field{PolicyChanged, "its holder says that it is destroyed", "retired", readYesNo})
)

// DiffDeclared compares two declarations, with the same promise as [Diff]: what
// an edit of the policy and the members' files changes, before any of it is
// proposed. Where a policy is nil on either side, the members are compared and
// nothing else. Versions are 0: a declaration has none.
func DiffDeclared(old, new *Declaration) Difference {
	withPolicy := old.Policy != nil && new.Policy != nil
	was, is := declaredNode(old, withPolicy), declaredNode(new, withPolicy)
	x := &charterComparison{
		comparer: comparer{ledger: newLedger(was, is, declaredLists)},
		old:      spot{node: was}, new: spot{node: is},
	}
	x.explainDeclared()
	d := Difference{Role: "declaration", Changes: x.changes(), Outcomes: []string{}}
	d.Headline = "policy and members: " + charterHeadline(d.Changes)
	return d
}

func (x *charterComparison) explainDeclared() {
	for _, f := range declaredFields {
		x.explainPair(f.kind, f.noun, f.read, x.old.to(f.name), x.new.to(f.name))
	}
	x.explainList(PolicyChanged, "clients that must be able to read the documents", x.old.to("readers"), x.new.to("readers"))
	x.explainDevices()
	x.explainBounds()
	for _, t := range declaredThings {
		x.explainThings(t, x.old.to(t.list), x.new.to(t.list))
	}
	x.explainMemberKeys(declaredKeyFields)
	for _, list := range declaredThings {
		x.explainEmptiness(x.old.to(list.list), x.new.to(list.list))
	}
	x.explainEmptiness(x.old.to("lint"), x.new.to("lint"))
}

func declaredNode(d *Declaration, withPolicy bool) *jsonNode {
	file := declaredFile{Members: []declaredMember{}}
	if withPolicy {
		file.declaredPolicy = d.Policy.declared()
	}
	for _, name := range slices.Sorted(maps.Keys(d.Members)) {
		file.Members = append(file.Members, d.Members[name].declared())
	}
	raw, err := json.Marshal(file)
	if err != nil {
		return readOrWhole([]byte(err.Error()))
	}
	canonical, err := verify.Canonical(raw, charterLimits())
	if err != nil {
		return readOrWhole(raw)
	}
	return readOrWhole(canonical)
}

func (p *Policy) declared() *declaredPolicy {
	out := &declaredPolicy{
		Name: p.Name, Repository: p.Repository, KeyID: p.KeyID, Readers: sorted(p.Readers), ConsistentSnapshot: p.ConsistentSnapshot,
		Devices: p.Devices, Lint: p.Lint, Exceptions: append([]Exception{}, p.Exceptions...), Forge: p.Forge.Kind,
		Roles: []declaredRole{}, Online: []CharterOnline{}, Targets: []declaredTarget{}, Schedule: []declaredSchedule{},
	}
	out.Devices.Slots = sorted(p.Devices.Slots)
	slices.SortFunc(out.Exceptions, compareExceptions)
	for _, name := range p.order {
		r := p.Roles[name]
		out.Roles = append(out.Roles, declaredRole{CharterRole{
			Name: name, Quorum: r.Quorum, Members: sorted(r.Members), Online: sorted(r.Online),
			Threshold: r.Threshold, Lifetime: r.Lifetime, Paths: sorted(r.Paths), Terminating: r.Terminating,
		}, r.Delegator})
	}
	for _, name := range slices.Sorted(maps.Keys(p.Online)) {
		out.Online = append(out.Online, CharterOnline{name, p.Online[name].Public})
	}
	for _, t := range p.Targets {
		out.Targets = append(out.Targets, declaredTarget{t.Role, CharterTarget{t.Path, t.Length, t.SHA256, t.RootOf}})
	}
	for _, role := range slices.Sorted(maps.Keys(p.Schedule)) {
		out.Schedule = append(out.Schedule, declaredSchedule{role, p.Schedule[role].Opens, p.Schedule[role].Alert})
	}
	return out
}

func (m *Member) declared() declaredMember {
	out := declaredMember{Name: m.Name, Login: m.Login, Affiliations: sorted(m.Affiliations), Countries: sorted(m.Countries), TermEnds: m.TermEnds.String(), Keys: []declaredKey{}}
	for _, k := range m.Keys {
		out.Keys = append(out.Keys, declaredKey{k.chartered(), k.Status, k.Retirement != nil})
	}
	return out
}
