package bundle

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/rust-lang/rust-tuf/verify"
	"github.com/rust-lang/rust-tuf/verify/memstore"
)

// Make goes through a whole refresh from a root that is trusted already, looks
// the targets up, and puts what that took into a bundle. Before it returns, a
// second client has gone through the bundle alone: the verdicts, one for each
// path, are what its reader will get at the same instant. Errors are those of
// [verify.Client] and of from.
func Make(ctx context.Context, from verify.Fetcher, root []byte, at time.Time, lim Limits, paths ...string) (*Bundle, []*verify.Verdict, error) {
	lim = lim.orDefault()
	trusted, err := verify.TrustRoot(root, lim.Metadata)
	if err != nil {
		return nil, nil, fmt.Errorf("the trusted root: %w", err)
	}
	first := fmt.Sprintf("%d.root.json", trusted.Version())
	r := &recorder{from: from, files: map[string][]byte{first: trusted.Raw()}}
	if _, err := look(ctx, r, trusted, at, lim.Metadata, paths); err != nil {
		return nil, nil, err
	}
	b := &Bundle{files: r.files}
	for name := range r.files {
		if v, ok := rootVersion(name); ok {
			b.newest = max(b.newest, v)
		}
	}
	if b, err = Read(b.Encode(), lim); err != nil {
		return nil, nil, err
	}
	verdicts, err := look(ctx, b, trusted, at, lim.Metadata, paths)
	return b, verdicts, err
}

// look is a client that begins with nothing but a root.
func look(ctx context.Context, from verify.Fetcher, root *verify.Root, at time.Time, lim verify.Limits, paths []string) ([]*verify.Verdict, error) {
	client := &verify.Client{Metadata: from, Store: new(memstore.Store), Limits: lim}
	if err := client.Init(root.Raw()); err != nil {
		return nil, err
	}
	repository, err := client.Refresh(ctx, at)
	if err != nil {
		return nil, err
	}
	verdicts := make([]*verify.Verdict, 0, len(paths))
	for _, path := range paths {
		v, err := repository.Target(ctx, path)
		if err != nil {
			return nil, err
		}
		verdicts = append(verdicts, v)
	}
	return verdicts, nil
}

// recorder keeps what a client has read to the end.
type recorder struct {
	from  verify.Fetcher
	mu    sync.Mutex
	files map[string][]byte
}

func (r *recorder) Fetch(ctx context.Context, name string) (io.ReadCloser, error) {
	body, err := r.from.Fetch(ctx, name)
	if err != nil {
		return nil, err
	}
	return &recording{ReadCloser: body, name: name, to: r}, nil
}

type recording struct {
	io.ReadCloser
	name string
	to   *recorder
	seen bytes.Buffer
}

func (f *recording) Read(p []byte) (int, error) {
	n, err := f.ReadCloser.Read(p)
	f.seen.Write(p[:n])
	if err == io.EOF {
		f.to.mu.Lock()
		defer f.to.mu.Unlock()
		f.to.files[f.name] = f.seen.Bytes()
	}
	return n, err
}
