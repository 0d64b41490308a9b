package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/frame"
	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/words"
	"github.com/rust-lang/rust-tuf/signer/trust"
	"github.com/rust-lang/rust-tuf/verify"
	"github.com/spf13/cobra"
)

func (c *command) trustCommand() *cobra.Command {
	var bundle string
	init := &cobra.Command{
		Use:   "init",
		Short: "pin the root that this machine trusts, by its digest",
		Long: `init pins the root that this machine starts from. The digest is typed by you: get
it from somebody you trust, by a way that is not the repository itself (a call,
a printed page). It is done once; after that, the machine follows the root from
version to version by itself and never believes a remote about it.

It is done once more by whoever signed the first root of all, if that was
superseded by another one before it was published.

With --bundle the roots come from a file of "rust-tuf bundle export", and neither
a clone nor a network is needed.`,
		Args: frame.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.runTrustInit(cmd.Context(), bundle) },
	}
	init.Flags().StringVar(&bundle, "bundle", "", "`file` of "+"\"rust-tuf bundle export\", on a machine without a network")
	return frame.Group("trust", "what this machine trusts", init,
		&cobra.Command{
			Use:   "show",
			Short: "show the pinned root and what this machine has signed",
			Args:  frame.NoArgs,
			RunE:  func(cmd *cobra.Command, _ []string) error { return c.runTrustShow(cmd.Context()) },
		})
}

func isNoPin(err error) bool {
	var none *NoPinError
	return errors.As(err, &none)
}

type trustResult struct {
	Repository string        `json:"repository"`
	Version    int64         `json:"root_version"`
	Digest     string        `json:"root_sha256"`
	How        string        `json:"how"`
	Expires    time.Time     `json:"expires,omitzero"` // not known while root 1 is being signed
	Signed     []signedEntry `json:"signed"`
	Next       string        `json:"next"`
}

type signedEntry struct {
	Role      string    `json:"role"`
	Version   int64     `json:"version"`
	Digest    string    `json:"sha256"`
	KeyID     string    `json:"keyid"`
	At        time.Time `json:"at"`
	Done      bool      `json:"done"` // false: intended, but no signature was made
	Recovered bool      `json:"recovered"`
}

func (r *trustResult) text(w *words.Lines) {
	w.Printf("This machine trusts root version %d of repository %s (%s).\n", r.Version, r.Repository, r.How)
	w.Digest(r.Digest)
	if !r.Expires.IsZero() {
		w.Printf("It expires on %s.\n", words.Date(r.Expires))
	}
	for _, e := range r.Signed {
		state := "signed"
		if !e.Done {
			state = "agreed to, no signature made"
		}
		if e.Recovered {
			state += ", found on the remote"
		}
		w.Printf("%s version %d, %s, key %s: %s\n    %s\n", e.Role, e.Version, words.Date(e.At), words.ShortID(e.KeyID), state, strings.Join(words.Groups(e.Digest), " "))
	}
	if r.Next != "" {
		w.Printf("Next: %s\n", r.Next)
	}
}

func (c *command) runTrustInit(ctx context.Context, bundle string) error {
	w, err := c.openFrom(ctx, bundle)
	if err != nil {
		return err
	}
	id, err := w.repo.UnverifiedID()
	if err != nil {
		return err
	}
	if id == "" {
		return rejected(errNothingProposed)
	}
	home, err := trust.Open(c.env.Home)
	if err != nil {
		return err
	}
	existing, err := home.Pin(id)
	switch {
	case errors.Is(err, trust.ErrNoPin):
		existing = nil
	case err != nil:
		return err
	case w.replaced(existing) == nil:
		return rejected(&trust.PinExistsError{Existing: *existing})
	}
	if w.repo.Newest("root") == 0 {
		return rejected(errors.New("no root is published yet; whoever signs root version 1 pins it by signing: run `rust-tuf sign`"))
	}
	person := c.person()
	if err := person.say("Repository %s shows %s.", id, rootVersions(w.repo.Newest("root"))); err != nil {
		return err
	}
	typed, err := person.line(ctx, "Digest of a root you trust, received outside the forge (16 groups of four)")
	if err != nil {
		return err
	}
	digest, err := verify.ParseDigest(typed)
	if err != nil {
		return usage(fmt.Errorf("that is no digest: %w", err))
	}
	root, err := w.rootWithDigest(digest)
	if err != nil {
		return rejected(err)
	}
	trusted, err := w.repo.Trusted(root)
	if err != nil {
		return rejected(err)
	}
	if err := person.say("The digest is that of root version %d. From it, the repository proves root version %d.", root.Version(), trusted.Root.Version()); err != nil {
		return err
	}
	if err := person.confirm(ctx, "Pin it on this machine?"); err != nil {
		return err
	}
	pin := trust.Pin{Repository: id, Version: root.Version(), Digest: root.Digest(), Root: root.Raw(), How: trust.DigestEntered, Since: w.now}
	if existing == nil {
		err = home.Establish(pin)
	} else {
		err = takeSuccessor(home, existing, root, w.now)
	}
	if err != nil {
		return err
	}
	if trusted.Root.Digest() != root.Digest() {
		if err := home.Advance(id, root.Digest(), trusted.Root); err != nil {
			return err
		}
	}
	return c.show(&trustResult{Repository: id, Version: trusted.Root.Version(), Digest: trusted.Root.Digest().String(), How: pin.How,
		Expires: trusted.Root.Expires(), Signed: []signedEntry{}, Next: w.afterPin()})
}

