package verify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
)

// Fetcher gets one file of a repository. name is a plain path below the
// repository's address, with "/" between its parts and every other character
// that has a meaning in an address percent-encoded. A file that does not exist
// gives an error that Is [ErrNotFound]; whatever else goes wrong (403, 429,
// 5xx, a time-out) gives any other error, for it is no answer. The client
// reads no more than its limits allow and closes what it gets. When the context
// ends, Fetch returns, and reading what it gave ends: the client waits for both.
type Fetcher interface {
	Fetch(ctx context.Context, name string) (io.ReadCloser, error)
}

// Slot names what a [Store] keeps: the newest trusted document of a role, or,
// with a version, that one of the roots that were trusted on the way. Without a role
// it is what the client remembers besides documents (version 0), and what it has found
// out about those that are kept (version 1).
type Slot struct {
	Role    string
	Version int64 // 0 for the newest
}

// Durable tells whether what a slot holds has to survive a power failure: roots,
// timestamp, snapshot, and what the client remembers. The snapshot alone says how old
// a targets document may be, of the top level or delegated, and one that is not as
// promised is fetched again; what was found out is found out again.
func (s Slot) Durable() bool {
	switch s.Role {
	case "":
		return s.Version == 0
	case typeRoot, typeTimestamp, typeSnapshot:
		return true
	}
	return s.Version > 0
}

// Store keeps what a client trusts between two refreshes, where nobody else
// writes. It survives a kill at any moment: a slot holds the old content or the
// new one, whole. A slot that is [Slot.Durable] survives a power failure in the same
// way; any other may hold anything afterwards, also half a file.
type Store interface {
	// Load returns the content of a slot. An empty one gives an error that Is
	// ErrNotFound.
	Load(slot Slot) ([]byte, error)
	// Swap puts new in the place of old before it returns, for good if the slot is
	// durable. nil stands for an empty slot. If the slot holds something
	// else than old by now, it changes nothing and returns an error that Is
	// ErrSwapped. Nobody changes old or new afterwards.
	Swap(slot Slot, old, new []byte) error
}

// ErrSwapped is what [Store.Swap] returns, wrapped or bare, when another
// process has changed the slot.
var ErrSwapped = errors.New("changed by another process")

// Client refreshes what it trusts of one repository, and finds targets in it.
// It is a thin layer around [Session]: every verdict is the session's. Any
// number of goroutines may use one Client, and any number of processes one
// store: whoever finds that another one has come further begins again.
type Client struct {
	Metadata Fetcher // of the folder with N.root.json and timestamp.json
	Store    Store
	Limits   Limits

	// Parallel is how many files may be on their way at once. Up to 1, each is
	// asked for when the one before it has been judged. From 2 on, what does
	// not depend on each other is asked for together: the next root and the
	// timestamp, and the roles that several targets need; and, beside new
	// documents of roles that delegate, the files to which the kept ones lead.
	// Of a file that turns out not to be needed nothing is judged or kept, and no
	// more is read than 32 KiB; one that is needed and longer is asked for again.
	// Metadata must then be safe for concurrent use. What is accepted is the same.
	// A file that is needed is judged when it has come; no more than four above
	// 256 KiB are on their way or judged at once.
	Parallel int

	begun atomic.Pointer[Root] // that Init has verified in the store already
}

// Init makes a root the first that is trusted, unless the store has one
// already: a root that was trusted once is never replaced by the one that a
// program was built with. If what the store has is damaged, it becomes the
// newest root to which the store's history leads: from raw, or from the root
// whose digest was entered in its place (see [Client.Replace]). Nothing is
// fetched. Call it whenever a program starts, before anything else.
//
// Errors are those of [TrustRoot] for raw, a [*StoreFormatError], and those of
// the Store.
func (c *Client) Init(raw []byte) error {
	for try := 1; ; try++ {
		if err := c.init(raw); !errors.Is(err, ErrSwapped) || try == swapTries {
			return err
		}
	}
}

func (c *Client) init(raw []byte) error {
	kept, err := c.Store.Load(Slot{Role: typeRoot})
	if err == nil {
		if root, err := c.trustKept(kept); err == nil {
			c.begun.Store(root)
			return nil
		}
	} else if !errors.Is(err, ErrNotFound) {
		return err
	}
	root, err := c.origin(raw)
	if err != nil {
		return err
	}
	// An error is the end of the history that still leads somewhere.
	root, _ = root.Walk(c.history, c.Limits)
	if err := c.begin(root); err != nil {
		return err
	}
	c.begun.Store(root)
	return c.keepRoot(kept, root)
}

