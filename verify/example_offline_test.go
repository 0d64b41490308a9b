package verify_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/rust-lang/rust-tuf/verify"
	"github.com/rust-lang/rust-tuf/verify/bundle"
	"github.com/rust-lang/rust-tuf/verify/dirstore"
)

// A machine without a network gets what it needs on a stick: the files, and one
// more that holds every signed document on the way to them. It trusts none of it,
// but its own root.
func Example_airGapped() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	stick, home := filepath.Join(dir, "stick"), filepath.Join(dir, "home")
	if err := fill(stick); err != nil {
		fmt.Println(err)
		return
	}
	if err := install(stick, home, time.Date(2026, 12, 1, 20, 0, 0, 0, time.UTC)); err != nil {
		fmt.Println(err)
		return
	}
	// A week later the stick proves no more what is newest; whoever knows that
	// it was made in time may say as of when.
	fmt.Println(install(stick, home, time.Date(2026, 12, 8, 0, 0, 0, 0, time.UTC)))
	// Output:
	// the stick holds 1.root.json, 2.root.json, 1.channels-current.json, 1.snapshot.json, 1.targets.json, timestamp.json
	// verified: 43 bytes, judged at 2026-12-01 20:00:00, held until 2026-12-02 00:00:00
	// timestamp 1: expired at 2026-12-02T00:00:00Z, judged at 2026-12-08T00:00:00Z; a newer version is needed
}

const wanted = "channels/current/channel-rust-stable.toml"

// fill runs where there is a network. This mirror stands for it.
func fill(stick string) error {
	metadata, err := dirstore.OpenMirror(filepath.Join("testdata", "rustup", "metadata"))
	if err != nil {
		return err
	}
	defer metadata.Close()
	root, err := os.ReadFile(filepath.Join("testdata", "rustup", "metadata", "1.root.json"))
	if err != nil {
		return err
	}
	made, verdicts, err := bundle.Make(context.Background(), metadata, root, time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC), bundle.Limits{}, wanted)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(stick, 0o755); err != nil {
		return err
	}
	fmt.Println("the stick holds", names(made))
	if err := os.WriteFile(filepath.Join(stick, "stable.bundle"), made.Encode("made for "+wanted), 0o644); err != nil {
		return err
	}
	content, err := os.ReadFile(filepath.Join("testdata", "rustup", "targets", "channels", "current", verdicts[0].Hashes["sha256"]+".channel-rust-stable.toml"))
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(stick, "stable.toml"), content, 0o644)
}

// install runs on the other machine, at an instant that it says.
func install(stick, home string, now time.Time) error {
	raw, err := os.ReadFile(filepath.Join(stick, "stable.bundle"))
	if err != nil {
		return err
	}
	offline, err := bundle.Read(raw, bundle.Limits{})
	if err != nil {
		return err
	}
	store, err := dirstore.Open(filepath.Join(home, "tuf"), dirstore.Options{})
	if err != nil {
		return err
	}
	defer store.Close()
	client := &verify.Client{Metadata: offline, Store: store}
	root, err := os.ReadFile(filepath.Join("testdata", "rustup", "metadata", "1.root.json")) // this machine has it already
	if err != nil {
		return err
	}
	if err := client.Init(root); err != nil {
		return err
	}
	repository, err := client.Refresh(context.Background(), now)
	if err != nil {
		return err
	}
	verdict, err := repository.Target(context.Background(), wanted)
	if err != nil {
		return err
	}
	content, err := os.Open(filepath.Join(stick, "stable.toml"))
	if err != nil {
		return err
	}
	defer content.Close()
	if err := keep(filepath.Join(home, "stable.toml"), verdict, content); err != nil {
		return err
	}
	fmt.Printf("verified: %d bytes, judged at %s, held until %s\n", verdict.Length, verdict.At.Format(time.DateTime), verdict.Expires.Format(time.DateTime))
	return nil
}

func names(b *bundle.Bundle) (all string) {
	for i, name := range b.Names() {
		if i > 0 {
			all += ", "
		}
		all += name
	}
	return all
}
