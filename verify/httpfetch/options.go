package httpfetch

import (
	"crypto/tls"
	"math"
	"net/http"
	"net/url"
	"time"
)

// Options bounds what a server may cost, and says how it is reached. A bound
// that is zero or negative means the default of [DefaultOptions], so nothing is
// ever unlimited.
type Options struct {
	Connect time.Duration // for a connection, TLS included
	Header  time.Duration // from the request to the end of the header, connection and redirects included
	Idle    time.Duration // without a byte of the file
	// Rate is the least number of bytes in a second, on average over the whole
	// file and apart from one time Idle. Only time spent waiting for the server
	// counts. A file is there after Header + Idle + Size/Rate, or never.
	Rate int64
	Size int64 // bytes of one file

	UserAgent string                                // "" for Go's own
	Proxy     func(*http.Request) (*url.URL, error) // nil for none; [http.ProxyFromEnvironment] reads the environment
	TLS       *tls.Config                           // nil for the system's authorities
}

// DefaultOptions returns the bounds that hold where an [Options] says nothing.
func DefaultOptions() Options {
	return Options{
		// Three lost packets, each sent again after its time-out.
		Connect: 10 * time.Second,
		// A cache that has to ask its own server first.
		Header: 30 * time.Second,
		// A train in a tunnel.
		Idle: 30 * time.Second,
		// A tenth of the slowest line in use. A timestamp that takes longer
		// than Idle is not worth waiting for.
		Rate: 4 << 10,
		// Eight times the largest toolchain. Who asks knows better bounds: those
		// of [verify.Limits], and the length that a targets document promises.
		Size: 4 << 30,
	}
}

const (
	// An origin moves a file once, perhaps twice.
	maxRedirects = 4
	// Ten times what servers send.
	maxHeaderBytes = 64 << 10
	// The text of a 404 is read to keep its connection for the next request.
	maxNotFoundBytes = 4 << 10
	// Addresses appear in errors cut to this many bytes.
	maxShown = 240
)

func (o Options) orDefault() Options {
	d := DefaultOptions()
	for _, f := range []struct{ have, def *time.Duration }{{&o.Connect, &d.Connect}, {&o.Header, &d.Header}, {&o.Idle, &d.Idle}} {
		if *f.have <= 0 {
			*f.have = *f.def
		}
	}
	for _, f := range []struct{ have, def *int64 }{{&o.Rate, &d.Rate}, {&o.Size, &d.Size}} {
		if *f.have <= 0 {
			*f.have = *f.def
		}
	}
	o.Size = min(o.Size, math.MaxInt64-1) // one byte more is read, to see that it is too much
	return o
}
