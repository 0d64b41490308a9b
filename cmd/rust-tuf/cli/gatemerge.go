package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/words"
	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/metadata/forge"
	"github.com/rust-lang/rust-tuf/metadata/git"
)

// merge merges one signature, if what was judged is still so: the head, which the
// forge compares, the default branch, and what is on it.
func (g *gatekeeper) merge(ctx context.Context, pull forge.PullRequest, out *judgedPull, v *metadata.Verdict, after metadata.Tree) error {
	if err := g.unmoved(ctx); err != nil {
		return err
	}
	base := g.head
	if err := g.refresh(ctx); err != nil {
		return err
	}
	if g.head != base {
		return &git.MovedError{Remote: g.remote, Branch: g.branch, Want: base, Found: g.head}
	}
	commit, err := g.hub.Merge(ctx, forge.Merge{Number: pull.Number, Head: pull.Head, Base: g.branch,
		Title: fmt.Sprintf("sign: %s version %d by %s (#%d)", v.Sign.Role, v.Sign.Version, words.Owner(*v.Signed), pull.Number), Message: fmt.Sprintf("Event %s, digest %s.", v.Event, v.Sign.Digest)})
	if err != nil {
		return err
	}
	out.Merged = string(commit)
	return g.look(ctx, commit, after)
}

// MadeOtherwiseError is a merge by the forge that made something else than was
// judged.
type MadeOtherwiseError struct {
	Commit git.Commit
	Reason error
}

func (e *MadeOtherwiseError) Error() string {
	return fmt.Sprintf("what the forge made of a merge, commit %s, is not what was judged: %v", e.Commit.Short(), e.Reason)
}

// Hint names the one next step.
func (e *MadeOtherwiseError) Hint() string {
	return "stop the gate, look at the commit, and revert it: a signature that should not be there counts for nothing, but somebody has changed what was merged"
}

func (e *MadeOtherwiseError) Unwrap() error { return e.Reason }

// look holds a merge to what was judged: the same files, or, where something
// else was merged meanwhile, one signature and nothing else on top of that.
func (g *gatekeeper) look(ctx context.Context, commit git.Commit, want metadata.Tree) error {
	if err := g.refresh(ctx); err != nil {
		return err
	}
	made, err := g.git.Tree(ctx, commit)
	if err != nil {
		return err
	}
	if same, err := sameTree(made, want); err != nil || same {
		return err
	}
	parent, err := g.git.Resolve(ctx, string(commit)+"^")
	if err != nil {
		return &MadeOtherwiseError{commit, err}
	}
	before, err := g.git.Tree(ctx, parent)
	if err != nil {
		return err
	}
	v, err := metadata.Check(before, made, g.judgedNow()...)
	if err == nil && (!v.Accepted() || v.Kind != metadata.KindSignature) {
		err = fmt.Errorf("it %s", strings.Join(append([]string{kindWords[v.Kind]}, reasons(v.Refusals)...), ": "))
	}
	if err != nil {
		return &MadeOtherwiseError{commit, err}
	}
	return nil
}
