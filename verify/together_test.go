package verify_test

import (
	"bytes"
	"context"
	"io"
	"maps"
	"math"
	"strings"
	"sync"
	"testing"

	"github.com/rust-lang/rust-tuf/verify"
)

// shared is a store for several clients at once.
type shared struct {
	mu sync.Mutex
	shelf
}

func (s *shared) Load(slot verify.Slot) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.shelf.Load(slot)
}

func (s *shared) Swap(slot verify.Slot, old, content []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.shelf.Swap(slot, old, content)
}

// files is a server for several clients at once.
type files map[string][]byte

func (f files) Fetch(_ context.Context, name string) (io.ReadCloser, error) {
	raw, ok := f[name]
	if !ok {
		return nil, verify.ErrNotFound
	}
	return io.NopCloser(bytes.NewReader(raw)), nil
}

// Several clients with one store, as the processes of a build are: all of them
// come to an end, however they get in each other's way.
func TestClientsTogether(t *testing.T) {
	for name, prepare := range map[string]func(r *served, c *verify.Client){
		"cold":    func(*served, *verify.Client) {},
		"changed": func(r *served, _ *verify.Client) { r.bump("timestamp", "snapshot", "targets") },
		"rotated": func(r *served, _ *verify.Client) {
			fresh := edPerson(t, "online-2")
			r.nextRoot(func(s object) {
				maps.Copy(s["keys"].(object), keyObjects(fresh))
				set(s, "roles.timestamp", roleObject(1, fresh, r.online))
			})
			r.bump("timestamp")
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := serve(t)
			store := &shared{shelf: shelf{}}
			first := r.files["1.root.json"]
			one := &verify.Client{Metadata: files(maps.Clone(r.files)), Store: store}
			if name != "cold" {
				if err := one.Init(first); err != nil {
					t.Fatal(err)
				}
				if _, err := refresh(one); err != nil {
					t.Fatal(err)
				}
			}
			prepare(r, one)
			served := files(maps.Clone(r.files))
			var all sync.WaitGroup
			for range 8 {
				all.Go(func() {
					c := &verify.Client{Metadata: served, Store: store}
					if err := c.Init(first); err != nil {
						t.Error(err)
						return
					}
					if _, err := refresh(c); err != nil {
						t.Error(err)
					}
				})
			}
			all.Wait()
		})
	}
}

// One Client may be used by several goroutines.
func TestOneClientTogether(t *testing.T) {
	r := serve(t)
	c := &verify.Client{Metadata: files(maps.Clone(r.files)), Store: &shared{shelf: shelf{}}}
	first := r.files["1.root.json"]
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if err := c.Init(first); err != nil {
				t.Error(err)
			} else if _, err := refresh(c); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}

// meanwhile is a server at which something happens before a file is given.
type meanwhile struct {
	*served
	name string
	do   func()
}

func (m *meanwhile) Fetch(ctx context.Context, name string) (io.ReadCloser, error) {
	if do := m.do; name == m.name && do != nil {
		m.do = nil
		do()
	}
	return m.served.Fetch(ctx, name)
}

// A slow client takes nothing back that a fast one has kept meanwhile, whatever
// a mirror gives it.
func TestSlowClient(t *testing.T) {
	for _, at := range []string{"2.root.json", "3.root.json", "timestamp.json"} {
		t.Run(at, func(t *testing.T) {
			r := serve(t)
			_, store := r.refreshed()
			fresh := edPerson(t, "online-2")
			r.bump("timestamp")
			before := r.files["timestamp.json"] // version 2, of root 1
			r.nextRoot(func(s object) {
				maps.Copy(s["keys"].(object), keyObjects(fresh))
				set(s, "roles.timestamp", roleObject(1, fresh, r.online))
			})
			r.timestamp["version"] = 7
			r.publish()
			root2 := r.files["2.root.json"]
			if at == "timestamp.json" { // the mirror shows the slow one nothing of root 2
				delete(r.files, "2.root.json")
			}
			slow := &meanwhile{served: r, name: at, do: func() {
				r.files["2.root.json"] = root2
				if _, err := refresh(&verify.Client{Metadata: r, Store: store}); err != nil {
					t.Error(err)
				}
				r.files["timestamp.json"] = before
			}}
			_, err := refresh(&verify.Client{Metadata: slow, Store: store})
			if err == nil {
				t.Error("it accepted an older timestamp")
			}
			if got := store.newest(t, "root", "timestamp"); got != "root 2, timestamp 7" {
				t.Errorf("the store has %s", got)
			}
		})
	}
}