// begin makes a memory before there is a root, for beside one, a memory that is absent
// was lost. As long as nothing was accepted under any root, it says what the first
// refresh would say, and saves it that.
func (c *Client) begin(root *Root) error {
	nothing := true
	for _, role := range []string{typeTimestamp, typeSnapshot} {
		_, err := c.Store.Load(Slot{Role: role})
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		nothing = nothing && err != nil
	}
	return c.remember(func(m *memory) error {
		if nothing && m.under.Version == 0 {
			m.under = root.name()
		}
		return nil
	})
}

// history loads a root that was trusted on the way.
func (c *Client) history(version int64) ([]byte, error) {
	return c.Store.Load(Slot{Role: typeRoot, Version: version})
}

// origin is the root from which the history goes: the given one, unless another
// one was put in its place by its digest. To begin with the given one then
// would give the repository back to those whose keys were lost.
func (c *Client) origin(raw []byte) (*Root, error) {
	m, _, err := c.remembered()
	if err != nil {
		return nil, err
	}
	for _, r := range []*Replacement{m.replacing, m.replaced} {
		if r == nil || r.After.Version == 0 {
			continue
		}
		entered, err := c.history(r.After.Version)
		if err == nil {
			var root *Root
			if root, err = TrustPinnedRoot(entered, r.After.Digest, c.Limits); err == nil {
				return root, nil
			}
		}
		if r == m.replaced {
			return nil, fmt.Errorf("%s, which was put in the place of another root by its digest, is damaged here; begin with an empty store and enter the digest again: %w", r.After, err)
		}
	}
	return TrustRoot(raw, c.Limits)
}

// Replace puts a root in the place of the one that is trusted, whatever the
// versions of the two are, because somebody has entered its digest; see
// [Root.Replace]. From then on every verdict says so. Nothing is fetched, and
// a kill on the way leaves the old root or the new one, which knows of its
// replacement. What is kept of timestamp and snapshot stays a floor unless
// their keys are others under the new root (SPEC 5.3.11).
//
// Errors are those of [Root.Replace], then nothing has changed; one that Is
// [ErrNotFound] if no root is trusted yet; a [*StoreFormatError]; and those of the
// Store.
func (c *Client) Replace(raw []byte, digest Digest) (*Root, error) {
	before, kept, err := c.trusted()
	if err != nil {
		return nil, err
	}
	after, err := before.Replace(raw, digest, c.Limits)
	if err != nil || after == before {
		return after, err
	}
	if err := c.remember(func(m *memory) error { m.replacing = after.replaced; return nil }); err != nil {
		return nil, err
	}
	if err := c.keepRoot(kept, after); err != nil {
		return nil, err
	}
	return after, c.remember(func(m *memory) error {
		if m.replacing != nil && *m.replacing == *after.replaced {
			m.replaced, m.replacing = after.replaced, nil
		}
		return nil
	})
}

// Root returns the root that is trusted now, without asking anybody for a newer
// one. Errors: one that Is [ErrNotFound] if no root is trusted yet; those of
// [TrustRoot] for a kept one that is damaged, which [Client.Init] repairs; a
// [*StoreFormatError]; and those of the Store.
func (c *Client) Root() (*Root, error) {
	root, _, err := c.trusted()
	return root, err
}

// trusted loads the root that is trusted, with what it rests on. The memory is
// loaded before the root and after it: what it says counts only if it said the
// same while the root was this one.
func (c *Client) trusted() (root *Root, raw []byte, err error) {
	for try := 1; ; try++ {
		_, before, err := c.remembered()
		if err != nil {
			return nil, nil, err
		}
		raw, err = c.Store.Load(Slot{Role: typeRoot})
		if errors.Is(err, ErrNotFound) {
			return nil, nil, fmt.Errorf("no root is trusted yet (Init makes one): %w", err)
		}
		if err != nil {
			return nil, nil, err
		}
		m, after, err := c.remembered()
		if err != nil {
			return nil, nil, err
		}
		if !bytes.Equal(before, after) && try < swapTries {
			continue
		}
		if root = c.begun.Load(); root == nil || !bytes.Equal(root.Raw(), raw) {
			if root, err = c.trustKept(raw); err != nil {
				return nil, nil, damagedRoot(err)
			}
		}
		return root.WithReplacement(m.of(root.name())), raw, nil
	}
}
