package metadata

import (
	"fmt"
	"maps"
	"slices"

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

	// Keys is what is proven about each key that roles in force name, by the
	// evidence that the log keeps, and about each key that is only declared.
	Keys []roles.KeyProof

	// Transcripts are those of the completed events, in the order in which they
	// were opened; an audit has made each of them again.
	Transcripts []*Transcript

	// TestRoots names the roots that stood in for Yubico's in this audit; empty
	// but in a rehearsal (see Attestation).
	TestRoots []string
}

// AuditLog is the part of an audit that is about what is over: the root chain,
// and each closed event.
func AuditLog(tree Tree, options ...Option) *Report {
	rep := &Report{}
	rep.history(tree, options)
	return rep
}

// history audits what is over. The repository is nil if that cannot be read.
func (rep *Report) history(tree Tree, options []Option) *Repository {
	repo, err := Read(tree, options...)
	if err != nil {
		rep.problem(err)
		return nil
	}
	rep.TestRoots = repo.TestRoots()
	if repo.Newest(roleRoot) == 0 {
		rep.Trusted, err = repo.Trusted(nil)
	} else {
		rep.Trusted, err = repo.ReachNewest()
	}
	if err != nil {
		rep.problem(err)
		return nil
	}
	rep.Roots = len(repo.versions[roleRoot])
	if rep.Roots > 0 {
		rep.proven("%s reaches version %d", eachOf(rep.Roots, "published root"), rep.Trusted.Root.Version())
	}
	rep.closedEvents(repo)
	return repo
}

// Audit checks everything that a repository claims: the root chain from every
// historical root, each closed event against what it published, each open
// event, and the declared policy.
func Audit(tree Tree, options ...Option) *Report {
	rep := &Report{}
	repo := rep.history(tree, options)
	if repo == nil {
		return rep
	}
	for _, late := range repo.Late {
		rep.problem(late)
	}
	for _, conflict := range repo.Conflicts {
		rep.problem(conflict)
	}
	for _, e := range repo.Open {
		if repo.conflictOf(e) != nil {
			continue
		}
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
		rep.proven("%s asks for exactly what follows from the policy that it keeps", eachOf(len(repo.Open), "open event"))
	}
	rep.handovers(repo)
	rep.declaration(repo)
	return rep
}

func (rep *Report) proven(format string, args ...any) {
	rep.Proven = append(rep.Proven, fmt.Sprintf(format, args...))
}

// eachOf begins a sentence about one or several: "1 open event: it", "2 open
// events: each".
func eachOf(n int, noun string) string {
	if n == 1 {
		return "1 " + noun + ": it"
	}
	return fmt.Sprintf("%d %ss: each", n, noun)
}

func (rep *Report) declaration(repo *Repository) {
	members, err := repo.Members()
	if err != nil {
		rep.problem(err)
		return
	}
	names := slices.Sorted(maps.Keys(members))
	d, err := repo.Declaration()
	if err == nil {
		err = d.Check()
	}
	switch {
	case err == nil:
		if rep.Findings, err = rep.Trusted.Preview(d, names...); err == nil {
			err = rep.keys(repo, d, names)
		}
	case rep.Roots == 0 && len(repo.Open) == 0: // it has just begun
		rep.Findings, rep.Keys, err = repo.newcomers(names, err)
	}
	rep.problem(err)
}

// keys tells what is proven about keys: of those in force by what was frozen
// with the roles that name them, before the first root by what is declared.
func (rep *Report) keys(repo *Repository, d *roles.Declaration, names []string) error {
	verifier, err := repo.Verifier()
	if err != nil {
		return err
	}
	p := roles.Proposal{Declaration: d, Charters: map[string]*roles.Charter{}, Members: names, Verifier: verifier}
	for _, role := range append([]string{roleRoot}, rep.Trusted.Roles()...) {
		inForce, err := rep.Trusted.PolicyInForce(role)
		if err != nil {
			return err
		}
		if inForce != nil {
			p.Charters[role] = inForce
		}
	}
	rep.Keys = roles.Proofs(p)
	return nil
}
