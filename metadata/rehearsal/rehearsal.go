package rehearsal

import (
	"crypto/rand"
	"encoding/hex"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/roles"
	"github.com/rust-lang/rust-tuf/verify"
)

// Rehearsal is a played event. All that is in it is public.
type Rehearsal struct {
	Event      string
	Real       string // id of the repository that is rehearsed
	Repository string // id of the rehearsal
	Name       string // of the rehearsal, as its policy says it
	History    []string
	Played     []Played // what the event publishes
	Roots      []int64  // every version that a client may hold, the new one included
	Targets    []string // every file that a role lists
	Empty      []string // roles of machines that have published nothing yet, played as empty
	Missing    []string // roles of people without any version: nobody finds what they would list
	Cut        []string // roles of machines that delegate further: what lies below them is not played

	// Files is what clients fetch, by the name that they ask for, below the
	// folder metadata; Before is the same without the event, nil before the
	// first root.
	Files, Before map[string][]byte

	newest *verify.Root
	roots  map[int64]*verify.Document
	tree   metadata.Tree
	now    time.Time
}

// Played is one version that the event publishes in the rehearsal.
type Played struct {
	Role    string
	Version int64
	Bytes   int      // as clients fetch it
	Signers []string // by name, in alphabetical order
	Changes string   // against the version before, in one line
}

// Run rehearses an open event of repo, which trusted judges. now is when it is
// played: machines sign then, and clients judge then. The real event must be one
// that could be completed; the errors are those of Judge and CheckOpened, and
// *UnplayableError.
func Run(repo *metadata.Repository, trusted *metadata.Trusted, event *metadata.Event, now time.Time) (*Rehearsal, error) {
	standing, err := trusted.Judge(event)
	if err != nil {
		return nil, err
	}
	if err := standing.CheckOpened(now); err != nil {
		return nil, err
	}
	past, err := inOrder(event.Name, repo.Closed)
	if err != nil {
		return nil, err
	}
	var id [16]byte
	if _, err := rand.Read(id[:]); err != nil {
		return nil, err
	}
	s := &stage{real: repo, trusted: trusted, cast: newCast(), id: hex.EncodeToString(id[:]), files: map[string][]byte{}, now: now}
	r := &Rehearsal{Event: event.Name, Real: event.Payloads[0].Charter.Repository, Repository: s.id, now: now}
	for _, e := range repo.Tree().Entries() { // roots of other repositories are public, and stay what they are
		if strings.HasPrefix(e.Path, metadata.HandoverDir+"/") {
			if s.files[e.Path], err = repo.Tree().Read(e.Path); err != nil {
				return nil, err
			}
		}
	}
	for _, e := range past {
		if _, err := s.play(e, s.whoSigned); err != nil {
			return nil, err
		}
		r.History = append(r.History, e.Name)
	}
	if len(past) > 0 {
		before, err := s.layout(1)
		if err != nil {
			return nil, err
		}
		r.Before = before.files
	}
	done, err := s.play(event, fewest)
	if err != nil {
		return nil, err
	}
	after, err := s.layout(2)
	if err != nil {
		return nil, err
	}
	r.Files, r.Targets, r.Empty, r.Missing, r.Cut = after.files, slices.Sorted(maps.Keys(after.targets)), after.empty, after.missing, after.cut
	r.Name, r.Played, r.tree = done.name, done.published, metadata.MapTree(maps.Clone(s.files))
	return r, r.keepRoots(after)
}

// keepRoots reads the roots that clients may begin with.
func (r *Rehearsal) keepRoots(l *layout) error {
	r.newest, r.roots = l.root, map[int64]*verify.Document{}
	for v := int64(1); v <= l.root.Version(); v++ {
		doc, err := verify.Read(r.Files[documentName("root", v)], verify.DefaultLimits())
		if err != nil {
			return err
		}
		r.roots[v] = doc
		r.Roots = append(r.Roots, v)
	}
	return nil
}

// inOrder lists the completed events as they must have been completed: each
// version after the one before it, and after the version of its delegator that
// it names, and before the next version of that.
func inOrder(rehearsed string, closed []*metadata.Event) ([]*metadata.Event, error) {
	var waiting []*metadata.Event
	for _, e := range closed {
		if e.Closed.Outcome == metadata.Completed {
			waiting = append(waiting, e)
		}
	}
	newest := map[string]int64{}
	var out []*metadata.Event
	for len(waiting) > 0 {
		next := slices.IndexFunc(waiting, func(e *metadata.Event) bool { return isNext(e, waiting, newest) })
		if next < 0 {
			return nil, &UnplayableError{Event: rehearsed, Reason: "the events in the log do not follow from each other; `rust-tuf check` says what is wrong with them"}
		}
		for _, p := range waiting[next].Payloads {
			newest[p.Role] = p.Version
		}
		out = append(out, waiting[next])
		waiting = slices.Delete(waiting, next, next+1)
	}
	return out, nil
}

// isNext tells whether an event can be the next one, and spoils no other.
func isNext(e *metadata.Event, waiting []*metadata.Event, newest map[string]int64) bool {
	for _, p := range e.Payloads {
		by := p.Delegator.Role
		if p.Version != newest[p.Role]+1 || by != "" && e.Payload(by) == nil && newest[by] != p.Delegator.Version {
			return false
		}
	}
	for _, other := range waiting {
		for _, p := range other.Payloads {
			by := p.Delegator.Role
			if other != e && by != "" && other.Payload(by) == nil && e.Payload(by) != nil && newest[by] == p.Delegator.Version {
				return false
			}
		}
	}
	return true
}

// headline says in one line what a new version changes.
func headline(before, after *verify.Document) string { return roles.Diff(before, after).Headline }
