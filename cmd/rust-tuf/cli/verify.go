package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
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

Exit codes: 0 valid, 10 expired, 11 below a threshold, 12 older than the trusted
root or not the next version, 13 malformed or too large, 3 any other refusal,
1 a file cannot be read.`,
		Args: noArgs,
		RunE: func(*cobra.Command, []string) error { return c.runVerifyRoot(o) },
	}
	f := root.Flags()
	f.StringVar(&o.trusted, "trusted", "", "root `file` that you trust already (needed)")
	f.StringVar(&o.metadata, "metadata", "", "`folder` with 1.root.json, 2.root.json, … (needed)")
	f.StringVar(&o.at, "at", "", "judge expiry at this `time` (2026-11-22 or 2026-11-22T12:00:00Z) instead of now; the verdict says so")
	return group("verify", "verify as clients do", root, c.verifyTargetCommand(), c.verifyBundleCommand(), c.verifyReplaceCommand())
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
	raw, err := c.readRoot(o.trusted)
	if err != nil {
		return err
	}
	newest, err := newestIn(c.path(o.metadata))
	if err != nil {
		return err
	}
	result, err := walkFolder(raw, c.path(o.metadata))
	if err == nil {
		err = checkReached(result.newest.Version(), newest)
	}
	if err != nil {
		return &codedError{verifyCode(err), err}
	}
	root := result.newest
	if err := root.CheckExpiry(at); err != nil {
		return &codedError{verifyCode(err), err}
	}
	q, _ := root.Quorum("root")
	tally := q.Tally(root.Document())
	return c.show(&verifyRootResult{
		From: result.from, To: root.Version(), Digest: root.Digest().String(), Expires: root.Expires(), At: at, Given: given,
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
	if err != nil {
		return out, fmt.Errorf("%d.root.json: %w", out.newest.Version()+1, err)
	}
	return out, nil
}

// newestIn is the newest N.root.json of a folder. A folder without any is a
// mistake in the command, which must not end in "ok".
func newestIn(folder string) (int64, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return 0, usage(fmt.Errorf("the folder of metadata: %w", err))
	}
	var newest int64
	for _, e := range entries {
		number, isRoot := strings.CutSuffix(e.Name(), ".root.json")
		v, err := strconv.ParseInt(number, 10, 64)
		if !isRoot || err != nil || v < 1 || strconv.FormatInt(v, 10) != number {
			continue
		}
		newest = max(newest, v)
	}
	if newest == 0 {
		return 0, usage(fmt.Errorf("%s holds no root, no 1.root.json and none of a later version; give the folder in which they lie", folder))
	}
	return newest, nil
}

// checkReached refuses a folder that ends before the root that a client holds, or
// has newer ones that no client can reach because one in between is missing.
func checkReached(reached, newest int64) error {
	if reached == newest {
		return nil
	}
	err := &verify.VersionError{Role: "root", Trusted: reached, Found: newest}
	if newest < reached {
		return fmt.Errorf("the folder ends before the root that you hold: %w", err)
	}
	return fmt.Errorf("%d.root.json is missing, so clients at version %d never reach version %d: %w", reached+1, reached, newest, err)
}

// readRoot reads the file of a root that somebody gave, which may be PEM.
func (c *command) readRoot(name string) ([]byte, error) {
	raw, err := readBounded(c.path(name), 2*verify.DefaultLimits().RootBytes)
	if err != nil {
		return nil, usage(fmt.Errorf("the trusted root: %w", err))
	}
	return raw, nil
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
