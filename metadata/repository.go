package metadata

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/rust-lang/rust-tuf/roles"
	"github.com/rust-lang/rust-tuf/roles/attest"
	"github.com/rust-lang/rust-tuf/verify"
)

// Repository is one state of a metadata repository, read from a tree. Reading
// checks form, not trust: what is published is as unverified here as what is
// proposed, until a root says otherwise (see Trusted).
type Repository struct {
	Open      []*Event         // ordered by name
	Closed    []*Event         // ordered by name
	Conflicts []*ConflictError // open events of which only one may be; none of them is judged
	Late      []*LateError     // files that came beside an event after it had ended; they count for nothing

	tree     Tree
	versions map[string][]int64 // published versions by role, ascending
	handed   map[string][]int64 // roots of other repositories by their names here, ascending

	attestation *attest.Verifier // of members' cards; nil trusts Yubico's roots
	now         time.Time        // zero where no clock judges
	rehearsing  bool             // all of it is a rehearsal
}

// Read reads a repository. It refuses a tree that holds anything but plain
// files where rules apply (*TreeError), and malformed documents and events
// (*FileError). What two pull requests, each in order, can leave behind when
// they are merged one after the other is no reason to stop everybody: it
// stands in Conflicts and Late. The declared policy and members are not read
// here: a signer needs none of them, and a mistake in them must not stop a
// signature.
func Read(tree Tree, options ...Option) (*Repository, error) {
	r, err := read(tree, nil)
	if err != nil {
		return nil, err
	}
	for _, o := range options {
		o(r)
	}
	return r, nil
}

// after reads the repository as a change leaves it.
func (r *Repository) after(c Change) (*Repository, error) {
	changed := append([]string(nil), c.Delete...)
	for p := range c.Put {
		changed = append(changed, p)
	}
	return r.readLike(c.Apply(r.tree), changed)
}

// readLike reads a tree that differs from r's in some paths, to be judged as r
// is.
func (r *Repository) readLike(tree Tree, changed []string) (*Repository, error) {
	other, err := read(tree, r.untouched(changed))
	if err != nil {
		return nil, err
	}
	other.attestation, other.now, other.rehearsing = r.attestation, r.now, r.rehearsing
	return other, nil
}

// untouched are the folders of events in which no path has changed, and what
// was read from them: the same files are the same event.
func (r *Repository) untouched(changed []string) map[string]*Event {
	known := make(map[string]*Event, len(r.Open)+len(r.Closed))
	for _, list := range [][]*Event{r.Open, r.Closed} {
		for _, e := range list {
			known[e.folder()] = e
		}
	}
	for _, p := range changed {
		if parts := strings.SplitN(p, "/", 3); len(parts) == 3 {
			delete(known, parts[0]+"/"+parts[1])
		}
	}
	return known
}

func read(tree Tree, known map[string]*Event) (*Repository, error) {
	entries := tree.Entries()
	if err := checkLayout(entries); err != nil {
		return nil, err
	}
	r := &Repository{tree: tree, versions: map[string][]int64{}, handed: map[string][]int64{}}
	open, closed := map[string][]Entry{}, map[string][]Entry{}
	for _, e := range entries {
		parts := strings.SplitN(e.Path, "/", 3)
		switch parts[0] {
		case PublishedDir:
			if err := r.addPublished(e.Path, parts); err != nil {
				return nil, err
			}
		case HandoverDir:
			if err := r.addHanded(e.Path, parts); err != nil {
				return nil, err
			}
		case EventsDir, LogDir:
			if e.Path == NewestFile {
				continue
			}
			if len(parts) < 3 || !isName(parts[1]) {
				return nil, &TreeError{Path: e.Path, Reason: "does not belong here: an event is a folder with a lower-case name"}
			}
			if parts[0] == EventsDir {
				open[parts[1]] = append(open[parts[1]], e)
			} else {
				closed[parts[1]] = append(closed[parts[1]], e)
			}
		}
	}
	if len(open) > maxEvents {
		return nil, &verify.LimitError{What: "open events", Limit: maxEvents, Found: int64(len(open))}
	}
	for _, lists := range []map[string][]int64{r.versions, r.handed} {
		for _, v := range lists {
			slices.Sort(v)
		}
	}
	r.setLateAside(open, closed)
	events := &reader{tree: tree, known: known, charters: map[string]*roles.Charter{}}
	var err error
	if r.Open, err = events.events(open, false); err != nil {
		return nil, err
	}
	if r.Closed, err = events.events(closed, true); err != nil {
		return nil, err
	}
	r.findConflicts()
	return r, nil
}

// setLateAside takes folders out of open that have the name of an event in
// closed: pull requests that were merged after it had ended, with signatures
// for it, or with another event that was proposed under the same name.
func (r *Repository) setLateAside(open, closed map[string][]Entry) {
	for _, name := range slices.Sorted(maps.Keys(open)) {
		if _, ended := closed[name]; !ended {
			continue
		}
		for _, f := range open[name] {
			_, _, _, signature := parseSignaturePath(f.Path)
			r.Late = append(r.Late, &LateError{Path: f.Path, Event: name, Signature: signature})
		}
		delete(open, name)
	}
}

func (r *Repository) addPublished(p string, parts []string) error {
	if len(parts) == 2 {
		if parts[1] == "timestamp.json" {
			return nil
		}
		if role, version, ok := parseDocumentName(parts[1]); ok {
			r.versions[role] = append(r.versions[role], version)
			return nil
		}
	}
	return &TreeError{Path: p, Reason: "is not a document that clients fetch: a published file is metadata/<version>.<role>.json or metadata/timestamp.json"}
}

