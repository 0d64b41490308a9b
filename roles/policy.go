package roles

import (
	"maps"
	"slices"
	"strings"
)

// Policy is rust-tuf.toml: what the quorum decides, apart from who its
// members are. [ParsePolicy] makes one; every value in it has been checked.
type Policy struct {
	// Format is 1.
	Format int `toml:"format"`
	// Name is a label of the repository for people.
	Name string `toml:"name"`
	// Repository is the repository's id: 32 hex digits, random, never edited.
	// Every signed document carries it.
	Repository string `toml:"repository"`
	// KeyID is how key ids are made: FormSpec (the default) or FormSPKI.
	KeyID KeyIDForm `toml:"keyid"`
	// Readers are the clients that must be able to parse what is written.
	Readers []string `toml:"readers"`
	// ConsistentSnapshot is the root's field of that name; true by default.
	ConsistentSnapshot bool `toml:"consistent-snapshot"`
	// Devices is what every key on a card must be; [DefaultDevices] where the
	// file is silent.
	Devices Devices `toml:"devices"`
	// Lint holds bounds that replace a rule's own.
	Lint Bounds `toml:"lint"`
	// Exceptions allow what an excusable rule refuses, with a reason.
	Exceptions []Exception `toml:"exception"`
	// Roles holds the four top-level roles and the delegated ones by name.
	Roles map[string]*Role `toml:"roles"`
	// Online holds the public keys of machines by name.
	Online map[string]*OnlineKey `toml:"online"`
	// Targets are the files that people-signed roles list.
	Targets []Target `toml:"target"`
	// Schedule says, by role, when people are told that a version ends.
	Schedule map[string]*Deadlines `toml:"schedule"`
	// Forge is where pull requests are opened.
	Forge Forge `toml:"forge"`

	order   []string // names of roles, in the order of the file
	outline *outline
}

// Bounds replaces bounds of the lint. A nil field means the rule's default.
type Bounds struct {
	// MaxAffiliation is how many members of a quorum may share an affiliation; k-2 by default.
	MaxAffiliation *int `toml:"max-affiliation" json:"max-affiliation,omitempty"`
	// MaxCountry is how many members of a quorum may share a country; k-2 by default.
	MaxCountry *int `toml:"max-country" json:"max-country,omitempty"`
	// MinSpares is by how many a role's keys exceed its threshold; 2 by default.
	MinSpares *int `toml:"min-spares" json:"min-spares,omitempty"`
	// MinPeopleLifetime is the shortest lifetime of a role that people sign; 30d by default.
	MinPeopleLifetime *Lifetime `toml:"min-people-lifetime" json:"min-people-lifetime,omitempty"`
	// MaxRootLifetime is the longest lifetime of root; 7y by default.
	MaxRootLifetime *Lifetime `toml:"max-root-lifetime" json:"max-root-lifetime,omitempty"`
	// MaxPeopleLifetime is the longest lifetime of other roles that people sign; 3y by default.
	MaxPeopleLifetime *Lifetime `toml:"max-people-lifetime" json:"max-people-lifetime,omitempty"`
	// MaxOnlineLifetime is the longest lifetime of a role that a machine signs; 30d by default.
	MaxOnlineLifetime *Lifetime `toml:"max-online-lifetime" json:"max-online-lifetime,omitempty"`
}

// Role is the declaration of one role.
type Role struct {
	// Quorum says that the rules for spread (affiliation, country) apply.
	Quorum bool `toml:"quorum"`
	// Members are references to members' keys: "alice", or "bob/card2" for a
	// member with several active keys.
	Members []string `toml:"members"`
	// Online are names of online keys.
	Online []string `toml:"online"`
	// Threshold is how many distinct keys must sign.
	Threshold int `toml:"threshold"`
	// Lifetime is how long one version is valid.
	Lifetime Lifetime `toml:"lifetime"`
	// Delegator is the role that names this one; empty for the top-level four.
	Delegator string `toml:"delegator"`
	// Paths are the patterns of the target paths that are delegated.
	Paths []string `toml:"paths"`
	// Terminating ends the search for a target at this role.
	Terminating bool `toml:"terminating"`
}

// OnlineKey is the public key of a machine.
type OnlineKey struct {
	Public PublicKey `toml:"public"`
}

// Target is one file that a people-signed role lists.
type Target struct {
	Role string `toml:"role"`
	Path string `toml:"path"`
	// Length is the file's length in bytes.
	Length int64 `toml:"length"`
	// SHA256 is the file's hash: 64 lower-case hex digits.
	SHA256 string `toml:"sha256"`
	// RootOf says that the file is the root of another repository, and how
	// that is called here: its roots are in handover/<name>/. Empty for any other file.
	RootOf string `toml:"root-of"`
}

// ParsePolicy reads rust-tuf.toml. The file's name serves for messages. Every
// error is a *[SyntaxError]; several faults are joined, in the file's order
// of sections.
func ParsePolicy(file string, data []byte) (*Policy, error) {
	p := &Policy{KeyID: FormSpec, ConsistentSnapshot: true, Devices: DefaultDevices()}
	var err error
	if p.outline, err = decodeTOML(file, data, PolicyBytes, p); err != nil {
		return nil, err
	}
	p.order = p.outline.children("roles")
	c := &faults{outline: p.outline}
	p.checkHead(c)
	p.Devices.check("devices", c.add)
	p.checkLint(c)
	p.checkRoles(c)
	p.checkDelegations(c)
	p.checkOnline(c)
	p.checkTargets(c)
	p.checkSchedule(c)
	p.Forge.check(c)
	if err := c.join(); err != nil {
		return nil, err
	}
	return p, nil
}

