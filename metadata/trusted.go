package metadata

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/rust-lang/rust-tuf/roles"
	"github.com/rust-lang/rust-tuf/verify"
)

// Trusted is what a repository's published documents prove, starting from one
// root: the newest root that the chain reaches, and the newest version of
// each role under it that people sign. Whose trust it is depends on the root
// that the walk began with: a signer's pinned one, or, for anyone without a
// pin, the repository's own first.
type Trusted struct {
	Root    *verify.Root               // nil before the first root is published
	Targets map[string]*verify.Targets // by role; top-level targets and what it delegates, in any depth
	order   []string                   // the roles of Targets, delegators first
	by      map[string]verify.Delegator
	repo    *Repository
}

// FirstRoot returns the repository's root version 1, which vouches for
// nothing but itself. Use it where nobody's pin is at hand (CI, status); a
// signer starts from the pin.
func (r *Repository) FirstRoot() (*verify.Root, error) {
	raw, err := r.Published(roleRoot, 1)
	if err != nil {
		return nil, err
	}
	root, err := verify.TrustRoot(raw, limits())
	if err != nil {
		return nil, &FileError{Path: PublishedPath(roleRoot, 1), Err: err}
	}
	return root, nil
}

const (
	roleRoot    = "root"
	roleTargets = "targets"
)

// Trusted walks from a root to the newest published one and reads what it
// vouches for. from is nil for a repository without a published root: then
// nothing is trusted yet, and it is an error (*HistoryError) if something is
// published all the same. A published version that does not verify is a
// *HistoryError: the repository is broken or lies, and nothing more is
// concluded from it.
func (r *Repository) Trusted(from *verify.Root) (*Trusted, error) {
	t := &Trusted{Targets: map[string]*verify.Targets{}, by: map[string]verify.Delegator{}, repo: r}
	if from == nil {
		for _, role := range slices.Sorted(maps.Keys(r.versions)) {
			return nil, &HistoryError{Role: role, Version: r.Newest(role), Err: errors.New("there is no trusted root to judge it by: root version 1 must be published, or a later one trusted with `rust-tuf trust init`")}
		}
		return t, nil
	}
	if newest := r.Newest(roleRoot); newest < from.Version() {
		return nil, &HistoryError{Role: roleRoot, Version: newest,
			Err: fmt.Errorf("%w; the repository was rolled back, or this clone is old: fetch again, and ask the maintainers if it stays so",
				&verify.VersionError{Role: roleRoot, Trusted: from.Version(), Found: newest})}
	}
	if raw, err := r.Published(roleRoot, from.Version()); err != nil {
		return nil, &HistoryError{Role: roleRoot, Version: from.Version(), Err: err}
	} else if doc, err := verify.Read(raw, limits()); err != nil || doc.Digest() != from.Digest() {
		return nil, &HistoryError{Role: roleRoot, Version: from.Version(),
			Err: fmt.Errorf("it is not the version with digest %s that is trusted here", short(from.Digest()))}
	}
	root, err := from.Walk(func(v int64) ([]byte, error) { return r.Published(roleRoot, v) }, limits())
	if err != nil {
		return nil, &HistoryError{Role: roleRoot, Version: root.Version() + 1, Err: err}
	}
	if newest := r.Newest(roleRoot); newest != root.Version() {
		return nil, &HistoryError{Role: roleRoot, Version: newest, Err: fmt.Errorf("version %d is missing before it", root.Version()+1)}
	}
	t.Root = root
	return t, t.readTargets(roleTargets, root)
}

// readTargets trusts role's newest published version and goes on to the roles
// that it delegates to. Roles are visited once: TUF allows two delegations to
// one role, and the first in order decides here.
func (t *Trusted) readTargets(role string, by verify.Delegator) error {
	newest := t.repo.Newest(role)
	if newest == 0 || t.Targets[role] != nil {
		return nil
	}
	raw, err := t.repo.Published(role, newest)
	if err != nil {
		return &HistoryError{Role: role, Version: newest, Err: err}
	}
	trusted, err := trustTargets(raw, role, by)
	if err != nil && role != roleTargets && t.repo.byMachine(role, newest, raw) {
		return nil // its new keys sign it anew, by themselves; until then nobody believes it
	}
	if err != nil {
		return &HistoryError{Role: role, Version: newest, Err: err}
	}
	t.Targets[role], t.by[role] = trusted, by
	t.order = append(t.order, role)
	for _, d := range trusted.Delegations() {
		if err := t.readTargets(d.Name, trusted); err != nil {
			return err
		}
	}
	return nil
}

