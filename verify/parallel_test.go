package verify_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/rust-lang/rust-tuf/verify"
)

// rounds is a server that answers nothing as long as anybody may still ask for
// more, and then everything at once: each time is one round trip.
type rounds struct {
	*served
	mu      sync.Mutex
	waiting map[string]chan struct{}
	most    int                     // requests that were on their way at once
	answers map[string]func() error // what happens when a file is asked for
}

func (r *rounds) Fetch(ctx context.Context, name string) (io.ReadCloser, error) {
	arrived := make(chan struct{})
	r.mu.Lock()
	r.waiting[name] = arrived
	r.most = max(r.most, len(r.waiting))
	r.mu.Unlock()
	select {
	case <-arrived:
	case <-ctx.Done():
		r.mu.Lock()
		delete(r.waiting, name)
		r.mu.Unlock()
		return nil, context.Cause(ctx)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if answer := r.answers[name]; answer != nil {
		if err := answer(); err != nil {
			return nil, err
		}
	}
	return r.served.Fetch(ctx, name)
}

// of does something and returns which files were asked for in each round.
func (r *rounds) of(t *testing.T, do func()) [][]string {
	t.Helper()
	var asked [][]string
	r.waiting, r.most = map[string]chan struct{}{}, 0
	synctest.Test(t, func(t *testing.T) {
		done := make(chan struct{})
		go func() {
			defer close(done)
			do()
		}()
		for {
			synctest.Wait()
			select {
			case <-done:
				return // what still waits for an answer fails the test
			default:
			}
			r.mu.Lock()
			names := slices.Sorted(maps.Keys(r.waiting))
			for _, name := range names {
				close(r.waiting[name])
				delete(r.waiting, name)
			}
			r.mu.Unlock()
			asked = append(asked, names)
		}
	})
	return asked
}

// crates is a repository with bins of targets, and the paths of some.
func crates(t *testing.T, n int) (r *rounds, paths, bins []string) {
	t.Helper()
	r = &rounds{served: serve(t), answers: map[string]func() error{}}
	key := edPerson(t, "dave")
	rule := roleObject(1, key)
	rule["bit_length"], rule["name_prefix"] = 8, "bin"
	r.targets["targets"]["delegations"] = object{"keys": keyObjects(key), "succinct_roles": rule}
	for i := range n {
		path := fmt.Sprintf("crates/%d", i)
		sum := sha256.Sum256([]byte(path))
		bin := fmt.Sprintf("bin-%02x", sum[0])
		paths = append(paths, path)
		if r.targets[bin] == nil {
			bins = append(bins, bin)
			r.targets[bin], r.signers[bin] = set(targetsSigned(bin, 1), "targets", object{}), []*person{key}
		}
		r.targets[bin]["targets"].(object)[path] = object{"length": i, "hashes": object{"sha256": strings.Repeat("ab", 32)}}
	}
	slices.Sort(bins)
	r.publish()
	return r, paths, bins
}

func versions(version int, roles []string) (files []string) {
	for _, role := range roles {
		files = append(files, fmt.Sprintf("%d.%s.json", version, role))
	}
	return files
}

func sameRounds(t *testing.T, what string, got, want [][]string) {
	t.Helper()
	if !slices.EqualFunc(got, want, slices.Equal) {
		t.Errorf("%s: asked for %q, want %q", what, got, want)
	}
}

// A client waits four times for any number of targets when it knows nothing,
// three times when something has changed, the top-level targets too, and once when
// nothing has.
func TestRounds(t *testing.T) {
	r, paths, bins := crates(t, 40)
	c, _ := r.client()
	c.Metadata, c.Parallel = r, 100
	find := func() {
		repository, err := c.Refresh(context.Background(), now)
		if err != nil {
			t.Error(err)
			return
		}
		verdicts, err := repository.Verdicts(context.Background(), paths...)
		if err != nil {
			t.Error(err)
		}
		for i, v := range verdicts {
			if v == nil || v.Path != paths[i] || v.Length != int64(i) {
				t.Errorf("%s: %+v", paths[i], v)
			}
		}
	}
	first := []string{"2.root.json", "timestamp.json"}
	sameRounds(t, "cold", r.of(t, find), [][]string{first, {"1.snapshot.json"}, {"1.targets.json"}, versions(1, bins)})
	sameRounds(t, "unchanged", r.of(t, find), [][]string{first})
	r.bump(append(slices.Clone(bins[:5]), "timestamp", "snapshot")...)
	sameRounds(t, "changed", r.of(t, find), [][]string{first, {"2.snapshot.json"}, versions(2, bins[:5])})
	r.bump(append(slices.Clone(bins), "timestamp", "snapshot", "targets")...)
	changed := append(versions(3, bins[:5]), versions(2, append(slices.Clone(bins[5:]), "targets"))...)
	slices.Sort(changed)
	sameRounds(t, "changed targets", r.of(t, find), [][]string{first, {"3.snapshot.json"}, changed})
}

// Without Parallel one file is asked for after the other.
func TestOneAfterTheOther(t *testing.T) {
	r, paths, _ := crates(t, 3)
	c, _ := r.client()
	c.Metadata = r
	got := r.of(t, func() {
		repository, err := c.Refresh(context.Background(), now)
		if err != nil {
			t.Error(err)
			return
		}
		if _, err := repository.Verdicts(context.Background(), paths...); err != nil {
			t.Error(err)
		}
	})
	if r.most != 1 || len(got) != 7 || got[0][0] != "2.root.json" || got[1][0] != "timestamp.json" {
		t.Errorf("at most %d at once: %q", r.most, got)
	}
}

// No more files are on their way than the client may ask for.
func TestParallelBound(t *testing.T) {
	r, paths, bins := crates(t, 20)
	c, _ := r.client()
	c.Metadata, c.Parallel = r, 3
	got := r.of(t, func() {
		repository, err := c.Refresh(context.Background(), now)
		if err != nil {
			t.Error(err)
			return
		}
		if _, err := repository.Verdicts(context.Background(), paths...); err != nil {
			t.Error(err)
		}
	})
	if r.most != 3 || len(got) != 3+(len(bins)+2)/3 {
		t.Errorf("at most %d at once, %d bins: %q", r.most, len(bins), got)
	}
}

// One target that is refused, not there, or cannot be fetched leaves the others
// alone.
func TestVerdictsPartly(t *testing.T) {
	for _, parallel := range []int{0, 8} {
		r, paths, _ := crates(t, 6)
		binOf := func(path string) string {
			sum := sha256.Sum256([]byte(path))
			return fmt.Sprintf("bin-%02x", sum[0])
		}
		r.fails["1."+binOf(paths[1])+".json"] = errBroken
		mallory := edPerson(t, "mallory")
		forged := binOf(paths[2])
		r.files["1."+forged+".json"] = envelope(t, r.targets[forged], mallory)
		c, store := r.client()
		c.Metadata, c.Parallel = r, parallel
		r.of(t, func() {
			repository, err := c.Refresh(context.Background(), now)
			if err != nil {
				t.Error(err)
				return
			}
			verdicts, err := repository.Verdicts(context.Background(), append(paths, "crates/none")...)
			var threshold *verify.ThresholdError
			var missing *verify.DelegationError
			if !errors.Is(err, errBroken) || !errors.As(err, &threshold) || !errors.As(err, &missing) || threshold.Role != forged {
				t.Errorf("parallel %d: %v", parallel, err)
			}
			for i, v := range verdicts {
				if (v == nil) != (i == 1 || i == 2 || i == 6) {
					t.Errorf("parallel %d: %d: %+v", parallel, i, v)
				}
			}
		})
		if _, ok := store[verify.Slot{Role: forged}]; ok {
			t.Error("what was refused is kept")
		}
	}
}

// The timestamp that comes beside a newer root may be from before it: its keys
// may be gone, or its promises void. It is dropped, and asked for again.
func TestTimestampFromBeforeTheRoot(t *testing.T) {
	for name, rotate := range map[string]func(r *served, judy *person){
		// A thief has the old keys of timestamp and snapshot.
		"timestamp key": func(r *served, judy *person) {
			r.root["roles"].(object)["timestamp"] = roleObject(1, judy)
			maps.Copy(r.root["keys"].(object), keyObjects(judy))
		},
		// Its timestamps are still well signed; only that the root came makes
		// what it has promised void (SPEC 5.3.11).
		"snapshot key": func(r *served, judy *person) {
			r.root["roles"].(object)["snapshot"] = roleObject(1, judy)
			maps.Copy(r.root["keys"].(object), keyObjects(judy))
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := &rounds{served: serve(t), answers: map[string]func() error{}}
			c, store := r.client()
			c.Metadata, c.Parallel = r, 2
			judy := edPerson(t, "judy")
			r.timestamp["version"] = int64(1) << 40
			r.publishTimestamp() // by the thief
			stolen := r.files["timestamp.json"]
			r.nextRoot(func(object) { rotate(r.served, judy) })
			r.timestamp["version"] = int64(7)
			switch name {
			case "timestamp key":
				r.files["timestamp.json"] = envelope(t, r.timestamp, judy)
			case "snapshot key":
				r.files["1.snapshot.json"] = envelope(t, r.snapshot, judy)
				r.publishTimestamp()
			}
			recovered := r.files["timestamp.json"]
			// The stolen one is what comes first, beside the new root.
			next := [][]byte{stolen, recovered}
			r.answers["timestamp.json"] = func() error {
				r.files["timestamp.json"], next = next[0], next[1:]
				return nil
			}
			got := r.of(t, func() {
				if _, err := refresh(c); err != nil {
					t.Error(err)
				}
			})
			if len(got) != 4 || !slices.Equal(got[0], []string{"2.root.json", "timestamp.json"}) || !slices.Equal(got[1], []string{"3.root.json", "timestamp.json"}) {
				t.Errorf("asked for %q", got)
			}
			if have := store.newest(t, "root", "timestamp"); have != "root 2, timestamp 7" {
				t.Error(have)
			}
		})
	}
}

