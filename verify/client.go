package verify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// Fetcher gets one file of a repository. name is a plain path below the
// repository's address, with "/" between its parts and every other character
// that has a meaning in an address percent-encoded. A file that does not exist
// gives an error that Is [ErrNotFound]; whatever else goes wrong (403, 429,
// 5xx, a time-out) gives any other error, for it is no answer. The client
// reads no more than its limits allow and closes what it gets.
type Fetcher interface {
	Fetch(ctx context.Context, name string) (io.ReadCloser, error)
}

// Slot names what a [Store] keeps: the newest trusted document of a role, or,
// with a version, that one of the roots that were trusted on the way.
type Slot struct {
	Role    string
	Version int64 // 0 for the newest
}

// Store keeps what a client trusts between two refreshes, where nobody else
// writes. It survives a kill at any moment: a slot holds the old content or the
// new one, whole. It survives a power failure in the same way, except for the
// newest document of a delegated role (a Role that is neither empty nor one of
// the four, without a Version): that slot may hold anything afterwards, also
// half a file, for the snapshot alone says how old such a document may be, and
// one that is not as promised is fetched again.
type Store interface {
	// Load returns the content of a slot. An empty one gives an error that Is
	// ErrNotFound.
	Load(slot Slot) ([]byte, error)
	// Swap puts new in the place of old before it returns, for good but for the
	// exception above. nil stands for an empty slot. If the slot holds something else than old by now, it
	// changes nothing and returns an error that Is ErrSwapped.
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
	// timestamp, and the roles that several targets need. Metadata must then be
	// safe for concurrent use. What is accepted is the same. Each file is judged
	// when it comes; no more than four above 256 KiB are held at once.
	Parallel int

	begun atomic.Pointer[Root] // that Init has verified in the store already
}

// Init makes a root the first that is trusted, unless the store has one
// already: a root that was trusted once is never replaced by the one that a
// program was built with. If what the store has is damaged, it becomes the
// newest root to which the store's history leads: from raw, or from the root
// whose digest was entered in its place (see [Client.Replace]). Nothing is
// fetched. Call it whenever a program starts, before anything else.
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
		if root, err := TrustRoot(kept, c.Limits); err == nil {
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
	c.begun.Store(root)
	return c.keepRoot(kept, root)
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
// one.
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
			if root, err = TrustRoot(raw, c.Limits); err != nil {
				return nil, nil, fmt.Errorf("the root that is kept here (Init repairs it): %w", err)
			}
		}
		return root.WithReplacement(m.of(root.name())), raw, nil
	}
}

// Refreshed is a repository as one refresh found it. It is for one goroutine.
type Refreshed struct {
	*Session
	client   *Client
	under    RootName       // under which the kept timestamp and snapshot were accepted, as last seen
	verified SnapshotRecord // of the kept snapshot, as last seen
	ahead    *answer        // the timestamp, if it was asked for beside a root
}

// Refresh goes through SPEC 5.2 to 5.5: it walks to the newest root, and to
// the timestamp and the snapshot of now. at is the instant at which everything
// is judged, the targets that are looked up afterwards too. What was accepted
// is kept in the store at once; what is refused never is. Where another process
// has come further meanwhile, it begins again with what that one has kept.
func (c *Client) Refresh(ctx context.Context, at time.Time) (*Refreshed, error) {
	for try := 1; ; try++ {
		r, err := c.refresh(ctx, at)
		if err == nil || !errors.Is(err, ErrSwapped) || try == swapTries || ctx.Err() != nil {
			return r, err
		}
	}
}

func (c *Client) refresh(ctx context.Context, at time.Time) (*Refreshed, error) {
	root, _, err := c.trusted()
	if err != nil {
		return nil, err
	}
	r := &Refreshed{Session: NewSession(root, at, c.Limits), client: c}
	for _, step := range []func(context.Context) error{r.roots, r.timestampNow, r.snapshotNow} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
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
	r.under, r.verified = m.under, m.verified
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
	if err == nil {
		_ = r.RestoreTimestamp(kept) // damaged or signed by keys that are gone: no floor, and replaced below
	} else if !errors.Is(err, ErrNotFound) {
		return err
	}
	if err := r.unmoved(); err != nil {
		return err
	}
	raw, err := r.fetchTimestamp(ctx)
	if err != nil {
		return err
	}
	newer, err := r.AddTimestamp(raw)
	if err != nil || !newer {
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
		if current, err := r.RestoreSnapshot(kept, r.verified); err == nil && current {
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
	if err := r.client.Store.Swap(slot, kept, raw); err != nil {
		return err
	}
	return r.client.remember(func(m *memory) error { m.verified = r.SnapshotRecord(); return nil })
}

// promisedName is the name of a role's file, in the version that is promised.
func (r *Refreshed) promisedName(role string, promised MetaFile) string {
	name := EscapeRole(role) + ".json"
	if r.root.ConsistentSnapshot() {
		name = strconv.FormatInt(promised.Version, 10) + "." + name
	}
	return name
}

// atMost is how many bytes a promised file may have.
func (f MetaFile) atMost(limit int64) int64 {
	if f.Length >= 0 {
		return min(limit, f.Length)
	}
	return limit
}

// EscapeRole writes a role's name as one part of a path, whatever is in it: all
// but letters, digits, "-", "_", "~" and "." is percent-encoded, and so is a
// name that is nothing but dots.
func EscapeRole(role string) string {
	var b strings.Builder
	onlyDots := strings.Trim(role, ".") == ""
	for i := range len(role) {
		c := role[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_', c == '~', c == '.' && !onlyDots:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// TargetName is the name by which a [Fetcher] of targets is asked for a target.
// In a repository with consistent snapshots its hash stands before the last
// part of its path (SPEC 6.2).
func (r *Refreshed) TargetName(v *Verdict) string {
	folder, base := "", v.Path
	if i := strings.LastIndexByte(v.Path, '/'); i >= 0 {
		folder, base = v.Path[:i+1], v.Path[i+1:]
	}
	if r.root.ConsistentSnapshot() {
		for _, algorithm := range []string{"sha256", "sha512"} {
			if digits, ok := v.Hashes[algorithm]; ok {
				base = digits + "." + base
				break
			}
		}
	}
	return escapePath(folder + base)
}

// escapePath writes a path as part of an address (RFC 3986, pchar and "/").
func escapePath(path string) string {
	var b strings.Builder
	for i := range len(path) {
		c := path[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte("-._~!$&'()*+,;=:@/", c) >= 0:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}
