package metadata

import (
	"github.com/rust-lang/rust-tuf/verify"
)

// ReachNewest walks to the newest root from every root that was ever
// published, each on its own, as a client that was last updated then would.
// It returns what the first root vouches for. A root that does not reach the
// newest is a *HistoryError.
//
// The walk from version 1 goes through every step once. A later root is taken
// as trusted by the client that holds it, so it is read anew from its bytes
// and must reach the same newest digest.
func (r *Repository) ReachNewest() (*Trusted, error) {
	first, err := r.FirstRoot()
	if err != nil {
		return nil, &HistoryError{Role: roleRoot, Version: 1, Err: err}
	}
	trusted, err := r.Trusted(first)
	if err != nil {
		return nil, err
	}
	for _, v := range r.versions[roleRoot][1:] {
		raw, err := r.Published(roleRoot, v)
		if err != nil {
			return nil, &HistoryError{Role: roleRoot, Version: v, Err: err}
		}
		held, err := verify.TrustRoot(raw, limits())
		if err != nil {
			return nil, &HistoryError{Role: roleRoot, Version: v, Err: err}
		}
		reached, err := held.Walk(func(n int64) ([]byte, error) { return r.Published(roleRoot, n) }, limits())
		if err != nil {
			return nil, &HistoryError{Role: roleRoot, Version: reached.Version() + 1, Err: err}
		}
		if reached.Digest() != trusted.Root.Digest() {
			return nil, &HistoryError{Role: roleRoot, Version: v, Err: &verify.PinError{Want: trusted.Root.Digest(), Found: reached.Digest()}}
		}
	}
	return trusted, nil
}
