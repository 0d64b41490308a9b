package cli

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/frame"
	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/words"
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
		Args: frame.Args(0, 1),
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

func (r *initResult) text(w *words.Lines) {
	w.Printf("Wrote %s in %s. The repository's id is %s.\n", words.Join(r.Files), r.Folder, r.Repository)
	w.Printf(`Next: commit and push them, let each member send their key with
"rust-tuf member add", put the names into rust-tuf.toml, then run "rust-tuf propose".
`)
}

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
	// The policy comes last: an earlier run that was killed in between has
	// left the attributes alone, and then they are as they should be.
	files := []struct {
		name, text string
		kept       bool
	}{{name: metadata.AttributesFile, text: metadata.Attributes}, {name: metadata.PolicyFile, text: policy}}
	for i, f := range files {
		var err error
		if files[i].kept, err = holdsText(filepath.Join(dir, f.name), f.text); err != nil {
			return err
		}
	}
	for _, f := range files {
		if !f.kept {
			if err := frame.WriteNew(filepath.Join(dir, f.name), []byte(f.text), 0o644); err != nil {
				return err
			}
		}
		out.Files = append([]string{f.name}, out.Files...)
	}
	return c.show(out)
}

// holdsText tells whether a file is there with this text. Anything else at its
// place is refused, but for an empty file, which a kill can leave.
func holdsText(path, text string) (bool, error) {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if info.Mode().IsRegular() {
		if info.Size() == 0 {
			return false, nil
		}
		if data, err := os.ReadFile(path); err != nil || string(data) == text {
			return err == nil, err
		}
	}
	return false, rejected(fmt.Errorf("%s exists already; init never overwrites: choose an empty folder", path))
}