// byMachine tells whether no event made a published version: people do not
// sign it.
func (r *Repository) byMachine(role string, version int64, raw []byte) bool {
	d, err := verify.Read(raw, limits())
	return err == nil && r.publishedBy(role, version, d.Digest()) == nil
}

func trustTargets(raw []byte, role string, by verify.Delegator) (*verify.Targets, error) {
	doc, err := verify.Read(raw, limits())
	if err != nil {
		return nil, err
	}
	candidate, err := doc.Targets(role)
	if err != nil {
		return nil, err
	}
	return verify.TrustTargets(by, candidate)
}

// In judges another state of the repository by the same trust.
func (t *Trusted) In(r *Repository) *Trusted {
	moved := *t
	moved.repo = r
	return &moved
}

// Roles are the roles below root that have a trusted version, delegators
// before what they delegate.
func (t *Trusted) Roles() []string { return append([]string(nil), t.order...) }

// DelegatorOf is what vouches for a role of Roles: the root for targets.
func (t *Trusted) DelegatorOf(role string) verify.Delegator { return t.by[role] }

// Repository is the id that every document must carry; empty before the
// first root.
func (t *Trusted) Repository() string {
	if t.Root == nil {
		return ""
	}
	return t.Root.Repository()
}

// Document is the newest trusted version of role, nil if there is none.
func (t *Trusted) Document(role string) *verify.Document {
	if role == roleRoot {
		if t.Root == nil {
			return nil
		}
		return t.Root.Document()
	}
	if d := t.Targets[role]; d != nil {
		return d.Document()
	}
	return nil
}

// Base is the version that the next one of role follows: the newest trusted
// one. For a role that nobody delegates any more it is the newest one that the
// log published, so that a role that comes back counts on and no client sees a
// version go back. nil before the first version.
func (t *Trusted) Base(role string) (*verify.Document, error) {
	if d := t.Document(role); d != nil {
		return d, nil
	}
	newest := t.repo.Newest(role)
	if newest == 0 {
		return nil, nil
	}
	raw, err := t.repo.Published(role, newest)
	if err != nil {
		return nil, &HistoryError{Role: role, Version: newest, Err: err}
	}
	d, err := verify.Read(raw, limits())
	if err != nil {
		return nil, &FileError{Path: PublishedPath(role, newest), Err: err}
	}
	if t.repo.publishedBy(role, newest, d.Digest()) == nil {
		return nil, &HistoryError{Role: role, Version: newest, Err: errors.New("nobody delegates the role, and no closed event in the log made this version")}
	}
	return d, nil
}

// nameFormerOwners says whose the keys of refused signatures were, if an
// earlier published version of the delegator knows them.
func (t *Trusted) nameFormerOwners(s *PayloadStanding) {
	by := s.Delegator.Role
	if s.Role == roleRoot {
		by = roleRoot
	}
	var strangers []*SignatureFileError
	for _, f := range s.Refused {
		if _, listed := s.Holder(f.KeyID); !listed && f.Owner == "" {
			strangers = append(strangers, f)
		}
	}
	versions := t.repo.versions[by]
	for i := len(versions) - 1; i >= 0 && len(strangers) > 0; i-- {
		raw, err := t.repo.Published(by, versions[i])
		if err != nil {
			return
		}
		d, err := verify.Read(raw, limits())
		if err != nil {
			return // only a name is lost
		}
		earlier, err := readCandidate(by, d)
		if err != nil {
			return
		}
		q, ok := earlier.UnverifiedQuorum(s.Role)
		if !ok {
			continue
		}
		strangers = slices.DeleteFunc(strangers, func(f *SignatureFileError) bool {
			h, listed := q.Holder(f.KeyID)
			if listed {
				f.Owner, f.Until = h.Owner, fmt.Sprintf("%s version %d", by, versions[i])
			}
			return listed
		})
	}
}

// delegator returns what is trusted of role at exactly this version.
func (t *Trusted) delegator(role string, version int64) (verify.Delegator, bool) {
	if role == roleRoot {
		return t.Root, t.Root != nil && t.Root.Version() == version
	}
	d := t.Targets[role]
	return d, d != nil && d.Version() == version
}

// PolicyInForce is the policy that the newest trusted version of role names:
// the only one that judges. nil before the first version.
func (t *Trusted) PolicyInForce(role string) (*roles.Charter, error) {
	return t.repo.policyInForce(t.Document(role))
}
