package cli

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/roles"
	"github.com/spf13/cobra"
)

func (c *command) initCommand() *cobra.Command {
	var name string
	cmd := &cobra.Command{
		Use:   "init [folder]",
		Short: "write the first files of a metadata repository",
		Long: `init writes a commented rust-tuf.toml with a new random repository id, and a
.gitattributes that keeps git from changing signed bytes. Files that exist are
never overwritten; what you commit is up to you.`,
		Args: argsBetween(0, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			folder := "."
			if len(args) == 1 {
				folder = args[0]
			}
			return c.runInit(folder, name)
		},
	}
	cmd.Flags().StringVar(&name, "name", "tuf-root", "what people call the repository: a `label` of lower-case letters, digits and hyphens")
	return cmd
}

type initResult struct {
	Folder     string   `json:"folder"`
	Repository string   `json:"repository"`
	Files      []string `json:"files"`
}

func (r *initResult) text(w io.Writer) {
	fmt.Fprintf(w, "Wrote %s in %s. The repository's id is %s.\n", join(r.Files), r.Folder, r.Repository)
	fmt.Fprintln(w, `Next: commit and push them, let each member send their key with
"rust-tuf member add", put the names into rust-tuf.toml, then run "rust-tuf propose".`)
}

const gitAttributes = `# What is signed and what is published is bytes: git must not change them.
* -text
`

func (c *command) runInit(folder, name string) error {
	dir := c.path(folder)
	id := make([]byte, 16)
	if _, err := rand.Read(id); err != nil {
		return err
	}
	out := &initResult{Folder: folder, Repository: hex.EncodeToString(id)}
	policy := roles.Template(name, out.Repository)
	if policy == "" {
		return usage(fmt.Errorf("%q cannot be the name of a repository; use lower-case letters, digits and hyphens", name))
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	files := []struct{ name, text string }{{metadata.PolicyFile, policy}, {".gitattributes", gitAttributes}}
	for _, f := range files {
		if _, err := os.Lstat(filepath.Join(dir, f.name)); err == nil {
			return rejected(fmt.Errorf("%s exists already; init never overwrites: choose an empty folder", filepath.Join(folder, f.name)))
		} else if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	for _, f := range files {
		if err := writeNew(filepath.Join(dir, f.name), []byte(f.text)); err != nil {
			return err
		}
		out.Files = append(out.Files, f.name)
	}
	return c.show(out)
}

// writeNew creates a file that must not exist.
func writeNew(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	if _, err := f.Write(data); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}
