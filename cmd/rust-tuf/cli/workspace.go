package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/words"
	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/metadata/carried"
	"github.com/rust-lang/rust-tuf/metadata/git"
	"github.com/rust-lang/rust-tuf/signer/trust"
	"github.com/rust-lang/rust-tuf/verify"
)

// workspace is one verb's view of a metadata repository: the user's clone,
// which is only ever read and added to, and the state of the remote's default
// branch at one instant.
type workspace struct {
	env    *Env
	git    *git.Repo
	remote string // events are read from here
	push   string // branches are pushed here
	branch string // the remote's default branch
	head   git.Commit
	tree   metadata.Tree // of head; also where repo cannot be made of it
	repo   *metadata.Repository
	now    time.Time

	// carried is set where the state comes from a file instead of a remote, and
	// file is its name. There is no clone then, and nothing to push to.
	carried *carried.Bundle
	file    string
}

// openClone finds the clone without asking a remote anything.
func (c *command) openClone(ctx context.Context) (*workspace, error) {
	dir := c.env.Dir
	if c.dir != "" {
		dir = c.dir
	}
	repo, err := git.Open(ctx, dir, c.env.Git...)
	if err != nil {
		return nil, err
	}
	return &workspace{env: c.env, git: repo, now: c.env.Now().UTC().Truncate(time.Second)}, nil
}

// attach finds the clone and its remotes, and asks none of them anything yet.
func (c *command) attach(ctx context.Context) (*workspace, error) {
	w, err := c.openClone(ctx)
	if err != nil {
		return nil, err
	}
	return w, w.chooseRemotes(c.remote, c.push)
}

// open fetches the remote's default branch and reads it.
func (c *command) open(ctx context.Context) (*workspace, error) {
	w, err := c.attach(ctx)
	if err != nil {
		return nil, err
	}
	return w, w.enter(ctx)
}

// enter looks up the remote's default branch, fetches it and reads it.
func (w *workspace) enter(ctx context.Context) (err error) {
	if w.branch, err = w.git.DefaultBranch(ctx, w.remote); err != nil {
		return err
	}
	return w.refresh(ctx)
}

// refresh fetches again and reads what is there now.
func (w *workspace) refresh(ctx context.Context) error {
	head, err := w.git.Fetch(ctx, w.remote, w.branch)
	if err != nil {
		return err
	}
	w.head, w.tree, w.repo = head, nil, nil
	tree, err := w.git.Tree(ctx, head)
	if err != nil {
		return err
	}
	w.tree = tree
	w.repo, err = metadata.Read(tree, w.env.judgement()...)
	return err
}

func (w *workspace) read(ctx context.Context, at git.Commit) (*metadata.Repository, error) {
	tree, err := w.git.Tree(ctx, at)
	if err != nil {
		return nil, err
	}
	return metadata.Read(tree, w.env.judgement()...)
}

// chooseRemotes follows the forges' custom: with a fork, origin is the fork
// and upstream the repository itself; without one, origin is both.
func (w *workspace) chooseRemotes(remote, push string) (err error) {
	remotes := w.git.Remotes()
	pick := func(given string, candidates ...string) (string, error) {
		if given != "" {
			candidates = []string{given}
		}
		for _, name := range candidates {
			if slices.Contains(remotes, name) {
				return name, nil
			}
		}
		if given != "" {
			return "", usage(&NoRemoteError{Given: given, Has: remotes})
		}
		return "", &NoRemoteError{Has: remotes}
	}
	if w.remote, err = pick(remote, "upstream", "origin"); err != nil {
		return err
	}
	w.push, err = pick(push, "origin", w.remote)
	return err
}

// NoRemoteError is a clone without the remote that is wanted.
type NoRemoteError struct {
	Given string   // the name that was given; empty where custom decides
	Has   []string // the remotes that there are
}

func (e *NoRemoteError) Error() string {
	wanted, has := e.Given, words.Join(e.Has)
	if wanted == "" {
		wanted = "upstream or origin"
	}
	if has == "" {
		has = "none"
	}
	return fmt.Sprintf("this clone has no remote called %s; it has %s", wanted, has)
}

// Hint names the next step.
func (e *NoRemoteError) Hint() string {
	name, other := e.Given, ", or name another one with --remote or --push-to"
	if name == "" {
		name = "origin"
	}
	if len(e.Has) == 0 {
		other = ""
	}
	return fmt.Sprintf("`git remote add %s <address>`%s", name, other)
}

