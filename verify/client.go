package verify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
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
// It is a thin layer around [Session]: every verdict is the session's.
type Client struct {
	Metadata Fetcher // of the folder with N.root.json and timestamp.json
	Store    Store
	Limits   Limits

	// Parallel is how many files may be on their way at once. Up to 1, each is
	// asked for when the one before it has been judged. From 2 on, what does
	// not depend on each other is asked for together: the next root and the
	// timestamp, and the roles that several targets need. Metadata must then be
	// safe for concurrent use. What is accepted is the same.
	Parallel int

	begun *Root // that Init has verified in the store already
}

// Init makes a root the first that is trusted, unless the store has one
// already: a root that was trusted once is never replaced by the one that a
// program was built with. If what the store has is damaged, it becomes the
// newest root to which the store's history leads from raw. Nothing is fetched.
// Call it whenever a program starts, before anything else.
func (c *Client) Init(raw []byte) error {
	kept, err := c.Store.Load(Slot{Role: typeRoot})
	if err == nil {
		c.begun, err = TrustRoot(kept, c.Limits)
		if err == nil {
			return nil
		}
	} else if !errors.Is(err, ErrNotFound) {
		return err
	}
	root, err := TrustRoot(raw, c.Limits)
	if err != nil {
		return err
	}
	// An error is the end of the history that still leads somewhere.
	root, _ = root.Walk(func(version int64) ([]byte, error) {
		return c.Store.Load(Slot{Role: typeRoot, Version: version})
	}, c.Limits)
	c.begun = root
	return c.keepRoot(kept, root)
}

// Replace puts a root in the place of the one that is trusted, whatever the
// versions of the two are, because somebody has entered its digest; see
// [Root.Replace]. From then on every verdict says so. Nothing is fetched, and
// a kill on the way leaves the old root or the new one, which knows of its
// replacement. What is kept of timestamp and snapshot stays a floor unless
// their keys are others under the new root (SPEC 5.3.11).
func (c *Client) Replace(raw []byte, digest Digest) (*Root, error) {
	before, kept, _, err := c.trusted()
	if err != nil {
		return nil, err
	}
	after, err := before.Replace(raw, digest, c.Limits)
	if err != nil || after == before {
		return after, err
	}
	if err := c.remember(func(m *memory) { m.replaced = after.replaced }); err != nil {
		return nil, err
	}
	return after, c.keepRoot(kept, after)
}

// Root returns the root that is trusted now, without asking anybody for a newer
// one.
func (c *Client) Root() (*Root, error) {
	root, _, _, err := c.trusted()
	return root, err
}

// trusted loads the root that is trusted, with what it rests on.
func (c *Client) trusted() (root *Root, raw []byte, m memory, err error) {
	raw, err = c.Store.Load(Slot{Role: typeRoot})
	if errors.Is(err, ErrNotFound) {
		return nil, nil, m, fmt.Errorf("no root is trusted yet (Init makes one): %w", err)
	}
	if err != nil {
		return nil, nil, m, err
	}
	if root = c.begun; root == nil || !bytes.Equal(root.Raw(), raw) {
		if root, err = TrustRoot(raw, c.Limits); err != nil {
			return nil, nil, m, fmt.Errorf("the root that is kept here (Init repairs it): %w", err)
		}
	}
	if m, err = c.remembered(); err != nil {
		return nil, nil, m, err
	}
	// A replacement that was remembered, and killed before it was done.
	if m.replaced != nil && m.replaced.Before == root.name() {
		m.replaced = nil
		err = c.remember(func(m *memory) { m.replaced = nil })
	}
	return root.WithReplacement(m.replaced), raw, m, err
}

// Refreshed is a repository as one refresh found it. It is for one goroutine.
type Refreshed struct {
	*Session
	client *Client
	memory memory
	ahead  *answer // the timestamp, if it was asked for beside a root
}

// Refresh goes through SPEC 5.2 to 5.5: it walks to the newest root, and to
// the timestamp and the snapshot of now. at is the instant at which everything
// is judged, the targets that are looked up afterwards too. What was accepted
// is kept in the store at once; what is refused never is.
func (c *Client) Refresh(ctx context.Context, at time.Time) (*Refreshed, error) {
	root, _, m, err := c.trusted()
	if err != nil {
		return nil, err
	}
	r := &Refreshed{Session: NewSession(root, at, c.Limits), client: c, memory: m}
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
	for r.root.Version()-began < int64(r.lim.RootRotations) {
		raw, err := r.fetchRoot(ctx, r.root.Version()+1)
		if errors.Is(err, ErrNotFound) {
			return r.EndRoots()
		}
		if err != nil {
			return err
		}
		before := r.root
		if err := r.AddRoot(raw); err != nil {
			return err
		}
		if err := r.client.keepRoot(before.Raw(), r.root); err != nil {
			return err
		}
	}
	return &LimitError{What: "root versions in one refresh", Limit: int64(r.lim.RootRotations), Found: int64(r.lim.RootRotations) + 1}
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
	old, err := c.Store.Load(slot)
	switch {
	case errors.Is(err, ErrNotFound):
		old = nil
	case err != nil:
		return err
	case bytes.Equal(old, content):
		return nil
	}
	return c.Store.Swap(slot, old, content)
}

// rotated tells whether what is kept of timestamp and snapshot was accepted
// under other keys than those of now. A root whose history was lost to a
// replacement had others, for all that is known.
func (r *Refreshed) rotated() bool {
	under := r.memory.under
	if under.Version == 0 || under == r.root.name() {
		return false
	}
	raw, err := r.client.Store.Load(Slot{Role: typeRoot, Version: under.Version})
	if err != nil {
		return false
	}
	root, err := TrustRoot(raw, r.lim)
	if err != nil {
		return false
	}
	return root.name() != under || r.RotatedSince(root)
}

// timestampNow brings the timestamp of now (SPEC 5.4), after what the rotation
// of keys makes void was removed (SPEC 5.3.11).
func (r *Refreshed) timestampNow(ctx context.Context) error {
	slot := Slot{Role: typeTimestamp}
	if r.rotated() {
		for _, role := range []string{typeTimestamp, typeSnapshot} {
			if err := r.client.put(Slot{Role: role}, nil); err != nil {
				return err
			}
		}
	}
	kept, err := r.client.Store.Load(slot)
	if err == nil {
		_ = r.RestoreTimestamp(kept) // damaged or signed by keys that are gone: no floor, and replaced below
	} else if !errors.Is(err, ErrNotFound) {
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
	if err := r.client.remember(func(m *memory) { m.under = r.root.name() }); err != nil {
		return err
	}
	return r.client.Store.Swap(slot, kept, raw)
}

// snapshotNow brings the snapshot that the timestamp promises (SPEC 5.5).
func (r *Refreshed) snapshotNow(ctx context.Context) error {
	slot := Slot{Role: typeSnapshot}
	kept, err := r.client.Store.Load(slot)
	if err == nil {
		if current, err := r.RestoreSnapshot(kept, r.memory.verified); err == nil && current {
			return nil
		}
	} else if !errors.Is(err, ErrNotFound) {
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
	return r.client.remember(func(m *memory) { m.verified = r.SnapshotRecord() })
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
