package metadata

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"sort"
	"time"

	"github.com/rust-lang/rust-tuf/roles"
	"github.com/rust-lang/rust-tuf/verify"
)

// Proposition is what a person asks for when proposing an event.
type Proposition struct {
	Why       string
	Opened    time.Time // start of every lifetime; whole seconds count
	Name      string    // of the event; made from date and first payload if empty
	Renew     []string  // roles to make anew although their policy did not change
	Supersede []string  // open events to replace
	Taken     []string  // names that are not to be made up: of branches that are there
}

// Proposal is a new event, ready to be committed.
type Proposal struct {
	Event    *Event
	Standing *Standing       // of the new event, read back from the tree as it will be
	Findings []roles.Finding // of the lint; none of them is "refused"
	Change   Change
	Replaces []*Event // the superseded events
	Discards []string // owners whose signatures on them count no more
}

// ErrNothingToPropose says that the declared policy is the one in force.
var ErrNothingToPropose = errors.New("nothing to propose: the policy and the members are the ones in force; edit them first, or name a role to renew")

// RefusedError is a policy that the lint refuses.
type RefusedError struct{ Findings []roles.Finding }

func (e *RefusedError) Error() string {
	refused := 0
	first := ""
	for _, f := range e.Findings {
		if f.Severity == roles.Refused {
			if refused++; refused == 1 {
				first = f.Text
			}
		}
	}
	if refused == 1 {
		return "the rules refuse this policy: " + first
	}
	return fmt.Sprintf("the rules refuse this policy, for %d reasons; the first: %s", refused, first)
}

// Propose makes an event from what people declared: one payload for each role
// whose policy differs from the one in force, for each role without a first
// version, for each role to renew, and for each delegated role whose current
// version would fall below its new threshold. The lint must pass
// (*RefusedError).
func (t *Trusted) Propose(d *roles.Declaration, p Proposition) (*Proposal, error) {
	return t.propose(d, p, t.addPayloads)
}

// propose makes an event of the payloads that add decides on.
func (t *Trusted) propose(d *roles.Declaration, p Proposition, add func(*Event, *roles.Declaration, Proposition, []*Event) error) (*Proposal, error) {
	if err := checkWhy(p.Why); err != nil {
		return nil, err
	}
	if id := t.Repository(); id != "" && id != d.Policy.Repository {
		return nil, &verify.RepositoryError{Role: roleRoot, Version: t.Root.Version(), Want: id, Found: d.Policy.Repository}
	}
	out := &Proposal{}
	for _, name := range p.Supersede {
		old, err := t.repo.Event(name)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(out.Replaces, old) {
			out.Replaces = append(out.Replaces, old)
		}
	}
	out.Discards = t.discards(out.Replaces)
	event := &Event{Why: p.Why, Opened: p.Opened.UTC().Truncate(time.Second), TestRoots: t.repo.TestRoots()}
	if err := add(event, d, p, out.Replaces); err != nil {
		return nil, err
	}
	if len(event.Payloads) == 0 {
		return nil, ErrNothingToPropose
	}
	var err error
	if event.Name, err = t.eventName(event, p); err != nil {
		return nil, err
	}
	for _, payload := range event.Payloads {
		payload.event = event.Name
	}
	if err := t.repo.conflictWith(event, out.Replaces); err != nil {
		return nil, err
	}
	out.Event = event
	if out.Findings, err = t.lint(d, event); err != nil {
		return nil, err
	}
	for _, f := range out.Findings {
		if f.Severity == roles.Refused {
			return nil, &RefusedError{Findings: out.Findings}
		}
	}
	if out.Change, err = t.openingChange(event, out.Replaces); err != nil {
		return nil, err
	}
	return out, t.proveProposal(out)
}

