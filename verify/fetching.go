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
// way. Whoever may ask for several asks for something beside when all of these are
// asked for. When fetchRoles returns none of them is on its way any more.
func (r *Refreshed) fetchRoles(ctx context.Context, wanted []*roleFile, beside func(), judge func(*roleFile)) {
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
			if wanted = wanted[1:]; len(wanted) == 0 {
				beside()
			}
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

// open asks for a file, unless it has come early.
func (r *Refreshed) open(ctx context.Context, w *roleFile) (io.ReadCloser, error) {
	if w.early != nil {
		if came := w.early.wait(); !came.long {
			return io.NopCloser(bytes.NewReader(came.raw)), came.err
		}
	}
	return r.client.Metadata.Fetch(ctx, w.name)
}

// early is a file that was asked for before it is known whether anybody needs
// it. It is read at once, so that it keeps no connection from a file that is needed,
// but no further than a bin is long: a longer one is let go, and asked for anew by
// whoever needs it.
type early struct {
	came chan unread
	stop func()
}

// unread is what came of asking early: nobody has looked at it.
type unread struct {
	answer
	long bool // and so it is not here
}

// earlyBytes are held of each file that was asked for early.
const earlyBytes = 32 << 10

func (r *Refreshed) askEarly(ctx context.Context, name string) *early {
	ctx, stop := context.WithCancel(ctx)
	e := &early{make(chan unread, 1), stop}
	go func() {
		body, err := r.client.Metadata.Fetch(ctx, name)
		if err != nil {
			e.came <- unread{answer: answer{err: err}}
			return
		}
		content := bytes.NewBuffer(make([]byte, 0, firstRead+bytes.MinRead))
		_, err = content.ReadFrom(io.LimitReader(body, earlyBytes+1))
		if content.Len() > earlyBytes {
			_ = body.Close() // in the midst
			e.came <- unread{long: true}
			return
		}
		e.came <- unread{answer: answer{content.Bytes(), errors.Join(err, body.Close())}}
	}()
	return e
}

// wait returns what has come, and leaves nothing running.
func (e *early) wait() unread {
	defer e.stop()
	return <-e.came
}

// giveUp ends what nobody needs.
func (e *early) giveUp() {
	e.stop()
	<-e.came
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
