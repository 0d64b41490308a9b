package verify_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"strings"
	"sync"
	"testing"

	"github.com/rust-lang/rust-tuf/verify"
)

// grove has a role below a role below a role, and one beside that comes first
// and knows nothing.
func grove(t *testing.T) *rounds {
	t.Helper()
	r := &rounds{served: serve(t), answers: map[string]func() error{}}
	key := edPerson(t, "dave")
	r.delegate("targets", "beside", false, []string{"x/*"}, key)
	r.delegate("targets", "a", false, []string{"x/*"}, key)
	r.delegate("a", "aa", true, []string{"x/*"}, key)
	r.delegate("aa", "aaa", true, []string{"x/*"}, key)
	below := r.targets["aa"]["delegations"].(object)["roles"].([]any)[0].(object)
	delete(below, "paths")
	below["path_hash_prefixes"] = strings.Split("0123456789abcdef", "")
	r.delegate("targets", "behind", false, []string{"x/*"}, key)
	r.lists("aaa", "x/1", 1)
	r.lists("behind", "x/1", 2)
	r.lists("beside", "x/2", 1)
	r.publish()
	return r
}

// However deep the roles are that have changed, a client that knows them waits
// for all of them together; and only for what it does not know one by one.
func TestGuessRounds(t *testing.T) {
	first := []string{"2.root.json", "timestamp.json"}
	for name, test := range map[string]struct {
		path   string
		change func(r *rounds) // after which snapshot and timestamp are bumped
		want   [][]string
	}{
		"all":                {"x/1", func(r *rounds) { r.bump("targets", "beside", "a", "aa", "aaa", "behind") }, [][]string{{"2.a.json", "2.aa.json", "2.aaa.json", "2.beside.json", "2.targets.json"}}},
		"not the targets":    {"x/1", func(r *rounds) { r.bump("a", "aaa") }, [][]string{{"2.a.json", "2.aaa.json"}}},
		"the last":           {"x/1", func(r *rounds) { r.bump("aaa") }, [][]string{{"2.aaa.json"}}},
		"targets and last":   {"x/1", func(r *rounds) { r.bump("targets", "aaa") }, [][]string{{"2.aaa.json", "2.targets.json"}}},
		"one now beside":     {"x/1", func(r *rounds) { r.lists("beside", "x/1", 1); r.bump("targets", "beside", "a", "aa") }, [][]string{{"2.a.json", "2.aa.json", "2.beside.json", "2.targets.json"}}},
		"all, for the first": {"x/2", func(r *rounds) { r.bump("targets", "beside", "a", "aa", "aaa", "behind") }, [][]string{{"2.beside.json", "2.targets.json"}}},
		"a new one between": {"x/1", func(r *rounds) {
			set(r.targets["a"], "delegations", gone)
			r.delegate("a", "ab", true, []string{"x/*"}, edPerson(t, "dave"))
			r.delegate("ab", "aaa", true, []string{"x/*"}, edPerson(t, "dave"))
			r.bump("targets", "a", "aaa")
		}, [][]string{{"2.a.json", "2.aaa.json", "2.targets.json"}, {"1.ab.json"}}},
	} {
		t.Run(name, func(t *testing.T) {
			r := grove(t)
			c, _ := r.client()
			c.Metadata = r.served
			if v, err := lookup(c, test.path); err != nil || v.Length != 1 {
				t.Fatal(v, err)
			}
			c.Metadata, c.Parallel = r, 8
			test.change(r)
			r.bump("timestamp", "snapshot")
			got := r.of(t, func() {
				if v, err := lookup(c, test.path); err != nil || v.Length != 1 {
					t.Error(v, err)
				}
			})
			sameRounds(t, name, got, append([][]string{first, {"2.snapshot.json"}}, test.want...))
		})
	}
}

// With those that are asked for early no more files are on their way than may be.
func TestGuessBound(t *testing.T) {
	for _, parallel := range []int{2, 3, 7} {
		for _, prefix := range []string{"bin", "box"} {
			r, paths, bins := crates(t, 20)
			c, _ := r.client()
			c.Metadata = r.served
			find(t, c, paths...)
			rule(r)["name_prefix"] = prefix
			for _, bin := range bins {
				fresh := strings.Replace(bin, "bin", prefix, 1)
				r.targets[fresh], r.signers[fresh] = set(targetsSigned(fresh, 1), "targets", r.targets[bin]["targets"]), r.signers[bin]
			}
			everything(r, bins)
			w := watch(r)
			c.Metadata, c.Parallel = w, parallel
			r.of(t, func() { find(t, c, paths...) })
			if w.most != parallel {
				t.Errorf("parallel %d, %s: %d at once", parallel, prefix, w.most)
			}
		}
	}
}

