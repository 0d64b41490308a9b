package metadata

import (
	"crypto/x509"
	"fmt"
	"slices"

	"github.com/rust-lang/rust-tuf/roles/attest"
)

// intermediates refuses that a certificate leaves the file of further
// intermediates. The evidence that members and charters keep ends below it, so
// that without it keys are unproven that were proven, of closed events too, and
// of members that the pull request does not touch. A certificate that nothing
// needs does no harm there.
func (c *checker) intermediates() {
	i := slices.IndexFunc(c.changes, func(ch treeChange) bool { return ch.Path == IntermediatesPath && ch.Kind != added })
	if i < 0 {
		return
	}
	stay, err := c.base.intermediates()
	if err != nil {
		return // nobody can rest on it, and the pull request may put it right
	}
	left, err := c.head.intermediates()
	if err != nil && c.changes[i].Kind != deleted {
		return // who reads it refuses it
	}
	for _, cert := range stay {
		if slices.ContainsFunc(left, cert.Equal) {
			continue
		}
		c.verdict.refuse(&FrozenError{Path: IntermediatesPath, Kind: string(c.changes[i].Kind),
			Reason: fmt.Sprintf("it leaves out the certificate of %q, over which the proofs of keys may lead, those in the log too; certificates are added to this file and stay in it", cert.Subject.CommonName)})
		return
	}
}

// intermediates are the further ones that the repository holds.
func (r *Repository) intermediates() ([]*x509.Certificate, error) {
	raw, err := r.tree.Read(IntermediatesPath)
	if err != nil {
		return nil, err
	}
	return attest.ParseIntermediates(raw)
}
