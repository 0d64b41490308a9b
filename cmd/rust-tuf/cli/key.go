package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/frame"
	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/words"
	"github.com/rust-lang/rust-tuf/signer/file"
	"github.com/spf13/cobra"
)

func (c *command) keyCommand() *cobra.Command {
	var algorithm string
	create := &cobra.Command{
		Use:   "new NAME",
		Short: "make a software key, encrypted with a passphrase",
		Long: `new makes a key pair on this computer. The private key is encrypted with a
passphrase that you type; whoever copies the file and learns the passphrase has
the key. For the keys of a quorum use a hardware token; the policy refuses a
software key in the root role unless it says in so many words that it is wanted.`,
		Args: frame.Args(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.runKeyNew(cmd.Context(), args[0], algorithm)
		},
	}
	create.Flags().StringVar(&algorithm, "algorithm", "p256", "`kind` of key: p256, p384, ed25519 or rsa-3072")
	list := &cobra.Command{Use: "list", Short: "list the keys in your hand", Args: frame.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.runKeyList(cmd.Context()) }}
	return frame.Group("key", "keys on this computer", create, list)
}

// keyName is a file name on every system, and not a flag.
var keyName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]*$`)

// quoted is a path as it can be pasted after a command: macOS has a space in
// the folder where programs keep their state.
func quoted(path string) string {
	if strings.ContainsAny(path, " '()&") {
		return `"` + path + `"`
	}
	return path
}

type keyResult struct {
	Keys []keyEntry `json:"keys"`
	Next string     `json:"next,omitempty"`

	Folder string `json:"folder,omitempty"` // where key files are looked for, where no key was found

	// Unasked says why no YubiKey could be asked, where no key was found.
	Unasked []string `json:"unasked,omitempty"`
}

type keyEntry struct {
	Name        string `json:"name"`
	Algorithm   string `json:"algorithm"`
	Fingerprint string `json:"fingerprint"` // SHA-256 of the SubjectPublicKeyInfo
	Public      string `json:"public,omitempty"`
}

func (r *keyResult) text(w *words.Lines) {
	if len(r.Keys) == 0 && len(r.Unasked) > 0 {
		w.Printf("There is no software key on this computer, in %s, and no YubiKey could be asked: %s.\n", r.Folder, strings.Join(r.Unasked, "; "))
	} else if len(r.Keys) == 0 {
		w.Printf("No key is in your hand: no token is plugged in, and there is no software key on this computer, in %s.\n", r.Folder)
	}
	for _, k := range r.Keys {
		w.Printf("%s: %s, fingerprint\n", k.Name, k.Algorithm)
		w.Digest(k.Fingerprint)
		if k.Public != "" {
			w.Printf("  public key: %s\n", k.Public)
		}
	}
	if r.Next != "" {
		w.Printf("Next: %s\n", r.Next)
	}
}

func (c *command) runKeyNew(ctx context.Context, name, algorithm string) error {
	if len(name) > 63 || !keyName.MatchString(name) {
		return usage(fmt.Errorf("%q cannot be the name of a key; use letters, digits, hyphens and underscores", name))
	}
	kind, err := file.ParseAlgorithm(algorithm)
	if err != nil {
		return usage(err)
	}
	path := filepath.Join(keyFolder(c.env.Home), name+".key")
	if _, err := os.Lstat(path); err == nil { // before anybody thinks of a passphrase
		return &file.ExistsError{Path: path}
	}
	var passphrase []byte
	err = c.person().again(ctx, func() (err error) {
		passphrase, err = file.NewPassphrase(ctx, c.person().ui(), "the key "+name)
		return err
	})
	if err != nil {
		return err
	}
	defer clear(passphrase)
	key, err := file.Create(path, kind, passphrase, c.env.NewKeys)
	if err != nil {
		return err
	}
	public := filepath.Join(keyFolder(c.env.Home), name+".pub")
	return c.show(&keyResult{
		Keys: []keyEntry{{name, key.Public().Algorithm(), key.Public().Fingerprint().String(), public}},
		Next: fmt.Sprintf("in a clone of the metadata repository, `rust-tuf member add <your name> --public-key %s`", quoted(public)),
	})
}

func (c *command) runKeyList(ctx context.Context) error {
	hand, err := c.env.keysInHand(ctx, c.person().ui())
	if err != nil {
		return err
	}
	out := &keyResult{Keys: []keyEntry{}}
	if len(hand.keys) == 0 {
		out.Unasked, out.Folder = reasons(hand.unasked), keyFolder(c.env.Home)
	}
	for _, k := range hand.keys {
		out.Keys = append(out.Keys, keyEntry{Name: k.Describe(), Algorithm: k.Public().Algorithm(), Fingerprint: k.Public().Fingerprint().String()})
	}
	return c.show(out)
}
