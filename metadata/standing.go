package metadata

import (
	"bytes"
	"fmt"
	"path"
	"slices"
	"sort"

	"github.com/rust-lang/rust-tuf/roles"
	"github.com/rust-lang/rust-tuf/verify"
)

// Standing is the judgement of one open event against what is trusted: which
// rules each payload must meet, and how far the signatures that are present
// meet them. It exists only for an event that could complete; one that never
// can gives an error from Judge instead.
type Standing struct {
	Event    *Event
	Payloads []*PayloadStanding // delegators before what they delegate
	Rivals   []Rival            // other open events of which it matters which completes first
}

// PayloadStanding is the judgement of one payload.
type PayloadStanding struct {
	*Payload
	Rules   []Rule                // every one must be met
	Refused []*SignatureFileError // files that do not count under any rule, and why

	// Handovers are the roots of other repositories that the payload lists, and
	// that are other ones than in the version before.
	Handovers []*Handover
}

// Rule is one threshold that a payload must meet: for a root the one of the
// version before and its own (TUF 1.0.34, 5.3.4), for a delegated role its
// delegator's.
type Rule struct {
	By     string // whose rule it is, in words: "root version 1 (in force)"
	Quorum *verify.Quorum
	Tally  verify.Tally // its Unknown leaves out who counts under another rule

	of      Delegator      // whose rule it is
	devices []roles.Holder // as the policy that named the quorum lists them; nil where none is known
}

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

// count lets every rule count the same signatures, of files whose statements
// hold.
func count(e *Event, p *Payload, rules []Rule) (*PayloadStanding, error) {
	s := &PayloadStanding{Payload: p, Rules: rules}
	for _, f := range p.Refused {
		named := *f
		if h, listed := s.Holder(f.KeyID); listed {
			named.Owner = h.Owner
		}
		s.Refused = append(s.Refused, &named)
	}
	unstated := map[string]error{}
	var sigs, all []verify.Signature
	for _, f := range p.Files {
		sig := verify.Signature{KeyID: f.KeyID, Sig: f.Sig}
		all = append(all, sig)
		if err := s.checkStatement(f); err != nil {
			unstated[f.KeyID] = err
			continue
		}
		sigs = append(sigs, sig)
	}
	signed, err := p.Document.WithSignatures(sigs)
	if err != nil {
		return nil, &FileError{Path: path.Join(e.folder(), signaturesDir, p.Role), Err: err}
	}
	counted := map[string]bool{}
	for i := range s.Rules {
		s.Rules[i].Tally = s.Rules[i].Quorum.Tally(signed)
		for _, h := range s.Rules[i].Tally.Valid {
			counted[h.KeyID] = true
		}
	}
	for i := range s.Rules {
		// Who signs under the old root alone is no stranger to the new one.
		s.Rules[i].Tally.Unknown = slices.DeleteFunc(s.Rules[i].Tally.Unknown, func(id string) bool { return counted[id] })
	}
	whole, err := p.Document.WithSignatures(all)
	if err != nil {
		return nil, &FileError{Path: path.Join(e.folder(), signaturesDir, p.Role), Err: err}
	}
	for _, f := range p.Files {
		if !counted[f.KeyID] {
			s.Refused = append(s.Refused, s.refusal(whole, f, unstated[f.KeyID]))
		}
	}
	return s, nil
}

// checkStatement holds a file's statement to the rules that list its key. A key
// that none of them lists counts for nothing anyway.
func (s *PayloadStanding) checkStatement(f *SignatureFile) error {
	for _, r := range s.Rules {
		h, listed := r.Quorum.Holder(f.KeyID)
		if !listed {
			continue
		}
		if err := f.checkStatement(h, r.devices); err != nil {
			return err
		}
	}
	return nil
}

// refusal says why a well-formed signature file counts under no rule: because
// of its signature, or else because of its statement.
func (s *PayloadStanding) refusal(d *verify.Document, f *SignatureFile, unstated error) *SignatureFileError {
	out := &SignatureFileError{Path: SignaturePath(s.event, s.Role, f.KeyID), Event: s.event, Role: s.Role, Version: s.Version, KeyID: f.KeyID}
	for _, rule := range s.Rules {
		h, err := rule.Quorum.Check(d, verify.Signature{KeyID: f.KeyID, Sig: f.Sig})
		if out.Err == nil || h.Owner != "" {
			out.Owner, out.Err = h.Owner, err
		}
	}
	if out.Err == nil {
		out.Err = unstated
	}
	if out.Err == nil {
		out.Err = &verify.SignatureError{Role: s.Role, Version: s.Version, KeyID: f.KeyID, Owner: out.Owner,
			Reason: "the same key signed already under another id"}
	}
	return out
}

// Met tells whether every rule of this payload is met.
func (s *PayloadStanding) Met() bool {
	for _, r := range s.Rules {
		if !r.Tally.Met() {
			return false
		}
	}
	return true
}

// Complete tells whether every rule of every payload is met.
func (s *Standing) Complete() bool {
	for _, p := range s.Payloads {
		if !p.Met() {
			return false
		}
	}
	return true
}

// Wants says, rule by rule, what is missing: one sentence each.
func (s *Standing) Wants() []string {
	var out []string
	for _, p := range s.Payloads {
		out = append(out, p.wants()...)
	}
	return out
}

func (s *PayloadStanding) wants() []string {
	var out []string
	for _, r := range s.Rules {
		if !r.Tally.Met() {
			out = append(out, fmt.Sprintf("%s, by the rule of %s: %s", s.Payload, r.By, r.Tally))
		}
	}
	return out
}

// counted are the ids of the keys that count under some rule.
func (s *PayloadStanding) counted() []string {
	var ids []string
	for _, f := range s.Files {
		if s.Signed(f.KeyID) {
			ids = append(ids, f.KeyID)
		}
	}
	return ids
}

// Payload returns the standing of role's payload, or nil.
func (s *Standing) Payload(role string) *PayloadStanding {
	for _, p := range s.Payloads {
		if p.Role == role {
			return p
		}
	}
	return nil
}

// Holder finds who may sign this payload with the key called keyID, under
// any of its rules.
func (s *PayloadStanding) Holder(keyID string) (verify.Holder, bool) {
	for _, r := range s.Rules {
		if h, ok := r.Quorum.Holder(keyID); ok {
			return h, true
		}
	}
	return verify.Holder{}, false
}

// Device is where the policy says that a holder's key lives; known is false
// where no policy is.
func (s *PayloadStanding) Device(h verify.Holder) (device Device, known bool) {
	for _, r := range s.Rules {
		for _, d := range r.devices {
			if d.Key.Equal(h.Key) {
				return Device{d.Kind, d.Serial, d.Slot}, true
			}
		}
	}
	return Device{}, false
}

// Holders are all keys that some rule of this payload lists, each once,
// ordered by owner and key id.
func (s *PayloadStanding) Holders() []verify.Holder {
	seen := map[string]bool{}
	var out []verify.Holder
	for _, r := range s.Rules {
		for _, h := range r.Quorum.Keys() {
			if !seen[h.KeyID] {
				seen[h.KeyID] = true
				out = append(out, h)
			}
		}
	}
	sort.Slice(out, func(i, j int) bool {
		return out[i].Owner < out[j].Owner || out[i].Owner == out[j].Owner && out[i].KeyID < out[j].KeyID
	})
	return out
}

// Signed tells whether the key called keyID has a signature that counts.
func (s *PayloadStanding) Signed(keyID string) bool {
	for _, r := range s.Rules {
		for _, h := range r.Tally.Valid {
			if h.KeyID == keyID {
				return true
			}
		}
	}
	return false
}
