package verify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync"
)

// answer is what came of asking for one file.
type answer struct {
	raw []byte
	err error
}

// fetch reads one file, and no more of it than one byte above the limit.
func (r *Refreshed) fetch(ctx context.Context, name string, limit int64) ([]byte, error) {
	body, err := r.client.Metadata.Fetch(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return readFile(name, body, limit)
}

func readFile(name string, body io.ReadCloser, limit int64) (raw []byte, err error) {
	defer func() { err = errors.Join(err, body.Close()) }()
	content := bytes.NewBuffer(make([]byte, 0, min(limit, firstRead)+bytes.MinRead))
	if _, err := content.ReadFrom(io.LimitReader(body, limit+1)); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return content.Bytes(), checkSize(name, content.Bytes(), limit)
}

// firstRead is room for nearly all bins and roots, which are read at once by that.
const firstRead = 8 << 10

// fetchRoot fetches one version of the root. If it may, the client asks for the
// timestamp at the same time, and keeps the answer for fetchTimestamp if there
// is no such root.
//
// That is what a client would see that asks for one after the other. Roots do
// not vanish: one that does not exist now did not exist when the timestamp was
// asked for, so the root that is trusted was the newest then. If the root does
// exist, what came beside it may be from before it, signed by keys that it
// takes away or with a version that it makes void (SPEC 5.3.11): it is dropped
// unread, and asked for anew beside the next root.
func (r *Refreshed) fetchRoot(ctx context.Context, version int64) ([]byte, error) {
	name := strconv.FormatInt(version, 10) + ".root.json"
	if r.client.Parallel < 2 {
		return r.fetch(ctx, name, r.lim.RootBytes)
	}
	beside, cancel := context.WithCancel(ctx)
	defer cancel()
	timestamp := make(chan answer)
	go func() {
		raw, err := r.fetch(beside, timestampFile, r.lim.TimestampBytes)
		timestamp <- answer{raw, err}
	}()
	raw, err := r.fetch(ctx, name, r.lim.RootBytes)
	if !errors.Is(err, ErrNotFound) {
		cancel()
		<-timestamp
		return raw, err
	}
	ahead := <-timestamp
	r.ahead = &ahead
	return nil, err
}

const timestampFile = "timestamp.json"

// fetchTimestamp fetches the timestamp, unless that was done beside the root
// that does not exist.
func (r *Refreshed) fetchTimestamp(ctx context.Context) ([]byte, error) {
	if r.ahead != nil {
		return r.ahead.raw, r.ahead.err
	}
	return r.fetch(ctx, timestampFile, r.lim.TimestampBytes)
}

// fetchRoles fetches files of roles, as many at once as the client may, and
// has each judged when it comes: one after the other, while others are on their
// way. When it returns nothing is on its way any more.
func (r *Refreshed) fetchRoles(ctx context.Context, wanted []*roleFile, judge func(*roleFile)) {
	if r.client.Parallel < 2 {
		for _, w := range wanted {
			w.raw, w.err = r.fetch(ctx, w.name, w.limit)
			judge(w)
		}
		return
	}
	next, came := make(chan *roleFile), make(chan *roleFile)
	large := make(chan struct{}, maxLarge)
	var workers sync.WaitGroup
	for range min(r.client.Parallel, len(wanted)) {
		workers.Go(func() {
			for w := range next {
				w.raw, w.err = r.fetchBeside(ctx, w, large)
				came <- w
			}
		})
	}
	for waiting := len(wanted); waiting > 0; {
		var first *roleFile
		send := next
		if len(wanted) > 0 {
			first = wanted[0]
		} else {
			send = nil
		}
		select {
		case send <- first:
			wanted = wanted[1:]
		case w := <-came:
			waiting--
			judge(w)
			w.raw = nil
			if w.large {
				<-large
			}
		}
	}
	close(next)
	workers.Wait()
}

// fetchBeside is fetch for a file that may turn out to be large while others
// are on their way: then it waits for room.
func (r *Refreshed) fetchBeside(ctx context.Context, w *roleFile, large chan struct{}) ([]byte, error) {
	if w.early != nil {
		defer w.early.stop()
	}
	body, err := r.open(ctx, w)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", w.name, err)
	}
	wait := func() error {
		select {
		case large <- struct{}{}:
			w.large = true
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return readFile(w.name, &roomyBody{body, smallFile, wait}, w.limit)
}

// open asks for a file, unless that was done early.
func (r *Refreshed) open(ctx context.Context, w *roleFile) (io.ReadCloser, error) {
	if w.early == nil {
		return r.client.Metadata.Fetch(ctx, w.name)
	}
	o := <-w.early.came
	return o.body, o.err
}

// early is a file that was asked for before it is known whether anybody needs
// it. Nothing of it is read before that, so it takes no room from a file that is
// needed, and none in memory.
type early struct {
	came chan opened
	stop func()
}

// opened is what came of asking for a file of which nothing was read.
type opened struct {
	body io.ReadCloser
	err  error
}

func (r *Refreshed) askEarly(ctx context.Context, name string) *early {
	ctx, stop := context.WithCancel(ctx)
	e := &early{make(chan opened, 1), stop}
	go func() {
		body, err := r.client.Metadata.Fetch(ctx, name)
		e.came <- opened{body, err}
	}()
	return e
}

// giveUp ends what nobody needs, whatever has come of it.
func (e *early) giveUp() {
	e.stop()
	if o := <-e.came; o.err == nil {
		_ = o.body.Close()
	}
}

// roomyBody is a body that waits once, before it reads on behind its first
// bytes.
type roomyBody struct {
	io.ReadCloser
	left int
	wait func() error // nil when it has waited
}

func (b *roomyBody) Read(p []byte) (int, error) {
	if b.wait == nil {
		return b.ReadCloser.Read(p)
	}
	if b.left == 0 {
		if err := b.wait(); err != nil {
			return 0, err
		}
		b.wait = nil
		return b.ReadCloser.Read(p)
	}
	n, err := b.ReadCloser.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}
