package dirstore_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/rust-lang/rust-tuf/verify"
	"github.com/rust-lang/rust-tuf/verify/dirstore"
)

// A machine without a network: the repository comes as a folder. In this one
// the third root still waits for a signature.
func Example() {
	home, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(home)
	store, err := dirstore.Open(filepath.Join(home, "trust"), dirstore.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer store.Close()
	mirror, err := dirstore.OpenMirror(filepath.Join("..", "testdata", "example"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer mirror.Close()

	client := verify.Client{Metadata: mirror, Store: store}
	first, err := os.ReadFile(filepath.Join("..", "testdata", "example", "1.root.json"))
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := client.Init(first); err != nil {
		fmt.Println(err)
		return
	}
	_, err = client.Refresh(context.Background(), time.Date(2029, 6, 1, 0, 0, 0, 0, time.UTC))
	fmt.Println(err)

	raw, err := store.Load(verify.Slot{Role: "root"})
	if err != nil {
		fmt.Println(err)
		return
	}
	root, err := verify.TrustRoot(raw, verify.Limits{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("root", root.Version(), "is trusted from now on")
	// Output:
	// root 3: threshold of root 2 not met: 1 of 2 signatures valid; 1 more of: bob, carol
	// root 2 is trusted from now on
}
