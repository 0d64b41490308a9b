package git

import (
	"context"
	"errors"
	"path/filepath"
)

// Init returns the repository that dir belongs to and makes one, on a branch
// called main, when there is none. dir must exist. A repository that is there
// already stays as it is; the caller may compare [Repo.Checkout] with dir.
func Init(ctx context.Context, dir string, opts ...Option) (*Repo, error) {
	return initialise(ctx, dir, opts)
}

// InitBare is Init for a repository without a checkout, such as a remote on
// this machine.
func InitBare(ctx context.Context, dir string, opts ...Option) (*Repo, error) {
	return initialise(ctx, dir, opts, "--bare")
}

func initialise(ctx context.Context, dir string, opts []Option, flags ...string) (*Repo, error) {
	r, err := Open(ctx, dir, opts...)
	var none *NotARepositoryError
	if err == nil || !errors.As(err, &none) {
		return r, err
	}
	p, err := newProgram(ctx, dir, opts)
	if err != nil {
		return nil, err
	}
	args := append([]string{"init", "--quiet", "--initial-branch=main"}, flags...)
	if _, err := p.run(ctx, command{args: append(args, "--", p.dir)}); err != nil {
		return nil, err
	}
	return Open(ctx, dir, opts...)
}

// Clone clones url into dir, which must not exist or be empty, and checks its
// default branch out. Errors: *RemoteError, *NameError.
func Clone(ctx context.Context, url, dir string, opts ...Option) (*Repo, error) {
	if err := checkRemote(url); err != nil {
		return nil, err
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	p, err := newProgram(ctx, filepath.Dir(abs), opts)
	if err != nil {
		return nil, err
	}
	_, err = p.run(ctx, command{asks: true, args: []string{"clone", "--quiet", "--no-recurse-submodules", "--", url, abs}})
	if err != nil {
		return nil, remoteFailure(url, "clone", err)
	}
	return Open(ctx, abs, opts...)
}
