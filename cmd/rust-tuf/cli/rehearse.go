package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/frame"
	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/metadata/rehearsal"
	"github.com/rust-lang/rust-tuf/verify/dirstore"
	"github.com/spf13/cobra"
)

type rehearseOptions struct {
	branch string
	out    string
}

func (c *command) rehearseCommand() *cobra.Command {
	var o rehearseOptions
	cmd := &cobra.Command{
		Use:   "rehearse [event]",
		Short: "play an open event with throw-away keys, to the last client",
		Long: `rehearse shows before anybody signs what would happen if everybody did. It makes
a repository of the same shape beside the real one, in which each person and each
machine has a throw-away key; plays every event of the past and then the open one,
signed by the fewest who can complete it; lays the result out as clients fetch it;
and lets a client begin at each root that was ever published, and look for every
file.

With --branch it plays an event that is only proposed: the default branch as it
would be with that branch merged. To try one before it is even pushed, run
"rust-tuf propose --rehearse", with --dry-run if it is to go no further.

Nothing is signed, pushed or kept, and no key of yours is asked for. What is played
is of another repository, and says in every document that it is a rehearsal: no
client, no member's machine and no gate takes it for the real thing. The
throw-away keys are never written to a disk.

Exit codes: 0 every client got through, 3 one did not, or the event could never be
completed.`,
		Args: frame.Args(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error { return c.runRehearse(cmd.Context(), args, o) },
	}
	cmd.Flags().StringVar(&o.branch, "branch", "", "play the event that this `branch` of the remote proposes, which is not merged yet")
	cmd.Flags().StringVar(&o.out, "out", "", "keep what clients would fetch in this new `folder`, to try other clients on it")
	return cmd
}

func (c *command) runRehearse(ctx context.Context, args []string, o rehearseOptions) error {
	w, err := c.open(ctx)
	if err != nil {
		return err
	}
	trusted, basis, err := w.judge()
	if err != nil {
		return err
	}
	repo, at := w.repo, ""
	var event *metadata.Event
	if o.branch == "" {
		event, err = w.chooseEvent(args)
	} else if repo, event, at, err = w.proposedOn(ctx, o.branch); err == nil && len(args) == 1 && args[0] != event.Name {
		err = usage(fmt.Errorf("%s proposes event %s, not %s", at, event.Name, args[0]))
	}
	if err != nil {
		return err
	}
	if o.out != "" {
		o.out = c.path(o.out)
	}
	result, err := c.rehearsed(ctx, repo, trusted.In(repo), event, w.now, o.out)
	if result == nil {
		return err
	}
	result.Basis, result.ProposedOn = basis, at
	return errors.Join(c.show(result), err)
}

// rehearsed plays an event of a state of the repository. Where a client does not
// get through, there is a result and a *rehearsal.FailedError.
func (c *command) rehearsed(ctx context.Context, repo *metadata.Repository, trusted *metadata.Trusted, event *metadata.Event, now time.Time, out string) (*rehearseResult, error) {
	played, err := rehearsal.Run(repo, trusted, event, now)
	if err != nil {
		return nil, err
	}
	folder, remove, err := layOut(played, out)
	if err != nil {
		return nil, err
	}
	defer remove()
	mirror, err := dirstore.OpenMirror(filepath.Join(folder, "metadata"))
	if err != nil {
		return nil, err
	}
	clients, failed := played.Clients(ctx, mirror, c.env.Now)
	if err := errors.Join(mirror.Close(), context.Cause(ctx)); err != nil {
		return nil, err
	}
	if out != "" {
		if err := keep(folder, out); err != nil {
			return nil, err
		}
	}
	return rehearseReport(played, clients, out), failed
}

// FolderExistsError is a folder that was to be made and is there already.
type FolderExistsError struct{ Folder string }

func (e *FolderExistsError) Error() string {
	return e.Folder + " is there already; what is written here goes into a new folder: name another one"
}

// layOut writes what clients fetch into a folder that is removed again, beside
// the one in which it is to be kept. What a kill leaves is that folder, in which
// all is public.
func layOut(r *rehearsal.Rehearsal, out string) (folder string, remove func(), err error) {
	beside := ""
	if out != "" {
		if _, err := os.Lstat(out); !errors.Is(err, fs.ErrNotExist) {
			return "", nil, errors.Join(err, rejected(&FolderExistsError{out}))
		}
		beside = filepath.Dir(out)
	}
	if folder, err = os.MkdirTemp(beside, "rust-tuf-rehearsal-"); err != nil {
		return "", nil, err
	}
	remove = func() { os.RemoveAll(folder) }
	defer func() {
		if err != nil {
			remove()
		}
	}()
	if err := os.Mkdir(filepath.Join(folder, "metadata"), 0o755); err != nil {
		return "", nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(r.Files)) {
		if err := os.WriteFile(filepath.Join(folder, "metadata", name), r.Files[name], 0o644); err != nil {
			return "", nil, err
		}
	}
	return folder, remove, os.WriteFile(filepath.Join(folder, "REHEARSAL.txt"), []byte(notice(r)), 0o644)
}

// keep gives a folder its name, unless another one has it by now.
func keep(folder, out string) error {
	if err := os.Mkdir(out, 0o755); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return rejected(&FolderExistsError{out})
		}
		return err
	}
	for _, name := range []string{"REHEARSAL.txt", "metadata"} {
		if err := os.Rename(filepath.Join(folder, name), filepath.Join(out, name)); err != nil {
			return err
		}
	}
	return nil
}

// notice stands beside what is kept.
func notice(r *rehearsal.Rehearsal) string {
	return strings.Join([]string{
		"THIS IS A REHEARSAL, made with throw-away keys. Nothing in this folder is real.",
		"",
		fmt.Sprintf("It plays event %s of repository %s", r.Event, r.Real),
		fmt.Sprintf("in the repository %s, %s.", r.Name, r.Repository),
		"A client that trusts the real repository refuses all of it. To try a client on",
		"it, give it a root from metadata/ to trust at first.",
		"",
	}, "\n")
}
