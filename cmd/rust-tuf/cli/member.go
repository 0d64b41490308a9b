package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/frame"
	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/words"
	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/roles"
	"github.com/rust-lang/rust-tuf/verify"
	"github.com/spf13/cobra"
)

type memberOptions struct {
	login        string
	affiliations []string
	countries    []string
	publicKey    string
	label        string
}

func (c *command) memberCommand() *cobra.Command {
	var o memberOptions
	add := &cobra.Command{
		Use:   "add NAME --public-key FILE",
		Short: "propose yourself, or somebody, as a member with a key",
		Long: `add writes members/NAME/member.toml on a branch of its own and pushes it for a
pull request. Being a member gives no power by itself: only a role that a
quorum signed does.`,
		Args: frame.Args(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error { return c.runMemberAdd(cmd.Context(), args[0], o) },
	}
	add.Flags().StringVar(&o.publicKey, "public-key", "", "`file` with the public key in PEM (needed)")
	o.addFlags(add)
	return frame.Group("member", "people and their keys", add, c.enrolCommand(), c.retireCommand(), c.lostCommand(), c.attestationsCommand())
}

// addFlags are the flags about the person.
func (o *memberOptions) addFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.label, "label", "main", "`name` of the key, for members who have several")
	f.StringVar(&o.login, "login", "", "`name` on the forge (default: NAME)")
	f.StringSliceVar(&o.affiliations, "affiliation", nil, "`label` of a company or institution; labels only need to be equal or different")
	f.StringSliceVar(&o.countries, "country", nil, "`label` of a country of residence or citizenship")
}

type memberResult struct {
	Member      string `json:"member"`
	Algorithm   string `json:"algorithm"`
	Fingerprint string `json:"fingerprint"`
	Path        string `json:"path"`
	Branch      string `json:"branch"`
	pullRequest
}

func (r *memberResult) text(w *words.Lines) {
	w.Printf("%s, with an %s key, fingerprint (read it to whoever reviews the pull request):\n", r.Member, r.Algorithm)
	w.Digest(r.Fingerprint)
	w.Printf("Pushed %s to branch %s.\n", r.Path, r.Branch)
	r.next(w, "Next: open a pull request:", "A pull request is open:")
}

func (c *command) runMemberAdd(ctx context.Context, name string, o memberOptions) error {
	if o.publicKey == "" {
		return usage(errors.New("name the file of the public key with --public-key; `rust-tuf key new` makes a software key"))
	}
	pem, err := frame.ReadBounded(c.path(o.publicKey), 1<<20)
	if err != nil {
		return usage(err)
	}
	if isPrivate(pem) {
		return rejected(fmt.Errorf("%s holds a private key, which nobody else may ever see; give the file of the public key, NAME.pub", o.publicKey))
	}
	key, err := verify.ParsePublicKeyPEM(pem)
	if err != nil {
		return rejected(fmt.Errorf("%s: %w", o.publicKey, err))
	}
	w, err := c.open(ctx)
	if err != nil {
		return err
	}
	if o.login == "" {
		o.login = name
	}
	path := metadata.MemberPath(name)
	m := &roles.Member{Format: 1, Name: name, Login: o.login, Affiliations: o.affiliations, Countries: o.countries,
		Keys: []roles.MemberKey{{Label: o.label, Public: roles.PublicKey{PublicKey: key}, Kind: roles.KindSoftware, Status: roles.StatusActive}}}
	text := m.TOML()
	if _, err := roles.ParseMember(path, text); err != nil {
		return usage(err)
	}
	if _, err := w.repo.Tree().Read(path); err == nil {
		return rejected(fmt.Errorf("%s exists already; edit it in a branch of your own", path))
	}
	if err := w.ownKey(name, key); err != nil {
		return rejected(err)
	}
	out := &memberResult{Member: name, Algorithm: key.Algorithm(), Fingerprint: key.Fingerprint().String(), Path: path, Branch: "member/" + name}
	message := fmt.Sprintf("member: add %s\n\nKey %s, SHA-256 of its SubjectPublicKeyInfo %s.\n", name, key.Algorithm(), key.Fingerprint())
	if _, err := w.pushBranch(ctx, w.head, metadata.Change{Put: map[string][]byte{path: text}}, message, out.Branch, time.Time{}); err != nil {
		return err
	}
	out.pullRequest = w.openPull(ctx, out.Branch, message)
	return c.show(out)
}

// isPrivate tells whether somebody mixed up the two halves of their key.
func isPrivate(text []byte) bool {
	return bytes.Contains(text, []byte("PRIVATE KEY-----")) || bytes.Contains(text, []byte("BEGIN AGE ENCRYPTED FILE")) || bytes.HasPrefix(text, []byte("age-encryption.org/"))
}

// ownKey refuses a key that somebody else is declared with.
func (w *workspace) ownKey(name string, key verify.PublicKey) error {
	members, err := w.repo.Members()
	if err != nil {
		return err
	}
	for _, other := range members {
		for _, k := range other.Keys {
			if k.Public.PublicKey.Equal(key) {
				return &DeclaredKeyError{other.Name, k.Label, name}
			}
		}
	}
	return nil
}
