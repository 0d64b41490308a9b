package metadata

import (
	"bytes"
	"fmt"
	"sort"

	"github.com/rust-lang/rust-tuf/roles"
	"github.com/rust-lang/rust-tuf/verify"
)

// Judge checks an event against what is trusted, without the help of
// anything that a branch claims: frozen payloads must be what their frozen
// policies yield (*PayloadError), build on the newest trusted versions
// (*StaleError) and not claim to be older (*InstantError), belong to this
// repository (*verify.RepositoryError), not be superseded (*SupersededError),
// be alone in making their versions (*ConflictError), list roots of other
// repositories only as they follow from each other (*HandoverError), and come from no
// rehearsal (*TestRootsError, *RehearsalError). Then it counts.
func (t *Trusted) Judge(e *Event) (*Standing, error) {
	if err := t.repo.conflictOf(e); err != nil {
		return nil, err
	}
	s, err := t.judge(e)
	if err == nil {
		s.Rivals = t.Rivals(e)
	}
	return s, err
}

// judge is Judge for an event by itself, whatever else is open.
func (t *Trusted) judge(e *Event) (*Standing, error) {
	if err := t.repo.checkTestRoots(e); err != nil {
		return nil, err
	}
	if err := t.repo.checkRehearsal(e); err != nil {
		return nil, err
	}
	s := &Standing{Event: e}
	candidates := map[string]candidate{}
	for _, p := range inDelegationOrder(e.Payloads) {
		if err := t.checkPayload(e, p); err != nil {
			return nil, err
		}
		c, err := readCandidate(p.Role, p.Document)
		if err != nil {
			return nil, &FileError{Path: e.folder() + "/" + documentName(p.Role, p.Version), Err: err}
		}
		candidates[p.Role] = c
		rules, err := t.rules(e, p, c, candidates)
		if err != nil {
			return nil, err
		}
		ps, err := count(e, p, rules)
		if err != nil {
			return nil, err
		}
		t.nameFormerOwners(ps)
		if ps.Handovers, err = t.handovers(e, p); err != nil {
			return nil, err
		}
		s.Payloads = append(s.Payloads, ps)
	}
	return s, t.checkBelow(e, candidates)
}

// checkBelow refuses an event under which a version that stays would no longer
// meet its threshold. Roles that machines sign are none of its business: they
// sign anew by themselves.
func (t *Trusted) checkBelow(e *Event, made map[string]candidate) error {
	for _, p := range e.Payloads {
		for _, role := range delegatedBy(made[p.Role]) {
			if e.Payload(role) != nil {
				continue
			}
			stays, err := t.Base(role)
			if err != nil || stays == nil || t.repo.publishedBy(role, stays.Version(), stays.Digest()) == nil {
				continue
			}
			q, _ := made[p.Role].UnverifiedQuorum(role)
			if tally := q.Tally(stays); !tally.Met() {
				return &BelowError{Event: e.Name, Role: p.Role, Version: p.Version, Below: role, Newest: stays.Version(), Tally: tally}
			}
		}
	}
	return nil
}

// delegatedBy are the roles that a candidate decides about and people may sign.
func delegatedBy(c candidate) []string {
	t, ok := c.(*verify.UnverifiedTargets)
	if !ok {
		return []string{roleTargets}
	}
	var roles []string
	for _, d := range t.Delegations() {
		roles = append(roles, d.Name)
	}
	return roles
}

// candidate is a payload read as what its role makes of it.
type candidate interface {
	UnverifiedQuorum(role string) (*verify.Quorum, bool)
}

func readCandidate(role string, d *verify.Document) (candidate, error) {
	if role == roleRoot {
		return d.Root()
	}
	return d.Targets(role)
}

// inDelegationOrder puts delegators before what they delegate.
func inDelegationOrder(payloads []*Payload) []*Payload {
	depth := func(p *Payload) int {
		n := 0
		for p.Delegator.Role != "" && n <= len(payloads) {
			n++
			next := p
			for _, q := range payloads {
				if q.Role == p.Delegator.Role {
					next = q
				}
			}
			if next == p {
				break
			}
			p = next
		}
		return n
	}
	sorted := append([]*Payload(nil), payloads...)
	sort.SliceStable(sorted, func(i, j int) bool { return depth(sorted[i]) < depth(sorted[j]) })
	return sorted
}

func (t *Trusted) checkPayload(e *Event, p *Payload) error {
	refuse := func(format string, args ...any) error {
		return &PayloadError{Event: e.Name, Role: p.Role, Version: p.Version, Reason: fmt.Sprintf(format, args...)}
	}
	if p.Document.Version() != p.Version {
		return refuse("is version %d inside", p.Document.Version())
	}
	if id := t.Repository(); id != "" && p.Charter.Repository != id {
		return e.concerned(&verify.RepositoryError{Role: p.Role, Version: p.Version, Want: id, Found: p.Charter.Repository})
	}
	if p.Charter.Repository != e.Payloads[0].Charter.Repository {
		return e.concerned(&verify.RepositoryError{Role: p.Role, Version: p.Version, Want: e.Payloads[0].Charter.Repository, Found: p.Charter.Repository})
	}
	if p.Charter.Role != p.Role {
		return e.concerned(&verify.RoleError{Want: p.Role, Found: p.Charter.Role})
	}
	base, err := t.Base(p.Role)
	if err != nil {
		return err
	}
	stale := &StaleError{Event: e.Name, Role: p.Role, Version: p.Version, Base: p.Base}
	if base != nil {
		stale.Newest, stale.Digest = base.Version(), base.Digest()
	}
	if stale.Newest != p.Version-1 || stale.Digest != p.Base {
		return stale
	}
	if err := t.checkOrder(e, p); err != nil {
		return err
	}
	if err := t.checkSuperseded(e, p); err != nil {
		return err
	}
	yields, err := p.Charter.Payload(roles.Basis{Base: base, Opened: e.Opened, Supersedes: p.Supersedes})
	if err != nil {
		return refuse("cannot be made from its frozen policy: %v", err)
	}
	want, err := verify.Read(yields, limits())
	if err != nil {
		return refuse("cannot be made from its frozen policy: %v", err)
	}
	if want.Digest() != p.Digest {
		return refuse("is not what its frozen policy yields (with that as the old version and this as the new one: %s)", firstDifference(want, p.Document))
	}
	if !bytes.Equal(yields, p.Document.Raw()) {
		// The signed value is right, but people review the file.
		return refuse("is not spelled as its frozen policy yields it")
	}
	return nil
}

