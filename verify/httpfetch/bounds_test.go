package httpfetch_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"math"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/rust-lang/rust-tuf/verify"
	"github.com/rust-lang/rust-tuf/verify/httpfetch"
)

var quiet = log.New(io.Discard, "", 0)

// A server may be slow at each step; none lasts for ever (TUF 1.0.34, 1.5.2:
// slow retrieval).
func TestSlow(t *testing.T) {
	end := make(chan struct{})
	base := serve(t, func(w http.ResponseWriter, r *http.Request) {
		flush := w.(http.Flusher).Flush
		switch r.URL.Path {
		case "/header":
		case "/body":
			w.Header().Set("Content-Length", "10")
			_, _ = io.WriteString(w, "12345")
			flush()
		case "/redirect":
			http.Redirect(w, r, "/header", http.StatusFound)
			return
		case "/missing":
			w.WriteHeader(http.StatusNotFound)
			flush()
		case "/drops":
			tick := time.NewTicker(5 * time.Millisecond)
			defer tick.Stop()
			for {
				select {
				case <-tick.C:
					_, _ = io.WriteString(w, "x")
					flush()
				case <-end:
					return
				}
			}
		}
		<-end
	})
	defer close(end)
	soon := 60 * time.Millisecond
	late := time.Minute
	for name, test := range map[string]struct {
		o     httpfetch.Options
		words string
		read  bool
	}{
		"header":   {httpfetch.Options{Header: soon, Idle: late}, "no answer in time; gave up after 60ms and 0 bytes", false},
		"redirect": {httpfetch.Options{Header: soon, Idle: late}, "no answer in time", false},
		"body":     {httpfetch.Options{Header: late, Idle: soon}, "no byte of the file in time; gave up after", true},
		"drops":    {httpfetch.Options{Header: late, Idle: soon, Rate: 1 << 20}, "slower than 1048576 bytes in a second; gave up after", true},
	} {
		_, err := fetch(t, base, name, test.o)
		e := refused[*httpfetch.TimeoutError](t, err, base+"/", test.words)
		if !os.IsTimeout(e) || errors.Is(err, verify.ErrNotFound) || (e.Read > 0) != test.read || e.After > 10*time.Second {
			t.Errorf("%s: %+v", name, e)
		}
	}
	// The text of a 404 is nothing to wait for.
	if _, err := fetch(t, base, "missing", httpfetch.Options{Idle: soon}); !errors.Is(err, verify.ErrNotFound) {
		t.Error(err)
	}
}

// A server that accepts and says nothing, not even in TLS.
func TestSlowHandshake(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	_, err = fetch(t, "https://"+listener.Addr().String(), "x", httpfetch.Options{Connect: 50 * time.Millisecond})
	if err == nil || !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "/x: ") {
		t.Error(err)
	}
}

// A caller who is slow is not the server's fault.
func TestSlowCaller(t *testing.T) {
	base := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, strings.Repeat("x", 1000)) })
	f, err := httpfetch.New(base, httpfetch.Options{Idle: 50 * time.Millisecond, Rate: 1 << 30})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	body, err := f.Fetch(context.Background(), "x")
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	buffer := make([]byte, 500)
	for range 2 {
		<-time.After(80 * time.Millisecond)
		if _, err := io.ReadFull(body, buffer); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := body.Read(buffer); n != 0 || !errors.Is(err, io.EOF) {
		t.Error(n, err)
	}
}

// Of a file no more is read than Size, whether the server says how long it is
// or not (TUF 1.0.34, 1.5.2: endless data).
func TestSize(t *testing.T) {
	base := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/endless" {
			for _, err := io.WriteString(w, strings.Repeat("x", 1<<10)); err == nil; {
				_, err = io.WriteString(w, strings.Repeat("x", 1<<10))
			}
			return
		}
		var length int
		fmt.Sscanf(r.URL.Path, "/%d", &length)
		w.Header().Set("Content-Length", fmt.Sprint(length))
		_, _ = io.WriteString(w, strings.Repeat("x", length))
	})
	o := httpfetch.Options{Size: 1000}
	for _, o := range []httpfetch.Options{o, {Size: math.MaxInt64}} {
		if got, err := fetch(t, base, "1000", o); len(got) != 1000 || err != nil {
			t.Error(o.Size, len(got), err)
		}
	}
	_, err := fetch(t, base, "1001", o)
	if e := refused[*verify.LimitError](t, err, "bytes of "+base+"/1001: 1001, above the limit of 1000"); e.Limit != 1000 {
		t.Errorf("%+v", e)
	}
	got, err := fetch(t, base, "endless", o)
	if refused[*verify.LimitError](t, err, "/endless: 1001, above the limit of 1000"); len(got) > 1000 {
		t.Errorf("%d bytes were given out", len(got))
	}
}

