package roles

import (
	"maps"
	"slices"
	"strconv"

	"github.com/rust-lang/rust-tuf/verify"
)

// pair explains one value that stands at the same names in both documents.
func (x *comparison) pair(kind ChangeKind, subject string, read reading, names ...string) *sentence {
	return x.explainPair(kind, subject, read, x.before.to(names...), x.after.to(names...))
}

func (x *comparison) explainRefusal() {
	if x.refused == "" {
		return
	}
	s := x.say(ClientRefuses)
	s.Subject = shownName(x.roleName())
	s.Text = "no client accepts the new version: " + x.refused
	s.keep = true
}

// explainIdentity says which document this is.
func (x *comparison) explainIdentity() {
	x.pair(IdentityChanged, "type of the document", readText, "_type")
	s := x.pair(IdentityChanged, "repository", readText, verify.ExtensionName, "repository")
	if s != nil && !x.first {
		s.Text += "; a version of another repository can never follow this one"
	}
	s = x.pair(IdentityChanged, "role", readText, verify.ExtensionName, "role")
	if s != nil && !x.first {
		s.Text += "; a version of another role can never follow this one"
	}
}

// explainHeader explains what every document begins with.
func (x *comparison) explainHeader() {
	if s := x.pair(VersionChanged, "version", readNumber, "version"); s != nil {
		old, had := x.before.root.member("version").number()
		new, _ := x.after.root.member("version").number()
		if had && new != old+1 {
			s.Text += ", which is not the next version"
		}
	}
	x.pair(FormatChanged, "version of the TUF specification", readText, "spec_version")
	x.explainExpiry()
}

func (x *comparison) explainExpiry() {
	s := x.pair(ExpiryChanged, "expiry", readMoment, "expires")
	if s == nil {
		return
	}
	old, had := instant(x.before.root.member("expires"))
	new, has := instant(x.after.root.member("expires"))
	switch {
	case has && had && new.After(old):
		s.Text = "expires " + moment(new) + ", " + distance(old, new) + " after the old version, which expires " + moment(old)
	case has && had:
		s.Text = "expires " + moment(new) + ", " + distance(new, old) + " before the old version, which expires " + moment(old)
	case has:
		s.Text = "expires " + moment(new)
	}
}

// explainExtension explains x-rust-tuf but for owners, which belong to keys.
func (x *comparison) explainExtension() {
	x.pair(FormatChanged, "format of "+verify.ExtensionName, readNumber, verify.ExtensionName, "format")
	x.pair(IdentityChanged, "a rehearsal with throw-away keys, and not real", readYesNo, verify.ExtensionName, "rehearsal")
	x.pair(PolicyDigest, "policy that this version is made from, SHA-256", readDigest, verify.ExtensionName, "policy")
	roles := make(map[string]bool)
	for _, e := range []*edition{x.before, x.after} {
		if lifetimes := e.root.at(verify.ExtensionName, "lifetimes"); lifetimes != nil {
			for _, m := range lifetimes.members {
				roles[m.name] = true
			}
		}
	}
	for _, role := range slices.Sorted(maps.Keys(roles)) {
		x.pair(LifetimeChanged, "lifetime of "+shownName(role), readLifetime, verify.ExtensionName, "lifetimes", role)
	}
	x.explainSuperseded()
}

// explainSuperseded names the payloads that a version replaces.
func (x *comparison) explainSuperseded() {
	for _, e := range []*edition{x.before, x.after} {
		list := e.to(verify.ExtensionName, "supersedes")
		digests, ok := list.node.strings()
		if !ok || len(digests) == 0 {
			continue
		}
		s := x.say(Superseded)
		s.Subject = "superseded payloads"
		s.Text = "replaces " + counted(len(digests), "other proposal") + " of the same version; none of them can be published any more"
		if e.side == before {
			s.Text = "the old version had replaced " + counted(len(digests), "other proposal") + " of its own number"
		}
		for i, digest := range digests {
			s.detail(strconv.Itoa(i+1) + ": digest " + grouped(digest))
		}
		s.claimWhole(e.side, list)
	}
}

func (x *comparison) explainConsistentSnapshot() {
	x.pair(SnapshotChanged, "file names carry versions (consistent snapshot)", readYesNo, "consistent_snapshot")
}

// explainEmpty tells of objects and lists that have or had nothing in them,
// which is not the same as being absent.
func (x *comparison) explainEmpty() {
	for _, names := range [][]string{
		{"keys"}, {"roles"}, {"targets"},
		{"delegations"}, {"delegations", "keys"}, {"delegations", "roles"},
		{verify.ExtensionName, "owners"}, {verify.ExtensionName, "lifetimes"}, {verify.ExtensionName, "supersedes"},
	} {
		x.explainEmptiness(x.before.to(names...), x.after.to(names...))
	}
}
