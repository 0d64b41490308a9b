package main

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"

	"github.com/rust-lang/rust-tuf/verify"
	"github.com/rust-lang/rust-tuf/verify/dirstore"
)

// artifact is a target on its way into a folder.
type artifact struct {
	verdict *verify.Verdict
	folder  string
}

// bring sees to it that the folder holds the artifact, as the verdict says. It
// fetches it only if it is not there.
func (a artifact) bring(ctx context.Context, from verify.Fetcher, name string) (err error) {
	if a.unchanged() {
		return nil
	}
	if err := os.MkdirAll(a.folder, 0o755); err != nil {
		return err
	}
	body, err := from.Fetch(ctx, name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, body.Close()) }()
	f, err := os.CreateTemp(a.folder, ".new-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	if err := errors.Join(a.verdict.Copy(f, body), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), a.path())
}

func (a artifact) path() string { return filepath.Join(a.folder, dirstore.FileName(a.verdict.Path)) }

// unchanged tells whether the folder holds the artifact already.
func (a artifact) unchanged() bool {
	f, err := os.Open(a.path())
	if err != nil {
		return false
	}
	defer f.Close()
	return a.verdict.Copy(io.Discard, f) == nil
}
