package roles

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"github.com/rust-lang/rust-tuf/verify"
)

// Charter is all that decides one role's documents, and nothing else: the
// projection of policy and members that its signers agree to. Its digest is
// what a signed document names as its policy. Lists are sorted, apart from
// delegated roles, whose order is the order in which clients search.
type Charter struct {
	// Format is 1.
	Format int `json:"format"`
	// Repository is the id of the repository and Name its label for people.
	Repository string `json:"repository"`
	Name       string `json:"name"`
	// Rehearsal marks a charter that [Charter.Rehearse] made. No declaration
	// yields one, and nothing that it decides counts outside of a rehearsal.
	Rehearsal bool `json:"rehearsal,omitempty"`
	// Role is the role whose documents this charter decides.
	Role string `json:"role"`
	// KeyID is how key ids are made.
	KeyID KeyIDForm `json:"keyid"`
	// Readers are the clients that must be able to parse the documents.
	Readers []string `json:"readers"`
	// ConsistentSnapshot is set for root and absent for all others.
	ConsistentSnapshot *bool `json:"consistent-snapshot,omitempty"`
	// Lifetime is how long a version of Role is valid.
	Lifetime Lifetime `json:"lifetime"`
	// Roles are the roles that the documents name: of root the top-level four,
	// of others the roles they delegate to.
	Roles []CharterRole `json:"roles"`
	// Members and Online hold the keys of Roles.
	Members []CharterMember `json:"members"`
	Online  []CharterOnline `json:"online"`
	// Targets are the files that the documents list, sorted by path.
	Targets []CharterTarget `json:"targets"`
	// Devices is what every key on a card must be; nil when Members has none.
	Devices *Devices `json:"devices,omitempty"`
	// Lint and Exceptions are what the quorum allowed itself, as far as it
	// concerns Role and Roles.
	Lint       Bounds      `json:"lint"`
	Exceptions []Exception `json:"exceptions"`
}

// CharterRole is one role that the documents name.
type CharterRole struct {
	Name        string   `json:"name"`
	Quorum      bool     `json:"quorum"`
	Members     []string `json:"members"` // "member/label"
	Online      []string `json:"online"`  // names in Charter.Online
	Threshold   int      `json:"threshold"`
	Lifetime    Lifetime `json:"lifetime"`
	Paths       []string `json:"paths,omitempty"`
	Terminating bool     `json:"terminating,omitempty"`
}

// CharterMember is one member with those keys that the roles use.
type CharterMember struct {
	Name         string       `json:"name"`
	Login        string       `json:"login"`
	Affiliations []string     `json:"affiliations"`
	Countries    []string     `json:"countries"`
	Keys         []CharterKey `json:"keys"`
}

// CharterKey is one key of a member.
type CharterKey struct {
	Label  string    `json:"label"`
	Public PublicKey `json:"public"`
	Kind   Kind      `json:"kind"`
	Serial int64     `json:"serial,omitempty"`
	Slot   string    `json:"slot,omitempty"`
	// Possession is the key's signature over [PossessionStatement], in
	// lower-case hex.
	Possession string `json:"possession,omitempty"`
	// Attestation is the evidence that the key lives on the card; nil when
	// there is none.
	Attestation *Evidence `json:"attestation,omitempty"`
}

// CharterOnline is one key of a machine.
type CharterOnline struct {
	Name   string    `json:"name"`
	Public PublicKey `json:"public"`
}

// CharterTarget is one file: its length in bytes and its hash in lower-case hex.
// RootOf names the other repository whose root it is; empty for any other file.
type CharterTarget struct {
	Path   string `json:"path"`
	Length int64  `json:"length"`
	SHA256 string `json:"sha256"`
	RootOf string `json:"root-of,omitempty"`
}

// Charter is the projection of the declaration onto one role that people sign.
// The error is a *[RoleError], or *[ReferenceError]s, joined.
func (d *Declaration) Charter(role string) (*Charter, error) {
	r := d.Policy.Roles[role]
	switch {
	case r == nil:
		return nil, &RoleError{role, "no such role is declared" + suggest(role, d.Policy.order)}
	case len(r.Members) == 0:
		return nil, &RoleError{role, "a machine signs this role; only roles that people sign have a charter"}
	}
	p := d.Policy
	c := &Charter{
		Format: 1, Repository: p.Repository, Name: p.Name, Role: role,
		KeyID: p.KeyID, Readers: sorted(p.Readers), Lifetime: r.Lifetime, Lint: p.Lint,
		Roles: []CharterRole{}, Members: []CharterMember{}, Online: []CharterOnline{},
		Targets: []CharterTarget{}, Exceptions: []Exception{},
	}
	if role == Root {
		consistent := p.ConsistentSnapshot
		c.ConsistentSnapshot = &consistent
	}
	for _, name := range d.named(role) {
		if err := d.appoint(c, name); err != nil {
			return nil, err
		}
	}
	if c.hasCard() {
		devices := p.Devices
		devices.Slots = sorted(devices.Slots)
		c.Devices = &devices
	}
	for _, t := range p.Targets {
		if t.Role == role {
			c.Targets = append(c.Targets, CharterTarget{t.Path, t.Length, t.SHA256, t.RootOf})
		}
	}
	for _, e := range p.Exceptions {
		if _, named := c.role(e.Role); named || e.Role == role {
			c.Exceptions = append(c.Exceptions, e)
		}
	}
	c.sort()
	return c, nil
}