// What is on its way already has its turn first, however many others the new
// targets lead to that nobody could expect.
func TestGuessBoundBesideNewRoles(t *testing.T) {
	r, key := &rounds{served: serve(t), answers: map[string]func() error{}}, edPerson(t, "dave")
	var paths []string
	r.delegate("targets", "old", true, []string{"x/*"}, key)
	r.delegate("targets", "last", true, []string{"y/*"}, key)
	for i := range 6 {
		paths = append(paths, fmt.Sprintf("x/%d", i))
		r.lists("old", paths[i], 1)
	}
	paths = append(paths, "y/1")
	r.lists("last", "y/1", 1)
	r.publish()
	c, _ := r.client()
	find(t, c, paths...)
	delete(r.targets["targets"], "delegations")
	for _, path := range paths[:6] {
		r.delegate("targets", path, true, []string{path}, key)
		r.lists(path, path, 2)
	}
	r.delegate("targets", "last", true, []string{"y/*"}, key)
	r.bump("timestamp", "snapshot", "targets", "old", "last")
	w := watch(r)
	c.Metadata, c.Parallel = w, 3
	r.of(t, func() {
		if found := find(t, c, paths...); !strings.HasSuffix(found, "<nil>") {
			t.Error(found)
		}
	})
	if w.most != 3 || w.asked["2.last.json"] != 1 || w.asked["2.old.json"] != 1 {
		t.Errorf("%d at once: %v", w.most, w.asked)
	}
}

// More large files than there is room for are asked for early beside targets
// that are large too: they take no room from them, and of none more is read than
// bins have, before the targets have been.
func TestGuessLeavesRoom(t *testing.T) {
	r, paths, bins := crates(t, 12)
	for role := range r.targets {
		r.targets[role]["large"] = strings.Repeat("a", 300<<10)
	}
	r.publish()
	c, store := r.client()
	c.Metadata, c.Parallel = r.served, 1
	find(t, c, paths...)
	everything(r, bins)
	w := watch(&scales{next: r.served})
	c.Metadata, c.Parallel = w, 100
	kept := &beforeSwap{shelf: store, role: "targets", do: func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		for name, n := range w.read {
			if strings.Contains(name, "bin") && n > early+1 {
				t.Errorf("%s: %d bytes read", name, n)
			}
		}
	}}
	c.Store = kept
	if found := find(t, c, paths...); !strings.HasSuffix(found, "<nil>") || !kept.done {
		t.Error(found)
	}
	for name, ctx := range w.asker {
		if strings.Contains(name, "bin") && ctx.Err() == nil {
			t.Errorf("%s is still asked for", name)
		}
	}
}

// beforeSwap is a store before whose keeping of a role something happens.
type beforeSwap struct {
	shelf
	role string
	do   func()
	done bool
}

func (b *beforeSwap) Swap(slot verify.Slot, old, content []byte) error {
	if slot.Role == b.role {
		b.do()
		b.done = true
	}
	return b.shelf.Swap(slot, old, content)
}

// silent is a server that gives no answer for some files.
type silent struct {
	*watched
	of map[string]bool
}

func (s *silent) Fetch(ctx context.Context, name string) (io.ReadCloser, error) {
	if s.of[name] {
		<-ctx.Done()
		return nil, context.Cause(ctx)
	}
	return s.watched.Fetch(ctx, name)
}

// Nobody waits for a file that was expected and is not needed, however long a
// server keeps it back.
func TestGuessKeptBack(t *testing.T) {
	for _, parallel := range []int{2, 100} {
		r, paths, bins := crates(t, 6)
		c, _ := r.client()
		c.Metadata = r.served
		find(t, c, paths...)
		for _, bin := range bins {
			maps.Copy(r.targets["targets"]["targets"].(object), r.targets[bin]["targets"].(object))
		}
		everything(r, bins)
		s := &silent{watch(&scales{next: r.served}), map[string]bool{}}
		for _, name := range versions(2, bins) {
			s.of[name] = true
		}
		c.Metadata, c.Parallel = s, parallel
		if found := find(t, c, paths...); !strings.HasSuffix(found, "<nil>") {
			t.Error(found)
		}
	}
}

