package verification

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/frame"
	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/words"
	"github.com/rust-lang/rust-tuf/verify"
	"github.com/rust-lang/rust-tuf/verify/bundle"
	"github.com/rust-lang/rust-tuf/verify/dirstore"
	"github.com/rust-lang/rust-tuf/verify/httpfetch"
	"github.com/rust-lang/rust-tuf/verify/memstore"
	"github.com/spf13/cobra"
)

type targetOptions struct {
	trusted  string
	metadata string
	bundle   string
	store    string
	file     string
	at       string
}

func (v *verifier) targetCommand() *cobra.Command {
	var o targetOptions
	cmd := &cobra.Command{
		Use:   "target PATH --trusted FILE {--metadata FOLDER|ADDRESS | --bundle FILE}",
		Short: "say what a repository promises of one file, and who vouches for it",
		Long: `target goes through a whole refresh as a client does: from a root that you trust to
the newest one, to the timestamp and the snapshot of now, and through the
delegations to the role that lists the file. It says what is promised of it, who
signed each step, and until when that holds. With --file it also holds a file
that you have to that promise.

With --store, what is trusted is kept in a folder of yours, and nothing may go
back the next time. The first root is the one given with --trusted; from then on
the store's own is used. If a role has signed two documents of one version, both
are written as proof into a folder beside the store, called like it with "-proof".

With --bundle nothing is fetched: the metadata come out of one file, made where
there is a network by ` + "`" + v.Command + " bundle`" + `. The verdict is then one as of that
file's timestamp: whether there is a newer one, nobody was asked.

Exit codes: 0 vouched for, 10 expired, 11 below a threshold, 12 older than what is
trusted, 13 malformed or too large, 14 nobody vouches for it, 15 another length or
hash, 3 any other refusal, 1 a file or an address cannot be read.`,
		Args: frame.Args(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error { return v.runTarget(cmd.Context(), args[0], o) },
	}
	f := cmd.Flags()
	f.StringVar(&o.trusted, "trusted", "", "root `file` that you trust already (needed)")
	f.StringVar(&o.metadata, "metadata", "", "`folder` or address with timestamp.json and the rest")
	f.StringVar(&o.bundle, "bundle", "", "one `file` with the metadata, in place of --metadata")
	f.StringVar(&o.store, "store", "", "`folder` that keeps what is trusted from one time to the next")
	f.StringVar(&o.file, "file", "", "`file` that has to be the target, to the byte")
	atFlag(cmd, &o.at)
	return cmd
}

type targetResult struct {
	Path    string            `json:"path"`
	Length  int64             `json:"length"`
	Hashes  map[string]string `json:"hashes"`
	Chain   []chainLink       `json:"chain"`
	Expires time.Time         `json:"expires"` // the earliest in the chain
	judged
	Bundle string `json:"bundle,omitempty"` // where the metadata come from
	AsOf   *asOf  `json:"as_of,omitempty"`  // how old they are, with a bundle
	File   string `json:"file,omitempty"`   // that is the target, to the byte

	Kept     int64         `json:"store_root_version,omitempty"` // that the store trusted already, in place of --trusted
	Replaced *replacedRoot `json:"replaced,omitempty"`           // the root was entered by its digest

	trusted string
}

// asOf is what is proven of the age of metadata that nobody fetched now: whoever
// made the bundle can have held back newer ones, but not past this expiry.
type asOf struct {
	Version int64     `json:"timestamp_version"`
	Expires time.Time `json:"timestamp_expires"`
}

type replacedRoot struct {
	Before       int64  `json:"before_version"` // 0 where it is not known
	BeforeDigest string `json:"before_sha256"`
	After        int64  `json:"after_version"`
	AfterDigest  string `json:"after_sha256"`
}

type chainLink struct {
	Role      string    `json:"role"`
	Version   int64     `json:"version"`
	Threshold int       `json:"threshold"`
	Signers   []string  `json:"signers"`
	Expires   time.Time `json:"expires"`
}

func (r *targetResult) text(w *words.Lines) {
	for _, l := range r.Chain {
		w.Printf("%s version %d: signed by %s, %d needed; expires %s\n", l.Role, l.Version, words.Join(l.Signers), l.Threshold, words.Date(l.Expires))
	}
	w.Printf("ok: %s is vouched for %s; that holds until %s (%s).\n", r.Path, r.when(), words.Date(r.Expires), words.Remaining(r.Expires, r.At))
	w.Printf("    %d bytes\n", r.Length)
	for _, algorithm := range []string{"sha256", "sha512"} {
		if digits, ok := r.Hashes[algorithm]; ok {
			w.Printf("    %s %s\n", algorithm, digits)
		}
	}
	if r.AsOf != nil {
		w.Printf("offline: all of this is from %s; nobody was asked whether there is a newer timestamp than version %d, which no client accepts after %s.\n", r.Bundle, r.AsOf.Version, words.Date(r.AsOf.Expires))
	}
	if r.Kept > 0 {
		w.Printf("note: the store trusts root version %d already; all of this starts there, and %s was not used.\n", r.Kept, r.trusted)
	}
	if r.Replaced != nil {
		r.Replaced.text(w)
	}
	if r.File != "" {
		w.Printf("ok: %s is this file, to the byte.\n", r.File)
	}
}

// when is as of when a verdict holds. What nobody asked for anew is not "now": of its
// age the timestamp alone is proven.
func (r *targetResult) when() string {
	switch {
	case r.AsOf != nil && r.Given:
		return fmt.Sprintf("as of timestamp version %d, judged at the time that you gave, %s", r.AsOf.Version, words.Date(r.At))
	case r.AsOf != nil:
		return fmt.Sprintf("as of timestamp version %d, judged by this machine's clock, %s", r.AsOf.Version, words.Date(r.At))
	}
	return r.judged.when()
}

// words is what a refusal adds.
func (r *replacedRoot) words() string {
	if r.After == 0 {
		return "a root of which the store, whose note is damaged, does not know any more whether it was replaced by hand"
	}
	return fmt.Sprintf("root version %d, whose digest somebody entered in this store in place of root version %d", r.After, r.Before)
}

func (r *replacedRoot) text(w *words.Lines) {
	if r.After == 0 {
		w.Printf("warning: this store has a damaged note, so whether its root was ever replaced by hand is not known any more. With a new folder for --store all begins from the root that you hold, and this ends.\n")
		return
	}
	w.Printf("warning: root version %d did not follow from the one before it: somebody entered its digest in this store, in place of root version %d.\n", r.After, r.Before)
	w.Digest(r.AfterDigest)
}

func replacedBy(r *verify.Replacement) *replacedRoot {
	if r == nil {
		return nil
	}
	return &replacedRoot{r.Before.Version, r.Before.Digest.String(), r.After.Version, r.After.Digest.String()}
}

func (v *verifier) runTarget(ctx context.Context, path string, o targetOptions) (err error) {
	if o.trusted == "" || (o.metadata == "") == (o.bundle == "") {
		return exit.With(exit.Usage, errors.New("two are needed: --trusted FILE (the root you hold), and either --metadata FOLDER or ADDRESS (where the repository is) or --bundle FILE"))
	}
	at, err := v.judged(o.at)
	if err != nil {
		return err
	}
	raw, err := v.readRoot("the trusted root", o.trusted)
	if err != nil {
		return err
	}
	client := &verify.Client{}
	done, err := v.connect(client, o)
	defer func() { err = errors.Join(err, done()) }()
	if err != nil {
		return err
	}
	kept, err := keptRoot(client, raw)
	if err != nil {
		return exit.With(targetCode(err), err)
	}
	verdict, err := ask(ctx, client, raw, at.At, path)
	var fork *verify.ForkError
	if errors.As(err, &fork) && o.store != "" {
		err = v.keepProof(err, fork, o.store)
	}
	if err != nil {
		if kept > 0 {
			err = fmt.Errorf("%w; judged from root version %d, which the store trusts, and not from %s", err, kept, o.trusted)
		}
		if root, rootErr := client.Root(); rootErr == nil && root.Replacement() != nil {
			err = fmt.Errorf("%w; judged under %s", err, replacedBy(root.Replacement()).words())
		}
		if is[*verify.StoreFormatError](err) {
			err = fmt.Errorf("%s: %w", o.store, err)
		}
		if o.bundle != "" && is[*verify.ExpiredError](err) {
			err = fmt.Errorf("%w; get a newer bundle, or see with --at what this one said at an earlier time", err)
		}
		return exit.With(targetCode(err), err)
	}
	out := &targetResult{Path: verdict.Path, Length: verdict.Length, Hashes: verdict.Hashes, Expires: verdict.Expires, judged: at,
		Bundle: o.bundle, Kept: kept, trusted: o.trusted, Replaced: replacedBy(verdict.Replaced)}
	for _, link := range verdict.Chain {
		out.Chain = append(out.Chain, chainLink{link.Role, link.Version, link.Threshold, words.Owners(link.Tally().Valid), link.Expires})
		if o.bundle != "" && out.AsOf == nil && link.Role == "timestamp" {
			out.AsOf = &asOf{link.Version, link.Expires}
		}
	}
	if o.file != "" {
		if err := holdTo(verdict, v.path(o.file)); err != nil {
			return exit.With(codeOf(err), err)
		}
		out.File = o.file
	}
	return v.show(out)
}

// targetCode tells what was judged and refused from what could not be had.
func targetCode(err error) int {
	if is[*verify.ForkError](err) {
		return exit.Rejected
	}
	if code := codeOf(err); code != exit.Rejected || IsRefusal(err) {
		return code
	}
	return exit.Other
}

// keptRoot is the version of the root that a store trusts already, if the one
// that was given is none of those that it ever trusted: Init never replaces it.
// 0 if there is nothing to say.
func keptRoot(client *verify.Client, given []byte) (int64, error) {
	root, err := verify.TrustRoot(given, verify.Limits{})
	if err != nil {
		return 0, fmt.Errorf("the trusted root: %w", err)
	}
	kept, err := client.Root()
	if err != nil {
		return 0, nil // Init says what is wrong
	}
	raw, err := client.Store.Load(verify.Slot{Role: "root", Version: root.Version()})
	if err == nil {
		if known, err := verify.TrustRoot(raw, verify.Limits{}); err == nil && known.Digest() == root.Digest() {
			return 0, nil
		}
	}
	return kept.Version(), nil
}

// ask goes through one refresh and looks a target up. Two documents of one
// version are a refusal here, beside any other: somebody has to look at them, and
// the store may have gone on already.
func ask(ctx context.Context, client *verify.Client, root []byte, at time.Time, path string) (*verify.Verdict, error) {
	if err := client.Init(root); err != nil {
		return nil, fmt.Errorf("the trusted root: %w", err)
	}
	repository, err := client.Refresh(ctx, at)
	if err != nil {
		return nil, err
	}
	verdict, err := repository.Target(ctx, path)
	if fork := repository.Fork(); fork != nil {
		return nil, errors.Join(err, fork)
	}
	return verdict, err
}

// connect gives the client its repository and its store. What it returns
// closes both, and is never nil.
func (v *verifier) connect(client *verify.Client, o targetOptions) (done func() error, err error) {
	var opened []io.Closer
	done = func() error { return closeAll(opened) }
	if client.Metadata, err = v.source(o, &opened); err != nil {
		return done, err
	}
	if o.store == "" {
		client.Store = new(memstore.Store)
		return done, nil
	}
	store, err := dirstore.Open(v.path(o.store), dirstore.Options{})
	if err != nil {
		return done, err
	}
	client.Store, opened = store, append(opened, store)
	return done, nil
}

// source is where the metadata come from; what has to be closed is added to
// opened.
func (v *verifier) source(o targetOptions, opened *[]io.Closer) (verify.Fetcher, error) {
	switch {
	case o.bundle != "":
		raw, err := frame.ReadBounded(v.path(o.bundle), bundle.DefaultLimits().Bytes)
		if err != nil {
			return nil, exit.With(exit.Usage, fmt.Errorf("the bundle: %w", err))
		}
		offline, err := bundle.Read(raw, bundle.Limits{})
		if err != nil {
			return nil, exit.With(exit.Format, fmt.Errorf("%s: %w", o.bundle, err))
		}
		return offline, nil
	case strings.HasPrefix(o.metadata, "https://") || strings.HasPrefix(o.metadata, "http://"):
		fetcher, err := httpfetch.New(o.metadata, httpfetch.Options{})
		if err != nil {
			return nil, exit.With(exit.Usage, err)
		}
		*opened = append(*opened, fetcher)
		return fetcher, nil
	}
	mirror, err := dirstore.OpenMirror(v.path(o.metadata))
	if err != nil {
		return nil, exit.With(exit.Usage, fmt.Errorf("the folder of metadata: %w", err))
	}
	*opened = append(*opened, mirror)
	return mirror, nil
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