// named returns the roles that documents of role name.
func (d *Declaration) named(role string) []string {
	if role == Root {
		four := topLevel()
		return four[:]
	}
	return d.delegates(role)
}

// appoint adds a named role and the keys it uses.
func (d *Declaration) appoint(c *Charter, name string) error {
	r := d.Policy.Roles[name]
	uses, err := d.resolve(name)
	if err != nil {
		return err
	}
	role := CharterRole{
		Name: name, Quorum: r.Quorum, Members: []string{}, Online: sorted(r.Online),
		Threshold: r.Threshold, Lifetime: r.Lifetime, Paths: sorted(r.Paths), Terminating: r.Terminating,
	}
	for _, u := range uses {
		role.Members = append(role.Members, u.String())
		c.enrol(u)
	}
	for _, online := range role.Online {
		if _, ok := c.online(online); !ok {
			c.Online = append(c.Online, CharterOnline{online, d.Policy.Online[online].Public})
		}
	}
	c.Roles = append(c.Roles, role)
	return nil
}

// enrol adds a member's key unless it is there.
func (c *Charter) enrol(u use) {
	i := slices.IndexFunc(c.Members, func(m CharterMember) bool { return m.Name == u.member.Name })
	if i < 0 {
		i = len(c.Members)
		c.Members = append(c.Members, CharterMember{
			Name: u.member.Name, Login: u.member.Login,
			Affiliations: sorted(u.member.Affiliations), Countries: sorted(u.member.Countries),
		})
	}
	if _, ok := c.Members[i].key(u.key.Label); !ok {
		c.Members[i].Keys = append(c.Members[i].Keys, u.key.chartered())
	}
}

// chartered is the key as a charter holds it.
func (k MemberKey) chartered() CharterKey {
	key := CharterKey{Label: k.Label, Public: k.Public, Kind: k.Kind, Serial: k.Serial, Slot: k.Slot, Possession: k.Possession}
	if k.Evidence != (Evidence{}) {
		evidence := k.Evidence
		key.Attestation = &evidence
	}
	return key
}

func (c *Charter) sort() {
	slices.SortFunc(c.Members, func(a, b CharterMember) int { return strings.Compare(a.Name, b.Name) })
	for _, m := range c.Members {
		slices.SortFunc(m.Keys, func(a, b CharterKey) int { return strings.Compare(a.Label, b.Label) })
	}
	slices.SortFunc(c.Online, func(a, b CharterOnline) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(c.Targets, func(a, b CharterTarget) int { return strings.Compare(a.Path, b.Path) })
	slices.SortFunc(c.Exceptions, compareExceptions)
}

// hasCard reports whether a key of the charter is on a card.
func (c *Charter) hasCard() bool {
	return slices.ContainsFunc(c.Members, func(m CharterMember) bool {
		return slices.ContainsFunc(m.Keys, func(k CharterKey) bool { return k.Kind == KindPIV })
	})
}

// sorted is a sorted copy that is never nil, so that JSON says [] and not null.
func sorted(list []string) []string {
	out := append([]string{}, list...)
	slices.Sort(out)
	return out
}

func (c *Charter) role(name string) (CharterRole, bool) {
	i := slices.IndexFunc(c.Roles, func(r CharterRole) bool { return r.Name == name })
	if i < 0 {
		return CharterRole{}, false
	}
	return c.Roles[i], true
}

func (c *Charter) member(name string) (CharterMember, bool) {
	i := slices.IndexFunc(c.Members, func(m CharterMember) bool { return m.Name == name })
	if i < 0 {
		return CharterMember{}, false
	}
	return c.Members[i], true
}

func (c *Charter) online(name string) (CharterOnline, bool) {
	i := slices.IndexFunc(c.Online, func(o CharterOnline) bool { return o.Name == name })
	if i < 0 {
		return CharterOnline{}, false
	}
	return c.Online[i], true
}

func (m CharterMember) key(label string) (CharterKey, bool) {
	i := slices.IndexFunc(m.Keys, func(k CharterKey) bool { return k.Label == label })
	if i < 0 {
		return CharterKey{}, false
	}
	return m.Keys[i], true
}

// JSON is the charter's file: indented, ending with a newline. It is nil for a
// charter that neither a declaration nor [ReadCharter] made.
func (c *Charter) JSON() []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(c); err != nil {
		return nil
	}
	return b.Bytes()
}

// Digest is the policy digest: SHA-256 of the canonical form of the charter.
// It is zero when JSON is nil.
func (c *Charter) Digest() verify.Digest {
	canonical, err := verify.Canonical(c.JSON(), charterLimits())
	if err != nil {
		return verify.Digest{}
	}
	return verify.DigestOf(canonical)
}

func charterLimits() verify.Limits {
	lim := verify.DefaultLimits()
	lim.Depth = charterDepth
	return lim
}
