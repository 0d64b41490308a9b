package verify_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/rust-lang/rust-tuf/verify"
)

// scales are a server in front of another that takes note of how much memory is
// in use whenever some more files are there.
type scales struct {
	mu   sync.Mutex
	junk []byte // in place of each file whose name is in forged
	of   map[string]bool
	next verify.Fetcher
	done int
	most uint64
}

func (s *scales) Fetch(ctx context.Context, name string) (io.ReadCloser, error) {
	if s.of[name] {
		return &weighed{s, bytes.NewReader(s.junk)}, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.next.Fetch(ctx, name)
}

type weighed struct {
	s *scales
	*bytes.Reader
}

func (w *weighed) Close() error {
	w.s.mu.Lock()
	defer w.s.mu.Unlock()
	if w.s.done++; w.s.done%4 == 0 {
		w.s.most = max(w.s.most, inUse())
	}
	return nil
}

func inUse() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// A mirror without any key answers with junk of the largest size for each of
// many roles that are asked for at once. It is refused file by file, and no more
// than a few are held, however many are on their way.
func TestJunkIsNotHeld(t *testing.T) {
	r, paths, bins := crates(t, 30)
	c, _ := r.client()
	c.Parallel = len(bins)
	s := &scales{next: r.served, junk: []byte(`{"signatures":[],"signed":"`), of: map[string]bool{}}
	s.junk = append(append(s.junk, bytes.Repeat([]byte("a"), 3<<20)...), `"}`...)
	c.Metadata = s
	repository, err := c.Refresh(t.Context(), now)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range versions(1, bins) {
		s.of[name] = true
	}
	before := inUse()
	verdicts, err := repository.Verdicts(t.Context(), paths...)
	refused[*verify.FormatError](t, err, "signed")
	for i, v := range verdicts {
		if v != nil {
			t.Errorf("%s: %+v", paths[i], v)
		}
	}
	// Each that is held has room to grow, so that all of them would be up to twice this.
	if held := int64(s.most) - int64(before); held > int64(len(bins)*len(s.junk)) {
		t.Errorf("%d files of %d bytes: %d MB in use at once", len(bins), len(s.junk), held>>20)
	}
}

// stuck is a large body that stops in the middle until the client has had
// enough.
type stuck struct {
	ctx   context.Context
	left  int
	stops func()
}

func (s *stuck) Read(p []byte) (int, error) {
	if s.left == 0 {
		s.stops()
		<-s.ctx.Done()
		return 0, context.Cause(s.ctx)
	}
	n := min(len(p), s.left)
	s.left -= n
	return n, nil
}

func (s *stuck) Close() error { return nil }

type stalling struct {
	mu    sync.Mutex
	next  verify.Fetcher
	of    map[string]bool
	stops func()
}

func (s *stalling) Fetch(ctx context.Context, name string) (io.ReadCloser, error) {
	if s.of[name] {
		return &stuck{ctx, 1 << 20, s.stops}, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.next.Fetch(ctx, name)
}

// Of the files that are large only a few are read on at once. Those that wait for
// others which never end go when the client goes.
func TestLargeFilesThatWaitAreCancelled(t *testing.T) {
	r, paths, bins := crates(t, 30)
	c, _ := r.client()
	c.Parallel = len(bins)
	synctest.Test(t, func(t *testing.T) {
		errGone := errors.New("gone home")
		ctx, cancel := context.WithCancelCause(t.Context())
		defer cancel(nil)
		var stopped atomic.Int32
		s := &stalling{next: r.served, of: map[string]bool{}, stops: func() { stopped.Add(1) }}
		c.Metadata = s
		repository, err := c.Refresh(ctx, now)
		if err != nil {
			t.Error(err)
			return
		}
		for _, name := range versions(1, bins) {
			s.of[name] = true
		}
		if _, err := repository.TopLevel(ctx); err != nil {
			t.Error(err)
		}
		done := make(chan error)
		go func() {
			_, err := repository.Verdicts(ctx, paths...)
			done <- err
		}()
		synctest.Wait()
		if n := stopped.Load(); n != 4 {
			t.Errorf("%d large files are on their way at once", n)
		}
		cancel(errGone)
		if err := <-done; !errors.Is(err, errGone) {
			t.Error(err)
		}
	})
}

// Large files that somebody has signed are all accepted, beside each other.
func TestLargeFilesBesideEachOther(t *testing.T) {
	r, paths, bins := crates(t, 12)
	for _, bin := range bins {
		r.targets[bin]["large"] = string(bytes.Repeat([]byte("a"), 300<<10))
	}
	r.publish()
	c, store := r.client()
	c.Metadata, c.Parallel = &scales{next: r.served}, len(bins)
	repository, err := c.Refresh(t.Context(), now)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := repository.Verdicts(t.Context(), paths...); err != nil {
		t.Error(err)
	}
	for _, bin := range bins {
		if store.newest(t, bin) != bin+" 1" {
			t.Errorf("%s is not kept", bin)
		}
	}
}
