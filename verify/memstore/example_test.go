package memstore_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/rust-lang/rust-tuf/verify"
	"github.com/rust-lang/rust-tuf/verify/dirstore"
	"github.com/rust-lang/rust-tuf/verify/memstore"
)

// A program that asks once and writes nothing.
func Example() {
	folder := filepath.Join("..", "testdata", "rustup", "metadata")
	root, err := os.ReadFile(filepath.Join(folder, "1.root.json"))
	mirror, noMirror := dirstore.OpenMirror(folder)
	if err := errors.Join(err, noMirror); err != nil {
		fmt.Println(err)
		return
	}
	defer mirror.Close()

	client := &verify.Client{Metadata: mirror, Store: new(memstore.Store)}
	if err := client.Init(root); err != nil {
		fmt.Println(err)
		return
	}
	repository, err := client.Refresh(context.Background(), time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC))
	if err != nil {
		fmt.Println(err)
		return
	}
	verdict, err := repository.Target(context.Background(), "channels/current/channel-rust-stable.toml")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s: %d bytes, vouched for under root %d until %s\n", verdict.Path, verdict.Length, repository.Root().Version(), verdict.Expires.Format(time.DateOnly))
	// Output:
	// channels/current/channel-rust-stable.toml: 43 bytes, vouched for under root 2 until 2026-12-02
}