// Who gives up does not wait for what was asked for early, and leaves nothing
// running.
func TestGuessGiveUp(t *testing.T) {
	r, paths, bins := crates(t, 6)
	c, _ := r.client()
	c.Metadata = r.served
	find(t, c, paths...)
	everything(r, bins)
	c.Metadata, c.Parallel = r, 4
	enough := errors.New("enough")
	var cancel context.CancelCauseFunc
	r.answers["2.targets.json"] = func() error { cancel(enough); return nil }
	got := r.of(t, func() {
		ctx, stop := context.WithCancelCause(context.Background())
		cancel = stop
		repository, err := c.Refresh(ctx, now)
		if err != nil {
			t.Error(err)
			return
		}
		if _, err := repository.Verdicts(ctx, paths...); !errors.Is(err, enough) {
			t.Error(err)
		}
	})
	if len(got) != 3 || len(got[2]) != 4 {
		t.Errorf("asked for %q", got)
	}
}

// counter is a store that takes note of how often a role was loaded.
type counter struct {
	shelf
	loaded map[string]int
}

func (c *counter) Load(slot verify.Slot) ([]byte, error) {
	c.loaded[slot.Role]++
	return c.shelf.Load(slot)
}

// However deep a chain of delegations is, each document that is kept is read for
// a guess once or twice, and not again for each that comes.
func TestGuessReadsOnce(t *testing.T) {
	r, key := &rounds{served: serve(t), answers: map[string]func() error{}}, edPerson(t, "dave")
	roles := []string{"targets"}
	for i := range 40 {
		roles = append(roles, fmt.Sprintf("r%02d", i))
		r.delegate(roles[i], roles[i+1], true, []string{"x/*"}, key)
	}
	r.lists(roles[40], "x/1", 1)
	r.publish()
	c, store := r.client()
	c.Metadata = r.served
	find(t, c, "x/1")
	r.bump(append(roles, "timestamp", "snapshot")...)
	for _, parallel := range []int{1, 2, 100} {
		s := &counter{maps.Clone(store), map[string]int{}}
		found := find(t, &verify.Client{Metadata: &scales{next: r.served}, Store: s, Parallel: parallel}, "x/1")
		if !strings.HasSuffix(found, "<nil>") {
			t.Error(found)
		}
		for _, role := range roles {
			if n := s.loaded[role]; n > 3 {
				t.Errorf("parallel %d: %s was loaded %d times", parallel, role, n)
			}
		}
	}
}

// turnstile is a server that answers so many at once: the next one when an answer
// was read to its end, or left.
type turnstile struct {
	next  verify.Fetcher
	slots chan struct{}
	last  string        // a file that is asked for behind others
	begun chan struct{} // which have begun
	once  sync.Once
}

func (s *turnstile) Fetch(ctx context.Context, name string) (io.ReadCloser, error) {
	if name == s.last {
		<-s.begun
	}
	select {
	case s.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	if strings.Contains(name, "bin") {
		s.once.Do(func() { close(s.begun) })
	}
	body, err := s.next.Fetch(ctx, name)
	if err != nil {
		<-s.slots
		return nil, err
	}
	return &turn{body, s}, nil
}

type turn struct {
	io.ReadCloser
	s *turnstile
}

func (b *turn) Close() error {
	<-b.s.slots
	return b.ReadCloser.Close()
}

// A server that has a place for few at once gives what is needed too, be it asked
// for behind all that is only expected, and however long that is.
func TestGuessBlocksNothing(t *testing.T) {
	for _, places := range []int{1, 4} {
		for _, size := range []int{1, early} {
			r, paths, bins := crates(t, 12)
			c, _ := r.client()
			c.Metadata = r.served
			find(t, c, paths...)
			for _, bin := range bins {
				r.targets[bin]["large"] = strings.Repeat("a", size)
			}
			everything(r, bins)
			c.Metadata = &turnstile{next: &scales{next: r.served}, slots: make(chan struct{}, places), last: "2.targets.json", begun: make(chan struct{})}
			c.Parallel = 100
			if found := find(t, c, paths...); !strings.HasSuffix(found, "<nil>") {
				t.Errorf("%d places, %d bytes: %s", places, size, found)
			}
		}
	}
}
