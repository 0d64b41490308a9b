package httpfetch

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"sync"
)

// transport is HTTP/1.1 without surprises: it adds, unpacks and remembers
// nothing but connections.
func transport(o Options) *http.Transport {
	dialer := &net.Dialer{Timeout: o.Connect}
	config := &tls.Config{}
	if o.TLS != nil {
		config = o.TLS.Clone()
	}
	config.NextProtos = []string{"http/1.1"}
	protocols := &http.Protocols{}
	protocols.SetHTTP1(true)
	return &http.Transport{
		Proxy:                  o.Proxy,
		Protocols:              protocols,
		DisableCompression:     true,
		MaxResponseHeaderBytes: maxHeaderBytes,
		MaxIdleConnsPerHost:    4,
		IdleConnTimeout:        o.Idle,
		TLSHandshakeTimeout:    o.Connect,
		TLSClientConfig:        config, // behind a proxy; else the two below dial
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			c, err := dialer.DialContext(ctx, network, address)
			if err != nil {
				return nil, err
			}
			return &conn{Conn: c}, nil
		},
		DialTLSContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			ctx, cancel := context.WithTimeout(ctx, o.Connect)
			defer cancel()
			c, err := (&tls.Dialer{NetDialer: dialer, Config: config}).DialContext(ctx, network, address)
			if err != nil {
				return nil, err
			}
			return &conn{Conn: c}, nil
		},
	}
}

// conn is a connection that knows where the answer that comes through it ends.
//
// The package net/http stops at the announced length. If more has arrived it
// says so on the log, and to nobody else. So conn counts what comes behind the
// header of an answer, gives out no more than is announced, and ends the
// connection if the server goes on before it is asked again. (One that goes on
// afterwards answers the next question with it, as it could anyway.)
type conn struct {
	net.Conn

	mu        sync.Mutex
	header    bool  // the header is complete
	status    int   // bytes of the first line, as far as its digit of the class
	interim   bool  // the status is 1xx: another header follows
	blank     bool  // the line so far is empty
	body      int64 // bytes behind the header
	announced int64 // 0 while it is not known
}

// announce says how long the file behind the header is. It reports whether
// more than that has arrived already.
func (c *conn) announce(length int64) (surplus bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.announced = length
	return c.body > length
}

// Write sends a request. What is read from now on is the next answer.
func (c *conn) Write(p []byte) (int, error) {
	c.mu.Lock()
	if c.header {
		c.restart()
	}
	c.mu.Unlock()
	return c.Conn.Write(p)
}

func (c *conn) restart() {
	c.header, c.status, c.interim, c.blank, c.body, c.announced = false, 0, false, false, 0, 0
}

// Read gives out what belongs to the answer.
func (c *conn) Read(p []byte) (int, error) {
	c.mu.Lock()
	if left := c.announced - c.body; left > 0 && int64(len(p)) > left {
		p = p[:left]
	}
	c.mu.Unlock()
	n, err := c.Conn.Read(p)
	c.mu.Lock()
	defer c.mu.Unlock()
	if n > 0 && c.announced > 0 && c.body >= c.announced {
		return 0, io.EOF // nobody has asked for this
	}
	c.count(p[:n])
	return n, err
}

// count looks for the end of the header, a line that is empty.
func (c *conn) count(p []byte) {
	for i, b := range p {
		if c.header {
			c.body += int64(len(p) - i)
			return
		}
		if c.status <= len("HTTP/1.1 ") {
			c.interim = c.status == len("HTTP/1.1 ") && b == '1'
			c.status++
		}
		switch {
		case b == '\n' && c.blank && c.interim:
			c.restart()
		case b == '\n' && c.blank:
			c.header = true
		case b == '\n':
			c.blank = true
		case b != '\r':
			c.blank = false
		}
	}
}
