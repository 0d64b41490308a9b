package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/frame"
	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/words"
	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/metadata/carried"
	"github.com/rust-lang/rust-tuf/metadata/git"
	"github.com/spf13/cobra"
)

func (c *command) bundleCommand() *cobra.Command {
	return frame.Group("bundle", "sign on a machine without a network", c.bundleExportCommand(), c.bundleImportCommand())
}

func (c *command) bundleExportCommand() *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use:   "export EVENT --out FILE",
		Short: "put what an event is judged by into one file, for a signer without a network",
		Long: `export writes one file with everything by which an open event is judged: all
roots, the versions that it builds on, its documents and policy, the evidence about
cards, the log. It needs no key. On the machine without a network, the file takes
the place of clone and remote:

    rust-tuf sign --bundle FILE

Nothing in the file has to be believed, whoever carries it: that machine judges it
from its own pinned root, shows the same review and asks the same questions as it
would with a network. What it cannot see is whether anything has changed since.

(Metadata for clients, to verify a file without a network, is another thing:
"rust-tuf verify bundle".)`,
		Args: frame.Args(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error { return c.runBundleExport(cmd.Context(), args[0], out) },
	}
	cmd.Flags().StringVar(&out, "out", "", "`file` to write; another one that is there is left alone (needed)")
	return cmd
}

type bundleExportResult struct {
	Out       string            `json:"out"`
	Bytes     int               `json:"bytes"`
	Event     string            `json:"event"`
	Commit    string            `json:"commit"`
	Made      time.Time         `json:"made"`
	Root      int64             `json:"root_version"` // the newest in it; 0 before the first
	Documents []bundledDocument `json:"documents"`    // to be signed
	Missing   []string          `json:"missing"`      // whose signatures, sentence by sentence
}

type bundledDocument struct {
	Role    string `json:"role"`
	Version int64  `json:"version"`
	SHA256  string `json:"sha256"`
}

func (r *bundleExportResult) text(w *words.Lines) {
	w.Printf("%s: event %s, as it is at commit %s (%d bytes).\n", r.Out, r.Event, git.Commit(r.Commit).Short(), r.Bytes)
	for _, d := range r.Documents {
		w.Printf("To be signed: %s version %d\n", d.Role, d.Version)
		w.Digest(d.SHA256)
	}
	for _, m := range r.Missing {
		w.Printf("Still missing: %s\n", m)
	}
	w.Printf("Carry it to the machine without a network, and there:\n")
	w.Printf("    rust-tuf sign --bundle %s\n", quoted(r.Out))
	if r.Root > 0 {
		w.Printf("If that machine trusts no root yet, first, with a digest that you got elsewhere:\n")
		w.Printf("    rust-tuf trust init --bundle %s\n", quoted(r.Out))
	}
	w.Printf("What is merged from now on is not in it; the signatures are judged again when they come back.\n")
}

func (c *command) runBundleExport(ctx context.Context, event, out string) error {
	if out == "" {
		return usage(errors.New("--out FILE is needed: the file to write"))
	}
	w, err := c.open(ctx)
	if err != nil {
		return err
	}
	trusted, _, err := w.judge()
	if err != nil {
		return err
	}
	e, err := w.repo.Event(event)
	if err != nil {
		return rejected(err)
	}
	standing, err := w.judgeToSign(trusted, e)
	if err != nil {
		return rejected(err)
	}
	b := &carried.Bundle{Event: e.Name, Commit: string(w.head), Made: madeBefore(c.path(out), w.now), Tree: w.repo.Tree()}
	raw, err := b.Encode()
	if err != nil {
		return err
	}
	if err := writeCarried(FileTakenError{c.path(out), "bundle", "--out"}, raw); err != nil {
		return err
	}
	r := &bundleExportResult{Out: out, Bytes: len(raw), Event: e.Name, Commit: string(w.head), Made: b.Made, Root: w.repo.Newest("root"), Missing: standing.Wants()}
	for _, p := range standing.Payloads {
		r.Documents = append(r.Documents, bundledDocument{p.Role, p.Version, p.Digest.String()})
	}
	return c.show(r)
}

// madeBefore is when a bundle that lies there already was made, and now where
// none does. A run that was killed after its file had its name is run again
// later; nothing but this instant differs then, and its file is taken.
func madeBefore(path string, now time.Time) time.Time {
	raw, err := frame.ReadBounded(path, carried.MaxBundleBytes)
	if err != nil {
		return now
	}
	there, err := carried.ReadBundle(raw)
	if err != nil {
		return now
	}
	return there.Made
}

// openFrom opens a bundle, if one is named, or else the remote.
func (c *command) openFrom(ctx context.Context, bundle string) (*workspace, error) {
	if bundle == "" {
		return c.open(ctx)
	}
	if c.remote != "" || c.push != "" {
		return nil, usage(errors.New("--bundle takes the place of the remotes; --remote and --push-to do not go with it"))
	}
	raw, err := frame.ReadBounded(c.path(bundle), carried.MaxBundleBytes)
	if err != nil {
		return nil, usage(fmt.Errorf("the bundle: %w", err))
	}
	b, err := carried.ReadBundle(raw)
	if err != nil {
		return nil, rejected(fmt.Errorf("%s: %w", bundle, err))
	}
	repo, err := metadata.Read(b.Tree, c.env.judgement()...)
	if err != nil {
		return nil, rejected(fmt.Errorf("%s: %w", bundle, err))
	}
	return &workspace{env: c.env, head: git.Commit(b.Commit), repo: repo, now: c.env.Now().UTC().Truncate(time.Second), carried: b, file: bundle}, nil
}

// carriedEvent is the event that a bundle was made for. Where one is named on
// the command line too, both have to agree.
func (w *workspace) carriedEvent(named string) (string, error) {
	if named != "" && named != w.carried.Event {
		return "", usage(fmt.Errorf("%s was made for event %s, not for %s", w.file, w.carried.Event, named))
	}
	return w.carried.Event, nil
}