// afterPin is the step after a first pin.
func (w *workspace) afterPin() string {
	if w.carried != nil {
		return "`rust-tuf sign --bundle " + quoted(w.file) + "`"
	}
	return "`rust-tuf sign` when an event waits for your key; `rust-tuf status` shows them"
}

// ReplacedPinError is a first root that this machine pinned by signing it, and
// that was superseded before it was published.
type ReplacedPinError struct {
	Repository    string
	Pinned, Found verify.Digest
}

func (e *ReplacedPinError) Error() string {
	return fmt.Sprintf("the first root of repository %s that this machine signed, digest %s, was superseded; the published one has digest %s",
		e.Repository, e.Pinned.Groups(), e.Found.Groups())
}

// Hint names the one next step.
func (e *ReplacedPinError) Hint() string {
	return "get the digest of root version 1 from somebody you trust, outside the forge, and run `rust-tuf trust init`"
}

// replaced tells whether a pin that waits for its root waits for one that was
// superseded: the published root version 1 names it so. It says nothing about
// whether that root is to be trusted.
func (w *workspace) replaced(pin *trust.Pin) error {
	if pin.Root != nil || w.repo.Newest("root") == 0 {
		return nil
	}
	raw, err := w.repo.Published("root", 1)
	if err != nil {
		return nil // what is wrong with it is said elsewhere
	}
	d, err := verify.Read(raw, verify.DefaultLimits())
	if err != nil {
		return nil
	}
	if ext, ok := d.Extension(); !ok || !slices.Contains(ext.Supersedes, pin.Digest) {
		return nil
	}
	return &ReplacedPinError{Repository: pin.Repository, Pinned: pin.Digest, Found: d.Digest()}
}

// takeSuccessor moves a pin that waits for its root to the one that superseded
// it, and of which a person has typed the digest.
func takeSuccessor(home *trust.Home, pin *trust.Pin, root *verify.Root, now time.Time) error {
	if root.Version() != 1 {
		return rejected(fmt.Errorf("that is the digest of root version %d; this machine waits for version 1, so type the digest of version 1", root.Version()))
	}
	return home.Succeed(pin.Repository, pin.Digest, root, now)
}

// rootWithDigest finds the published root that a person named by its digest.
func (w *workspace) rootWithDigest(digest verify.Digest) (*verify.Root, error) {
	for _, v := range w.repo.Versions("root") {
		raw, err := w.repo.Published("root", v)
		if err != nil {
			return nil, err
		}
		root, err := verify.TrustPinnedRoot(raw, digest, verify.DefaultLimits())
		var other *verify.PinError
		if errors.As(err, &other) {
			continue
		}
		return root, err
	}
	shows := "the remote"
	if w.carried != nil {
		shows = "the bundle"
	}
	return nil, fmt.Errorf("no root that %s shows has the digest %s; if you typed it right, this is not the repository you were told about: stop, and ask", shows, digest.Groups())
}

func (c *command) runTrustShow(ctx context.Context) error {
	w, err := c.open(ctx)
	if err != nil {
		return err
	}
	id, err := w.repo.UnverifiedID()
	if err != nil {
		return err
	}
	if id == "" {
		return rejected(errNothingProposed)
	}
	home, err := trust.Open(c.env.Home)
	if err != nil {
		return err
	}
	pin, err := home.Pin(id)
	if errors.Is(err, trust.ErrNoPin) {
		return rejected(&NoPinError{Repository: id, Versions: w.repo.Newest("root")})
	}
	if err != nil {
		return err
	}
	ledger, err := home.Ledger(id)
	if err != nil {
		return err
	}
	out := &trustResult{Repository: id, Version: pin.Version, Digest: pin.Digest.String(), How: pin.How, Signed: []signedEntry{}}
	if root, err := verify.TrustPinnedRoot(pin.Root, pin.Digest, verify.DefaultLimits()); err == nil { // else root 1 is being signed
		out.Expires = root.Expires()
	}
	for _, e := range ledger.Entries() {
		out.Signed = append(out.Signed, signedEntry{Role: e.Role, Version: e.Version, Digest: e.Digest.String(), KeyID: e.KeyID, At: e.At.UTC(), Done: e.File != nil, Recovered: e.Recovered})
	}
	return c.show(out)
}

// rootVersions are all roots up to the newest.
func rootVersions(newest int64) string {
	if newest == 1 {
		return "root version 1"
	}
	return fmt.Sprintf("root versions 1 to %d", newest)
}
