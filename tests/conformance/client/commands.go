package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/rust-lang/rust-tuf/verify"
	"github.com/rust-lang/rust-tuf/verify/dirstore"
	"github.com/rust-lang/rust-tuf/verify/httpfetch"
)

// initialize trusts a root. Nothing is fetched.
func initialize(o *options) (err error) {
	root, err := os.ReadFile(o.argument)
	if err != nil {
		return err
	}
	store, err := dirstore.Open(o.metadataDir, dirstore.Options{Separate: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	return (&verify.Client{Store: store}).Init(root)
}

// refresh brings the four top-level roles of now.
func refresh(ctx context.Context, o *options) error {
	return o.with(ctx, func(r *verify.Refreshed) error {
		_, err := r.TopLevel(ctx)
		return err
	})
}

// download brings artifacts, one after the other, up to the first that fails.
func download(ctx context.Context, o *options) error {
	targets, err := httpfetch.New(o.targetsURL, httpfetch.Options{})
	if err != nil {
		return err
	}
	defer targets.Close()
	return o.with(ctx, func(r *verify.Refreshed) error {
		for _, name := range o.targetNames {
			verdict, err := r.Target(ctx, name)
			if err != nil {
				return err
			}
			a := artifact{verdict: verdict, folder: o.targetDir}
			if err := a.bring(ctx, targets, r.TargetName(verdict)); err != nil {
				return err
			}
		}
		return nil
	})
}

// with does something with a client that has just refreshed.
func (o *options) with(ctx context.Context, do func(*verify.Refreshed) error) (err error) {
	at, err := now(ctx)
	if err != nil {
		return err
	}
	store, err := dirstore.Open(o.metadataDir, dirstore.Options{Separate: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	metadata, err := httpfetch.New(o.metadataURL, httpfetch.Options{})
	if err != nil {
		return err
	}
	defer metadata.Close()
	c := &verify.Client{Metadata: metadata, Store: store}
	r, err := c.Refresh(ctx, at)
	if err != nil {
		return err
	}
	return do(r)
}

// now is the time that the program date says.
func now(ctx context.Context) (time.Time, error) {
	out, err := exec.CommandContext(ctx, "date", "+%s").Output()
	if err != nil {
		return time.Time{}, fmt.Errorf("date +%%s: %w", err)
	}
	seconds, err := strconv.ParseInt(strings.TrimSpace(string(out)), 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("date +%%s: %w", err)
	}
	return time.Unix(seconds, 0).UTC(), nil
}
