package verify_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/rust-lang/rust-tuf/verify"
	"github.com/rust-lang/rust-tuf/verify/memstore"
)

// ownHTTP is a program's own way to fetch: cargo has an HTTP stack, with its
// proxies and retries. A Fetcher is one method over it.
type ownHTTP struct{ site fs.FS }

func (h ownHTTP) Fetch(_ context.Context, name string) (io.ReadCloser, error) {
	plain, err := url.PathUnescape(name) // here it is a folder; a URL takes name as it is
	if err != nil {
		return nil, err
	}
	file, err := h.site.Open("metadata/" + plain)
	if errors.Is(err, fs.ErrNotExist) { // a 404, and nothing else
		return nil, fmt.Errorf("%s: %w", name, verify.ErrNotFound)
	}
	return file, err
}

// cargo looks up many index files with one refresh, each in the bin that its
// name's hash chooses. That a crate does not exist is an answer; that nobody may
// be believed is none.
func Example_cargo() {
	site := os.DirFS(filepath.Join("testdata", "cargo"))
	bundledRoot, err := fs.ReadFile(site, "metadata/1.root.json") // a program embeds it
	if err != nil {
		fmt.Println(err)
		return
	}
	client := &verify.Client{Metadata: ownHTTP{site}, Store: new(memstore.Store)} // verify/dirstore keeps it for the next time
	if err := client.Init(bundledRoot); err != nil {
		fmt.Println(err)
		return
	}
	ctx, now := context.Background(), time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	repository, err := client.Refresh(ctx, now)
	if err != nil {
		fmt.Println("refused:", err)
		return
	}
	for _, crate := range []string{"crates/ti/ny/tinytop", "crates/ab/se/absent"} {
		verdict, err := repository.Target(ctx, crate)
		var missing *verify.NotFoundError
		switch {
		case errors.As(err, &missing):
			fmt.Println("no such crate:", missing.Path)
			continue
		case err != nil:
			fmt.Println("refused:", err)
			return
		}
		content, err := fs.ReadFile(site, "targets/"+repository.TargetName(verdict))
		if err != nil {
			fmt.Println(err)
			return
		}
		var index bytes.Buffer // whole and verified, or not used at all
		if err := verdict.Copy(&index, bytes.NewReader(content)); err != nil {
			fmt.Println("refused:", err)
			return
		}
		fmt.Printf("%s: %d bytes, by %s\n", verdict.Path, index.Len(), verdict.Role())

		// One flipped bit is refused, and so is a line less.
		content[10] ^= 1
		fmt.Println("refused:", verdict.Copy(io.Discard, bytes.NewReader(content)) != nil)
		fmt.Println("refused:", verdict.Copy(io.Discard, bytes.NewReader(nil)))
	}
	// Output:
	// crates/ti/ny/tinytop: 148 bytes, by bin-c9
	// refused: true
	// refused: crates/ti/ny/tinytop: 0 bytes long, promised are 148
	// no such crate: crates/ab/se/absent
}
