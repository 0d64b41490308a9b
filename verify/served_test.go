package verify_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rust-lang/rust-tuf/verify"
)

// now is the instant at which tests judge; the documents of the fixture are
// valid until 2030.
var now = time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)

// served is a repository as a server shows it. Tests change what is signed,
// publish, and then spoil single files.
type served struct {
	t          *testing.T
	quorum     []*person
	online     *person // signs timestamp and snapshot
	root       object
	timestamp  object
	snapshot   object
	targets    map[string]object    // by role
	signers    map[string][]*person // of targets and delegated roles
	hashes     bool                 // whether metadata files are promised with length and hash
	consistent bool

	files map[string][]byte
	fails map[string]error
	asked []string
}

// serve is a repository with a 3-of-5 root and one target, refreshed once.
func serve(t *testing.T) *served {
	t.Helper()
	quorum := nine(t)[:5]
	r := &served{t: t, quorum: quorum, online: edPerson(t, "online"), consistent: true, files: map[string][]byte{}, fails: map[string]error{},
		root: rootSigned(t, 1, 3, quorum...), targets: map[string]object{"targets": targetsSigned("targets", 1)}, signers: map[string][]*person{"targets": quorum}}
	r.timestamp = object{"_type": "timestamp", "spec_version": "1.0.31", "version": 1, "expires": "2030-01-01T00:00:00Z", "x-rust-tuf": extension("timestamp")}
	r.snapshot = object{"_type": "snapshot", "spec_version": "1.0.31", "version": 1, "expires": "2030-01-01T00:00:00Z", "x-rust-tuf": extension("snapshot")}
	r.putRoot(quorum...)
	r.publish()
	return r
}

// putRoot signs the root as it is now and serves it.
func (r *served) putRoot(signers ...*person) {
	r.t.Helper()
	r.files[fmt.Sprintf("%d.root.json", r.root["version"])] = envelope(r.t, r.root, signers...)
}

// nextRoot makes the following version of the root, signed by the quorum.
func (r *served) nextRoot(edit func(signed object)) {
	r.t.Helper()
	r.root["version"] = number(r.root["version"]) + 1
	edit(r.root)
	r.putRoot(r.quorum...)
}

func number(v any) int64 {
	switch n := v.(type) {
	case int:
		return int64(n)
	case int64:
		return n
	}
	return 0
}

func (r *served) name(role string, version any) string {
	if r.consistent && role != "timestamp" {
		return fmt.Sprintf("%d.%s.json", version, verify.EscapeRole(role))
	}
	return verify.EscapeRole(role) + ".json"
}

func (r *served) promise(version any, raw []byte) object {
	m := object{"version": version}
	if r.hashes {
		sum := sha256.Sum256(raw)
		m["length"], m["hashes"] = len(raw), object{"sha256": hex.EncodeToString(sum[:])}
	}
	return m
}

// publish signs and serves targets, snapshot and timestamp as they are now.
func (r *served) publish() {
	r.t.Helper()
	meta := object{}
	for _, role := range slices.Sorted(maps.Keys(r.targets)) {
		signed := r.targets[role]
		raw := envelope(r.t, signed, r.signers[role]...)
		r.files[r.name(role, signed["version"])] = raw
		meta[role+".json"] = r.promise(signed["version"], raw)
	}
	r.snapshot["meta"] = meta
	r.publishSnapshot()
}

func (r *served) publishSnapshot() {
	r.t.Helper()
	raw := envelope(r.t, r.snapshot, r.online)
	r.files[r.name("snapshot", r.snapshot["version"])] = raw
	r.timestamp["meta"] = object{"snapshot.json": r.promise(r.snapshot["version"], raw)}
	r.publishTimestamp()
}

func (r *served) publishTimestamp() {
	r.t.Helper()
	r.files["timestamp.json"] = envelope(r.t, r.timestamp, r.online)
}

// bump raises the versions of some roles and publishes.
func (r *served) bump(roles ...string) {
	r.t.Helper()
	for _, role := range roles {
		switch role {
		case "timestamp":
			r.timestamp["version"] = number(r.timestamp["version"]) + 1
		case "snapshot":
			r.snapshot["version"] = number(r.snapshot["version"]) + 1
		default:
			r.targets[role]["version"] = number(r.targets[role]["version"]) + 1
		}
	}
	r.publish()
}

// Fetch is the server.
func (r *served) Fetch(_ context.Context, name string) (io.ReadCloser, error) {
	r.asked = append(r.asked, name)
	if err := r.fails[name]; err != nil {
		return nil, err
	}
	raw, ok := r.files[name]
	if !ok {
		return nil, fmt.Errorf("404: %w", verify.ErrNotFound)
	}
	return io.NopCloser(bytes.NewReader(raw)), nil
}

// shelf is a store in memory.
type shelf map[verify.Slot][]byte

func (s shelf) Load(slot verify.Slot) ([]byte, error) {
	raw, ok := s[slot]
	if !ok {
		return nil, verify.ErrNotFound
	}
	return raw, nil
}

func (s shelf) Swap(slot verify.Slot, old, content []byte) error {
	if have, ok := s[slot]; ok != (old != nil) || !bytes.Equal(have, old) {
		return verify.ErrSwapped
	}
	if content == nil {
		delete(s, slot)
		return nil
	}
	s[slot] = content
	return nil
}

// newest are the versions that the store trusts, for comparisons.
func (s shelf) newest(t *testing.T, roles ...string) string {
	t.Helper()
	var out []string
	for _, role := range roles {
		raw, ok := s[verify.Slot{Role: role}]
		if !ok {
			out = append(out, role+" none")
			continue
		}
		out = append(out, role+" "+strconv.FormatInt(mustRead(t, raw).Version(), 10))
	}
	return strings.Join(out, ", ")
}

// client is a client of the repository that trusts its root 1.
func (r *served) client() (*verify.Client, shelf) {
	r.t.Helper()
	return r.clientFrom(r.files["1.root.json"])
}

func (r *served) clientFrom(root []byte) (*verify.Client, shelf) {
	r.t.Helper()
	store := shelf{}
	c := &verify.Client{Metadata: r, Store: store}
	if err := c.Init(root); err != nil {
		r.t.Fatal(err)
	}
	return c, store
}

// refreshed is a client that has refreshed once.
func (r *served) refreshed() (*verify.Client, shelf) {
	r.t.Helper()
	c, store := r.client()
	if _, err := c.Refresh(context.Background(), now); err != nil {
		r.t.Fatal(err)
	}
	r.asked = nil
	return c, store
}

// refresh refreshes and looks the usual target up.
func refresh(c *verify.Client) (*verify.Verdict, error) { return lookup(c, "channels/stable.toml") }

func lookup(c *verify.Client, path string) (*verify.Verdict, error) {
	r, err := c.Refresh(context.Background(), now)
	if err != nil {
		return nil, err
	}
	return r.Target(context.Background(), path)
}

var errBroken = errors.New("connection reset")