// findConflicts finds open events for one version: signatures would gather on
// both, and two different versions N could each look complete.
func (r *Repository) findConflicts() {
	type slot struct {
		role    string
		version int64
	}
	wanted := map[slot][]string{}
	for _, e := range r.Open {
		for _, p := range e.Payloads {
			s := slot{p.Role, p.Version}
			wanted[s] = append(wanted[s], e.Name)
		}
	}
	for s, events := range wanted {
		if len(events) > 1 {
			r.Conflicts = append(r.Conflicts, &ConflictError{Role: s.role, Version: s.version, Events: events})
		}
	}
	slices.SortFunc(r.Conflicts, func(a, b *ConflictError) int {
		return cmp.Or(cmp.Compare(a.Role, b.Role), cmp.Compare(a.Version, b.Version))
	})
}

// conflictOf returns the first conflict that an open event is part of.
func (r *Repository) conflictOf(e *Event) error {
	for _, c := range r.Conflicts {
		if slices.Contains(c.Events, e.Name) {
			return c
		}
	}
	return nil
}

// conflictWith refuses a new event for a version that an open one, other than
// those it replaces, makes already.
func (r *Repository) conflictWith(e *Event, replaces []*Event) error {
	for _, other := range r.Open {
		if slices.Contains(replaces, other) {
			continue
		}
		for _, p := range e.Payloads {
			if q := other.Payload(p.Role); q != nil && q.Version == p.Version {
				return &ConflictError{Role: p.Role, Version: p.Version, Events: []string{other.Name, e.Name}}
			}
		}
	}
	return nil
}

// Tree is the tree that the repository was read from.
func (r *Repository) Tree() Tree { return r.tree }

// Versions are the published versions of role, ascending.
func (r *Repository) Versions(role string) []int64 { return r.versions[role] }

// Newest is the highest published version of role, 0 if there is none.
func (r *Repository) Newest(role string) int64 {
	v := r.versions[role]
	if len(v) == 0 {
		return 0
	}
	return v[len(v)-1]
}

// Published returns the bytes of a published version. The error Is
// verify.ErrNotFound if there is none, so that a root can walk along it.
func (r *Repository) Published(role string, version int64) ([]byte, error) {
	raw, err := r.tree.Read(PublishedPath(role, version))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w", PublishedPath(role, version), verify.ErrNotFound)
	}
	return raw, err
}

// Event returns the open event called name. A closed one gives a *ClosedError,
// no event an *UnknownEventError.
func (r *Repository) Event(name string) (*Event, error) {
	open := make([]string, 0, len(r.Open))
	for _, e := range r.Open {
		if e.Name == name {
			return e, nil
		}
		open = append(open, e.Name)
	}
	for _, e := range r.Closed {
		if e.Name == name {
			return nil, &ClosedError{Event: name, Outcome: e.Closed.Outcome, By: e.Closed.By}
		}
	}
	return nil, &UnknownEventError{Name: name, Open: open}
}

// Declaration reads what people have edited: rust-tuf.toml and the members.
// It is a proposal until signed and judges nothing.
func (r *Repository) Declaration() (*roles.Declaration, error) {
	raw, err := r.tree.Read(PolicyFile)
	if err != nil {
		return nil, &TreeError{Path: PolicyFile, Reason: "is missing; `rust-tuf init` makes one"}
	}
	policy, err := roles.ParsePolicy(PolicyFile, raw)
	if err != nil {
		return nil, err
	}
	members, err := r.Members()
	if err != nil {
		return nil, err
	}
	return &roles.Declaration{Policy: policy, Members: members}, nil
}

// policyInForce finds the charter that a trusted document names: the policy
// under which it was made, kept in the log. nil if the document names none.
func (r *Repository) policyInForce(d *verify.Document) (*roles.Charter, error) {
	if d == nil {
		return nil, nil
	}
	ext, ok := d.Extension()
	if !ok || ext.Policy.IsZero() { // a machine's
		return nil, nil
	}
	for _, e := range r.Closed {
		for _, p := range e.Payloads {
			if p.Policy == ext.Policy && p.Charter.Role == ext.Role {
				return p.Charter, nil
			}
		}
	}
	return nil, &TreeError{Path: LogDir, Reason: fmt.Sprintf("holds no policy %s, which %s version %d names as the one it was made under", short(ext.Policy), ext.Role, d.Version())}
}

// publishedBy finds the completed event that made a version.
func (r *Repository) publishedBy(role string, version int64, digest verify.Digest) *Event {
	for _, e := range r.Closed {
		if p := e.Payload(role); e.Closed.Outcome == Completed && p != nil && p.Version == version && p.Digest == digest {
			return e
		}
	}
	return nil
}

// UnverifiedID is the repository's id as its newest root says it, before the
// first root as its open events say it, and empty before the first event. It
// tells where to look for a pin; it proves nothing, and every document is
// held to the id of the trusted root.
func (r *Repository) UnverifiedID() (string, error) {
	if newest := r.Newest(roleRoot); newest > 0 {
		raw, err := r.Published(roleRoot, newest)
		if err != nil {
			return "", err
		}
		doc, err := verify.Read(raw, limits())
		if err != nil {
			return "", &FileError{Path: PublishedPath(roleRoot, newest), Err: err}
		}
		ext, ok := doc.Extension()
		if !ok {
			return "", &FileError{Path: PublishedPath(roleRoot, newest), Err: errors.New("names no repository: it was not made by rust-tuf")}
		}
		return ext.Repository, nil
	}
	for _, e := range r.Open {
		return e.Payloads[0].Charter.Repository, nil
	}
	return "", nil
}
