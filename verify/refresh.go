package verify

import (
	"bytes"
	"context"
	"errors"
	"math"
	"time"
)

// Refreshed is a repository as one refresh found it. It is for one goroutine.
type Refreshed struct {
	*Session
	client *Client
	began  *Root    // that was trusted when the refresh began
	under  RootName // under which the kept timestamp and snapshot were accepted, as last seen
	ahead  *answer  // the timestamp, if it was asked for beside a root
}

// Refresh goes through SPEC 5.2 to 5.5: it walks to the newest root, and to
// the timestamp and the snapshot of now. at is the instant at which everything
// is judged, the targets that are looked up afterwards too. What was accepted
// is kept in the store at once; what is refused never is. Where another process
// has come further meanwhile, it begins again with what that one has kept.
//
// Errors are those of [Client.Root], of [Session.AddRoot], [Session.EndRoots],
// [Session.AddTimestamp] and [Session.AddSnapshot], a [*LimitError] for a file that
// is too long or too many roots, what the Fetcher and the Store return, and one
// that Is [ErrSwapped] if others keep overtaking it. A refusal on the way does not
// lose the proof of a fork: where one was met, the [*ForkError] is joined to the
// error (see [Session.Fork]).
func (c *Client) Refresh(ctx context.Context, at time.Time) (*Refreshed, error) {
	var fork *ForkError // that was met, in this try or in one before it
	for try := 1; ; try++ {
		r, err := c.refresh(ctx, at, &fork)
		if err == nil {
			return r, nil
		}
		if errors.Is(err, ErrSwapped) && try < swapTries && ctx.Err() == nil {
			continue
		}
		if fork != nil {
			return nil, errors.Join(err, fork)
		}
		return nil, err
	}
}

func (c *Client) refresh(ctx context.Context, at time.Time, fork **ForkError) (*Refreshed, error) {
	root, _, err := c.trusted()
	if err != nil {
		return nil, err
	}
	r := &Refreshed{Session: NewSession(root, at, c.Limits), client: c, began: root}
	r.fork, r.records = *fork, c.records()
	for _, step := range []func(context.Context) error{r.roots, r.timestampNow, r.snapshotNow} {
		err := step(ctx)
		*fork = r.fork
		if err != nil {
			return nil, c.unlessForged(root, err)
		}
	}
	r.noteRoot()
	r.keepRecords(0)
	return r, nil
}

// roots walks to the newest root and keeps each that it accepts (SPEC 5.3).
func (r *Refreshed) roots(ctx context.Context) error {
	began := r.root.Version()
	for r.root.Version() < math.MaxInt64 {
		raw, err := r.fetchRoot(ctx, r.root.Version()+1)
		if errors.Is(err, ErrNotFound) {
			return r.EndRoots()
		}
		if err != nil {
			return err
		}
		if found := r.root.Version() - began + 1; found > int64(r.lim.RootRotations) { // SPEC 5.3.3: a walk has an end
			return &LimitError{What: "root versions in one refresh", Limit: int64(r.lim.RootRotations), Found: found}
		}
		before := r.root
		if err := r.AddRoot(raw); err != nil {
			return err
		}
		if err := r.client.keepRoot(before.Raw(), r.root); err != nil {
			return err
		}
		if err := r.client.goneOn(before.name()); err != nil {
			return err
		}
	}
	return r.EndRoots() // there is no version after the largest
}

// goneOn says that a root was followed by another one: a replacement of it that
// was begun, and killed, can never be done any more.
func (c *Client) goneOn(from RootName) error {
	m, _, err := c.remembered()
	if err != nil || m.replacing == nil || m.replacing.Before != from {
		return err
	}
	return c.remember(func(m *memory) error {
		if m.replacing != nil && m.replacing.Before == from {
			m.replacing = nil
		}
		return nil
	})
}

// keepRoot makes a root the newest that is trusted, and keeps it in the
// history (SPEC 5.3.8). The history comes first: it must know every root
// under which something was accepted. old is what the store holds, nil for
// nothing.
func (c *Client) keepRoot(old []byte, root *Root) error {
	history := Slot{Role: typeRoot, Version: root.Version()}
	if err := c.put(history, root.Raw()); err != nil {
		return err
	}
	return c.Store.Swap(Slot{Role: typeRoot}, old, root.Raw())
}

