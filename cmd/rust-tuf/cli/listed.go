package cli

import (
	"fmt"
	"slices"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/words"
	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/roles"
	"github.com/rust-lang/rust-tuf/signer/trust"
	"github.com/rust-lang/rust-tuf/verify"
)

// listedBy says who still counts on a key, so that it must not be destroyed: a
// trusted version, an open event, the declared policy, or the root of another
// repository, in this order. It is empty when nobody does.
func (w *workspace) listedBy(key verify.Digest) (string, error) {
	trusted, err := w.trustedToList(key)
	if err != nil {
		return "", err
	}
	if len(trusted) > 0 {
		return "the trusted version of " + words.Join(trusted), nil
	}
	for _, e := range w.repo.Open {
		if role := e.Lists(key); role != "" {
			return "the open event " + e.Name + ", in " + role, nil
		}
	}
	if d, err := w.repo.Declaration(); err == nil { // before, it names nobody yet
		if role := declaredToList(d, key); role != "" {
			return metadata.PolicyFile + ", in " + role, nil
		}
	}
	return w.listedElsewhere(key)
}

// listedElsewhere names the root of another repository that lists a key, among
// those that this machine trusts: a member may sign for several repositories,
// and has one slot 9c.
func (w *workspace) listedElsewhere(key verify.Digest) (string, error) {
	id, err := w.repo.UnverifiedID()
	if err != nil {
		return "", err
	}
	home, err := trust.Open(w.env.Home)
	if err != nil {
		return "", err
	}
	pins, err := home.Pins()
	if err != nil {
		return "", err
	}
	for _, pin := range pins {
		if pin.Repository == id || pin.Root == nil {
			continue
		}
		root, err := verify.TrustPinnedRoot(pin.Root, pin.Digest, verify.DefaultLimits())
		if err != nil {
			return "", err
		}
		if len((&metadata.Trusted{Root: root}).Lists(key)) > 0 {
			return fmt.Sprintf("root version %d of repository %s, which this machine trusts", root.Version(), pin.Repository), nil
		}
	}
	return "", nil
}

// declaredToList is the first role in which the declared policy names a key, by
// its label or as the one that its member has.
func declaredToList(d *roles.Declaration, key verify.Digest) string {
	for _, role := range d.PeopleRoles() {
		named := d.Policy.Roles[role].Members
		for name, m := range d.Members {
			for _, k := range m.Keys {
				if k.Public.Fingerprint() == key && (slices.Contains(named, name+"/"+k.Label) ||
					slices.Contains(named, name) && k.Status == roles.StatusActive) {
					return role
				}
			}
		}
	}
	return ""
}

// trustedToList names the roles of trusted versions that list a key: those that
// this machine trusts, and those that the repository proves by itself.
func (w *workspace) trustedToList(key verify.Digest) ([]string, error) {
	believed, err := w.believed()
	if err != nil {
		return nil, err
	}
	trusts := []*metadata.Trusted{believed}
	pinned, _, err := w.pinned()
	if err != nil && !is[*NoPinError](err) {
		return nil, err
	}
	if err == nil {
		trusts = append(trusts, pinned)
	}
	var list []string
	for _, t := range trusts {
		for _, role := range t.Lists(key) {
			if !slices.Contains(list, role) {
				list = append(list, role)
			}
		}
	}
	slices.Sort(list)
	return list, nil
}
