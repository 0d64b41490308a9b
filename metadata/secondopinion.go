package metadata

import (
	"errors"
	"fmt"

	tuf "github.com/theupdateframework/go-tuf/v2/metadata"
)

// secondOpinion asks go-tuf, an independent implementation, whether a
// published version is signed as its delegator (for root: the version before
// and itself) demands. It only ever adds a refusal: what our own reader does
// not accept never comes here.
func (r *Repository) secondOpinion(role string, version int64, by Delegator) error {
	if err := r.askGoTUF(role, version, by); err != nil {
		return &SecondOpinionError{Role: role, Version: version, Err: err}
	}
	return nil
}

func (r *Repository) askGoTUF(role string, version int64, by Delegator) error {
	raw, err := r.Published(role, version)
	if err != nil {
		return err
	}
	if role == roleRoot {
		root, err := (&tuf.Metadata[tuf.RootType]{}).FromBytes(raw)
		if err != nil {
			return err
		}
		if version > 1 {
			before, err := readGoTUF[tuf.RootType](r, roleRoot, version-1)
			if err != nil {
				return err
			}
			if err := before.VerifyDelegate(roleRoot, root); err != nil {
				return err
			}
		}
		return root.VerifyDelegate(roleRoot, root)
	}
	targets, err := (&tuf.Metadata[tuf.TargetsType]{}).FromBytes(raw)
	if err != nil {
		return err
	}
	if by.Role == roleRoot {
		delegator, err := readGoTUF[tuf.RootType](r, by.Role, by.Version)
		if err != nil {
			return err
		}
		return delegator.VerifyDelegate(role, targets)
	}
	delegator, err := readGoTUF[tuf.TargetsType](r, by.Role, by.Version)
	if err != nil {
		return err
	}
	return delegator.VerifyDelegate(role, targets)
}

func readGoTUF[T tuf.Roles](r *Repository, role string, version int64) (*tuf.Metadata[T], error) {
	raw, err := r.Published(role, version)
	if err != nil {
		return nil, err
	}
	m, err := (&tuf.Metadata[T]{}).FromBytes(raw)
	if err != nil {
		return nil, fmt.Errorf("%s version %d: %w", role, version, err)
	}
	if m == nil {
		return nil, errors.New("nothing was read")
	}
	return m, nil
}
