package verify_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"time"

	"github.com/rust-lang/rust-tuf/verify"
	"github.com/rust-lang/rust-tuf/verify/dirstore"
	"github.com/rust-lang/rust-tuf/verify/httpfetch"
)

// rustup wants one manifest: who vouches for it and until when, and then the
// file, which nobody reads before it was verified.
func Example_rustup() {
	server := httptest.NewServer(http.FileServer(http.Dir(filepath.Join("testdata", "rustup"))))
	defer server.Close()
	home, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(home)
	// Read the clock once, for everything: what is valid when a command starts
	// stays so until it ends.
	now := time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)

	file := filepath.Join(home, "channel-rust-stable.toml")
	if err := download(context.Background(), server.URL, filepath.Join(home, "tuf"), "channels/current/channel-rust-stable.toml", file, now); err != nil {
		fmt.Println(err)
		return
	}
	content, err := os.ReadFile(file)
	fmt.Printf("%s%v\n", content, err)

	// The next day nothing new was published: nobody knows what happened since.
	err = download(context.Background(), server.URL, filepath.Join(home, "tuf"), "channels/current/channel-rust-stable.toml", file, now.AddDate(0, 0, 1))
	var expired *verify.ExpiredError
	if errors.As(err, &expired) {
		fmt.Println("refused:", expired.Role, "is valid before", expired.Expires.Format(time.DateTime))
	}
	// Output:
	// root 2: 5 of 3 signatures valid, until 2030-01-01
	// timestamp 1: 1 of 1 signatures valid, until 2026-12-02
	// snapshot 1: 1 of 1 signatures valid, until 2030-01-01
	// targets 1: 5 of 3 signatures valid, until 2030-01-01
	// channels-current 1: 1 of 1 signatures valid, until 2030-01-01
	// the manifest has 43 bytes and holds until 2026-12-02 00:00:00
	// manifest-version = "2"
	// date = "2026-11-26"
	// <nil>
	// refused: timestamp is valid before 2026-12-02 00:00:00
}

// download is all that a program needs. trust is a folder of the user's own, kept
// between two calls.
func download(ctx context.Context, server, trust, path, file string, now time.Time) error {
	metadata, err := httpfetch.New(server+"/metadata/", httpfetch.Options{})
	if err != nil {
		return err
	}
	defer metadata.Close()
	targets, err := httpfetch.New(server+"/targets/", httpfetch.Options{})
	if err != nil {
		return err
	}
	defer targets.Close()
	store, err := dirstore.Open(trust, dirstore.Options{})
	if err != nil {
		return err
	}
	defer store.Close()

	client := &verify.Client{Metadata: metadata, Store: store}
	bundledRoot, err := os.ReadFile(filepath.Join("testdata", "rustup", "metadata", "1.root.json")) // a program embeds it
	if err != nil {
		return err
	}
	if err := client.Init(bundledRoot); err != nil { // does nothing where a root is trusted already
		return err
	}
	repository, err := client.Refresh(ctx, now)
	if err != nil {
		return err
	}
	verdict, err := repository.Target(ctx, path)
	if err != nil {
		return err
	}
	for _, by := range verdict.Chain {
		fmt.Printf("%s %d: %s, until %s\n", by.Role, by.Version, by.Tally(), by.Expires.Format(time.DateOnly))
	}
	fmt.Printf("the manifest has %d bytes and holds until %s\n", verdict.Length, verdict.Expires.Format(time.DateTime))

	body, err := targets.Fetch(ctx, repository.TargetName(verdict))
	if err != nil {
		return err
	}
	defer body.Close()
	return keep(file, verdict, body)
}

// keep writes a target beside its place, and moves it there when it is verified.
func keep(file string, verdict *verify.Verdict, body io.Reader) error {
	part, err := os.CreateTemp(filepath.Dir(file), "part-*")
	if err != nil {
		return err
	}
	defer os.Remove(part.Name())
	if err := errors.Join(verdict.Copy(part, body), part.Sync(), part.Close()); err != nil {
		return err
	}
	return os.Rename(part.Name(), file)
}
