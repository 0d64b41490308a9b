package vectors_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"regexp"
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
func (s shelf) trusts(t *testing.T) string {
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

// ours is a client of this module, kept between refreshes by its store alone.
type ours struct {
	server *server
	store  shelf
	root   []byte
}

func (c *ours) refresh(at time.Time, target string) (vectors.Outcome, error) {
	client := &verify.Client{Metadata: c.server, Store: c.store}
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

func all(t *testing.T) []*vectors.Vector {
	t.Helper()
	list, err := vectors.All()
	if err != nil {
		t.Fatal(err)
	}
	if len(list) < 100 {
		t.Fatalf("only %d vectors", len(list))
	}
	return list
}

// What this module's client says of every vector is what stands there.
func TestVectors(t *testing.T) {
	for _, v := range all(t) {
		t.Run(v.Name, func(t *testing.T) {
			c := &ours{&server{map[string][]byte{}, map[string]bool{}}, shelf{}, v.Trusted}
			for i, e := range v.Events {
				switch {
				case e.Serve != "":
					c.server.files[e.Serve] = e.Content
				case e.Remove != "":
					delete(c.server.files, e.Remove)
				case e.Fail != "":
					c.server.fails[e.Fail] = true
				default:
					o, err := c.refresh(e.Refresh, v.Target)
					if got := strings.Fields(o.String())[0]; got != e.Expect {
						t.Fatalf("event %d: %s, want %s: %v", i, got, e.Expect, err)
					}
				}
			}
			got, err := c.refresh(v.At, v.Target)
			if got != v.Expect {
				t.Errorf("%s, want %s: %v", got, v.Expect, err)
			}
			if trusts := c.store.trusts(t); trusts != v.Trusts {
				t.Errorf("trusts %s, want %s; %v", trusts, v.Trusts, err)
			}
		})
	}
}

// A vector says what it is about, and is written as it was read.
func TestVectorsAreWellFormed(t *testing.T) {
	name := regexp.MustCompile(`^[a-z0-9-]+$`)
	section := regexp.MustCompile(`^(\d\.\d+(\.\d+)*|TAP \d+|x-rust-tuf)$`)
	about := map[string]string{}
	for _, v := range all(t) {
		if !name.MatchString(v.Name) {
			t.Errorf("%s: no name", v.Name)
		}
		for _, s := range strings.Split(v.Spec, ", ") {
			if !section.MatchString(s) {
				t.Errorf("%s: %q is no section", v.Name, s)
			}
		}
		if other := about[v.About]; other != "" && !strings.HasPrefix(v.Name, "delegation-name-with-") {
			t.Errorf("%s and %s are about the same: %s", v.Name, other, v.About)
		}
		about[v.About] = v.Name
		again, err := vectors.Parse(v.Name, v.Format())
		if err != nil || !bytes.Equal(again.Format(), v.Format()) {
			t.Errorf("%s: %v", v.Name, err)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	good := string(all(t)[0].Format())
	for what, spoil := range map[string][2]string{
		"the first line must be": {vectors.Magic, "tuf client vector 2"},
		"is unknown":             {"about: ", "abuot: "},
		"is no line of a header": {"about: ", "about "},
		"is not complete":        {"spec: ", "spec: \nseen: "},
		"is neither":             {"expect: ", "expect: not "},
		"no content of":          {"trusted ", "trusted 1"},
		"is no event":            {"trusted ", "untrusted "},
		"cannot parse":           {"at: ", "at: 12"},
	} {
		_, err := vectors.Parse("x", []byte(strings.Replace(good, spoil[0], spoil[1], 1)))
		if err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%v does not say %q", err, what)
		}
	}
	if _, err := vectors.Parse("x", nil); err == nil || !strings.Contains(err.Error(), "a line has no end") {
		t.Error(err)
	}
}
