package verification

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/frame"
	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/words"
	"github.com/rust-lang/rust-tuf/verify"
	"github.com/spf13/cobra"
)

type rootOptions struct {
	trusted  string
	metadata string
	at       string
}

func (v *verifier) rootCommand() *cobra.Command {
	var o rootOptions
	cmd := &cobra.Command{
		Use:   "root --trusted FILE --metadata FOLDER",
		Short: "walk from a root you hold to the newest one, as a client does",
		Long: `root starts from a root file that you trust, walks version by version through the
root files of a folder (a mirror's metadata/), and says which root is reached,
who signed it, and whether it is still valid. It is what clients do, by the same
code.

Exit codes: 0 valid, 10 expired, 11 below a threshold, 12 older than the trusted
root or not the next version, 13 malformed or too large, 3 any other refusal,
1 a file cannot be read.`,
		Args: frame.NoArgs,
		RunE: func(*cobra.Command, []string) error { return v.runRoot(o) },
	}
	f := cmd.Flags()
	f.StringVar(&o.trusted, "trusted", "", "root `file` that you trust already (needed)")
	f.StringVar(&o.metadata, "metadata", "", "`folder` with 1.root.json, 2.root.json, … (needed)")
	atFlag(cmd, &o.at)
	return cmd
}

type rootResult struct {
	From    int64     `json:"from_version"`
	To      int64     `json:"version"`
	Digest  string    `json:"sha256"`
	Expires time.Time `json:"expires"`
	judged
	Rule    string   `json:"rule"`
	Signers []string `json:"signers"`
	Steps   []string `json:"steps"`
}

func (r *rootResult) text(w *words.Lines) {
	for _, s := range r.Steps {
		w.Printf("%s\n", s)
	}
	w.Printf("ok: root version %d is trusted %s: signed by %s (%s); expires %s (%s).\n",
		r.To, r.when(), words.Join(r.Signers), r.Rule, words.Date(r.Expires), words.Remaining(r.Expires, r.At))
	w.Digest(r.Digest)
}

func (v *verifier) runRoot(o rootOptions) error {
	if o.trusted == "" || o.metadata == "" {
		return exit.With(exit.Usage, errors.New("both are needed: --trusted FILE (the root you hold) and --metadata FOLDER (where newer ones are)"))
	}
	at, err := v.judged(o.at)
	if err != nil {
		return err
	}
	raw, err := v.readRoot("the trusted root", o.trusted)
	if err != nil {
		return err
	}
	newest, err := newestIn(v.path(o.metadata))
	if err != nil {
		return err
	}
	result, err := walkFolder(raw, v.path(o.metadata))
	if err == nil {
		err = checkReached(result.newest.Version(), newest)
	}
	if err != nil {
		return exit.With(codeOf(err), err)
	}
	root := result.newest
	if err := root.CheckExpiry(at.At); err != nil {
		return exit.With(codeOf(err), err)
	}
	q, _ := root.Quorum("root")
	tally := q.Tally(root.Document())
	return v.show(&rootResult{
		From: result.from, To: root.Version(), Digest: root.Digest().String(), Expires: root.Expires(), judged: at,
		Rule: fmt.Sprintf("%d of %d", q.Threshold(), len(q.Keys())), Signers: words.Owners(tally.Valid), Steps: result.steps,
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
		raw, err := frame.ReadBounded(filepath.Join(folder, fmt.Sprintf("%d.root.json", version)), lim.RootBytes)
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
	names, err := namesIn(folder)
	if err != nil {
		return 0, exit.With(exit.Usage, fmt.Errorf("the folder of metadata: %w", err))
	}
	var newest int64
	for _, name := range names {
		number, isRoot := strings.CutSuffix(name, ".root.json")
		v, err := strconv.ParseInt(number, 10, 64)
		if !isRoot || err != nil || v < 1 || strconv.FormatInt(v, 10) != number {
			continue
		}
		newest = max(newest, v)
	}
	if newest == 0 {
		return 0, exit.With(exit.Usage, fmt.Errorf("%s holds no root, no 1.root.json and none of a later version; give the folder in which they lie", folder))
	}
	return newest, nil
}

// namesIn are the names of what is in a folder, in no order: it may hold very many.
func namesIn(folder string) (names []string, err error) {
	f, err := os.Open(folder)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return f.Readdirnames(-1)
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

// readRoot reads the file of a root that somebody gave, which may be PEM; what says
// for what it was given.
func (v *verifier) readRoot(what, name string) ([]byte, error) {
	raw, err := frame.ReadBounded(v.path(name), 2*verify.DefaultLimits().RootBytes)
	if err != nil {
		return nil, exit.With(exit.Usage, fmt.Errorf("%s: %w", what, err))
	}
	return raw, nil
}
