package httpfetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/rust-lang/rust-tuf/verify"
)

// body is a file on its way.
type body struct {
	src       io.ReadCloser
	ctx       context.Context
	cancel    context.CancelCauseFunc
	url       string // for errors
	o         Options
	announced int64 // -1 when the server does not say

	read   int64
	waited time.Duration // spent in Read, not in what the caller does between
	err    error         // the end, for good
}

// Read reads on, as long as the server is fast enough.
func (b *body) Read(p []byte) (int, error) {
	if b.err != nil || len(p) == 0 {
		return 0, b.err
	}
	if room := b.o.Size - b.read + 1; int64(len(p)) > room {
		p = p[:room]
	}
	n, err := b.wait(p)
	b.read += int64(n)
	switch {
	case b.read > b.o.Size:
		n, b.err = 0, &verify.LimitError{What: "bytes of " + b.url, Limit: b.o.Size, Found: b.read}
	case errors.Is(err, io.ErrUnexpectedEOF):
		b.err = &LengthError{URL: b.url, Announced: b.announced, Found: b.read}
	case err != nil && !errors.Is(err, io.EOF):
		b.err = err
	case err != nil:
		b.err = io.EOF
	}
	return n, b.err
}

// wait reads once, for no longer than Idle, and no longer than what was read
// so far has earned.
func (b *body) wait(p []byte) (int, error) {
	earned := time.Duration(float64(b.read) / float64(b.o.Rate) * float64(time.Second))
	left := b.o.Idle + earned - b.waited
	reason := fmt.Sprintf("slower than %d bytes in a second", b.o.Rate)
	if left >= b.o.Idle {
		left, reason = b.o.Idle, "no byte of the file in time"
	}
	if left <= 0 {
		return 0, &TimeoutError{URL: b.url, Reason: reason, After: b.waited, Read: b.read}
	}
	began := time.Now()
	timer := time.AfterFunc(left, func() { b.cancel(context.DeadlineExceeded) })
	n, err := b.src.Read(p)
	late := !timer.Stop()
	b.waited += time.Since(began)
	switch cause := context.Cause(b.ctx); {
	case errors.Is(err, io.EOF):
		return n, err
	case late:
		return n, &TimeoutError{URL: b.url, Reason: reason, After: b.waited, Read: b.read + int64(n)}
	case err == nil || errors.Is(err, io.ErrUnexpectedEOF):
		return n, err
	case cause != nil:
		err = cause
	}
	return n, fmt.Errorf("%s: %w", b.url, err)
}

// Close ends the download, wherever it is.
func (b *body) Close() error {
	err := b.src.Close()
	b.cancel(nil)
	if b.err == nil {
		b.err = errors.New("read after close")
	}
	return err
}
