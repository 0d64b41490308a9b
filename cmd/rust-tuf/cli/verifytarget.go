package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/rust-lang/rust-tuf/verify"
	"github.com/rust-lang/rust-tuf/verify/dirstore"
	"github.com/rust-lang/rust-tuf/verify/httpfetch"
	"github.com/spf13/cobra"
)

type verifyTargetOptions struct {
	trusted  string
	metadata string
	store    string
	file     string
	at       string
}

func (c *command) verifyTargetCommand() *cobra.Command {
	var o verifyTargetOptions
	cmd := &cobra.Command{
		Use:   "target PATH --trusted FILE --metadata FOLDER|ADDRESS",
		Short: "say what a repository promises of one file, and who vouches for it",
		Long: `target goes through a whole refresh as a client does: from a root that you trust to
the newest one, to the timestamp and the snapshot of now, and through the
delegations to the role that lists the file. It says what is promised of it, who
signed each step, and until when that holds. With --file it also holds a file
that you have to that promise.

With --store, what is trusted is kept in a folder of yours, and nothing may go
back the next time.

Exit codes: 0 vouched for, 10 expired, 11 below a threshold, 12 older than what is
trusted, 13 malformed or too large, 14 nobody vouches for it, 15 another length or
hash, 3 any other refusal, 1 a file or an address cannot be read.`,
		Args: argsBetween(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error { return c.runVerifyTarget(cmd.Context(), args[0], o) },
	}
	f := cmd.Flags()
	f.StringVar(&o.trusted, "trusted", "", "root `file` that you trust already (needed)")
	f.StringVar(&o.metadata, "metadata", "", "`folder` or address with timestamp.json and the rest (needed)")
	f.StringVar(&o.store, "store", "", "`folder` that keeps what is trusted from one time to the next")
	f.StringVar(&o.file, "file", "", "`file` that has to be the target, to the byte")
	f.StringVar(&o.at, "at", "", "judge expiry at this `time` (2026-11-22 or 2026-11-22T12:00:00Z) instead of now; the verdict says so")
	return cmd
}

type verifyTargetResult struct {
	Path    string            `json:"path"`
	Length  int64             `json:"length"`
	Hashes  map[string]string `json:"hashes"`
	Chain   []chainLink       `json:"chain"`
	Expires time.Time         `json:"expires"` // the earliest in the chain
	At      time.Time         `json:"judged_at"`
	Given   bool              `json:"time_given"`
	File    string            `json:"file,omitempty"` // that is the target, to the byte
}

type chainLink struct {
	Role      string    `json:"role"`
	Version   int64     `json:"version"`
	Threshold int       `json:"threshold"`
	Signers   []string  `json:"signers"`
	Expires   time.Time `json:"expires"`
}

func (r *verifyTargetResult) text(w io.Writer) {
	for _, l := range r.Chain {
		fmt.Fprintf(w, "%s version %d: signed by %s, %d needed; expires %s\n", l.Role, l.Version, join(l.Signers), l.Threshold, date(l.Expires))
	}
	as := "now, " + date(r.At)
	if r.Given {
		as = "as of " + date(r.At)
	}
	fmt.Fprintf(w, "ok: %s is vouched for %s; that holds until %s (%s).\n", r.Path, as, date(r.Expires), remaining(r.Expires, r.At))
	fmt.Fprintf(w, "    %d bytes\n", r.Length)
	for _, algorithm := range []string{"sha256", "sha512"} {
		if digits, ok := r.Hashes[algorithm]; ok {
			fmt.Fprintf(w, "    %s %s\n", algorithm, digits)
		}
	}
	if r.File != "" {
		fmt.Fprintf(w, "ok: %s is this file, to the byte.\n", r.File)
	}
}

func (c *command) runVerifyTarget(ctx context.Context, path string, o verifyTargetOptions) (err error) {
	if o.trusted == "" || o.metadata == "" {
		return usage(errors.New("both are needed: --trusted FILE (the root you hold) and --metadata FOLDER or ADDRESS (where the repository is)"))
	}
	at, given := c.env.Now().UTC(), o.at != ""
	if given {
		if at, err = parseInstant(o.at); err != nil {
			return usage(err)
		}
	}
	raw, err := readBounded(c.path(o.trusted), 2*verify.DefaultLimits().RootBytes)
	if err != nil {
		return usage(fmt.Errorf("the trusted root: %w", err))
	}
	client := &verify.Client{}
	closeAll, err := c.connect(client, o)
	defer func() { err = errors.Join(err, closeAll()) }()
	if err != nil {
		return err
	}
	verdict, err := ask(ctx, client, raw, at, path)
	if err != nil {
		return &codedError{targetCode(err), err}
	}
	out := &verifyTargetResult{Path: verdict.Path, Length: verdict.Length, Hashes: verdict.Hashes, Expires: verdict.Expires, At: at, Given: given}
	for _, v := range verdict.Chain {
		out.Chain = append(out.Chain, chainLink{v.Role, v.Version, v.Threshold, owners(v.Tally().Valid), v.Expires})
	}
	if o.file != "" {
		if err := holdTo(verdict, c.path(o.file)); err != nil {
			return &codedError{verifyCode(err), err}
		}
		out.File = o.file
	}
	return c.show(out)
}

// targetCode tells what was judged and refused from what could not be had.
func targetCode(err error) int {
	if code := verifyCode(err); code != ExitRejected || isRefusal(err) || is[*verify.ForkError](err) {
		return code
	}
	return ExitOther
}

// ask goes through one refresh and looks a target up. Two documents of one
// version are a refusal here: somebody has to look at them.
func ask(ctx context.Context, client *verify.Client, root []byte, at time.Time, path string) (*verify.Verdict, error) {
	if err := client.Init(root); err != nil {
		return nil, fmt.Errorf("the trusted root: %w", err)
	}
	repository, err := client.Refresh(ctx, at)
	if err != nil {
		return nil, err
	}
	verdict, err := repository.Target(ctx, path)
	if err == nil && verdict.Fork != nil {
		return nil, verdict.Fork
	}
	return verdict, err
}

// connect gives the client its repository and its store. What it returns
// closes both, and is never nil.
func (c *command) connect(client *verify.Client, o verifyTargetOptions) (closeAll func() error, err error) {
	var opened []io.Closer
	closeAll = func() error {
		var errs []error
		for _, o := range opened {
			errs = append(errs, o.Close())
		}
		return errors.Join(errs...)
	}
	if strings.HasPrefix(o.metadata, "https://") || strings.HasPrefix(o.metadata, "http://") {
		fetcher, err := httpfetch.New(o.metadata, httpfetch.Options{})
		if err != nil {
			return closeAll, usage(err)
		}
		client.Metadata, opened = fetcher, append(opened, fetcher)
	} else {
		mirror, err := dirstore.OpenMirror(c.path(o.metadata))
		if err != nil {
			return closeAll, usage(fmt.Errorf("the folder of metadata: %w", err))
		}
		client.Metadata, opened = mirror, append(opened, mirror)
	}
	if o.store == "" {
		client.Store = forgetful{}
		return closeAll, nil
	}
	store, err := dirstore.Open(c.path(o.store), dirstore.Options{})
	if err != nil {
		return closeAll, err
	}
	client.Store, opened = store, append(opened, store)
	return closeAll, nil
}

// forgetful is a store for one refresh.
type forgetful map[verify.Slot][]byte

func (s forgetful) Load(slot verify.Slot) ([]byte, error) {
	if raw, ok := s[slot]; ok {
		return raw, nil
	}
	return nil, verify.ErrNotFound
}

func (s forgetful) Swap(slot verify.Slot, _, content []byte) error {
	s[slot] = content
	if content == nil {
		delete(s, slot)
	}
	return nil
}

// holdTo holds a file to what is promised of a target.
func holdTo(v *verify.Verdict, name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	return v.Copy(io.Discard, f)
}
