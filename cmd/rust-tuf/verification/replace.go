package verification

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/frame"
	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/terminal"
	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/words"
	"github.com/rust-lang/rust-tuf/verify"
	"github.com/rust-lang/rust-tuf/verify/dirstore"
	"github.com/spf13/cobra"
)

type replaceOptions struct {
	root  string
	store string
}

func (v *verifier) replaceCommand() *cobra.Command {
	var o replaceOptions
	cmd := &cobra.Command{
		Use:   "replace-root --root FILE --store FOLDER",
		Short: "trust another root in a store, because you were given its digest",
		Long: `replace-root puts a root in the place of the one that a store trusts, although the
old quorum did not sign it. That is for two cases only: the repository has lost
its root, or what you have is older than every root that can still be had. In
any other case clients find the newest root by themselves.

You type the digest of the root: get it from people whom you trust, by a way that
is neither the repository nor the place where the file comes from. Every verdict
from this store says afterwards that its root was replaced.`,
		Args: frame.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return v.runReplace(cmd.Context(), o) },
	}
	f := cmd.Flags()
	f.StringVar(&o.root, "root", "", "root `file` to trust from now on (needed)")
	f.StringVar(&o.store, "store", "", "`folder` that keeps what is trusted, as in `"+v.Command+" target` (needed)")
	return cmd
}

type replaceResult struct {
	Before  int64  `json:"before_version"`
	Version int64  `json:"version"`
	Digest  string `json:"sha256"`
	Changed bool   `json:"changed"`
}

func (r *replaceResult) text(w *words.Lines) {
	if !r.Changed {
		w.Printf("ok: root version %d is what this store trusts already; nothing changed.\n", r.Version)
		return
	}
	w.Printf("ok: this store trusts root version %d from now on, in place of version %d; every verdict says so.\n", r.Version, r.Before)
	w.Digest(r.Digest)
}

func (v *verifier) runReplace(ctx context.Context, o replaceOptions) (err error) {
	if o.root == "" || o.store == "" {
		return exit.With(exit.Usage, errors.New("both are needed: --root FILE (the root to trust from now on) and --store FOLDER (where what is trusted is kept)"))
	}
	raw, err := v.readRoot("the root to trust from now on", o.root)
	if err != nil {
		return err
	}
	if _, err := os.Stat(v.path(o.store)); err != nil {
		return exit.With(exit.Usage, fmt.Errorf("the store: %w", err))
	}
	store, err := dirstore.Open(v.path(o.store), dirstore.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	client := &verify.Client{Store: store}
	before, err := client.Root()
	if err != nil {
		return v.noRoot(o.store, err)
	}
	if err := v.Terminal.Message(fmt.Sprintf("This store trusts root version %d.", before.Version())); err != nil {
		return err
	}
	typed, err := v.Terminal.ReadLine(ctx, "Digest of the root to trust instead, received from people you trust (16 groups of four)")
	if err != nil {
		return err
	}
	digest, err := verify.ParseDigest(typed)
	if err != nil {
		return exit.With(exit.Usage, fmt.Errorf("that is no digest: %w", err))
	}
	// Judged before anybody is asked to agree.
	after, err := before.Replace(raw, digest, verify.Limits{})
	if err != nil {
		return exit.With(codeOf(err), fmt.Errorf("%s: %w", o.root, err))
	}
	if after != before {
		question := fmt.Sprintf("Root version %d was not signed for this step by the quorum of version %d. Trust it because of the digest?", after.Version(), before.Version())
		yes, err := terminal.Confirm(ctx, v.Terminal, question)
		if err != nil {
			return err
		}
		if !yes {
			return errors.New("not replaced: you did not agree; the store is as it was")
		}
		if _, err := client.Replace(raw, digest); err != nil {
			return err
		}
	}
	return v.show(&replaceResult{Before: before.Version(), Version: after.Version(), Digest: after.Digest().String(), Changed: after != before})
}

// noRoot says why a store has no root that could be replaced, and what helps: of what
// cannot be read or written here, the error itself says that.
func (v *verifier) noRoot(store string, err error) error {
	switch {
	case errors.Is(err, verify.ErrNotFound):
		return fmt.Errorf("%s: this store trusts no root yet, so there is none to replace; `%s target` with this store begins with the root that you hold", store, v.Command)
	case is[*verify.StoreFormatError](err):
		return exit.With(exit.Rejected, fmt.Errorf("%s: %w", store, err))
	case IsRefusal(err):
		refusal := errors.Unwrap(err) // what is around it speaks to a Go program
		return exit.With(codeOf(err), fmt.Errorf("%s: the root that this store trusts is damaged: %w; `%s target` with this store repairs it", store, refusal, v.Command))
	}
	return err
}
