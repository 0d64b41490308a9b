package git

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// FetchHeads fetches these refs of a remote, such as "refs/pull/7/head", and lists
// them in the same order. It fetches nothing else, and gives up one that takes too
// long: whoever can open a pull request decides how much is behind it. Refs that
// cannot be fetched are listed with their error and do not stop the others; that of
// one that took too long is a *SlowError. Errors: *NameError.
func (r *Repo) FetchHeads(ctx context.Context, remote string, names []string) ([]Ref, error) {
	if err := checkRemote(remote); err != nil {
		return nil, err
	}
	refs := make([]Ref, 0, len(names))
	var wanted []string
	for _, name := range names {
		ref := Ref{Name: name}
		if !isWork(name) {
			ref.Err = &NameError{Kind: "ref", Name: name, Reason: "is no branch and no pull request"}
		} else {
			wanted = append(wanted, name)
		}
		refs = append(refs, ref)
	}
	a := &apart{repo: r, remote: remote, attempts: r.limits.attempts, one: r.limits.one, several: r.limits.several, end: time.Now().Add(r.limits.heads)}
	return refs, r.fetchInto(ctx, a, wanted, refs)
}

// SlowError is a ref that took too long to fetch, and was given up.
type SlowError struct {
	Remote string
	Ref    string
	After  time.Duration
}

func (e *SlowError) Error() string {
	return fmt.Sprintf("%s of %s could not be fetched within %s: there is too much behind it, or the line is slow", e.Ref, e.Remote, e.After)
}

// apart fetches refs together and, when that fails, in parts, until those that
// cannot be fetched stand alone.
type apart struct {
	repo         *Repo
	remote       string
	attempts     int           // that are left
	one, several time.Duration // for one fetch; 0: as long as it takes
	end          time.Time     // of all; zero: none
	odd          map[string]error
}

// fetch returns an error only when nothing more can come of trying.
func (a *apart) fetch(ctx context.Context, refs []string) error {
	if len(refs) == 0 {
		return nil
	}
	a.attempts--
	err := a.try(ctx, refs)
	if err == nil || ctx.Err() != nil {
		return err
	}
	var slow *SlowError
	switch {
	case len(refs) == 1 || a.attempts <= 0:
		for _, ref := range refs {
			if errors.As(err, &slow) {
				err = &SlowError{slow.Remote, ref, slow.After}
			}
			a.odd[ref] = err
		}
		return nil
	case errors.As(err, &slow): // each half with a slow one in it would take as long
		for i := range refs {
			if err := a.fetch(ctx, refs[i:i+1]); err != nil {
				return err
			}
		}
		return nil
	}
	half := len(refs) / 2
	if err := a.fetch(ctx, refs[:half]); err != nil {
		return err
	}
	return a.fetch(ctx, refs[half:])
}

// try fetches refs, for so long.
func (a *apart) try(ctx context.Context, refs []string) error {
	most := a.one
	if len(refs) > 1 {
		most = a.several
	}
	if most == 0 {
		return a.repo.fetch(ctx, a.remote, refs)
	}
	short, cancel := context.WithTimeout(ctx, min(most, time.Until(a.end)))
	defer cancel()
	err := a.repo.fetch(short, a.remote, refs)
	if short.Err() != nil && ctx.Err() == nil && err != nil {
		return &SlowError{withoutSecret(a.remote), refs[0], most}
	}
	return err
}
