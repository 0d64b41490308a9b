package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/frame"
	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/words"
	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/metadata/carried"
	"github.com/rust-lang/rust-tuf/verify"
	"github.com/spf13/cobra"
)

func (c *command) bundleImportCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "import FILE",
		Short: "push the signatures that were made on a machine without a network",
		Long: `import takes the file that "rust-tuf sign --bundle" wrote, and ends as "rust-tuf
sign" does: one branch for each signature, with one file, for a pull request. It
needs no key, and anybody may do it.

Each signature is judged first as the pull request will be, against the remote as
it is now. If one of them does not count, nothing is pushed. It can be interrupted
and run again.`,
		Args: frame.Args(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error { return c.runBundleImport(cmd.Context(), args[0]) },
	}
}

type bundleImportResult struct {
	Signatures []importedSignature `json:"signatures"`
}

type importedSignature struct {
	Event   string `json:"event"`
	Role    string `json:"role"`
	Version int64  `json:"version"`
	Owner   string `json:"owner"`
	KeyID   string `json:"keyid"`
	SHA256  string `json:"sha256"`
	Path    string `json:"path"`
	Merged  bool   `json:"merged"` // it was there before, and nothing was pushed
	Branch  string `json:"branch,omitempty"`
	Remote  string `json:"remote,omitempty"`
	Commit  string `json:"commit,omitempty"`
	pullRequest
}

func (r *bundleImportResult) text(w *words.Lines) {
	var pulls []pullRequest
	for _, s := range r.Signatures {
		if s.Merged {
			w.Printf("Merged already: %s version %d, by %s. Nothing is left to do for it.\n", s.Role, s.Version, s.Owner)
			continue
		}
		pulls = append(pulls, s.pullRequest)
		w.Printf("%s version %d, by %s: it counts. Pushed to branch %s of %s.\n", s.Role, s.Version, s.Owner, s.Branch, s.Remote)
	}
	nextPulls(w, pulls)
}

func (c *command) runBundleImport(ctx context.Context, file string) error {
	raw, err := frame.ReadBounded(c.path(file), carried.MaxAnswerBytes)
	if err != nil {
		return usage(fmt.Errorf("the answer: %w", err))
	}
	answer, err := carried.ReadAnswer(raw)
	if err != nil {
		return rejected(fmt.Errorf("%s: %w", file, err))
	}
	w, err := c.open(ctx)
	if err != nil {
		return err
	}
	out := &bundleImportResult{Signatures: []importedSignature{}}
	var refused []error
	for _, f := range answer {
		s, err := w.judgeCarried(f)
		if err != nil {
			refused = append(refused, err)
			continue
		}
		out.Signatures = append(out.Signatures, *s)
	}
	if len(refused) > 0 {
		return rejected(fmt.Errorf("nothing was pushed: %w", errors.Join(refused...)))
	}
	for i, f := range answer {
		s := &out.Signatures[i]
		if s.Merged {
			continue
		}
		commit, err := w.pushSignatureFile(ctx, f.SignatureFile, s.Owner)
		if err != nil {
			return fmt.Errorf("%w\nNothing is lost; run the same command again, and what was pushed already is taken", err)
		}
		s.Branch, s.Remote, s.Commit = signatureBranch(f.Event, f.Role, s.Owner, f.KeyID), w.push, string(commit)
		s.pullRequest = w.openPull(ctx, s.Branch, signatureMessage(f.SignatureFile, s.Owner))
	}
	return c.show(out)
}

// judgeCarried asks the gate about the pull request of one signature, before
// there is one.
func (w *workspace) judgeCarried(f carried.Signature) (*importedSignature, error) {
	id, err := w.repo.UnverifiedID()
	if err != nil {
		return nil, err
	}
	if f.Repository != id {
		return nil, fmt.Errorf("%s: %w", f.Path, &verify.RepositoryError{Role: f.Role, Version: f.Version, Want: id, Found: f.Repository})
	}
	s := &importedSignature{Event: f.Event, Role: f.Role, Version: f.Version, KeyID: f.KeyID, SHA256: f.Digest.String(), Path: f.Path}
	if there, err := w.repo.Tree().Read(f.Path); err == nil && bytes.Equal(there, f.Raw) {
		trusted, err := w.believed()
		if err != nil {
			return nil, err
		}
		return s, w.mergedBefore(trusted, f, s)
	}
	verdict, err := metadata.Check(w.repo.Tree(), signatureChange(f.SignatureFile).Apply(w.repo.Tree()), w.judgedNow()...)
	if err != nil {
		return nil, err
	}
	if !verdict.Accepted() || verdict.Kind != metadata.KindSignature {
		return nil, errors.Join(verdict.Refusals...)
	}
	s.Owner = verdict.Signed.Owner
	return s, nil
}

// mergedBefore is about a signature that the default branch holds already, and
// names its owner.
func (w *workspace) mergedBefore(trusted *metadata.Trusted, f carried.Signature, s *importedSignature) error {
	e, err := w.repo.Event(f.Event)
	if err != nil {
		return err
	}
	standing, err := trusted.Judge(e)
	if err != nil {
		return err
	}
	p := standing.Payload(f.Role)
	h, listed := p.Holder(f.KeyID)
	if !listed || !p.Signed(f.KeyID) {
		return &metadata.SignatureFileError{Path: f.Path, Event: f.Event, Role: f.Role, Version: f.Version, KeyID: f.KeyID, Err: errors.New("it is merged, and nobody who may sign this version has this key")}
	}
	s.Owner, s.Merged = h.Owner, true
	return nil
}