// addPayloads decides which roles the event makes, delegators first.
func (t *Trusted) addPayloads(e *Event, d *roles.Declaration, p Proposition, replaces []*Event) error {
	renew := map[string]bool{}
	for _, role := range p.Renew {
		renew[role] = true
	}
	made := map[string]candidate{}
	for _, role := range d.PeopleRoles() {
		delete(renew, role)
		charter, err := d.Charter(role)
		if err != nil {
			return err
		}
		needed := slices.Contains(p.Renew, role) || t.Document(role) == nil
		if !needed {
			ext, _ := t.Document(role).Extension()
			needed = ext.Policy != charter.Digest()
		}
		delegator := d.Delegator(role)
		if !needed {
			needed = t.fallsBelow(role, delegator, made)
		}
		if !needed {
			continue
		}
		payload, err := t.makePayload(e, charter, delegator, replaces)
		if err != nil {
			return err
		}
		c, err := readCandidate(role, payload.Document)
		if err != nil {
			return &PayloadError{Event: e.Name, Role: role, Version: payload.Version, Reason: err.Error()}
		}
		made[role] = c
	}
	for _, role := range slices.Sorted(maps.Keys(renew)) {
		return fmt.Errorf("role %s cannot be renewed: the policy declares no such role that people sign", role)
	}
	return nil
}

// fallsBelow tells whether role's current version would not meet the
// threshold that the delegator's new version sets: then clients would refuse
// it as soon as the event is published, so it must be signed again in it.
func (t *Trusted) fallsBelow(role, delegator string, made map[string]candidate) bool {
	c, ok := made[delegator]
	if !ok {
		return false
	}
	q, ok := c.UnverifiedQuorum(role)
	return ok && !q.Tally(t.Document(role)).Met()
}

func (t *Trusted) makePayload(e *Event, charter *roles.Charter, delegator string, replaces []*Event) (*Payload, error) {
	role := charter.Role
	base, err := t.Base(role)
	if err != nil {
		return nil, err
	}
	p := &Payload{Role: role, Version: 1, Policy: charter.Digest(), Charter: charter}
	if base != nil {
		p.Version, p.Base = base.Version()+1, base.Digest()
	}
	if role != roleRoot {
		p.Delegator = Delegator{Role: delegator, Version: t.newest(delegator)}
		if q := e.Payload(delegator); q != nil {
			p.Delegator.Version = q.Version
		}
	}
	p.Supersedes = t.supersededBy(role, p.Version, replaces)
	raw, err := charter.Payload(roles.Basis{Base: base, Opened: e.Opened, Supersedes: p.Supersedes})
	if err != nil {
		return nil, err
	}
	if p.Document, err = verify.Read(raw, limits()); err != nil {
		return nil, &PayloadError{Role: role, Version: p.Version, Reason: err.Error()}
	}
	p.Digest = p.Document.Digest()
	e.Payloads = append(e.Payloads, p)
	return p, nil
}

// supersededBy lists, in the order of their digests, the payloads that a new
// one for this version replaces: those of the events that are superseded now,
// and of every event that was superseded before.
func (t *Trusted) supersededBy(role string, version int64, replaces []*Event) []verify.Digest {
	seen := map[verify.Digest]bool{}
	var out []verify.Digest
	for _, e := range append(t.repo.abandoned(), replaces...) {
		if old := e.Payload(role); old != nil && old.Version == version && !seen[old.Digest] {
			seen[old.Digest] = true
			out = append(out, old.Digest)
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].String() < out[j].String() })
	return out
}

// abandoned are the events that ended without being completed. Their payloads
// may have been signed.
func (r *Repository) abandoned() []*Event {
	var out []*Event
	for _, e := range r.Closed {
		if e.Closed.Outcome != Completed {
			out = append(out, e)
		}
	}
	return out
}

// abandonedPayload tells whether the log holds this payload, in an event that
// was not completed.
func (r *Repository) abandonedPayload(role string, version int64, digest verify.Digest) bool {
	return slices.ContainsFunc(r.abandoned(), func(e *Event) bool {
		p := e.Payload(role)
		return p != nil && p.Version == version && p.Digest == digest
	})
}

// eventName checks the given name or makes one: the date, the first role and
// its version. A name is used once; a second event of the same kind on the
// same day gets a number.
func (t *Trusted) eventName(e *Event, proposed Proposition) (string, error) {
	given, taken := proposed.Name, map[string]bool{}
	for _, other := range append(append([]*Event(nil), t.repo.Open...), t.repo.Closed...) {
		taken[other.Name] = true
	}
	if given != "" {
		if !isName(given) {
			return "", fmt.Errorf("%q cannot be an event's name: use lower-case letters, digits and hyphens, at most 63", given)
		}
		if hasDeviceName(given) {
			return "", fmt.Errorf("%q cannot be an event's name: windows keeps this name for a device", given)
		}
		if taken[given] {
			return "", fmt.Errorf("an event called %s exists already; a name is never used again", given)
		}
		return given, nil
	}
	p := e.Payloads[0]
	base := fmt.Sprintf("%s-%s-v%d", e.Opened.Format("2006-01-02"), p.Role, p.Version)
	for n := 1; ; n++ {
		name := base
		if n > 1 {
			name = fmt.Sprintf("%s-%d", base, n)
		}
		if !taken[name] && !slices.Contains(proposed.Taken, name) {
			return name, nil
		}
	}
}

