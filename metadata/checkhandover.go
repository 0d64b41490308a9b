package metadata

import (
	"maps"
	"slices"
	"strings"

	"github.com/rust-lang/rust-tuf/verify"
)

// handedOver judges roots of other repositories that a change brings: whatever
// the pull request is, a folder of them stays one chain. One that takes the
// place of another of the same version is named as what it is.
func (c *checker) handedOver() {
	names := map[string]bool{}
	for _, ch := range c.changes {
		parts := strings.SplitN(ch.Path, "/", 3)
		if len(parts) != 3 || parts[0] != HandoverDir {
			continue
		}
		names[parts[1]] = true
		if fork := c.fork(ch); fork != nil {
			c.verdict.refuse(&HandoverError{Name: parts[1], Err: fork})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if _, err := c.head.handedOver(name); err != nil {
			c.verdict.refuse(&HandoverError{Name: name, Err: err})
		}
	}
}

// fork is the proof that another repository has two roots of one version.
func (c *checker) fork(ch treeChange) error {
	if ch.Kind != modified {
		return nil
	}
	var raws [2][]byte
	var docs [2]*verify.Document
	for i, tree := range []Tree{c.base.tree, c.head.tree} {
		var err error
		if raws[i], err = tree.Read(ch.Path); err != nil {
			return nil
		}
		root, err := verify.TrustRoot(raws[i], limits())
		if err != nil {
			return nil // refused all the same
		}
		docs[i] = root.Document()
	}
	if docs[0].Version() != docs[1].Version() || docs[0].Digest() == docs[1].Digest() {
		return nil
	}
	return &verify.ForkError{Role: roleRoot, Version: docs[0].Version(), Trusted: raws[0], Found: raws[1]}
}

// handovers audits the roots of other repositories, and that each one which is
// listed now is among them.
func (rep *Report) handovers(repo *Repository) {
	for _, name := range slices.Sorted(maps.Keys(repo.handed)) {
		chain, err := repo.handedOver(name)
		if err != nil {
			rep.problem(&HandoverError{Name: name, Err: err})
			continue
		}
		rep.proven("roots of the repository %s, version %d to %d: each follows from the one before", name, chain[0].root.Version(), chain[len(chain)-1].root.Version())
	}
	for _, role := range rep.Trusted.Roles() {
		policy, err := rep.Trusted.PolicyInForce(role)
		if err != nil || policy == nil {
			continue // a problem of its own, found elsewhere
		}
		for _, target := range policy.Targets {
			if target.RootOf == "" {
				continue
			}
			chain, err := repo.handedOver(target.RootOf)
			if err != nil {
				continue // told already
			}
			if _, err := find(target.RootOf, chain, target.Length, target.SHA256); err != nil {
				rep.problem(&HandoverError{Name: target.RootOf, Err: err})
			}
		}
	}
}
