package rehearsal

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"time"

	"github.com/rust-lang/rust-tuf/verify"
	"github.com/rust-lang/rust-tuf/verify/memstore"
)

// Client is one client that met what was rehearsed.
type Client struct {
	Root    int64         // the version that it trusts at first
	Current bool          // it had fetched everything the moment before the event
	Reached int64         // the newest root that it came to trust
	Found   int           // files that a role vouches for, out of Rehearsal.Targets
	Fetched int           // documents
	Bytes   int64         // of them
	Took    time.Duration // all of it
	Changes string        // what it sees change in the root, in one line; empty where that is the newest
	Err     error         // why it does not get through; nil where all is found
}

// String names the client in sentences.
func (c Client) String() string {
	if c.Current {
		return fmt.Sprintf("a client that was up to date under root version %d", c.Root)
	}
	return fmt.Sprintf("a new client with root version %d", c.Root)
}

// Clients lets one client after the other begin at each root that was ever
// published and look for every file that is listed, and then one that had
// fetched everything before the event. They fetch from the given place, which
// holds Files. clock tells how long it takes, and decides nothing. An error is
// that of ctx; a *FailedError comes with all clients in it.
func (r *Rehearsal) Clients(ctx context.Context, from verify.Fetcher, clock func() time.Time) ([]Client, error) {
	var clients []Client
	failed := false
	meet := func(c Client, store verify.Store) error {
		began := clock()
		counted := &counter{from: from}
		now, err := r.refresh(ctx, &c, counted, store)
		if err == nil {
			err = r.find(ctx, &c, now)
			if c.Reached != c.Root {
				c.Changes = headline(r.roots[c.Root], now.Root().Document())
			}
		}
		c.Err = err
		c.Took, c.Fetched, c.Bytes = clock().Sub(began), counted.files, counted.bytes
		failed = failed || c.Err != nil
		clients = append(clients, c)
		return context.Cause(ctx)
	}
	for _, v := range r.Roots {
		if err := meet(Client{Root: v}, new(memstore.Store)); err != nil {
			return nil, err
		}
	}
	if r.Before != nil {
		store := new(memstore.Store)
		if before, err := r.refresh(ctx, &Client{Root: r.Roots[0]}, folder(r.Before), store); err == nil {
			_ = r.find(ctx, &Client{}, before) // what is new is not there yet
			if err := meet(Client{Root: before.Root().Version(), Current: true}, store); err != nil {
				return nil, err
			}
		} // else nobody was up to date: perhaps that is what the event mends
	}
	if failed {
		return clients, &FailedError{Event: r.Event, Clients: clients}
	}
	return clients, nil
}

// refresh brings a client to what is current now.
func (r *Rehearsal) refresh(ctx context.Context, c *Client, from verify.Fetcher, store verify.Store) (*verify.Refreshed, error) {
	client := &verify.Client{Metadata: from, Store: store}
	if err := client.Init(r.roots[c.Root].Raw()); err != nil {
		return nil, err
	}
	now, err := client.Refresh(ctx, r.now)
	if trusted, rootErr := client.Root(); rootErr == nil {
		c.Reached = trusted.Version()
	}
	return now, err
}

// find looks for every file that is listed.
func (r *Rehearsal) find(ctx context.Context, c *Client, now *verify.Refreshed) error {
	if _, err := now.TopLevel(ctx); err != nil {
		return err
	}
	var first error
	for _, path := range r.Targets {
		if _, err := now.Target(ctx, path); err == nil {
			c.Found++
		} else if first == nil {
			first = err
		}
	}
	if first != nil {
		return fmt.Errorf("%d of %d files are not found; the first: %w", len(r.Targets)-c.Found, len(r.Targets), first)
	}
	return nil
}

// folder is a place to fetch from that is in memory.
type folder map[string][]byte

func (f folder) Fetch(ctx context.Context, name string) (io.ReadCloser, error) {
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	raw, held := f[name]
	if !held {
		return nil, fmt.Errorf("%s: %w", name, verify.ErrNotFound)
	}
	return io.NopCloser(bytes.NewReader(raw)), nil
}

// counter counts what is fetched.
type counter struct {
	from  verify.Fetcher
	files int
	bytes int64
}

func (c *counter) Fetch(ctx context.Context, name string) (io.ReadCloser, error) {
	body, err := c.from.Fetch(ctx, name)
	if err != nil {
		return nil, err
	}
	c.files++
	return &countedBody{body, &c.bytes}, nil
}

type countedBody struct {
	io.ReadCloser
	bytes *int64
}

func (b *countedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	*b.bytes += int64(n)
	return n, err
}
