package verification

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/frame"
	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/words"
	"github.com/rust-lang/rust-tuf/verify/bundle"
	"github.com/spf13/cobra"
)

type bundleOptions struct {
	trusted  string
	metadata string
	out      string
}

func (v *verifier) bundleCommand() *cobra.Command {
	var o bundleOptions
	cmd := &cobra.Command{
		Use:   "bundle PATH... --trusted FILE --metadata FOLDER|ADDRESS --out FILE",
		Short: "put all metadata for some files into one, for a machine without a network",
		Long: `bundle goes through a whole refresh as a client does, from a root that you trust,
looks each PATH up, and writes whatever that took into one file. There, a client
with the same root verifies it all again: nothing in the file has to be believed,
whoever carries it. The command for it is

    ` + v.Command + ` target PATH --trusted FILE --bundle FILE

It also says until when a client accepts the file; make a new one before that.

(What a member needs to sign without a network is another thing: "rust-tuf bundle
export".)`,
		Args: frame.Args(1, 1000),
		RunE: func(cmd *cobra.Command, args []string) error { return v.runBundle(cmd.Context(), args, o) },
	}
	f := cmd.Flags()
	f.StringVar(&o.trusted, "trusted", "", "root `file` that the machine without a network trusts too (needed)")
	f.StringVar(&o.metadata, "metadata", "", "`folder` or address with timestamp.json and the rest (needed)")
	f.StringVar(&o.out, "out", "", "`file` to write; it must not exist (needed)")
	return cmd
}

type bundleResult struct {
	Out     string    `json:"out"`
	Bytes   int       `json:"bytes"`
	Files   []string  `json:"files"`
	Paths   []string  `json:"paths"`
	Root    int64     `json:"root_version"` // the newest
	Made    time.Time `json:"made"`
	Expires time.Time `json:"expires"` // the earliest in all chains

	command string
}

func (r *bundleResult) text(w *words.Lines) {
	w.Printf("%s: %d files, %d bytes, for %s.\n", r.Out, len(r.Files), r.Bytes, words.Join(r.Paths))
	w.Printf("Clients accept it until %s (%s). Verify it where there is no network:\n", words.Date(r.Expires), words.Remaining(r.Expires, r.Made))
	w.Printf("    %s target %s --trusted FILE --bundle %s\n", r.command, r.Paths[0], r.Out)
}

func (v *verifier) runBundle(ctx context.Context, paths []string, o bundleOptions) (err error) {
	if o.trusted == "" || o.metadata == "" || o.out == "" {
		return exit.With(exit.Usage, errors.New("three are needed: --trusted FILE (a root that both machines trust), --metadata FOLDER or ADDRESS (where the repository is), --out FILE (to write)"))
	}
	raw, err := v.readRoot("the trusted root", o.trusted)
	if err != nil {
		return err
	}
	var opened []io.Closer
	defer func() { err = errors.Join(err, closeAll(opened)) }()
	from, err := v.source(targetOptions{metadata: o.metadata}, &opened)
	if err != nil {
		return err
	}
	now := v.Now().UTC()
	made, verdicts, err := bundle.Make(ctx, from, raw, now, bundle.Limits{}, paths...)
	if err != nil {
		return exit.With(targetCode(err), err)
	}
	out := &bundleResult{command: v.Command, Out: o.out, Files: made.Names(), Paths: paths, Root: verdicts[0].Chain[0].Version, Made: now, Expires: verdicts[0].Expires}
	for _, verdict := range verdicts {
		if verdict.Fork != nil {
			return exit.With(targetCode(verdict.Fork), verdict.Fork)
		}
		if verdict.Expires.Before(out.Expires) {
			out.Expires = verdict.Expires
		}
	}
	comments := []string{fmt.Sprintf("TUF metadata, made %s, accepted until %s, for:", words.Date(now), words.Date(out.Expires))}
	for _, path := range paths {
		comments = append(comments, fmt.Sprintf("    %q", path))
	}
	text := made.Encode(comments...)
	out.Bytes = len(text)
	if err := frame.WriteNew(v.path(o.out), text, 0o644); err != nil {
		return fmt.Errorf("nothing was written: %w", err)
	}
	return v.show(out)
}

func closeAll(opened []io.Closer) error {
	var errs []error
	for _, o := range opened {
		errs = append(errs, o.Close())
	}
	return errors.Join(errs...)
}
