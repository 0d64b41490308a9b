package cli

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/frame"
	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/words"
	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/metadata/git"
	"github.com/spf13/cobra"
)

func (c *command) publishCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "publish FOLDER",
		Short: "prove a commit, and write what clients fetch into a new folder",
		Long: `publish proves what the commit at HEAD has published, as "rust-tuf log verify" does:
the chain of roots, and each version from the log of its event. If all of it holds,
its metadata/ is written into a new folder, from which it is served. What is proposed
or declared and not yet signed is not judged, so it does not hold up what is finished.

The bytes come out of git's objects. Those of a checkout may differ: git changes line
endings and runs filters where a .gitattributes or somebody's configuration says so.
It needs no key and no network.`,
		Args: frame.Args(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error { return c.runPublish(cmd.Context(), c.path(args[0])) },
	}
}

// publishResult is what was written.
type publishResult struct {
	Commit string          `json:"commit"`
	Folder string          `json:"folder"`
	Files  []publishedFile `json:"files"`

	TestRoots []string `json:"test_roots,omitempty"`
}

// publishedFile is one file that clients fetch.
type publishedFile struct {
	Name   string `json:"name"`
	Bytes  int    `json:"bytes"`
	SHA256 string `json:"sha256"` // hex, of the whole file
}

func (r *publishResult) text(w *words.Lines) {
	writeTestRoots(w, r.TestRoots)
	w.Printf("Each version that commit %s publishes was made again from the log, and is the same. Clients fetch what is in %s:\n", git.Commit(r.Commit).Short(), r.Folder)
	for _, f := range r.Files {
		w.Printf("  %s, %d bytes, SHA-256 %s\n", f.Name, f.Bytes, f.SHA256)
	}
}

// UnprovenError is a commit of which not everything holds, so that nothing of it
// is published.
type UnprovenError struct {
	Commit   git.Commit
	Problems []error
}

func (e *UnprovenError) Error() string {
	return fmt.Sprintf("commit %s is not published, for %s: %s", e.Commit.Short(), words.Counted(len(e.Problems), "reason"), strings.Join(reasons(e.Problems), "; "))
}

// Hint names the next step.
func (e *UnprovenError) Hint() string {
	return "`rust-tuf log verify` shows what holds and what does not"
}

// Unwrap returns what does not hold.
func (e *UnprovenError) Unwrap() []error { return e.Problems }

var errNothingToPublish = errors.New("nothing is published yet: a version comes into metadata/ when its event is completed; `rust-tuf status` says who is missing")

func (c *command) runPublish(ctx context.Context, folder string) error {
	w, err := c.openClone(ctx)
	if err != nil {
		return err
	}
	head, err := w.git.Resolve(ctx, "HEAD")
	if err != nil {
		return err
	}
	tree, err := w.git.Tree(ctx, head)
	if err != nil {
		return err
	}
	report := metadata.AuditLog(tree, c.env.judgement()...)
	if len(report.Problems) > 0 {
		return rejected(&UnprovenError{head, report.Problems})
	}
	files, err := clientFiles(tree)
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return errNothingToPublish
	}
	if err := writeFolder(folder, files); err != nil {
		return err
	}
	out := &publishResult{Commit: string(head), Folder: folder, TestRoots: report.TestRoots}
	for _, f := range files {
		sum := sha256.Sum256(f.content)
		out.Files = append(out.Files, publishedFile{f.name, len(f.content), hex.EncodeToString(sum[:])})
	}
	return c.show(out)
}

// clientFile is what clients fetch under a name.
type clientFile struct {
	name    string
	content []byte
}

// clientFiles are the files of metadata/, in the order of their names.
func clientFiles(tree metadata.Tree) (files []clientFile, err error) {
	for _, e := range tree.Entries() {
		name, ok := strings.CutPrefix(e.Path, metadata.PublishedDir+"/")
		if !ok {
			continue
		}
		content, err := tree.Read(e.Path)
		if err != nil {
			return nil, err
		}
		files = append(files, clientFile{name, content})
	}
	return files, nil
}

// writeFolder makes a folder that must not be there, with all files or not at
// all: it gets its name last. A kill may leave a folder ".NAME-…" beside it.
func writeFolder(folder string, files []clientFile) error {
	if _, err := os.Lstat(folder); !errors.Is(err, fs.ErrNotExist) {
		return errors.Join(err, rejected(&FolderExistsError{folder}))
	}
	made, err := os.MkdirTemp(filepath.Dir(folder), "."+filepath.Base(folder)+"-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(made)
	if err := os.Chmod(made, 0o755); err != nil { // for whoever serves it
		return err
	}
	for _, f := range files {
		if err := os.WriteFile(filepath.Join(made, f.name), f.content, 0o644); err != nil {
			return err
		}
	}
	return os.Rename(made, folder)
}
