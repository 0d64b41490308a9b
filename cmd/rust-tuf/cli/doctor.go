package cli

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/frame"
	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/words"
	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/roles"
	"github.com/rust-lang/rust-tuf/roles/attest"
	"github.com/rust-lang/rust-tuf/signer"
	"github.com/rust-lang/rust-tuf/verify"
	"github.com/spf13/cobra"
)

func (c *command) doctorCommand() *cobra.Command {
	var test bool
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "check that you could sign now: card, key, clock, clone, rights, pinned root",
		Long: `doctor looks at everything that signing needs and says, a line for each, whether
it is ok, a warning or wrong, and the command that mends it. It changes nothing on a
card or a remote and spends no try of a PIN. Whether you may push is tried without
sending anything. Outside a clone it looks at cards and keys alone.

With --test-signature it offers a signature over a message that can never be
taken for metadata; that needs your PIN and your touch.`,
		Args: frame.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.runDoctor(cmd.Context(), test) },
	}
	cmd.Flags().BoolVar(&test, "test-signature", false, "offer a test signature with each key in your hand")
	return cmd
}

// mark is how bad a line of the doctor is.
type mark string

// The marks of a line.
const (
	markOK      mark = "ok"
	markWarning mark = "warning" // signing works, or may work
	markWrong   mark = "wrong"   // it does not, or must not
)

type doctorResult struct {
	Lines []doctorLine `json:"lines"`
}

type doctorLine struct {
	Mark  mark   `json:"mark"`
	About string `json:"about"` // "card", "key", "clock", "git", "remote", "root", "test"
	Text  string `json:"text"`
	Next  string `json:"next,omitempty"` // what mends it
}

func (r *doctorResult) text(w *words.Lines) {
	for _, l := range r.Lines {
		w.Printf("%s: %s\n", l.Mark, l.Text)
		if l.Next != "" {
			w.Printf("    to mend it: %s\n", l.Next)
		}
	}
}

// diagnosis is one run of `doctor`.
type diagnosis struct {
	*command
	ui     signer.UI
	now    time.Time
	out    doctorResult
	known  declared // what is demanded of cards
	hand   *keysInHand
	w      *workspace        // nil outside a clone whose remote answers
	listed map[string]string // role and owner by fingerprint, of trusted versions
}

func (d *diagnosis) line(as mark, about, next, format string, args ...any) {
	d.out.Lines = append(d.out.Lines, doctorLine{as, about, fmt.Sprintf(format, args...), next})
}

// trouble is a line about an error, which may know what mends it.
func (d *diagnosis) trouble(as mark, about string, err error) { d.ails(as, about, "", err) }

// ails is a line about an error, with what mends it where the error does not
// know.
func (d *diagnosis) ails(as mark, about, next string, err error) {
	var h hinted
	if errors.As(err, &h) {
		next = h.Hint()
	}
	d.line(as, about, next, "%s", strings.ReplaceAll(err.Error(), "\n", "; "))
}

