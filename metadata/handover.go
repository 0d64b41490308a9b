package metadata

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/rust-lang/rust-tuf/roles"
	"github.com/rust-lang/rust-tuf/verify"
)

// Handover is a root of another repository that a payload lists as a target: a
// client that believes this repository takes it for that one's. All of its
// roots since the newest one that was handed over were verified, each by the
// thresholds of the one before it and its own.
type Handover struct {
	Target string         // path of the target
	Name   string         // of the other repository, as the policy calls it
	From   *verify.Root   // the newest of them that is listed by what is trusted; nil if none is
	Steps  []*verify.Root // that follow from it, the one that is handed over last
}

// To is the root that is handed over.
func (h *Handover) To() *verify.Root { return h.Steps[len(h.Steps)-1] }

// HandoverError is a root of another repository that cannot be handed over. The
// cause is an *AbsentRootError, a *verify.ForkError, a *verify.ExpiredError, or
// what verify says of a root that does not follow.
type HandoverError struct {
	Event  string // empty where no event is concerned
	Role   string // that lists the target; empty without an event
	Target string // path; empty without an event
	Name   string // of the other repository, as the policy calls it
	Err    error
}

func (e *HandoverError) Error() string {
	if e.Event == "" {
		return fmt.Sprintf("the roots of the repository %s in %s/%s: %v", e.Name, HandoverDir, e.Name, e.Err)
	}
	return fmt.Sprintf("event %s: %s lists %s as the root of the repository %s: %v", e.Event, e.Role, e.Target, e.Name, e.Err)
}
func (e *HandoverError) Unwrap() error { return e.Err }

// AbsentRootError is a listed root whose file is not among those that were
// handed over.
type AbsentRootError struct {
	Folder string
	Length int64
	SHA256 string

	Newest       int64 // that is in the folder; 0 if it is empty
	NewestLength int64
	NewestSHA256 string
}

func (e *AbsentRootError) Error() string {
	text := fmt.Sprintf("%s holds no file of %d bytes with SHA-256 %s; put that root there as <version>.root.json, in the same pull request", e.Folder, e.Length, e.SHA256)
	if e.Newest == 0 {
		return text
	}
	return fmt.Sprintf("%s, or list what is there: version %d has %d bytes and SHA-256 %s", text, e.Newest, e.NewestLength, e.NewestSHA256)
}

func (r *Repository) addHanded(p string, parts []string) error {
	if len(parts) == 3 && isName(parts[1]) {
		if role, version, ok := parseDocumentName(parts[2]); ok && role == roleRoot {
			r.handed[parts[1]] = append(r.handed[parts[1]], version)
			return nil
		}
	}
	return &TreeError{Path: p, Reason: "is no root of another repository: such a file is handover/<name>/<version>.root.json"}
}

// handedRoot is one file of a folder of roots.
type handedRoot struct {
	root   *verify.Root
	length int64
	sha256 string
}

func (h handedRoot) is(length int64, sha256 string) bool {
	return h.length == length && h.sha256 == sha256
}

// handedOver reads the roots of another repository, each of which must follow
// from the one before. The first of them rests on nothing but itself.
func (r *Repository) handedOver(name string) ([]handedRoot, error) {
	if n := len(r.handed[name]); n > maxHandedRoots {
		return nil, &verify.LimitError{What: "roots of the repository " + name, Limit: maxHandedRoots, Found: int64(n)}
	}
	var chain []handedRoot
	for _, version := range r.handed[name] {
		p := HandoverPath(name, version)
		raw, err := r.tree.Read(p)
		if err != nil {
			return nil, &FileError{Path: p, Err: err}
		}
		next := handedRoot{length: int64(len(raw)), sha256: verify.DigestOf(raw).String()}
		if len(chain) == 0 {
			next.root, err = verify.TrustRoot(raw, limits())
		} else {
			next.root, err = following(chain[len(chain)-1].root, raw)
		}
		switch {
		case err != nil:
		case next.root.Version() != version:
			err = fmt.Errorf("is version %d inside", next.root.Version())
		case !bytes.Equal(next.root.Raw(), raw):
			err = errors.New("is not the document itself; clients are given the plain JSON")
		}
		if err != nil {
			return nil, &FileError{Path: p, Err: err}
		}
		chain = append(chain, next)
	}
	return chain, nil
}

