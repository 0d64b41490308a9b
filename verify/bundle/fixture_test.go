package bundle_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/rust-lang/rust-tuf/verify"
	"github.com/secure-systems-lab/go-securesystemslib/cjson"
	"github.com/theupdateframework/go-tuf/v2/metadata"
)

var (
	now     = time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	expires = now.AddDate(1, 0, 0)
)

const target = "channels/stable.toml"

// repository is the files of a server. It has roots 1 to 3; its targets
// delegate first to a role that does not list the target, and then to one that
// does; a third one is for something else.
type repository map[string][]byte

func (r repository) Fetch(_ context.Context, name string) (io.ReadCloser, error) {
	raw, ok := r[name]
	if !ok {
		return nil, fmt.Errorf("404: %w", verify.ErrNotFound)
	}
	return io.NopCloser(bytes.NewReader(raw)), nil
}

var private = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize))

func publish(t testing.TB) repository {
	t.Helper()
	key, err := metadata.KeyFromPublicKey(private.Public())
	if err != nil {
		t.Fatal(err)
	}
	id, err := key.ID()
	if err != nil {
		t.Fatal(err)
	}
	r := repository{}
	for version := int64(1); version <= 3; version++ {
		root := metadata.Root(expires)
		root.Signed.Version = version
		for _, role := range metadata.TOP_LEVEL_ROLE_NAMES {
			if err := root.Signed.AddKey(key, role); err != nil {
				t.Fatal(err)
			}
		}
		r[fmt.Sprintf("%d.root.json", version)] = signed(t, id, root)
	}
	snapshot, timestamp := metadata.Snapshot(expires), metadata.Timestamp(now.AddDate(0, 0, 1))
	top := metadata.Targets(expires)
	top.Signed.Delegations = &metadata.Delegations{Keys: map[string]*metadata.Key{id: key}}
	for name, pattern := range map[string]string{"archive": "channels/*", "release": "channels/*", "nightly": "nightly/*"} {
		role := metadata.DelegatedRole{Name: name, KeyIDs: []string{id}, Threshold: 1, Paths: []string{pattern}}
		if name == "archive" {
			top.Signed.Delegations.Roles = append([]metadata.DelegatedRole{role}, top.Signed.Delegations.Roles...)
		} else {
			top.Signed.Delegations.Roles = append(top.Signed.Delegations.Roles, role)
		}
		delegated := metadata.Targets(expires)
		if name == "release" {
			sum := sha256.Sum256([]byte("manifest"))
			delegated.Signed.Targets[target] = &metadata.TargetFiles{Length: 8, Hashes: metadata.Hashes{"sha256": sum[:]}}
		}
		r["1."+name+".json"] = signed(t, id, delegated)
		snapshot.Signed.Meta[name+".json"] = metadata.MetaFile(1)
	}
	r["1.targets.json"] = signed(t, id, top)
	r["1.snapshot.json"] = signed(t, id, snapshot)
	r["timestamp.json"] = signed(t, id, timestamp)
	return r
}

func signed[T metadata.Roles](t testing.TB, id string, m *metadata.Metadata[T]) []byte {
	t.Helper()
	message, err := cjson.EncodeCanonical(m.Signed)
	if err != nil {
		t.Fatal(err)
	}
	m.Signatures = []metadata.Signature{{KeyID: id, Signature: ed25519.Sign(private, message)}}
	raw, err := m.ToBytes(false)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// refused asserts a refusal by its type and by words of its message.
func refused[E error](t testing.TB, err error, words ...string) {
	t.Helper()
	var want E
	if !errors.As(err, &want) {
		t.Fatalf("got %v (%T), want a %T", err, err, want)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("%q does not say %q", err, w)
		}
	}
}
