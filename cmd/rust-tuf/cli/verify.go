package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/rust-lang/rust-tuf/verify"
	"github.com/spf13/cobra"
)

type verifyRootOptions struct {
	trusted  string
	metadata string
	at       string
}

func (c *command) verifyCommand() *cobra.Command {
	var o verifyRootOptions
	root := &cobra.Command{
		Use:   "root --trusted FILE --metadata FOLDER",
		Short: "walk from a root you hold to the newest one, as a client does",
		Long: `root starts from a root file that you trust, walks version by version through the
root files of a folder (a mirror's metadata/), and says which root is reached,
who signed it, and whether it is still valid. It is what rustup and cargo do,
by the same code.

Exit codes: 0 valid, 10 expired, 11 below a threshold, 12 not the next version,
13 malformed, 3 any other refusal.`,
		Args: noArgs,
		RunE: func(*cobra.Command, []string) error { return c.runVerifyRoot(o) },
	}
	f := root.Flags()
	f.StringVar(&o.trusted, "trusted", "", "root `file` that you trust already (needed)")
	f.StringVar(&o.metadata, "metadata", "", "`folder` with 1.root.json, 2.root.json, … (needed)")
	f.StringVar(&o.at, "at", "", "judge expiry at this `time` (2026-11-22 or 2026-11-22T12:00:00Z) instead of now; the verdict says so")
	return group("verify", "verify as clients do", root)
}

type verifyRootResult struct {
	From    int64     `json:"from_version"`
	To      int64     `json:"version"`
	Digest  string    `json:"sha256"`
	Expires time.Time `json:"expires"`
	At      time.Time `json:"judged_at"`
	Given   bool      `json:"time_given"` // the instant was given, not read from the clock
	Rule    string    `json:"rule"`
	Signers []string  `json:"signers"`
	Steps   []string  `json:"steps"`
}

func (r *verifyRootResult) text(w io.Writer) {
	for _, s := range r.Steps {
		fmt.Fprintln(w, s)
	}
	as := "now, " + date(r.At)
	if r.Given {
		as = "as of " + date(r.At)
	}
	fmt.Fprintf(w, "ok: root version %d is trusted %s: signed by %s (%s); expires %s (%s).\n",
		r.To, as, join(r.Signers), r.Rule, date(r.Expires), remaining(r.Expires, r.At))
	writeDigest(w, r.Digest)
}

func (c *command) runVerifyRoot(o verifyRootOptions) error {
	if o.trusted == "" || o.metadata == "" {
		return usage(errors.New("both are needed: --trusted FILE (the root you hold) and --metadata FOLDER (where newer ones are)"))
	}
	at, given := c.env.Now().UTC(), false
	if o.at != "" {
		var err error
		if at, err = parseInstant(o.at); err != nil {
			return usage(err)
		}
		given = true
	}
	raw, err := os.ReadFile(c.path(o.trusted))
	if err != nil {
		return usage(fmt.Errorf("the trusted root: %w", err))
	}
	result, err := walkFolder(raw, c.path(o.metadata))
	if err != nil {
		return &codedError{verifyCode(err), err}
	}
	newest := result.newest
	if err := newest.CheckExpiry(at); err != nil {
		return &codedError{verifyCode(err), err}
	}
	q, _ := newest.Quorum("root")
	tally := q.Tally(newest.Document())
	return c.show(&verifyRootResult{
		From: result.from, To: newest.Version(), Digest: newest.Digest().Groups(), Expires: newest.Expires(), At: at, Given: given,
		Rule: fmt.Sprintf("%d of %d", q.Threshold(), len(q.Keys())), Signers: owners(tally.Valid), Steps: result.steps,
	})
}

type walked struct {
	from   int64
	newest *verify.Root
	steps  []string
}

// walkFolder is the walk of TUF 1.0.34, 5.3, over a folder of files.
func walkFolder(trusted []byte, folder string) (*walked, error) {
	lim := verify.DefaultLimits()
	root, err := verify.TrustRoot(trusted, lim)
	if err != nil {
		return nil, fmt.Errorf("the trusted root: %w", err)
	}
	out := &walked{from: root.Version()}
	out.steps = append(out.steps, fmt.Sprintf("root version %d: trusted, given by you", root.Version()))
	out.newest, err = root.Walk(func(version int64) ([]byte, error) {
		raw, err := readBounded(filepath.Join(folder, fmt.Sprintf("%d.root.json", version)), lim.RootBytes)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, verify.ErrNotFound
		}
		if err == nil {
			out.steps = append(out.steps, fmt.Sprintf("root version %d: follows, by the rules of versions %d and %d", version, version-1, version))
		}
		return raw, err
	}, lim)
	return out, err
}

// readBounded reads one byte more than the limit, so that the verifier sees
// that a file is too large without anyone holding it.
func readBounded(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, limit+1))
}

// path is a file name as the user means it: relative to the command's folder.
func (c *command) path(p string) string {
	if filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(c.env.Dir, p)
}

func parseInstant(s string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, strings.TrimSpace(s)); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is no time; write 2026-11-22 or 2026-11-22T12:00:00Z", s)
}