// A file that is not as long as the server said is an error, however it ends.
func TestLengths(t *testing.T) {
	for answer, words := range map[string]string{
		"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345":                                                             "cut off after 5 of 10 bytes",
		"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n":                                                                  "cut off after 0 of 10 bytes",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n":                                            "cut off after 5 bytes",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n123":                                                  "cut off after 3 bytes",
		"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n12345":                                                              "longer than the 4 bytes that the server announced",
		"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n12345":                   "longer than the 4 bytes",
		"HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\n12345":                                                       "longer than the 4 bytes",
		"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n12345HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n":           "longer than the 5 bytes",
		"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n12345":                                                              "",
		"HTTP/1.1 200 OK\nContent-Length: 5\n\n12345":                                                                    "",
		"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n12345":                   "",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n0\r\n\r\n":                                   "",
		"HTTP/1.0 200 OK\r\n\r\n12345":                                                                                   "",
		"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\nX: " + strings.Repeat("x", 9000) + "\r\n\r\n12345": "",
	} {
		base, _ := dictate(t, answer)
		got, err := fetch(t, base, "x", httpfetch.Options{})
		if words == "" {
			if got != "12345" || err != nil {
				t.Errorf("%q: %q, %v", answer, got, err)
			}
			continue
		}
		refused[*httpfetch.LengthError](t, err, base+"/x: ", words)
		if errors.Is(err, verify.ErrNotFound) {
			t.Errorf("%q: %v", answer, err)
		}
	}
}

// A server that goes on behind a large file, which is delivered by then, loses
// its connection, and writes nothing to the log.
func TestSurplus(t *testing.T) {
	var printed bytes.Buffer
	log.SetOutput(&printed)
	defer log.SetOutput(os.Stderr)
	large := strings.Repeat("x", 64<<10)
	forged := "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
	good := "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood"
	base, server := dictate(t, fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", len(large))+large+forged, good, good, good)
	f, err := httpfetch.New(base, httpfetch.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got, err := read(f, context.Background(), "1"); err != nil || got != large {
		t.Fatal(len(got), err)
	}
	<-server.closed
	for range 2 {
		if got, err := read(f, context.Background(), "2"); err != nil || got != "good" {
			t.Errorf("%q, %v", got, err)
		}
	}
	if server.connections.Load() != 2 || printed.Len() > 0 {
		t.Errorf("%d connections; printed %q", server.connections.Load(), printed.String())
	}
}

// A connection serves one request after the other, those for what does not
// exist included.
func TestConnectionIsKept(t *testing.T) {
	missing := "HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\nnot found"
	good := "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood"
	base, server := dictate(t, missing, good, missing, good)
	f, err := httpfetch.New(base, httpfetch.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for range 2 {
		if _, err := read(f, context.Background(), "1"); !errors.Is(err, verify.ErrNotFound) {
			t.Error(err)
		}
		if got, err := read(f, context.Background(), "2"); err != nil || got != "good" {
			t.Errorf("%q, %v", got, err)
		}
	}
	if server.connections.Load() != 1 {
		t.Errorf("%d connections", server.connections.Load())
	}
}

// Headers are bounded too.
func TestEndlessHeader(t *testing.T) {
	base, _ := dictate(t, "HTTP/1.1 200 OK\r\nX: "+strings.Repeat("x", 1<<20))
	_, err := fetch(t, base, "x", httpfetch.Options{})
	if err == nil || !strings.Contains(err.Error(), "response headers exceeded 65536 bytes") {
		t.Error(err)
	}
}

func TestDefaults(t *testing.T) {
	d := httpfetch.DefaultOptions()
	if d.Connect <= 0 || d.Header < d.Connect || d.Idle <= 0 || d.Rate <= 0 || d.Size <= 0 {
		t.Errorf("%+v", d)
	}
}