// source names what was read, so that whoever looks at an old fork sees it.
func (w *workspace) source() string {
	if w.carried != nil {
		return "the bundle " + w.file
	}
	address, err := w.git.RemoteURL(w.remote)
	if err != nil {
		return fmt.Sprintf("branch %s of %s", w.branch, w.remote)
	}
	return fmt.Sprintf("branch %s of %s, %s", w.branch, w.remote, address)
}

// errNothingPublished is a repository whose first root is still being signed.
var errNothingPublished = errors.New("no root is published yet, so nothing can be due; `rust-tuf status` says who is missing")

// NoPinError says that this machine trusts no root of a repository yet.
type NoPinError struct {
	Repository string
	Versions   int64  // newest root that the remote shows
	Bundle     string // the file that shows it, where there is no remote
}

func (e *NoPinError) Error() string {
	who := "a remote"
	if e.Bundle != "" {
		who = "a bundle"
	}
	return fmt.Sprintf("this machine trusts no root of repository %s yet, and what %s says is not enough", e.Repository, who)
}

// Hint names the one next step.
func (e *NoPinError) Hint() string {
	if e.Versions == 0 {
		return "no root is published yet; whoever signs root version 1 pins it by signing: run `rust-tuf sign`"
	}
	if e.Bundle != "" {
		return "get the digest of a root from somebody you trust, not from whoever brought the bundle, and run `rust-tuf trust init --bundle " + quoted(e.Bundle) + "`"
	}
	return "get the digest of a root from somebody you trust, outside the forge, and run `rust-tuf trust init`"
}

// errNothingProposed is a repository in which there is nothing to trust yet.
var errNothingProposed = errors.New("nothing has been proposed in this repository yet, so there is nothing to trust; it begins with `rust-tuf propose`")

// pinned is what this machine trusts of the remote's state: it starts from
// the pinned root, never from what the remote says, and moves the pin forward
// to the newest root that the pinned one reaches.
func (w *workspace) pinned() (*metadata.Trusted, *trust.Pin, error) {
	id, err := w.repo.UnverifiedID()
	if err != nil {
		return nil, nil, err
	}
	if id == "" {
		t, err := w.repo.Trusted(nil) // nobody has proposed anything yet
		return t, nil, err
	}
	home, err := trust.Open(w.env.Home)
	if err != nil {
		return nil, nil, err
	}
	pin, err := home.Pin(id)
	if errors.Is(err, trust.ErrNoPin) {
		if newest := w.repo.Newest("root"); newest > 0 {
			return nil, nil, &NoPinError{Repository: id, Versions: newest, Bundle: w.file}
		}
		t, err := w.repo.Trusted(nil) // genesis: there is nothing to trust yet
		return t, nil, err
	}
	if err != nil {
		return nil, nil, err
	}
	if pin.Root == nil && w.repo.Newest("root") == 0 {
		t, err := w.repo.Trusted(nil) // root version 1 is still gathering signatures
		return t, pin, err
	}
	if err := w.replaced(pin); err != nil {
		return nil, nil, rejected(err)
	}
	raw := pin.Root
	if raw == nil {
		if raw, err = w.repo.Published("root", pin.Version); err != nil {
			return nil, nil, err
		}
	}
	from, err := verify.TrustPinnedRoot(raw, pin.Digest, verify.DefaultLimits())
	if err != nil {
		return nil, nil, rejected(fmt.Errorf("root version %d of repository %s: %w", pin.Version, id, err))
	}
	t, err := w.repo.Trusted(from)
	if err != nil {
		return nil, nil, err
	}
	if pin.Root == nil { // the root that this machine signed is published now
		if err := home.Advance(id, pin.Digest, from); err != nil {
			return nil, nil, err
		}
	}
	if t.Root.Digest() != from.Digest() {
		if err := home.Advance(id, from.Digest(), t.Root); err != nil {
			return nil, nil, err
		}
	}
	return t, pin, nil
}

// believed is what the repository proves by itself, from its first root: good
// enough to show and to propose, never to sign.
func (w *workspace) believed() (*metadata.Trusted, error) {
	return w.repo.TrustedByItself()
}