// RoleNames returns the names of all roles in the order of the file, which is
// the order in which clients search delegations.
func (p *Policy) RoleNames() []string { return slices.Clone(p.order) }

func (p *Policy) checkHead(c *faults) {
	if p.Format != 1 {
		c.add("format", "this version reads format 1, the file says %d", p.Format)
	}
	c.check("name", checkName("name", p.Name))
	if !repositoryForm.MatchString(p.Repository) {
		c.add("repository", "%q: write the 32 lower-case hex digits that init made; they never change", p.Repository)
	}
	if p.KeyID != FormSpec && p.KeyID != FormSPKI {
		c.add("keyid", "unknown form %q; it is one of spec, spki", p.KeyID)
	}
	if len(p.Readers) == 0 {
		c.add("readers", "name the clients that must be able to read the metadata; %s", "known are "+strings.Join(readerNames(), ", "))
	}
	for i, r := range p.Readers {
		switch {
		case !slices.Contains(readerNames(), r):
			c.add(entry("readers", i), "unknown reader %q%s", r, suggest(r, readerNames()))
		case slices.Index(p.Readers, r) < i:
			c.add(entry("readers", i), "%s is listed twice", r)
		}
	}
}

func (p *Policy) checkLint(c *faults) {
	for _, bound := range []struct {
		path  string
		value *int
		least int
	}{
		{"lint.max-affiliation", p.Lint.MaxAffiliation, 1},
		{"lint.max-country", p.Lint.MaxCountry, 1},
		{"lint.min-spares", p.Lint.MinSpares, 0},
	} {
		if bound.value != nil && (*bound.value < bound.least || *bound.value > maxRoleKeys) {
			c.add(bound.path, "%d is not between %d and %d", *bound.value, bound.least, maxRoleKeys)
		}
	}
	if len(p.Exceptions) > maxExceptions {
		c.add("exception", "%d exceptions, at most %d", len(p.Exceptions), maxExceptions)
		return
	}
	seen := map[string]bool{}
	for i, e := range p.Exceptions {
		at := entry("exception", i)
		e.check(func(key string, err error) { c.check(below(at, key), err) })
		if p.Roles[e.Role] == nil {
			c.add(below(at, "role"), "no role %q is declared%s", e.Role, suggest(e.Role, p.order))
		}
		if seen[e.identity()] {
			c.add(at, "a second %s", e)
		}
		seen[e.identity()] = true
	}
}

func (p *Policy) checkOnline(c *faults) {
	if len(p.Online) > maxOnlineKeys {
		c.add("online", "%d online keys, at most %d", len(p.Online), maxOnlineKeys)
		return
	}
	for _, name := range slices.Sorted(maps.Keys(p.Online)) {
		at := below("online", name)
		c.check(at, checkName("online key", name))
		if p.Online[name].Public.isZero() {
			c.add(below(at, "public"), "the public key is missing")
		}
	}
}

func (p *Policy) checkTargets(c *faults) {
	if len(p.Targets) > maxTargets {
		c.add("target", "%d files, at most %d; large sets belong to a role that a machine signs", len(p.Targets), maxTargets)
		return
	}
	seen := map[[2]string]bool{}
	for i, t := range p.Targets {
		at := entry("target", i)
		if err := checkPath(t.Path); err != nil {
			c.add(below(at, "path"), "%s", err)
		}
		if t.Length < 0 || t.Length > maxInteger {
			c.add(below(at, "length"), "%d is not between 0 and 2^53-1", t.Length)
		}
		if !sha256Form.MatchString(t.SHA256) {
			c.add(below(at, "sha256"), "%q: write 64 lower-case hex digits", t.SHA256)
		}
		if t.RootOf != "" {
			if err := checkName("name", t.RootOf); err != nil {
				c.add(below(at, "root-of"), "%s", err)
			}
		}
		if seen[[2]string{t.Role, t.Path}] {
			c.add(at, "%s lists %s twice", t.Role, t.Path)
		}
		seen[[2]string{t.Role, t.Path}] = true
		p.checkTargetRole(c, at, t)
	}
}

// checkTargetRole refuses a file that no client would find.
func (p *Policy) checkTargetRole(c *faults, at string, t Target) {
	role := p.Roles[t.Role]
	switch {
	case role == nil:
		c.add(below(at, "role"), "no role %q is declared%s", t.Role, suggest(t.Role, p.order))
		return
	case t.Role == Root || t.Role == Snapshot || t.Role == Timestamp:
		c.add(below(at, "role"), "%s lists no files; only targets and delegated roles do", t.Role)
		return
	case len(role.Members) == 0:
		c.add(below(at, "role"), "%s is signed by a machine, which lists its own files", t.Role)
		return
	}
	for name := t.Role; name != Targets; name = p.Roles[name].Delegator {
		delegated := p.Roles[name]
		if delegated == nil || delegated.Delegator == name {
			return // reported by checkDelegations
		}
		if !slices.ContainsFunc(delegated.Paths, func(pattern string) bool { return covers(pattern, t.Path) }) {
			c.add(below(at, "path"), "no pattern in roles.%s.paths matches %s, so no client would find it", name, t.Path)
			return
		}
		if !p.reachesTargets(name) {
			return
		}
	}
}
