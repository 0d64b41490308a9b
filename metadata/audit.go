package metadata

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/rust-lang/rust-tuf/roles"
	"github.com/rust-lang/rust-tuf/verify"
)

// Report is what an audit of a whole repository found. Anyone can make it
// from a clone, with no key and no network.
type Report struct {
	Trusted  *Trusted        // what the repository's first root vouches for
	Roots    int             // published roots, each of which reaches the newest
	Proven   []string        // what was checked, one sentence each
	Problems []error         // each typed; none means that everything holds
	Findings []roles.Finding // of the lint over the declared policy
	Events   []*Standing     // open events that could complete
}

// Audit checks everything that a repository claims: the root chain from every
// historical root, each closed event against what it published, each open
// event, and the declared policy.
func Audit(tree Tree) *Report {
	rep := &Report{}
	repo, err := Read(tree)
	if err != nil {
		rep.Problems = append(rep.Problems, err)
		return rep
	}
	if repo.Newest(roleRoot) == 0 {
		rep.Trusted, err = repo.Trusted(nil)
	} else {
		rep.Trusted, err = repo.ReachNewest()
	}
	if err != nil {
		rep.Problems = append(rep.Problems, err)
		return rep
	}
	rep.Roots = len(repo.versions[roleRoot])
	if rep.Roots > 0 {
		rep.proven("%d published roots: each reaches version %d", rep.Roots, rep.Trusted.Root.Version())
	}
	rep.closedEvents(repo)
	for _, e := range repo.Open {
		s, err := rep.Trusted.Judge(e)
		if err != nil {
			rep.Problems = append(rep.Problems, err)
			continue
		}
		rep.Events = append(rep.Events, s)
		for _, p := range s.Payloads {
			for _, bad := range p.Refused {
				rep.Problems = append(rep.Problems, bad)
			}
		}
	}
	if len(repo.Open) > 0 {
		rep.proven("%d open events: each payload is what its frozen policy yields", len(repo.Open))
	}
	rep.declaration(repo)
	return rep
}

func (rep *Report) proven(format string, args ...any) {
	rep.Proven = append(rep.Proven, fmt.Sprintf(format, args...))
}

func (rep *Report) declaration(repo *Repository) {
	d, err := repo.Declaration()
	if err != nil {
		rep.Problems = append(rep.Problems, err)
		return
	}
	if rep.Findings, err = rep.Trusted.Preview(d); err != nil {
		rep.Problems = append(rep.Problems, err)
	}
}

// closedEvents checks that each published version that people signed is what
// its event's log yields, and that each completed event is published.
func (rep *Report) closedEvents(repo *Repository) {
	logged := map[string]bool{}
	for _, e := range repo.Closed {
		if e.Closed.Outcome == Superseded {
			continue
		}
		for _, p := range e.Payloads {
			logged[PublishedPath(p.Role, p.Version)] = true
			if err := repo.checkLogged(e, p); err != nil {
				rep.Problems = append(rep.Problems, err)
			}
		}
	}
	checked := len(logged)
	for role := range rep.roles() {
		for _, v := range repo.versions[role] {
			if !logged[PublishedPath(role, v)] {
				rep.Problems = append(rep.Problems, &TreeError{Path: PublishedPath(role, v), Reason: "no closed event in the log made it"})
			}
		}
	}
	if checked > 0 {
		rep.proven("%d published versions: each is what the log of its event yields", checked)
	}
}

// roles are those that people sign, as far as the trusted documents name them.
func (rep *Report) roles() map[string]bool {
	out := map[string]bool{}
	if rep.Trusted.Root == nil {
		return out
	}
	out[roleRoot] = true
	for role, t := range rep.Trusted.Targets {
		if _, ours := t.Document().Extension(); ours {
			out[role] = true
		}
	}
	return out
}

// checkLogged derives a published version again from its closed event: the
// frozen policy and the base yield the payload, and the payload with the
// logged signatures that the published file carries yields the file.
func (r *Repository) checkLogged(e *Event, p *Payload) error {
	fail := func(format string, args ...any) error {
		return &HistoryError{Role: p.Role, Version: p.Version, Err: fmt.Errorf("event "+e.Name+": "+format, args...)}
	}
	raw, err := r.Published(p.Role, p.Version)
	if err != nil {
		return fail("it is closed as completed, but %w", err)
	}
	published, err := verify.Read(raw, limits())
	if err != nil {
		return &FileError{Path: PublishedPath(p.Role, p.Version), Err: err}
	}
	var base *verify.Document
	if p.Version > 1 {
		before, err := r.Published(p.Role, p.Version-1)
		if err != nil {
			return fail("%w", err)
		}
		if base, err = verify.Read(before, limits()); err != nil {
			return &FileError{Path: PublishedPath(p.Role, p.Version-1), Err: err}
		}
		if base.Digest() != p.Base {
			return fail("it builds on %s, but version %d is %s", short(p.Base), base.Version(), short(base.Digest()))
		}
	}
	yields, err := p.Charter.Payload(roles.Basis{Base: base, Opened: e.Opened, Supersedes: p.Supersedes})
	if err != nil {
		return fail("%w", err)
	}
	if want, err := verify.Read(yields, limits()); err != nil || want.Digest() != p.Digest || published.Digest() != p.Digest {
		return fail("the published document is not what the frozen policy yields")
	}
	files := map[string]*SignatureFile{}
	for _, f := range p.Files {
		files[f.KeyID] = f
	}
	for _, s := range published.UnverifiedSignatures() {
		if f := files[s.KeyID]; f == nil || !bytes.Equal(f.Sig, s.Sig) {
			return fail("the published document carries a signature by key %s that the log does not hold", shortID(s.KeyID))
		}
	}
	again, err := assemble(p.Document.Raw(), published.UnverifiedSignatures())
	if err != nil {
		return fail("%w", err)
	}
	if !bytes.Equal(again, raw) {
		return &FileError{Path: PublishedPath(p.Role, p.Version), Err: errors.New("differs from what its event yields in spelling; published files are never edited")}
	}
	return nil
}