// concerned says in which event something is wrong.
func (e *Event) concerned(err error) error { return fmt.Errorf("event %s: %w", e.Name, err) }

// firstDifference names one place in which two documents differ.
func firstDifference(want, got *verify.Document) string {
	for _, c := range roles.Diff(want, got).Changes {
		return c.Text
	}
	return "the signed bytes differ"
}

// checkSuperseded refuses a payload that a later event, open or closed,
// replaced. A superseded payload may carry a full set of good signatures; it
// must never be published.
func (t *Trusted) checkSuperseded(e *Event, p *Payload) error {
	all := append(append([]*Event(nil), t.repo.Open...), t.repo.Closed...)
	for _, other := range all {
		q := other.Payload(p.Role)
		if other.Name == e.Name || q == nil || q.Version != p.Version {
			continue
		}
		for _, d := range q.Supersedes {
			if d == p.Digest {
				return &SupersededError{Event: e.Name, By: other.Name, Role: p.Role, Version: p.Version, Digest: p.Digest}
			}
		}
	}
	named := map[verify.Digest]bool{}
	for _, d := range p.Supersedes {
		named[d] = true
		if !t.repo.abandonedPayload(p.Role, p.Version, d) {
			return &PayloadError{Event: e.Name, Role: p.Role, Version: p.Version,
				Reason: fmt.Sprintf("says that it supersedes %s, but the log holds no such payload", short(d))}
		}
	}
	for _, d := range t.supersededBy(p.Role, p.Version, nil) {
		if !named[d] {
			return &PayloadError{Event: e.Name, Role: p.Role, Version: p.Version,
				Reason: fmt.Sprintf("does not name %s as superseded, though the log holds that earlier payload for the same version", short(d))}
		}
	}
	return nil
}

// rules collects the thresholds that p must meet.
func (t *Trusted) rules(e *Event, p *Payload, c candidate, in map[string]candidate) ([]Rule, error) {
	if p.Role == roleRoot {
		var rules []Rule
		if t.Root != nil { // SPEC 5.3.4: the threshold of the trusted root, and its own
			q, _ := t.Root.Quorum(roleRoot)
			rules = append(rules, Rule{By: fmt.Sprintf("root version %d (in force)", t.Root.Version()), Quorum: q, of: Delegator{roleRoot, t.Root.Version()}, devices: t.repo.devices(t.Root.Document(), p.Role)})
		}
		own, ok := c.UnverifiedQuorum(roleRoot)
		if !ok {
			return nil, e.concerned(&verify.DelegationError{Role: roleRoot, By: roleRoot})
		}
		return append(rules, Rule{By: fmt.Sprintf("root version %d (proposed here)", p.Version), Quorum: own, of: Delegator{roleRoot, p.Version}, devices: p.Charter.Holders(p.Role)}), nil
	}
	noRule := e.concerned(&verify.DelegationError{Role: p.Role, By: fmt.Sprintf("%s %d", p.Delegator.Role, p.Delegator.Version)})
	if d, ok := in[p.Delegator.Role]; ok && e.Payload(p.Delegator.Role).Version == p.Delegator.Version {
		q, ok := d.UnverifiedQuorum(p.Role)
		if !ok {
			return nil, noRule
		}
		return []Rule{{By: fmt.Sprintf("%s version %d (proposed here)", p.Delegator.Role, p.Delegator.Version), Quorum: q, of: p.Delegator, devices: e.Payload(p.Delegator.Role).Charter.Holders(p.Role)}}, nil
	}
	if e.Payload(p.Delegator.Role) != nil {
		// The event makes a new delegator, so the old one's word ends with it.
		return nil, &PayloadError{Event: e.Name, Role: p.Role, Version: p.Version,
			Reason: fmt.Sprintf("names %s version %d as its delegator, but the same event makes another version", p.Delegator.Role, p.Delegator.Version)}
	}
	d, ok := t.delegator(p.Delegator.Role, p.Delegator.Version)
	if !ok {
		return nil, &StaleError{Event: e.Name, Role: p.Role, Version: p.Version, Base: p.Base, By: p.Delegator, Newest: t.newest(p.Delegator.Role)}
	}
	q, ok := d.Quorum(p.Role)
	if !ok {
		return nil, noRule
	}
	return []Rule{{By: fmt.Sprintf("%s version %d (in force)", p.Delegator.Role, p.Delegator.Version), Quorum: q, of: p.Delegator, devices: t.repo.devices(t.Document(p.Delegator.Role), p.Role)}}, nil
}

// devices are the keys of a role as the policy lists them that a document
// names. Where the log does not hold it, which an audit finds, none are known.
func (r *Repository) devices(d *verify.Document, role string) []roles.Holder {
	policy, err := r.policyInForce(d)
	if err != nil || policy == nil {
		return nil
	}
	return policy.Holders(role)
}

func (t *Trusted) newest(role string) int64 {
	if d := t.Document(role); d != nil {
		return d.Version()
	}
	return 0
}