// put makes content the content of a slot, whatever it holds.
func (c *Client) put(slot Slot, content []byte) error {
	for try := 1; ; try++ {
		old, err := c.Store.Load(slot)
		switch {
		case errors.Is(err, ErrNotFound):
			old = nil
		case err != nil:
			return err
		case bytes.Equal(old, content):
			return nil
		}
		if err := c.Store.Swap(slot, old, content); !errors.Is(err, ErrSwapped) || try == swapTries {
			return err
		}
	}
}

// rotated tells whether what is kept of timestamp and snapshot was accepted
// under other keys than those of now. A root that the history does not have any
// more had others, for all that is known: what its keys signed would otherwise
// be a floor for ever.
func (r *Refreshed) rotated() (bool, error) {
	if err := r.unmoved(); err != nil {
		return false, err
	}
	m, _, err := r.client.remembered()
	r.under = m.under
	if err != nil || m.under.Version == 0 || m.under == r.root.name() {
		return false, err
	}
	raw, err := r.client.history(m.under.Version)
	if errors.Is(err, ErrNotFound) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	root, err := TrustRoot(raw, r.lim)
	if err != nil || root.name() != m.under {
		return true, nil
	}
	return r.RotatedSince(root), nil
}

// unmoved is ErrSwapped if another process trusts a newer root by now: by its
// keys, what it keeps may be a floor that this refresh would not see.
func (r *Refreshed) unmoved() error {
	raw, err := r.client.Store.Load(Slot{Role: typeRoot})
	if err == nil && !bytes.Equal(raw, r.root.Raw()) || errors.Is(err, ErrNotFound) {
		return ErrSwapped
	}
	return err
}

// forget removes what the rotation of keys makes void (SPEC 5.3.11).
func (r *Refreshed) forget() error {
	rotated, err := r.rotated()
	if err != nil || !rotated {
		return err
	}
	for _, role := range []string{typeTimestamp, typeSnapshot} {
		kept, err := r.client.Store.Load(Slot{Role: role})
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		// Judged again: a floor that another process has made since then stays.
		if still, err := r.rotated(); err != nil || !still {
			return errors.Join(err, ErrSwapped)
		}
		if err := r.client.Store.Swap(Slot{Role: role}, kept, nil); err != nil {
			return err
		}
	}
	return nil
}

// timestampNow brings the timestamp of now (SPEC 5.4).
func (r *Refreshed) timestampNow(ctx context.Context) error {
	slot := Slot{Role: typeTimestamp}
	if err := r.forget(); err != nil {
		return err
	}
	kept, err := r.client.Store.Load(slot)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	if err := r.unmoved(); err != nil {
		return err
	}
	raw, err := r.fetchTimestamp(ctx)
	if err != nil {
		return err
	}
	unchanged := bytes.Equal(raw, kept)
	if kept != nil && !unchanged {
		_ = r.RestoreTimestamp(kept) // damaged or signed by keys that are gone: no floor, and replaced below
	}
	newer, err := r.AddTimestamp(raw)
	if err != nil || !newer || unchanged {
		return err
	}
	// Before the timestamp, so that none is ever kept without it; and only if no
	// other process has said meanwhile under which root the kept one is.
	err = r.client.remember(func(m *memory) error {
		if m.under != r.under {
			return ErrSwapped
		}
		m.under = r.root.name()
		return nil
	})
	if err != nil {
		return err
	}
	return r.client.Store.Swap(slot, kept, raw)
}

// snapshotNow brings the snapshot that the timestamp promises (SPEC 5.5).
func (r *Refreshed) snapshotNow(ctx context.Context) error {
	slot := Slot{Role: typeSnapshot}
	kept, err := r.client.Store.Load(slot)
	if err == nil {
		if current, err := r.RestoreSnapshot(kept, r.records.snapshot); err == nil && current {
			return nil
		}
	} else if !errors.Is(err, ErrNotFound) {
		return err
	}
	if err := r.unmoved(); err != nil {
		return err
	}
	promised := r.timestamp.Snapshot()
	raw, err := r.fetch(ctx, r.promisedName(typeSnapshot, promised), promised.atMost(r.lim.SnapshotBytes))
	if err != nil {
		return err
	}
	if err := r.AddSnapshot(raw); err != nil {
		return err
	}
	return r.client.Store.Swap(slot, kept, raw)
}
