package git

import (
	"context"
	"errors"
)

// Identity tells whether git knows whose the commits are that are made here: it
// asks git itself, which looks at the environment and at the configuration, and on
// some machines guesses. Errors: *IdentityError, *CommandError.
func (r *Repo) Identity(ctx context.Context) error {
	for _, who := range []string{"GIT_AUTHOR_IDENT", "GIT_COMMITTER_IDENT"} {
		_, err := r.run(ctx, command{args: []string{"var", who}})
		var failed *CommandError
		switch {
		case errors.As(err, &failed) && exitCode(err, 128):
			return &IdentityError{Reason: summary(failed.Output, failed.err), err: err}
		case err != nil:
			return err
		}
	}
	return nil
}

// unnamed tells whether git refused a commit because it does not know whose it
// is. No decision rests on git's words.
func (r *Repo) unnamed(ctx context.Context, refused error) error {
	var nobody *IdentityError
	if err := r.Identity(ctx); errors.As(err, &nobody) {
		return nobody
	}
	return refused
}