// following accepts the root after another one (SPEC 5.3.4, 5.3.5).
func following(before *verify.Root, raw []byte) (*verify.Root, error) {
	doc, err := verify.Read(raw, limits())
	if err != nil {
		return nil, err
	}
	candidate, err := doc.Root()
	if err != nil {
		return nil, err
	}
	return before.Next(candidate)
}

// handovers proves each root of another repository that a payload lists.
func (t *Trusted) handovers(e *Event, p *Payload) ([]*Handover, error) {
	var out []*Handover
	for _, target := range p.Charter.Targets {
		if target.RootOf == "" {
			continue
		}
		h, err := t.handover(p, target)
		if err != nil {
			return nil, &HandoverError{Event: e.Name, Role: p.Role, Target: target.Path, Name: target.RootOf, Err: err}
		}
		if len(h.Steps) == 0 {
			continue
		}
		// SPEC 5.3.10, 5.3.11: of several roots only the last one's expiry counts.
		// The instant is the event's, so that the verdict stays the same for ever;
		// a root that was handed over before may expire meanwhile.
		if err := h.To().CheckExpiry(e.Opened); err != nil {
			return nil, &HandoverError{Event: e.Name, Role: p.Role, Target: target.Path, Name: target.RootOf, Err: err}
		}
		out = append(out, h)
	}
	return out, nil
}

// handover proves one of them. Without steps, it is one that was handed over
// before.
func (t *Trusted) handover(p *Payload, target roles.CharterTarget) (*Handover, error) {
	chain, err := t.repo.handedOver(target.RootOf)
	if err != nil {
		return nil, err
	}
	to, err := find(target.RootOf, chain, target.Length, target.SHA256)
	if err != nil {
		return nil, err
	}
	if id := chain[to].root.Repository(); id != "" && id == p.Charter.Repository {
		return nil, errors.New("it is a root of this repository itself, which clients find without it")
	}
	h := &Handover{Target: target.Path, Name: target.RootOf}
	if same, err := t.unchanged(p.Role, target); same || err != nil {
		return h, err
	}
	from, err := t.handedBefore(p.Role, target.RootOf, chain)
	if err != nil {
		return nil, err
	}
	if from < 0 {
		h.Steps = []*verify.Root{chain[to].root}
		return h, nil
	}
	h.From = chain[from].root
	if to < from {
		return nil, fmt.Errorf("a newer one was handed over before: %w", &verify.VersionError{Role: roleRoot, Trusted: h.From.Version(), Found: chain[to].root.Version()})
	}
	for _, step := range chain[from+1 : to+1] {
		h.Steps = append(h.Steps, step.root)
	}
	return h, nil
}

// unchanged tells whether the version before lists the same file under the
// same path.
func (t *Trusted) unchanged(role string, target roles.CharterTarget) (bool, error) {
	base, err := t.Base(role)
	if err != nil || base == nil {
		return false, err
	}
	before, err := base.Targets(role)
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(before.UnverifiedEntries(), func(e verify.TargetEntry) bool {
		return e.Path == target.Path && e.Length == target.Length && e.Hashes["sha256"] == target.SHA256
	}), nil
}

// handedBefore finds the newest root of a repository that any trusted version
// lists, of whatever role and under whatever path; -1 if none does.
func (t *Trusted) handedBefore(role, name string, chain []handedRoot) (int, error) {
	newest := -1
	for _, r := range append(t.Roles(), role) {
		base, err := t.Base(r)
		if err != nil {
			return -1, err
		}
		policy, err := t.repo.policyInForce(base)
		if err != nil {
			return -1, err
		}
		if policy == nil {
			continue
		}
		for _, listed := range policy.Targets {
			if listed.RootOf != name {
				continue
			}
			at, err := find(name, chain, listed.Length, listed.SHA256)
			if err != nil {
				return -1, fmt.Errorf("the one that was handed over before is gone: %w", err)
			}
			newest = max(newest, at)
		}
	}
	return newest, nil
}

// find looks for a file by length and hash.
func find(name string, chain []handedRoot, length int64, sha256 string) (int, error) {
	at := slices.IndexFunc(chain, func(h handedRoot) bool { return h.is(length, sha256) })
	if at >= 0 {
		return at, nil
	}
	e := &AbsentRootError{Folder: HandoverDir + "/" + name, Length: length, SHA256: sha256}
	if len(chain) > 0 {
		newest := chain[len(chain)-1]
		e.Newest, e.NewestLength, e.NewestSHA256 = newest.root.Version(), newest.length, newest.sha256
	}
	return -1, e
}
