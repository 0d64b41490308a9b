package metadata

import (
	"fmt"

	"github.com/rust-lang/rust-tuf/roles"
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
			rep.problem(err)
			continue
		}
		rep.Events = append(rep.Events, s)
		for _, p := range s.Payloads {
			for _, bad := range p.Refused {
				rep.problem(bad)
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