// Lint runs the rules over an event alone, as a signer sees it: the frozen
// policies against the ones in force. It needs no declaration, so rules about
// people whom no frozen policy names are silent.
func (t *Trusted) Lint(e *Event) ([]roles.Finding, error) { return t.lint(nil, e) }

// lint runs the rules over the declaration and the charters that the event
// would put in force. The active keys of the named members are judged whether or
// not a role names them.
func (t *Trusted) lint(d *roles.Declaration, e *Event, members ...string) ([]roles.Finding, error) {
	verifier, err := t.repo.Verifier()
	if err != nil {
		return nil, err
	}
	p := roles.Proposal{Declaration: d, Charters: map[string]*roles.Charter{}, InForce: map[string]*roles.Charter{},
		Trusted: t.Root, Targets: t.Targets, Opened: e.Opened, Members: members, Verifier: verifier}
	for _, payload := range e.Payloads {
		p.Charters[payload.Role] = payload.Charter
		inForce, err := t.PolicyInForce(payload.Role)
		if err != nil {
			return nil, err
		}
		if inForce != nil {
			p.InForce[payload.Role] = inForce
		}
	}
	return roles.Lint(p), nil
}

// OpeningFiles are the files of an event that opens, by path.
func (e *Event) OpeningFiles() (map[string][]byte, error) {
	data, err := e.Bytes()
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{EventPath(e.Name, eventFile): data}
	for _, p := range e.Payloads {
		files[EventPath(e.Name, documentName(p.Role, p.Version))] = p.Document.Raw()
		files[EventPath(e.Name, policyDir, p.Policy.String()+".json")] = p.Charter.JSON()
	}
	return files, nil
}

// openingChange is what the proposal's commit does.
func (t *Trusted) openingChange(e *Event, replaces []*Event) (Change, error) {
	files, err := e.OpeningFiles()
	if err != nil {
		return Change{}, err
	}
	ch := Change{Put: files}
	for _, old := range replaces {
		if !supersedesOneOf(e, old) && !t.repo.overtaken(old) {
			return ch, fmt.Errorf("event %s cannot be superseded by this one: they make no version in common", old.Name)
		}
		if err := moveToLog(t.repo.tree, old, &Closing{Outcome: Superseded, By: e.Name}, &ch); err != nil {
			return ch, err
		}
	}
	return ch, nil
}

// proveProposal reads the event back from the tree as it will be, and judges
// it as every signer will.
func (t *Trusted) proveProposal(p *Proposal) error {
	after, err := t.repo.after(p.Change)
	if err != nil {
		return err
	}
	event, err := after.Event(p.Event.Name)
	if err != nil {
		return err
	}
	later := t.In(after)
	if p.Standing, err = later.Judge(event); err != nil {
		return err
	}
	p.Event = event
	return nil
}

// discards names whose good signatures are lost when events are superseded.
func (t *Trusted) discards(events []*Event) []string {
	var out []string
	for _, e := range events {
		out = append(out, t.discard(e).Owners...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// discard says what is lost when an event is superseded. One of two events for
// one version may hold good signatures too.
func (t *Trusted) discard(e *Event) Discard {
	out := Discard{Event: e.Name}
	standing, err := t.judge(e)
	if err != nil {
		return out // it could not complete anyway
	}
	for _, p := range standing.Payloads {
		for _, h := range p.Holders() {
			if p.Signed(h.KeyID) {
				out.Owners = append(out.Owners, h.Owner)
			}
		}
	}
	slices.Sort(out.Owners)
	out.Owners = slices.Compact(out.Owners)
	out.Complete = standing.Complete()
	return out
}

func findEvent(events []*Event, name string) *Event {
	for _, e := range events {
		if e.Name == name {
			return e
		}
	}
	return nil
}