// A timestamp that came ahead is judged as any other: under the newest root, at
// the instant of the refresh, against what was trusted before.
func TestTimestampAheadIsJudged(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(r *served)
		want  func(err error) bool
	}{
		"signed by others": {func(r *served) {
			r.files["timestamp.json"] = envelope(r.t, r.timestamp, edPerson(r.t, "mallory"))
		}, as[*verify.ThresholdError]},
		"expired": {func(r *served) {
			r.timestamp["version"], r.timestamp["expires"] = int64(3), "2020-01-01T00:00:00Z"
			r.publishTimestamp()
		}, as[*verify.ExpiredError]},
		"older": {func(r *served) {
			r.timestamp["version"] = int64(1)
			r.publishTimestamp()
		}, as[*verify.VersionError]},
		"not to be had":      {func(r *served) { r.fails["timestamp.json"] = errBroken }, func(err error) bool { return errors.Is(err, errBroken) }},
		"root not to be had": {func(r *served) { r.fails["2.root.json"] = errBroken }, func(err error) bool { return errors.Is(err, errBroken) }},
		"root refused": {func(r *served) {
			r.nextRoot(func(object) {})
			r.files["2.root.json"] = envelope(r.t, r.root, edPerson(r.t, "mallory"))
		}, as[*verify.ThresholdError]},
		"root expired": {func(r *served) {
			r.nextRoot(func(signed object) { signed["expires"] = "2020-01-01T00:00:00Z" })
			r.bump("timestamp")
		}, as[*verify.ExpiredError]},
	} {
		t.Run(name, func(t *testing.T) {
			r := &rounds{served: serve(t), answers: map[string]func() error{}}
			r.bump("timestamp")
			client, store := r.refreshed()
			client.Metadata, client.Parallel = r, 2
			before := store[verify.Slot{Role: "timestamp"}]
			c.spoil(r.served)
			r.of(t, func() {
				if _, err := refresh(client); !c.want(err) {
					t.Errorf("%v", err)
				}
			})
			if string(store[verify.Slot{Role: "timestamp"}]) != string(before) {
				t.Error("a timestamp was kept that is not trusted")
			}
		})
	}
}