// Another process that looks while a root is replaced takes nothing for a kill.
func TestReplaceWhileOthersLook(t *testing.T) {
	for nth := range 4 {
		r, _, store, made, digest := lostRoot(t, 2)
		count := 0
		h := &hooked{shelf: store, before: func() {
			if count++; count == nth+1 {
				if _, err := (&verify.Client{Metadata: r, Store: store}).Root(); err != nil {
					t.Error(err)
				}
			}
		}}
		if _, err := (&verify.Client{Metadata: r, Store: h}).Replace(made, digest); err != nil {
			t.Fatal(err)
		}
		if v, err := refresh(&verify.Client{Metadata: r, Store: store}); err != nil || v.Replaced == nil || v.Replaced.Before.Version != 1 {
			t.Errorf("looked before change %d: %+v, %v", nth+1, v, err)
		}
	}
}

// hooked is a store before whose changes something happens.
type hooked struct {
	shelf
	before func()
}

func (h *hooked) Swap(slot verify.Slot, old, content []byte) error {
	h.before()
	return h.shelf.Swap(slot, old, content)
}

// A refresh that began before does not forget what happened meanwhile.
func TestReplaceDuringRefresh(t *testing.T) {
	r := serve(t)
	_, store := r.refreshed()
	r.bump("timestamp")
	quorum := nine(t)[5:8]
	made := envelope(t, rootSigned(t, 2, 2, quorum...), quorum...)
	c := &verify.Client{Store: store, Metadata: &meanwhile{served: r, name: "timestamp.json", do: func() {
		if _, err := (&verify.Client{Metadata: r, Store: store}).Replace(made, mustRead(t, made).Digest()); err != nil {
			t.Error(err)
		}
	}}}
	if _, err := refresh(c); err == nil {
		t.Log("the refresh under the root before came to its end")
	}
	root, err := (&verify.Client{Metadata: r, Store: store}).Root()
	if err != nil || root.Version() != 2 || root.Replacement() == nil || root.Replacement().After.Version != 2 {
		t.Errorf("root %d, %+v, %v", root.Version(), root.Replacement(), err)
	}
}

// A second replacement that is killed leaves the first one in force.
func TestReplaceTwiceKilled(t *testing.T) {
	for left := range 5 {
		r, c, store, made, digest := lostRoot(t, 2)
		if _, err := c.Replace(made, digest); err != nil {
			t.Fatal(err)
		}
		third := nine(t)[2:5]
		again := envelope(t, rootSigned(t, 5, 2, third...), third...)
		c.Store = &killed{store, left}
		_, _ = c.Replace(again, mustRead(t, again).Digest())
		root, err := (&verify.Client{Metadata: r, Store: store}).Root()
		if err != nil || root.Replacement() == nil || root.Replacement().After.Version != root.Version() {
			t.Errorf("killed before change %d: root %d, %+v, %v", left+1, root.Version(), root.Replacement(), err)
		}
	}
}

// A damaged root that had been put in the place of a lost one is made anew from
// that one. To begin with the bundled root would give the client back to whoever
// has the lost keys.
func TestDamagedReplacedRoot(t *testing.T) {
	r := serve(t)
	first := r.files["1.root.json"]
	r2, c, store, made, digest := lostRoot(t, 2)
	if _, err := c.Replace(made, digest); err != nil {
		t.Fatal(err)
	}
	r2.nextRoot(func(object) {})
	if _, err := refresh(c); err != nil {
		t.Fatal(err)
	}
	store[verify.Slot{Role: "root"}] = []byte{}
	c = &verify.Client{Metadata: r2, Store: store}
	if err := c.Init(first); err != nil {
		t.Fatal(err)
	}
	v, err := refresh(c)
	if err != nil || v.Chain[0].Version != 3 || v.Replaced == nil || v.Replaced.After.Version != 2 {
		t.Errorf("%+v, %v", v, err)
	}
	// With its history lost too there is nothing that could be believed.
	store[verify.Slot{Role: "root"}] = []byte{}
	delete(store, verify.Slot{Role: "root", Version: 2})
	err = (&verify.Client{Metadata: r2, Store: store}).Init(first)
	if err == nil || !strings.Contains(err.Error(), "is damaged here; begin with an empty store and enter the digest again") {
		t.Error(err)
	}
}

// A history that is damaged keeps no floor for ever (SPEC 5.3.11).
func TestDamagedHistory(t *testing.T) {
	for name, damage := range map[string]func(shelf){
		"damaged": func(s shelf) { s[verify.Slot{Role: "root", Version: 1}] = []byte("damaged") },
		"gone":    func(s shelf) { delete(s, verify.Slot{Role: "root", Version: 1}) },
	} {
		r := serve(t)
		r.timestamp["version"] = int64(math.MaxInt64)
		r.publish()
		c, store := r.refreshed()
		fresh := edPerson(t, "online-2")
		r.nextRoot(func(s object) {
			maps.Copy(s["keys"].(object), keyObjects(fresh))
			set(s, "roles.timestamp", roleObject(1, fresh, r.online))
		})
		r.timestamp["version"] = 2
		r.publish()
		damage(store)
		if _, err := refresh(c); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		// And from then on nothing goes back again.
		r.timestamp["version"] = 1
		r.publish()
		_, err := refresh(c)
		refused[*verify.VersionError](t, err, "timestamp 1 is not newer than the trusted version 2")
	}
}
