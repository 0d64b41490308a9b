// Command lookup is a client as small as one can be: it finds targets in a
// repository that lies in a folder, keeps what it trusts in another, and says
// how long the targets are together. The benchmarks time it as a process.
package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/rust-lang/rust-tuf/verify"
	"github.com/rust-lang/rust-tuf/verify/dirstore"
)

func main() {
	if len(os.Args) != 5 {
		fmt.Fprintln(os.Stderr, "usage: lookup ROOT METADATA STORE PATHS (separated by commas)")
		os.Exit(2)
	}
	length, err := lookup(os.Args[1], os.Args[2], os.Args[3], strings.Split(os.Args[4], ","))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(length)
}

func lookup(trusted, metadata, folder string, paths []string) (length int64, err error) {
	root, err := os.ReadFile(trusted)
	if err != nil {
		return 0, err
	}
	mirror, err := dirstore.OpenMirror(metadata)
	if err != nil {
		return 0, err
	}
	defer mirror.Close()
	store, err := dirstore.Open(folder, dirstore.Options{})
	if err != nil {
		return 0, err
	}
	defer store.Close()
	client := &verify.Client{Metadata: mirror, Store: store}
	if err := client.Init(root); err != nil {
		return 0, err
	}
	ctx := context.Background()
	repository, err := client.Refresh(ctx, time.Now())
	if err != nil {
		return 0, err
	}
	verdicts, err := repository.Verdicts(ctx, paths...)
	if err != nil {
		return 0, err
	}
	for _, v := range verdicts {
		length += v.Length
	}
	return length, nil
}
