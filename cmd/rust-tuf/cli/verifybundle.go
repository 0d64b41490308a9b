package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/rust-lang/rust-tuf/verify/bundle"
	"github.com/spf13/cobra"
)

type verifyBundleOptions struct {
	trusted  string
	metadata string
	out      string
}

func (c *command) verifyBundleCommand() *cobra.Command {
	var o verifyBundleOptions
	cmd := &cobra.Command{
		Use:   "bundle PATH... --trusted FILE --metadata FOLDER|ADDRESS --out FILE",
		Short: "put all metadata for some files into one, for a machine without a network",
		Long: `bundle goes through a whole refresh as a client does, from a root that you trust,
looks each PATH up, and writes whatever that took into one file. There, a client
with the same root verifies it all again: nothing in the file has to be believed,
whoever carries it. The command for it is

    rust-tuf verify target PATH --trusted FILE --bundle FILE

It also says until when a client accepts the file; make a new one before that.

(What a member needs to sign without a network is another thing: "rust-tuf bundle
export".)`,
		Args: argsBetween(1, 1000),
		RunE: func(cmd *cobra.Command, args []string) error { return c.runVerifyBundle(cmd.Context(), args, o) },
	}
	f := cmd.Flags()
	f.StringVar(&o.trusted, "trusted", "", "root `file` that the machine without a network trusts too (needed)")
	f.StringVar(&o.metadata, "metadata", "", "`folder` or address with timestamp.json and the rest (needed)")
	f.StringVar(&o.out, "out", "", "`file` to write; it must not exist (needed)")
	return cmd
}

type verifyBundleResult struct {
	Out     string    `json:"out"`
	Bytes   int       `json:"bytes"`
	Files   []string  `json:"files"`
	Paths   []string  `json:"paths"`
	Root    int64     `json:"root_version"` // the newest
	Made    time.Time `json:"made"`
	Expires time.Time `json:"expires"` // the earliest in all chains
}

func (r *verifyBundleResult) text(w io.Writer) {
	fmt.Fprintf(w, "%s: %d files, %d bytes, for %s.\n", r.Out, len(r.Files), r.Bytes, join(r.Paths))
	fmt.Fprintf(w, "Clients accept it until %s (%s). Verify it where there is no network:\n", date(r.Expires), remaining(r.Expires, r.Made))
	fmt.Fprintf(w, "    rust-tuf verify target %s --trusted FILE --bundle %s\n", r.Paths[0], r.Out)
}

func (c *command) runVerifyBundle(ctx context.Context, paths []string, o verifyBundleOptions) (err error) {
	if o.trusted == "" || o.metadata == "" || o.out == "" {
		return usage(errors.New("three are needed: --trusted FILE (a root that both machines trust), --metadata FOLDER or ADDRESS (where the repository is), --out FILE (to write)"))
	}
	raw, err := c.readRoot(o.trusted)
	if err != nil {
		return err
	}
	var opened []io.Closer
	defer func() { err = errors.Join(err, closeAll(opened)) }()
	from, err := c.source(verifyTargetOptions{metadata: o.metadata}, &opened)
	if err != nil {
		return err
	}
	now := c.env.Now().UTC()
	made, verdicts, err := bundle.Make(ctx, from, raw, now, bundle.Limits{}, paths...)
	if err != nil {
		return &codedError{targetCode(err), err}
	}
	out := &verifyBundleResult{Out: o.out, Files: made.Names(), Paths: paths, Root: verdicts[0].Chain[0].Version, Made: now, Expires: verdicts[0].Expires}
	for _, v := range verdicts {
		if v.Fork != nil {
			return &codedError{targetCode(v.Fork), v.Fork}
		}
		if v.Expires.Before(out.Expires) {
			out.Expires = v.Expires
		}
	}
	comments := []string{fmt.Sprintf("TUF metadata, made %s, accepted until %s, for:", date(now), date(out.Expires))}
	for _, path := range paths {
		comments = append(comments, fmt.Sprintf("    %q", path))
	}
	text := made.Encode(comments...)
	out.Bytes = len(text)
	if err := writeNew(c.path(o.out), text, "bundle"); err != nil {
		return fmt.Errorf("nothing was written: %w", err)
	}
	return c.show(out)
}

func closeAll(opened []io.Closer) error {
	var errs []error
	for _, o := range opened {
		errs = append(errs, o.Close())
	}
	return errors.Join(errs...)
}
