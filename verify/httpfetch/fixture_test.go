package httpfetch_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/rust-lang/rust-tuf/verify/httpfetch"
)

// fetch fetches a file whole.
func fetch(t *testing.T, base, name string, o httpfetch.Options) (string, error) {
	t.Helper()
	f, err := httpfetch.New(base, o)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	return read(f, context.Background(), name)
}

func read(f *httpfetch.Fetcher, ctx context.Context, name string) (string, error) {
	body, err := f.Fetch(ctx, name)
	if err != nil {
		return "", err
	}
	raw, err := io.ReadAll(body)
	return string(raw), errors.Join(err, body.Close())
}

// serve starts a server that answers every request in one way.
func serve(t *testing.T, answer http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	return server.URL
}

// dictation is a server that says what it is told to.
type dictation struct {
	connections atomic.Int32
	closed      chan struct{} // receives one for each connection that ended
}

// dictate starts a server that answers each request with the next of these
// texts, as they are, each in one write, and closes the connection after the
// last.
func dictate(t *testing.T, answers ...string) (url string, server *dictation) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server = &dictation{closed: make(chan struct{}, len(answers)+1)}
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			server.connections.Add(1)
			for in := bufio.NewReader(c); len(answers) > 0; answers = answers[1:] {
				if _, err := http.ReadRequest(in); err != nil {
					break
				}
				_, _ = io.WriteString(c, answers[0])
			}
			c.Close()
			server.closed <- struct{}{}
		}
	}()
	t.Cleanup(func() { listener.Close() })
	return "http://" + listener.Addr().String(), server
}

// refused asserts a refusal by its type and by words of its message.
func refused[E error](t testing.TB, err error, words ...string) E {
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
	return want
}