func as[E error](err error) bool {
	var e E
	return errors.As(err, &e)
}

// Who gives up does not wait for answers, and leaves nothing running.
func TestGiveUp(t *testing.T) {
	r, paths, _ := crates(t, 20)
	c, _ := r.client()
	c.Metadata, c.Parallel = r, 4
	enough := errors.New("enough")
	var cancel context.CancelCauseFunc
	r.answers["timestamp.json"] = func() error { cancel(enough); return nil }
	r.of(t, func() {
		ctx, stop := context.WithCancelCause(context.Background())
		cancel = stop
		if _, err := c.Refresh(ctx, now); !errors.Is(err, enough) {
			t.Error(err)
		}
	})
	delete(r.answers, "timestamp.json")
	r.answers["1.targets.json"] = func() error { cancel(enough); return nil }
	r.of(t, func() {
		ctx, stop := context.WithCancelCause(context.Background())
		cancel = stop
		repository, err := c.Refresh(ctx, now)
		if err != nil {
			t.Error(err)
			return
		}
		verdicts, err := repository.Verdicts(ctx, paths...)
		if !errors.Is(err, enough) || slices.ContainsFunc(verdicts, func(v *verify.Verdict) bool { return v != nil }) {
			t.Error(err)
		}
	})
}

// counted is a store that remembers which slots were loaded.
type counted struct {
	shelf
	loaded []verify.Slot
}

func (c *counted) Load(slot verify.Slot) ([]byte, error) {
	c.loaded = append(c.loaded, slot)
	return c.shelf.Load(slot)
}

// A client that has walked once looks at no old root again, however long its
// history is.
func TestWarmClientLoadsNoOldRoot(t *testing.T) {
	r := serve(t)
	for range 5 {
		r.nextRoot(func(object) {})
	}
	c, store := r.client()
	if _, err := refresh(c); err != nil {
		t.Fatal(err)
	}
	r.asked = nil
	for version := range int64(5) {
		store[verify.Slot{Role: "root", Version: version + 1}] = []byte("{}")
	}
	loads := &counted{shelf: store}
	c.Store = loads
	if _, err := refresh(c); err != nil {
		t.Fatal(err)
	}
	for _, slot := range loads.loaded {
		if slot.Role == "root" && slot.Version != 0 {
			t.Errorf("loaded root %d", slot.Version)
		}
	}
	if want := []string{"7.root.json", "timestamp.json"}; !slices.Equal(r.asked, want) {
		t.Errorf("asked for %q", r.asked)
	}
}
