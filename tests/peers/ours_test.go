package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/rust-lang/rust-tuf/tests/vectors"
	"github.com/rust-lang/rust-tuf/verify"
)

// server is what a vector publishes.
type server struct {
	files map[string][]byte
	fails map[string]bool
}

func (s *server) Fetch(_ context.Context, name string) (io.ReadCloser, error) {
	name, err := url.PathUnescape(name)
	if err != nil {
		return nil, err
	}
	if s.fails[name] {
		return nil, errUnavailable
	}
	content, ok := s.files[name]
	if !ok {
		return nil, errMissing
	}
	return io.NopCloser(bytes.NewReader(content)), nil
}

var (
	errUnavailable = errors.New("no answer")
	errMissing     = fmt.Errorf("the server has no such file: %w", verify.ErrNotFound)
)

// shelf is a store in memory.
type shelf map[verify.Slot][]byte

func (s shelf) Load(slot verify.Slot) ([]byte, error) {
	content, ok := s[slot]
	if !ok {
		return nil, verify.ErrNotFound
	}
	return content, nil
}

func (s shelf) Swap(slot verify.Slot, _, content []byte) error {
	if content == nil {
		delete(s, slot)
	} else {
		s[slot] = content
	}
	return nil
}

// trusts are the versions in the store.
func (s shelf) trusts(t testing.TB) string {
	t.Helper()
	var versions [4]int64
	for i, role := range []string{"root", "timestamp", "snapshot", "targets"} {
		if content, ok := s[verify.Slot{Role: role}]; ok {
			d, err := verify.Read(content, verify.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			versions[i] = d.Version()
		}
	}
	return vectors.Versions(versions[0], versions[1], versions[2], versions[3])
}

// kind is what the vectors call a refusal.
func kind(err error) string {
	for _, k := range []struct {
		name string
		is   func() bool
	}{
		{"target", is[*verify.NotFoundError](err)},
		{"missing", func() bool { return errors.Is(err, errMissing) }},
		{"unavailable", func() bool { return errors.Is(err, errUnavailable) }},
		{"format", is[*verify.FormatError](err)},
		{"limit", is[*verify.LimitError](err)},
		{"threshold", is[*verify.ThresholdError](err)},
		{"version", is[*verify.VersionError](err)},
		{"expired", is[*verify.ExpiredError](err)},
		{"content", is[*verify.ContentError](err)},
		{"role", is[*verify.RoleError](err)},
		{"repository", is[*verify.RepositoryError](err)},
		{"delegation", is[*verify.DelegationError](err)},
	} {
		if k.is() {
			return k.name
		}
	}
	return "unknown"
}

func is[E error](err error) func() bool {
	return func() bool { var e E; return errors.As(err, &e) }
}

// ours is a client of this module, which keeps its store alone between two
// refreshes, and the server that it asks.
type ours struct {
	*server
	store shelf
	root  []byte
}

func newOurs(v *vectors.Vector) *ours {
	return &ours{&server{files: map[string][]byte{}, fails: map[string]bool{}}, shelf{}, v.Trusted}
}

var instantOfVectors = time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)

func (c *ours) refresh(at time.Time, target string) (vectors.Outcome, error) {
	client := &verify.Client{Metadata: c, Store: c.store}
	err := client.Init(c.root)
	if err != nil {
		return vectors.Outcome{Refused: kind(err)}, err
	}
	r, err := client.Refresh(context.Background(), at)
	if err != nil {
		return vectors.Outcome{Refused: kind(err)}, err
	}
	found, err := r.Target(context.Background(), target)
	if err != nil {
		return vectors.Outcome{Refused: kind(err)}, err
	}
	return vectors.Outcome{Length: found.Length}, nil
}

// says goes through one vector.
func (c *ours) says(t testing.TB, v *vectors.Vector) string {
	t.Helper()
	for _, e := range v.Events {
		switch {
		case e.Serve != "":
			c.files[e.Serve] = e.Content
		case e.Remove != "":
			delete(c.files, e.Remove)
		case e.Fail != "":
			c.fails[e.Fail] = true
		default:
			if said, err := c.refresh(e.Refresh, v.Target); strings.Fields(said.String())[0] != e.Expect {
				return fmt.Sprintf("an earlier refresh %s: %v", said, err)
			}
		}
	}
	said, _ := c.refresh(v.At, v.Target)
	return fmt.Sprintf("%s; trusts %s", said, c.store.trusts(t))
}

func all(t testing.TB) []*vectors.Vector {
	t.Helper()
	list, err := vectors.All()
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// This module's client says of every vector what stands there, to the kind.
func TestVectors(t *testing.T) {
	for _, v := range all(t) {
		t.Run(v.Name, func(t *testing.T) {
			if said, want := newOurs(v).says(t, v), expected(v); said != want {
				t.Errorf("says %q, want %q", said, want)
			}
		})
	}
}
