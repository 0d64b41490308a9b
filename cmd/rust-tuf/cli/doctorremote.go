package cli

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"

	"github.com/rust-lang/rust-tuf/metadata/git"
)

// clone looks at git, this folder, and the remote.
func (d *diagnosis) clone(ctx context.Context) {
	here, err := d.openClone(ctx)
	if err != nil {
		d.trouble(markWarning, "git", err)
		return
	}
	d.line(markOK, "git", "", "git is recent enough, and this is a clone")
	if err := here.git.Identity(ctx); err != nil {
		d.trouble(markWrong, "git", err)
	}
	w, err := d.open(ctx)
	if err != nil {
		d.ails(markWrong, "remote", "`rust-tuf check` names all that is wrong on the branch; its maintainers put it right", err)
		return
	}
	d.w = w
	d.line(markOK, "remote", "", "remote %s answers, and its branch %s can be read", w.remote, w.branch)
	d.rights(ctx)
}

// rights tries whether a branch could be pushed to where a signature would go.
// The branch has a name that nobody has, and is never made.
func (d *diagnosis) rights(ctx context.Context) {
	w := d.w
	err := w.git.TryPush(ctx, w.push, w.head, "doctor/"+strings.ToLower(rand.Text()))
	if err == nil {
		d.line(markOK, "remote", "", "remote %s lets you push branches; this was tried without sending anything", w.push)
		return
	}
	var refused *git.RemoteError
	switch {
	case is[*git.NoAnswerError](err), errors.As(err, &refused) && refused.Unanswered():
		d.trouble(markWarning, "remote", fmt.Errorf("whether you can push branches to remote %s is not known, because it wants an answer first: %w", w.push, err))
	case refused != nil && refused.Denied():
		d.line(markWrong, "remote", w.toFork(), "you cannot push branches to remote %s: %v", w.push, err)
	default:
		d.trouble(markWrong, "remote", fmt.Errorf("you cannot push branches to remote %s: %w", w.push, err))
	}
}

// toFork is what mends it that nobody may write to the remote that branches
// are pushed to.
func (w *workspace) toFork() string {
	switch {
	case w.push != w.remote:
		return fmt.Sprintf("`git remote set-url %s <address of your fork>`, or name a remote that is yours with --push-to", w.push)
	case w.push == "upstream":
		return "make a fork on the forge, then `git remote add origin <address of your fork>`"
	}
	return fmt.Sprintf("make a fork on the forge, then `git remote rename %s upstream` and `git remote add origin <address of your fork>`", w.remote)
}