func (c *command) runDoctor(ctx context.Context, test bool) error {
	d := &diagnosis{command: c, ui: c.person().ui(), now: c.env.Now().UTC(), known: declared{proof: c.env.Attestation}, listed: map[string]string{}}
	d.out.Lines = []doctorLine{}
	d.known.terms = &roles.Terms{KeyID: roles.FormSpec, Devices: roles.DefaultDevices()}
	if d.known.proof == nil {
		var err error
		if d.known.proof, err = attest.Yubico(); err != nil {
			return err
		}
	}
	d.clone(ctx)
	if d.w != nil {
		d.pulls(ctx)
		d.clock(ctx)
		d.policy()
		d.root()
	}
	var err error
	if d.hand, err = c.env.keysInHand(ctx, d.ui); err != nil {
		return err
	}
	d.keys(d.cards(ctx))
	if test {
		if err := d.test(ctx); err != nil {
			return err
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	wrong := 0
	for _, l := range d.out.Lines {
		if l.Mark == markWrong {
			wrong++
		}
	}
	if err := c.show(&d.out); err != nil {
		return err
	}
	if wrong > 0 {
		return fmt.Errorf("%d of %d checks say that something is wrong; below each stands what mends it", wrong, len(d.out.Lines))
	}
	return nil
}

// correct mends a file that people write.
const correct = "correct it in a pull request; `rust-tuf check` says whether it is right"

// policy reads what is demanded of cards.
func (d *diagnosis) policy() {
	raw, err := d.w.repo.Tree().Read(metadata.PolicyFile)
	if err != nil {
		d.line(markWarning, "card", "run `rust-tuf init`, or change to the right clone", "%s has no %s; cards are judged by the usual demands", d.w.branch, metadata.PolicyFile)
		return
	}
	terms, err := roles.ParseTerms(metadata.PolicyFile, raw)
	if err != nil {
		d.ails(markWarning, "card", correct, err)
		return
	}
	d.known.terms = terms
	proof, err := d.w.repo.Verifier()
	if err != nil {
		d.ails(markWarning, "card", correct, err)
		return
	}
	d.known.proof = proof
	if d.known.members, err = d.w.repo.Members(); err != nil {
		d.ails(markWarning, "card", correct, err)
	}
}

// root looks at what this machine trusts.
func (d *diagnosis) root() {
	trusted, pin, err := d.w.pinned()
	switch {
	case is[*NoPinError](err):
		d.trouble(markWarning, "root", err)
		if trusted, err = d.w.believed(); err != nil {
			return
		}
	case err != nil:
		d.ails(markWrong, "root", "sign nothing, and tell the other members, by another way than the forge", err)
		return
	case trusted.Root == nil:
		d.line(markOK, "root", "", "no root is published yet, so there is nothing to trust")
	default:
		d.pinnedRoot(trusted.Root, pin.How)
	}
	for role, q := range quorums(trusted) {
		for _, h := range q.Keys() {
			id := h.Key.Fingerprint().String()
			if d.listed[id] == "" || role == roles.Root {
				d.listed[id] = role + ", as " + words.Owner(h)
			}
		}
	}
}

func (d *diagnosis) pinnedRoot(root *verify.Root, how string) {
	if err := root.CheckExpiry(d.now); err != nil {
		d.line(markWarning, "root", "see that this computer's clock is right; if it is, ask a maintainer to propose the next root: `rust-tuf propose --renew root`",
			"this machine trusts root version %d (%s), which expired at %s", root.Version(), how, words.Date(root.Expires()))
		return
	}
	d.line(markOK, "root", "", "this machine trusts root version %d (%s), which expires at %s", root.Version(), how, words.Date(root.Expires()))
}

// test offers a signature with each key in hand.
func (d *diagnosis) test(ctx context.Context) error {
	for _, k := range d.hand.keys {
		yes, err := d.ui.Confirm(ctx, fmt.Sprintf("Make a test signature with the %s? It signs a random sentence that is thrown away", k.Describe()))
		if err != nil {
			return err
		}
		if !yes {
			d.line(markOK, "test", "", "no test signature with the %s was wanted", k.Describe())
			continue
		}
		if _, err := d.person().sign(ctx, "", k, k.Public(), testMessage(d.now)); err != nil {
			if ctx.Err() != nil {
				return err
			}
			d.trouble(markWrong, "test", err)
			continue
		}
		d.line(markOK, "test", "", "the %s made a signature, which verifies; it was thrown away", k.Describe())
	}
	return nil
}

// testMessage is what a test signature is made over. What counts begins with
// "{" (canonical JSON), "rust-tuf member v1" (a newcomer's statement) or
// "rust-tuf retirement v1"; this begins with none of them.
func testMessage(now time.Time) []byte {
	return fmt.Appendf(nil, "rust-tuf doctor v1\nA test, which means nothing.\n%s\n%s\n", now.Format(time.RFC3339), rand.Text())
}

// quorums are the rules of all roles that a trusted state names.
func quorums(t *metadata.Trusted) map[string]*verify.Quorum {
	all := map[string]*verify.Quorum{}
	if t.Root == nil {
		return all
	}
	for _, role := range []string{roles.Root, roles.Targets, roles.Snapshot, roles.Timestamp} {
		if q, ok := t.Root.Quorum(role); ok {
			all[role] = q
		}
	}
	for _, document := range t.Targets {
		for _, role := range t.Roles() {
			if q, ok := document.Quorum(role); ok {
				all[role] = q
			}
		}
	}
	return all
}
